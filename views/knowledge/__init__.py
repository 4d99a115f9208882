"""Articles and cases (R38): the list, one of them, writing and releasing, and the panels beside complaints."""

from views.knowledge import acting, pages, panels
from views.knowledge.room import blueprint

__all__ = ["acting", "blueprint", "pages", "panels"]
