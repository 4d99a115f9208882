"""The figures of the manager's view as a workbook, a sheet each, and as one flat table (R35)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from backoffice.reports.xlsx import Kind, Sheet, SheetColumn
from policies.indicator import shown, value_of
from views.filters import named
from views.language import _, label
from views.overview import course, piles
from views.overview.asking import Asking
from views.overview.tiles import TILES, tiles
from views.overview.words import stretch_name

Rows = list[list[object]]


def workbook(ask: Asking) -> Iterator[Sheet]:
    """Indicators, course, categories, causes, leaves, steps, ages, departments; cells are numbers where they can be."""
    for title, columns, rows in _tables(ask):
        yield Sheet(title, [SheetColumn(heading, kind, width) for heading, kind, width in columns], rows)


def flat(ask: Asking) -> tuple[list[str], Rows]:
    """Table, row, column, value: one line for each cell."""
    head = [_("overview.export." + name) for name in ("table", "row", "column", "value")]
    found: Rows = []
    for title, columns, rows in _tables(ask):
        for row in rows:
            found += [[title, row[0], columns[place][0], row[place]] for place in range(1, len(row))]
    return head, found


Column = tuple[str, Kind, int]
Table = tuple[str, Sequence[Column], Rows]


def _tables(ask: Asking) -> Iterator[Table]:
    volume = course.course(ask).volume
    name, count = (_("overview.column.name"), Kind.TEXT, 30), (_("overview.column.count"), Kind.WHOLE, 12)
    yield _("overview.tiles"), _figure_columns(name), _figure_rows(ask)
    flows = [(_("overview.flow." + flow), Kind.WHOLE, 12) for flow in ("received", "closed")]
    pairs = zip(volume.stretches, volume.received, volume.closed, strict=True)
    yield _("overview.volume"), [name, *flows], [[stretch_name(one), came, went] for one, came, went in pairs]
    trunks = course.categories(ask)
    months = [(stretch_name(month), Kind.WHOLE, 14) for month in trunks.months]
    rows: Rows = [[course.trunk_name(trunk), *values] for trunk, values, _address in trunks.rows]
    yield _("overview.categories"), [name, *months], rows
    share = (_("overview.column.cumulated"), Kind.PERCENT, 14)
    for title, found_piles in (("overview.causes", piles.causes(ask)), ("overview.leaves", piles.leaves(ask))):
        yield _(title), [name, count, share], [[one.name, one.count, one.cumulated / 100] for one in found_piles]
    yield _("overview.steps"), _step_columns(name, count), _step_rows(ask)
    late = (_("overview.column.overdue"), Kind.WHOLE, 12)
    yield _("overview.ages"), [name, count, late], [[one.name, one.count, one.overdue] for one in piles.ages(ask)]
    yield _departments(ask, name, late)


def _figure_columns(name: Column) -> list[Column]:
    named_columns = [("value", Kind.NUMBER), ("numerator", Kind.NUMBER), ("denominator", Kind.NUMBER)]
    named_columns += [("sample", Kind.WHOLE), ("before", Kind.NUMBER), ("target", Kind.NUMBER)]
    return [name, *((_("overview.column." + code), kind, 12) for code, kind in named_columns)]


def _figure_rows(ask: Asking) -> Rows:
    received, before = ask.figures.flows.received, ask.figures.flows.before
    rows: Rows = [[_("overview.tile.received"), received, None, None, received, before, None]]
    for tile in tiles(ask):
        if tile.code not in TILES or tile.figure is None or tile.before is None:
            continue
        indicator = ask.aims.indicators[tile.code]
        now, was = (value_of(indicator, figure) for figure in (tile.figure, tile.before))
        rows.append([
            tile.name,
            None if now is None else shown(now),
            Decimal(tile.figure.numerator.numerator) / tile.figure.numerator.denominator,
            Decimal(tile.figure.denominator.numerator) / tile.figure.denominator.denominator,
            tile.figure.sample,
            None if was is None else shown(was),
            tile.target,
        ])  # fmt: skip
    return rows


def _step_columns(name: Column, count: Column) -> list[Column]:
    used = (_("overview.column.used"), Kind.PERCENT, 14)
    hours = (_("overview.column.hours"), Kind.NUMBER, 14)
    return [name, count, (_("overview.column.late"), Kind.WHOLE, 12), used, hours]


def _step_rows(ask: Asking) -> Rows:
    return [
        [label(one.step.code), one.step.count, one.step.late, Decimal(one.percent) / 100, one.hours]
        for one in piles.slow_steps(ask)
    ]


def _departments(ask: Asking, name: Column, late: Column) -> Table:
    found = piles.department_map(ask)
    columns: list[Column] = [name, (_("overview.column.open"), Kind.WHOLE, 12), late]
    columns += [(f"{named(found.indicator.name)} {stretch_name(month)}", Kind.NUMBER, 18) for month in found.months]
    rows: Rows = []
    for row in found.rows:
        title = named(row.name) if row.name else _("overview.no_department")
        values = [Decimal(cell.said.replace(",", "")) if cell.said else None for cell in row.cells]
        rows.append([title, row.open.open, row.open.overdue, *values])
    return _("overview.departments"), columns, rows
