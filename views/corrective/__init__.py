"""Pages of corrective actions (R30): the lists, one with its course, the forms of its acts, its papers."""

from views.corrective import acting, listing, papers, showing
from views.corrective.room import blueprint

__all__ = ["acting", "blueprint", "listing", "papers", "showing"]
