"""The month report of inspections (R27–R31), for page and paper: what was drawn, inspected, found, appealed, put right.

Every rate and mean carries its interval and its number; persons are named to who may see them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from backoffice.models.inspection import Inspection
from backoffice.models.sampling import Draw
from backoffice.models.teamwork import CorrectiveAction
from backoffice.queries import agreement, inspection_names
from backoffice.queries import inspection_figures as figures
from backoffice.queries.inspection_faults import fatal_faults
from backoffice.queries.inspection_figures import Asked, Scores
from backoffice.queries.inspection_filters import InspectionFilters, conditions, counting, within
from backoffice.queries.inspection_rules import scoring_rules
from backoffice.queries.rulebook import Rulebook
from backoffice.reports.blocks import Block, Cell, Column, Fact, Facts, Grid, Notice, Text, filled
from backoffice.reports.pdf import require_printing
from backoffice.reports.sheet import SheetPaper, SheetPart
from backoffice.services.core.access_log import log_access
from backoffice.services.core.work import Work
from policies.agreement import alike
from policies.inspection_reach import departments_within, sees_persons
from policies.interval import FEW, Rate, said_mean, said_rate
from policies.message import Message, Name
from policies.vocabulary_inspection import DrawState

PRINTED = "inspection_report_print"
WORST = 8
MOST_FAULTS = 30


@dataclass(frozen=True)
class Month:
    """A month of the calendar."""

    first: date

    @property
    def last(self) -> date:
        return date.fromordinal(self.next.toordinal() - 1)

    @property
    def next(self) -> date:
        return date(self.first.year + self.first.month // 12, self.first.month % 12 + 1, 1)

    @property
    def text(self) -> str:
        return f"{self.first:%Y-%m}"


def take_report(work: Work, month: Month, language: str) -> SheetPaper:
    """The report to be printed; the print is logged in this transaction. Raises DomainError where nothing prints."""
    require_printing()
    paper = month_report(work, month, language)
    log_access(
        work.session,
        work.keys,
        work.actor,
        work.at,
        PRINTED,
        {"month": month.text, "language": language},
        address=work.address,
    )
    return paper


def month_report(work: Work, month: Month, language: str) -> SheetPaper:
    """The report of a month within this person's reach; in a bounded number of statements."""
    return _Report(work, month, language).paper()


