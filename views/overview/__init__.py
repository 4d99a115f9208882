"""The manager's view (R35, R36): a period at a glance, and the list behind every figure."""

from views.overview.pages import blueprint

__all__ = ["blueprint"]
