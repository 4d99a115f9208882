"""Draws by the office's sampling plans (R27): the list, one draw, a new one, its population as a file."""

from views.drawing import cancel, new, population
from views.drawing.pages import blueprint

__all__ = ["blueprint", "cancel", "new", "population"]
