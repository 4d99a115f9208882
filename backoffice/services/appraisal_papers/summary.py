"""Department summary and ranking of a month (R33), for paper: who was rated how, what it brings, ranks by post.

Only who was rated is ranked; equal scores share a rank. Sums are those of the sheets, so that they reconcile.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from backoffice.queries.appraisal_reach import departments_read, of_departments
from backoffice.queries.rulebook import Rulebook
from backoffice.reports.blocks import Block, Cell, Column, Fact, Facts, Grid, Notice, Paragraph, Subheading, Text
from backoffice.reports.pdf import require_printing
from backoffice.reports.sheet import SheetPaper, SheetPart
from backoffice.services.appraisal_papers.loose import Loose, read_loose
from backoffice.services.appraisal_papers.record import ItemRecord, Record
from backoffice.services.appraisal_papers.records import find_period, in_order, read_all
from backoffice.services.appraisal_papers.sheet import NOTHING, money, score
from backoffice.services.core.access_log import log_access
from backoffice.services.core.work import Work
from policies.appraisal_ranking import ranks
from policies.message import Message, Name
from policies.vocabulary_appraisal import EffectKind, PeriodState

PRINTED = "appraisal_summary_print"
ZERO = Decimal(0)


@dataclass(frozen=True)
class Line:
    """What the summary keeps of a sheet: little, so that memory stays flat."""

    subject: str
    code: str
    name: Name
    department: str
    department_name: Name
    scheme: str
    scheme_name: Name
    score: Decimal | None
    grade: str | None
    rank: int | None
    rank_of: int | None
    amount: Decimal
    deducted: Decimal
    merit: Decimal
    reduction: Decimal
    days: int

    @property
    def rated(self) -> Decimal | None:
        """The score where it led to a grade."""
        return self.score if self.grade is not None else None


def take_summary(work: Work, month: str, language: str) -> SheetPaper:
    """The summary to be printed; the print is logged in this transaction. Raises ``DomainError`` (404, 409)."""
    require_printing()
    paper = summary(work, month, language, departments_read(work.actor))
    facts = {"month": month, "language": language}
    log_access(work.session, work.keys, work.actor, work.at, PRINTED, facts, address=work.address)
    return paper


def summary(work: Work, month: str, language: str, reach: frozenset[int] | None) -> SheetPaper:
    """The summary of these departments; None: of all."""
    period = find_period(work.session, month)
    state, locked_at, period_id = period.state, period.locked_at, period.id
    ids = in_order(work.session, period.id, of_departments(work.actor, reach))
    lines = [_line(record) for record in read_all(work.session, work.keys, ids)]
    loose = read_loose(work, period_id, reach)
    people = [line for line in lines if line.subject == "person"]
    departments = [line for line in lines if line.subject == "department"]
    office, zone = Rulebook(work.session).office(), Rulebook(work.session).zone()
    locked = state is PeriodState.LOCKED and locked_at is not None
    stamp = (
        Message("appraisal_paper.stamp.locked", {"day": str(locked_at.astimezone(zone).date())})
        if locked and locked_at is not None
        else Message("appraisal_paper.stamp.open", {"status": Message(f"appraisal_summary.state.{state.value}")})
    )
    parts = (
        ("overview", _overview(people, departments, loose)),
        ("departments", _departments(departments, people, loose)),
        ("posts", tuple(_posts(people))),
        ("people", tuple(_people(people))),
        *([("beside", (_beside(loose),))] if loose else []),
    )
    return SheetPaper(
        language=language,
        title=Message("appraisal_summary.title"),
        left=Message("appraisal_summary.month", {"month": month}),
        right=Message("appraisal_summary.reach.all" if reach is None else "appraisal_summary.reach.department"),
        office=Message("appraisal_paper.name", {"name": Name(office.name_zh, office.name_en)}),
        made=work.at,
        made_text=Message("appraisal_paper.made", {"at": f"{work.at.astimezone(zone):%Y-%m-%d %H:%M}"}),
        file_stem=f"appraisal-summary-{month}",
        stamp=stamp,
        parts=tuple(SheetPart(Message(f"appraisal_summary.part.{code}"), blocks) for code, blocks in parts),
        signatures=(Message("appraisal_summary.sign.made"), Message("appraisal_summary.sign.approved")),
        remarks=(Message("appraisal_summary.remark.rank"), Message("appraisal_summary.remark.sums")),
    )


def _line(of: Record) -> Line:
    return Line(
        subject=of.subject.value,
        code=of.code,
        name=of.name,
        department=of.department,
        department_name=of.department_name,
        scheme=of.scheme,
        scheme_name=of.scheme_name,
        score=of.final_score,
        grade=of.grade,
        rank=of.rank,
        rank_of=of.rank_of,
        amount=of.amount,
        deducted=of.deducted,
        merit=of.quantity(EffectKind.POINTS),
        reduction=of.reduction,
        days=of.days,
    )


def _overview(people: Sequence[Line], departments: Sequence[Line], loose: Sequence[Loose]) -> tuple[Block, ...]:
    both = [*people, *departments]
    every: list[Line | Loose] = [*both, *loose]
    facts: list[tuple[str, Text]] = [
        ("people", str(len(people))),
        ("departments", str(len(departments))),
        ("rated", str(sum(line.rated is not None for line in both))),
        ("unrated", str(sum(line.rated is None for line in both))),
        ("amount", money(_amount(every))),
        *_deducted(every),
        ("merit", _number(sum((line.merit for line in every), ZERO))),
        ("grades_people", _grades(people)),
        ("grades_departments", _grades(departments)),
    ]
    return (Facts(tuple(Fact(Message(f"appraisal_summary.fact.{code}"), value) for code, value in facts)),)


def _deducted(lines: Iterable[Line | Loose]) -> list[tuple[str, Text]]:
    """What of the sum is deducted from wages; said only in an office that deducts."""
    total = sum((line.deducted for line in lines), ZERO)
    return [("deducted", money(total))] if total else []


def _grades(lines: Iterable[Line]) -> str:
    found = Counter(line.grade for line in lines if line.grade is not None)
    return " · ".join(f"{grade} {found[grade]}" for grade in sorted(found)) or NOTHING


def _amount(lines: Iterable[Line | Loose]) -> Decimal:
    return sum((line.amount for line in lines), ZERO)


def _departments(departments: Sequence[Line], people: Sequence[Line], loose: Sequence[Loose]) -> tuple[Block, ...]:
    """Each department with its own sheet and the sums of its people, with a sheet or without; those without one too."""
    own = {line.department: line for line in departments}
    codes = dict.fromkeys([*own, *(line.department for line in people), *(one.department for one in loose)])
    rows = []
    for code in codes:
        mine = [line for line in people if line.department == code]
        sheet = own.get(code)
        alone = [one for one in loose if one.department == code]
        every: list[Line | Loose] = [*mine, *([sheet] if sheet is not None else []), *alone]
        name = every[0].department_name
        rows.append(
            (
                _named(name),
                score(sheet.score) if sheet is not None else NOTHING,
                _grade(sheet) if sheet is not None else NOTHING,
                _rank(sheet) if sheet is not None else NOTHING,
                str(len(mine)),
                _grades(mine),
                money(_amount(every)),
            )
        )
    total = money(_amount(departments) + _amount(people) + _amount(loose))
    rows.append((Message("appraisal_summary.total"), "", "", "", str(len(people)), _grades(people), total))
    columns = _columns(
        ("department", 24, "left"), ("score", 11, "right"), ("grade", 9, "center"), ("rank", 11, "center"),
        ("people", 9, "right"), ("grades", 20, "left"), ("amount", 16, "right"),
    )  # fmt: skip
    return _or_nothing(Grid(columns, tuple(rows)), bool(codes))


def _posts(people: Sequence[Line]) -> Iterable[Block]:
    """The ranking of each post: of the rated by their rank, then the others."""
    columns = _columns(
        ("rank", 10, "center"), ("name", 22, "left"), ("code", 14, "left"), ("department", 26, "left"),
        ("score", 14, "right"), ("grade", 14, "center"),
    )  # fmt: skip
    for scheme in dict.fromkeys(line.scheme for line in people):
        mine = [line for line in people if line.scheme == scheme]
        mine.sort(key=lambda line: (line.rated is None, line.rank or 0, line.code))
        yield Subheading(_named(mine[0].scheme_name))
        yield Grid(columns, tuple(_post_row(line) for line in mine))
    if not people:
        yield Notice(Message("appraisal_summary.nothing"))


def _post_row(line: Line) -> tuple[Cell, ...]:
    return (
        _rank(line), _named(line.name), line.code, _named(line.department_name), score(line.score), _grade(line),
    )  # fmt: skip


def _people(people: Sequence[Line]) -> Iterable[Block]:
    """Department by department: everybody, ranked within it."""
    columns = _columns(
        ("rank_within", 10, "center"), ("name", 18, "left"), ("code", 12, "left"), ("days", 9, "right"),
        ("score", 12, "right"), ("grade", 11, "center"), ("merit", 12, "right"), ("amount", 16, "right"),
    )  # fmt: skip
    for code in dict.fromkeys(line.department for line in people):
        mine = [line for line in people if line.department == code]
        places = ranks([line.rated for line in mine])
        ranked = [replace(line, rank=place) for line, place in zip(mine, places, strict=True)]
        ranked.sort(key=lambda line: (line.rank is None, line.rank or 0, line.code))
        yield Subheading(_named(mine[0].department_name))
        yield Grid(columns, tuple(_person_row(line) for line in ranked))
        total = money(sum((line.amount for line in mine), ZERO))
        yield Paragraph(Message("appraisal_summary.department_total", {"amount": total, "n": len(mine)}), small=True)
    if not people:
        yield Notice(Message("appraisal_summary.nothing"))


def _person_row(line: Line) -> tuple[Cell, ...]:
    place = NOTHING if line.rank is None else str(line.rank)
    return (
        place, _named(line.name), line.code, str(line.days), score(line.score), _grade(line), _number(line.merit),
        money(line.amount),
    )  # fmt: skip


def _beside(loose: Sequence[Loose]) -> Block:
    """What lines bring to whoever has no sheet: with the sheets it gives the sums above."""
    columns = _columns(
        ("name", 18, "left"), ("code", 14, "left"), ("department", 24, "left"), ("what", 22, "left"),
        ("points", 9, "right"), ("amount", 13, "right"),
    )  # fmt: skip
    return Grid(columns, tuple(_beside_row(one, item) for one in loose for item in one.items))


def _beside_row(one: Loose, item: ItemRecord) -> tuple[Cell, ...]:
    what = Message(f"appraisal_paper.kind.{item.kind}") if item.name is None else _named(item.name)
    points = NOTHING if item.points is None else f"{item.points:+}"
    amount = NOTHING if item.money is None else money(item.money)
    return _named(one.name), one.code, _named(one.department_name), what, points, amount


def _rank(line: Line) -> str:
    return NOTHING if line.rank is None else f"{line.rank} / {line.rank_of}"


def _grade(line: Line) -> Text:
    return line.grade or Message("appraisal_paper.no_grade")


def _number(value: Decimal) -> str:
    return f"{value.normalize():f}".replace("-", "\u2212") if value else "0"


def _or_nothing(grid: Grid, there: bool) -> tuple[Block, ...]:
    return (grid,) if there else (Notice(Message("appraisal_summary.nothing")),)


def _columns(*columns: tuple[str, int, str]) -> tuple[Column, ...]:
    return tuple(Column(Message(f"appraisal_summary.column.{code}"), width, align) for code, width, align in columns)


def _named(name: Name) -> Message:
    return Message("appraisal_paper.name", {"name": name})
