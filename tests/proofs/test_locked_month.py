"""R33, R40: a locked month never moves, whatever happens later; late facts appear as corrections of the next open month.

A machine does random things after the locking: complaints are reopened, deleted, scored anew; people move, leave and
change their names; schemes and rules change, even for the time before. After each the rows, their hashes, the cells of
the workbook and the signature are as they were, at the end the papers too.
"""

from __future__ import annotations

import json
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from random import Random

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from backoffice.clock import SetClock
from backoffice.models.appraisal import AppraisalManualLine, AppraisalPeriod, AppraisalSheet
from backoffice.queries import appraisal_rules, indicators
from backoffice.queries.appraisal_check import verify_appraisal
from backoffice.queries.rulebook import Rulebook
from backoffice.reports.appraisal_sheet import print_appraisal
from backoffice.reports.sheet import print_sheet
from backoffice.services import appraisal_lines, appraisal_lock
from backoffice.services.appraisal_papers.sheet import take_sheet
from backoffice.services.appraisal_papers.summary import take_summary
from policies.appraisal import sheet_of
from policies.indicator import Figure
from policies.vocabulary_appraisal import LineKind, LineState, PeriodState, SubjectKind
from tests.services.test_appraisal import snapshot
from tests.services.test_hr_export import tables, taken
from tests.support.appraisal_papers import HR
from tests.support.appraised import MONTH, QUALITY, Month
from tests.support.inspections import KEYS
from tests.support.locked_month import (
    AFTERWARDS,
    LATER,
    SUBJECT,
    everything_tried,
    late_after_all,
    of_complaint,
    with_a_locked_september,
)
from tests.support.printing import printing, read_back
from views.language import say

__all__ = ["printing", "read_back"]
BEFORE, NEXT = "2026-08", "2026-10"
PRINTED = datetime(2026, 11, 2, 2, 0, tzinfo=UTC)
seeds = st.integers(0, 2**32).map(Random)


def cells(month: Month) -> dict:
    return tables(taken(month))


def papers(month: Month, read_back) -> list[str]:
    """The text of the papers of a person and a department and of the summary, as printed at one moment."""
    then = replace(month, clock=SetClock(PRINTED), month=MONTH)
    found = []
    for code in (SUBJECT, "network"):
        number = next(number for number, whose in locked_numbers(month) if whose == code)
        paper = then.do(HR, take_sheet, number, "zh_Hans")
        found.append(read_back(print_appraisal(paper, lambda message: say(message, "zh_Hans")).data, "-layout"))
    whole = then.do(HR, take_summary, MONTH, "zh_Hans")
    found.append(read_back(print_sheet(whole, lambda message: say(message, "zh_Hans")).data, "-layout"))
    return found


def locked_numbers(month: Month) -> list[tuple[str, str]]:
    """Number and whose it is, from the sheets' own texts."""
    with month.database.reading() as session:
        mine = sa.select(AppraisalPeriod.id).where(AppraisalPeriod.month == MONTH).scalar_subquery()
        rows = session.execute(
            sa.select(AppraisalSheet.number, AppraisalSheet.body).where(AppraisalSheet.period_id == mine)
        ).all()
    bodies = [(number, json.loads(body)) for number, body in rows]
    return [(number, body["staff"] or body["department"]) for number, body in bodies]


class Kept:
    """What a locked month is held to."""

    def __init__(self, month: Month) -> None:
        self.month = month
        self.rows, self.cells = snapshot(month), cells(month)

    def holds(self) -> None:
        assert snapshot(self.month) == self.rows
        found = cells(self.month)
        assert [table for table in self.cells if found[table] != self.cells[table]] == []
        with self.month.database.reading() as session:
            locked, broken = verify_appraisal(session, KEYS.chain)
        assert locked >= 1
        assert broken == []


class Afterwards(RuleBasedStateMachine):
    """What happens after the locking. ``opens`` gives each walk a database and a folder of its own."""

    @initialize()
    def september_is_locked(self):
        self.held = ExitStack()
        database, place = self.held.enter_context(type(self).opens())
        self.month = Month(database, KEYS, place, clock=SetClock(AFTERWARDS), month=NEXT)
        self.kept = Kept(self.month)
        self.papers = papers(self.month, type(self).read_back)
        self.computed = False

    @rule(what=st.sampled_from(sorted(LATER)), chance=seeds)
    def something_happens(self, what, chance):
        with self.month.database.writing() as session:
            LATER[what](session, chance)
        self.kept.holds()

    @rule()
    def somebody_tries_to_move_it(self):
        assert set(everything_tried(self.month).values()) <= {"locked", "month_locked", "line_month_closed"}
        self.kept.holds()

    @precondition(lambda self: not self.computed)
    @rule()
    def the_next_month_is_computed(self):
        self.month.clock.at = max(self.month.clock.at, AFTERWARDS) + timedelta(days=1)
        self.month.compute()
        self.computed = True
        self.kept.holds()

    def teardown(self):
        if hasattr(self, "kept"):
            with self.held:
                if not self.computed:
                    self.the_next_month_is_computed()
                self.kept.holds()
                assert papers(self.month, type(self).read_back) == self.papers


SIZES = {"sqlite": (2, 14), "postgresql": (1, 10)}
DEEPER = {"sqlite": (20, 40), "postgresql": (6, 30)}


def walk(sizes, dialect, templates, folder, read_back):
    numbers = count(1)

    @contextmanager
    def opens():
        place = folder / f"walk{next(numbers)}"
        place.mkdir()
        with templates.copy(dialect, with_a_locked_september, place) as database:
            yield database, place

    examples, steps = sizes[dialect]
    machine = type("Walk", (Afterwards,), {"opens": staticmethod(opens), "read_back": staticmethod(read_back)})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples, stateful_step_count=steps, deadline=None, derandomize=True, database=None,
            phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip


