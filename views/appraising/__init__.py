"""Pages of the appraisal (R33): months, sheets with what can be done to them, lines outside the formula, appeals."""

from views.appraising import acting, appeals, counted, lines, listing, showing
from views.appraising.room import blueprint

__all__ = ["acting", "appeals", "blueprint", "counted", "lines", "listing", "showing"]