class _Report:
    """One report being written."""

    def __init__(self, work: Work, month: Month, language: str) -> None:
        rules = Rulebook(work.session)
        self.work, self.month, self.language, self.rules = work, month, language, rules
        self.session = work.session
        self.zone = rules.zone()
        self.filters = InspectionFilters(since=month.first, until=month.last)
        self.asked = Asked(work.actor, self.filters, self.zone, work.at)
        self.limit = scoring_rules(rules).corrective_action_below

    def paper(self) -> SheetPaper:
        office = self.rules.office()
        parts = (
            ("overview", self._overview(), ""),
            ("departments", self._departments(), Message("inspection_report.few", {"few": FEW})),
            ("items", self._worst_items(), Message("inspection_report.items_help", {"few": FEW})),
            ("plans", self._plans(), ""),
            ("fatal", self._fatal(), ""),
            ("appeals", self._appeals(), ""),
            ("agreement", self._agreement(), ""),
            ("corrective", self._corrective(), ""),
            ("exclusions", self._exclusions(), ""),
        )
        return SheetPaper(
            language=self.language,
            title=Message("inspection_report.title"),
            left=Message("inspection_report.month", {"from": self.month.first, "to": self.month.last}),
            right=Message(
                "inspection_report.reach.all"
                if departments_within(self.work.actor) is None
                else "inspection_report.reach.department"
            ),
            office=_named(Name(office.name_zh, office.name_en)),
            made=self.work.at,
            made_text=Message("inspection_report.made", {"at": self.work.at}),
            file_stem=f"inspection-report-{self.month.text}",
            parts=tuple(
                SheetPart(Message(f"inspection_report.part.{code}"), blocks, note) for code, blocks, note in parts
            ),
            remarks=(Message("inspection_report.remark"),),
        )

    def _overview(self) -> tuple[Block, ...]:
        whole = figures.overall(self.session, self.asked, self.limit)
        counted = {
            when: self._count(conditions(replace(self.filters, when=when), self.zone, self.work.at))
            for when in ("drawn", "scored", "published")
        }
        done = figures.completion(self.session, self.asked, None).get(None, Rate(0, 0))
        facts: list[tuple[str, Text]] = [
            *((f"overview.{when}", str(count)) for when, count in counted.items()),
            ("overview.final", str(whole.mean.n if whole else 0)),
            ("overview.mean", said_mean(whole.mean if whole else None)),
            ("overview.in_time", said_rate(done)),
            ("overview.low", said_rate(whole.low if whole else Rate(0, 0))),
            ("overview.fatal", said_rate(whole.fatal if whole else Rate(0, 0))),
        ]
        return (Facts(tuple(Fact(Message(f"inspection_report.{code}"), value) for code, value in facts)),)

    def _count(self, where: Iterable[Any]) -> int:
        statement = sa.select(sa.func.count()).select_from(Inspection).where(*where, *within(self.work.actor))
        return int(self.session.scalar(statement) or 0)

    def _departments(self) -> tuple[Block, ...]:
        rows = figures.by_group(self.session, self.asked, Inspection.department_id, self.limit)
        rows.sort(key=lambda row: (row.mean.is_few, -row.mean.mean))
        names = inspection_names.department_names(self.session, [row.key for row in rows])
        columns = _columns(("department", 26), ("mean", 30), ("low", 22), ("fatal", 22))
        return self._or_nothing(Grid(columns, tuple(self._scores(row, names.get(row.key)) for row in rows)))

    def _scores(self, row: Scores, name: Name | None) -> tuple[Cell, ...]:
        return (_named(name), said_mean(row.mean), said_rate(row.low), said_rate(row.fatal))

    def _worst_items(self) -> tuple[Block, ...]:
        """Of each card the items with the lowest means, of those with enough marks."""
        found: list[tuple[Decimal, tuple[Cell, ...]]] = []
        for code, name in inspection_names.card_names(self.session).items():
            asked = replace(self.asked, filters=replace(self.filters, card=code))
            cells = figures.items_together(self.session, asked)
            if not cells:
                continue
            for item in inspection_names.card_items(self.session, code):
                cell = cells.get(item.code)
                if cell is not None and not item.fatal and not cell.mean.is_few and cell.below.hits:
                    row = (_named(item.name), _named(name), said_mean(cell.mean), said_rate(cell.below))
                    found.append((cell.mean.mean, row))
        found.sort(key=lambda one: one[0])
        columns = _columns(("item", 24), ("card", 22), ("level", 27), ("below", 27))
        return self._or_nothing(Grid(columns, tuple(row for _mean, row in found[:WORST])))

    def _plans(self) -> tuple[Block, ...]:
        names = inspection_names.plan_names(self.session)
        rates = figures.completion(self.session, self.asked, Draw.plan_code)
        rows = tuple((_named(names.get(code)), said_rate(rate)) for code, rate in rates.items())
        return self._or_nothing(Grid(_columns(("plan", 50), ("in_time", 50)), rows))

    def _fatal(self) -> tuple[Block, ...]:
        where = conditions(replace(counting(self.filters), fatal=True), self.zone, self.work.at)
        faults, _more = fatal_faults(self.session, [*where, *within(self.work.actor)], MOST_FAULTS)
        persons = sees_persons(self.work.actor)
        names: dict[tuple[str, str], Name] = {}
        for card in sorted({fault.card for fault in faults}):
            names |= {(card, item.code): item.name for item in inspection_names.card_items(self.session, card)}
        rows = tuple(
            (
                (fault.inspection, fault.complaint),
                tuple(_named(names.get((fault.card, code)), code) for code in fault.items),
                (_named(fault.department), *((_named(fault.subject),) if persons and fault.subject else ())),
                tuple(f"{number}" for number, _status in fault.actions) or Message("inspection_report.no_action"),
            )
            for fault in faults
        )
        return self._or_nothing(Grid(_columns(("inspection", 24), ("fault", 30), ("whose", 24), ("actions", 22)), rows))

    def _appeals(self) -> tuple[Block, ...]:
        decided = figures.appeals_decided(self.session, self.asked)
        changed = figures.overturned(self.session, self.asked, None).get(None, Rate(0, 0))
        facts = [
            Fact(Message("inspection_report.value", {"value": result}), str(count)) for result, count in decided.items()
        ]
        return (Facts((Fact(Message("inspection_report.overturned"), said_rate(changed), wide=True), *facts)),)

    def _agreement(self) -> tuple[Block, ...]:
        """Of the items that two inspectors both applied, those marked alike; for who reads the whole office."""
        if departments_within(self.work.actor) is not None:
            return (Notice(Message("inspection_report.agreement_all")),)
        span = agreement.Asked(self._moment(self.month.first), self._moment(self.month.next))
        alikes = [alike(*pair.marks) for pair in agreement.pairs(self.session, span)]
        rate = Rate(sum(one.same for one in alikes), sum(one.both for one in alikes))
        facts = (
            Fact(Message("inspection_report.pairs"), str(len(alikes))),
            Fact(Message("inspection_report.alike"), said_rate(rate)),
        )
        return (Facts(facts),)

    def _corrective(self) -> tuple[Block, ...]:
        since, until = self._moment(self.month.first), self._moment(self.month.next)
        reach = departments_within(self.work.actor)
        action = CorrectiveAction
        mine = [
            action.inspection_id.is_not(None),
            *([] if reach is None else [action.department_id.in_(sorted(reach))]),
        ]
        as_of = min(until, self.work.at)
        open_then = sa.and_(
            action.assigned_at < as_of,
            sa.or_(action.verified_at.is_(None), action.verified_at >= as_of),
            sa.or_(action.cancelled_at.is_(None), action.cancelled_at >= as_of),
        )
        cases = {
            "opened": sa.and_(action.assigned_at >= since, action.assigned_at < until),
            "closed": sa.and_(action.verified_at >= since, action.verified_at < until),
            "open": open_then,
            "late": sa.and_(open_then, action.due_at < as_of),
        }
        sums = [sa.func.coalesce(sa.func.sum(sa.case((case, 1), else_=0)), 0) for case in cases.values()]
        row = self.session.execute(sa.select(*sums).where(*mine)).one()
        found = zip(cases, row, strict=True)
        return (
            Facts(
                tuple(Fact(Message(f"inspection_report.corrective.{code}"), str(int(count))) for code, count in found)
            ),
        )

    def _exclusions(self) -> tuple[Block, ...]:
        """How many units the month's draws left out, reason by reason; for who reads the whole office.

        A draw counts what it left out over all departments, so that there is no such figure for one of them.
        """
        if departments_within(self.work.actor) is not None:
            return (Notice(Message("inspection_report.exclusions_all")),)
        since, until = self._moment(self.month.first), self._moment(self.month.next)
        mine = (Draw.state == DrawState.DRAWN, Draw.drawn_at >= since, Draw.drawn_at < until)
        sums: Counter[str] = Counter()
        for exclusions in self.session.scalars(sa.select(Draw.exclusions).where(*mine)):
            sums.update({reason: int(count) for reason, count in (exclusions or {}).items()})
        facts = [
            Fact(Message(f"draws.left_out.{reason}"), str(count), wide=True) for reason, count in sorted(sums.items())
        ]
        total = Fact(Message("inspection_report.left_out"), str(sums.total()), wide=True)
        return (Facts((*facts, total)),)

    def _or_nothing(self, grid: Grid) -> tuple[Block, ...]:
        return filled(grid) or (Notice(Message("inspection_report.nothing")),)

    def _moment(self, day: date) -> datetime:
        return datetime.combine(day, time.min, self.zone)


def _columns(*columns: tuple[str, int]) -> tuple[Column, ...]:
    return tuple(Column(Message(f"inspection_report.column.{code}"), width) for code, width in columns)


def _named(name: Name | None, otherwise: str = "") -> Text:
    return otherwise if name is None else Message("inspection_report.name", {"name": name})
