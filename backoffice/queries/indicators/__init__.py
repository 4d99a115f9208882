"""Indicators (R31): one registry; sheets, the manager's view, lists, drill-down and exports read nothing else."""

from backoffice.queries.indicators.figures import (
    Contribution,
    Page,
    Part,
    drill,
    every,
    figures,
    months,
    overall,
    with_nothing,
)
from backoffice.queries.indicators.registry import COUNTING, contributions, counts_for
from backoffice.queries.indicators.window import (
    Window,
    as_counted,
    computed_months,
    month_of,
    previous_month,
    window_of,
)

__all__ = [
    "COUNTING",
    "Contribution",
    "Page",
    "Part",
    "Window",
    "as_counted",
    "computed_months",
    "contributions",
    "counts_for",
    "drill",
    "every",
    "figures",
    "month_of",
    "months",
    "overall",
    "previous_month",
    "window_of",
    "with_nothing",
]
