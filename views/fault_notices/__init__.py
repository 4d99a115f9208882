"""Notices of known faults (R8): the list and a notice, publishing and lifting, and the panels beside complaints."""

from views.fault_notices import acting, pages, panels
from views.fault_notices.room import blueprint

__all__ = ["acting", "blueprint", "pages", "panels"]