def test_R33_a_locked_month_never_moves_whatever_happens_later(dialect, templates, tmp_path, printing, read_back):
    walk(SIZES, dialect, templates, tmp_path, read_back)


@pytest.mark.long
def test_R33_a_locked_month_never_moves_on_longer_walks_either(dialect, templates, tmp_path, printing, read_back):
    walk(DEEPER, dialect, templates, tmp_path, read_back)


# Each act once, and what the next month says of it


@pytest.fixture
def september(dialect, templates, tmp_path):
    with templates.copy(dialect, with_a_locked_september, tmp_path) as database:
        yield Month(database, KEYS, tmp_path, clock=SetClock(AFTERWARDS), month=NEXT)


def now_by_its_own_rules(month: Month, code: str) -> tuple[Decimal, Decimal | None]:
    """The locked score of somebody, and what it would be if the month were counted today by what it was locked with."""
    with month.database.reading() as session:
        period = session.scalars(sa.select(AppraisalPeriod).where(AppraisalPeriod.month == MONTH)).one()
        number = next(number for number, whose in locked_numbers(month) if whose == code)
        sheet = session.scalars(sa.select(AppraisalSheet).where(AppraisalSheet.number == number)).one()
        book, scheme = appraisal_rules.book(session, period.rules_id), appraisal_rules.scheme(session, sheet.scheme_id)
        window = indicators.window_of(session, MONTH, Rulebook(session).zone(), period.computed_at)
        of = sheet.staff_id or sheet.department_id
        level = SubjectKind.PERSON if sheet.staff_id else SubjectKind.DEPARTMENT
        figures: dict[str, Figure] = {}
        for item in scheme.items:
            found = indicators.figures(session, item.indicator, window, level, [of])
            figures |= {item.indicator: found[of]} if of in found else {}
        points = [(line["code"], Decimal(line["points"])) for line in json.loads(sheet.body)["lines"]]
        again = sheet_of(scheme, book.rules, book.indicators, figures, points, sheet.vetoes)
        return sheet.final_score, again.final_score


def corrections(month: Month, code: str) -> list[AppraisalManualLine]:
    with month.database.reading() as session:
        rows = sa.select(AppraisalManualLine).where(AppraisalManualLine.kind == LineKind.CORRECTION)
        mine = {month.staff(code)} if code.startswith("S") else {None}
        found = [row for row in session.scalars(rows.order_by(AppraisalManualLine.id)) if row.staff_id in mine]
        return found if code.startswith("S") else [row for row in found if row.department_id == month.department(code)]


def test_R33_late_facts_are_corrections_of_the_next_month_even_when_schemes_and_rules_have_changed_since(september):
    kept, chance = Kept(september), Random(3)
    with september.database.writing() as session:
        for what in ("another_scheme", "other_rules", "renamed", "brought_in_late", "inspected_anew"):
            LATER[what](session, chance)
        for _ in range(3):
            of_complaint(late_after_all)(session, chance)
    september.compute()
    for code in (SUBJECT, "network"):
        locked, again = now_by_its_own_rules(september, code)
        assert again is not None
        assert again < locked
        lines = corrections(september, code)
        assert [(line.month, line.corrects, line.state) for line in lines] == [(NEXT, MONTH, LineState.PROPOSED)]
        assert lines[0].points == again - locked
    kept.holds()


def test_R33_later_facts_still_add_only_what_is_new(september):
    """What was approved stays, and the next correction adds the rest; what nobody decided gives way to it."""
    chance = Random(5)
    for approved in (True, False, True):
        with september.database.writing() as session:
            LATER["brought_in_late"](session, chance)
        september.compute()
        line = corrections(september, SUBJECT)[-1]
        if approved:
            september.do(QUALITY, appraisal_lines.decide, line.id, approve=True)
    lines = corrections(september, SUBJECT)
    locked, again = now_by_its_own_rules(september, SUBJECT)
    states = [LineState.APPROVED, LineState.WITHDRAWN, LineState.APPROVED]
    assert [line.state for line in lines] == states
    assert sum(line.points for line in lines if line.state is LineState.APPROVED) == again - locked
    assert september.sheet(SUBJECT).adjustment == again - locked


def test_R33_the_month_before_locked_afterwards_changes_nothing_on_a_locked_paper(september, printing, read_back):
    kept, before = Kept(september), papers(september, read_back)
    august = replace(september, month=BEFORE)
    august.to_lock()
    assert august.do(QUALITY, appraisal_lock.lock, BEFORE).state is PeriodState.LOCKED
    kept.holds()
    assert papers(september, read_back) == before


def test_R33_whatever_is_tried_on_a_locked_month_is_refused_with_the_reason(september):
    kept = Kept(september)
    found = everything_tried(september)
    assert {found[what] for what in ("veto", "reward")} == {"line_month_closed"}
    assert found.pop("figure") == "month_locked"
    assert {why for what, why in found.items() if what not in ("veto", "reward")} == {"locked"}
    kept.holds()


def test_R33_names_on_a_locked_paper_stay_as_they_were(september):
    kept = Kept(september)
    with september.database.writing() as session:
        LATER["renamed"](session, Random(1))
    kept.holds()


def test_R40_a_score_changed_in_the_database_is_found(september):
    with september.database.writing() as session:
        session.execute(
            sa.update(AppraisalSheet).where(AppraisalSheet.grade.is_not(None)).values(final_score=Decimal(99))
        )
    with september.database.reading() as session:
        _months, broken = verify_appraisal(session, KEYS.chain)
    assert {one.fault.key for one in broken} == {"appraisal.fault.columns"}
