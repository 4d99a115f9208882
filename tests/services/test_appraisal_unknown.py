"""R32, R33: a line agreed before the rules of its month were drawn up, which have nothing of the kind any more."""

from __future__ import annotations

import copy
from datetime import UTC, date, datetime

import pytest
import sqlalchemy as sa

from backoffice.keys import Keys
from backoffice.models.appraisal import AppraisalManualLine, AppraisalRules
from backoffice.queries.appraisal_check import verify_appraisal
from backoffice.services import appraisal_lines, appraisal_lock
from policies.appraisal_course import SheetAct as A
from policies.appraisal_lines import LineFacts, refuse_decision
from policies.vocabulary import VersionState
from policies.vocabulary_appraisal import LineKind, LineState, PeriodState, SheetStatus
from tests.services.test_appraisal import agreed, propose, refused
from tests.support.appraised import HEAD, MONTH, QUALITY, SENIOR, Month, Told

KEYS = Keys.fresh()
GONE = {
    LineKind.VETO: ("vetoes", "veto_false_record"),
    LineKind.ADJUSTMENT: ("adjustments", "commendation_letter"),
    LineKind.REWARD: ("rewards", "bonus_top"),
    LineKind.PENALTY: ("penalties", "coaching_4h"),
}


@pytest.fixture
def month(office_database, tmp_path, monkeypatch) -> Month:
    """A month told as the worked example has it."""
    month = Month(office_database, KEYS, tmp_path, told=Told().patch(monkeypatch))
    month.tell_example()
    return month


def drop_from_rules(month: Month, *kinds: LineKind) -> None:
    """New rules from the first of the month on, without these."""
    with month.database.writing() as session:
        old = session.scalars(sa.select(AppraisalRules)).one()
        definition = copy.deepcopy(old.definition)
        for kind in kinds:
            part, code = GONE[kind]
            definition[part] = [row for row in definition[part] if row["code"] != code]
        for part in ("grades", "consecutive_rules"):
            for row in definition[part]:
                known = {one["code"] for one in definition["rewards"] + definition["penalties"]}
                row["effects"] = [code for code in row["effects"] if code in known]
        session.add(
            AppraisalRules(
                code=old.code, version=2, name_zh=old.name_zh, name_en=old.name_en, valid_from=date(2026, 9, 1),
                state=VersionState.EFFECTIVE, definition=definition,
            )
        )  # fmt: skip


def state_of(month: Month, line: int) -> LineState:
    with month.database.reading() as session:
        return session.get_one(AppraisalManualLine, line).state


@pytest.mark.parametrize("kind", list(GONE))
def test_R33_a_line_that_the_rules_lost_counts_for_nothing_and_holds_the_sheet_up_until_it_is_refused(month, kind):
    month.compute()
    before = month.sheet("S013")
    line = agreed(month, "S013", kind, GONE[kind][1])
    drop_from_rules(month, kind)
    month.compute()  # goes through
    sheet = month.sheet("S013")
    assert (sheet.final_score, sheet.vetoes) == (before.final_score, before.vetoes)
    assert not [one for one in sheet.effects if one["cause"] == f"line:{line}"]
    assert refused(lambda: month.act(QUALITY, "S013", A.CHECK)) == "unknown_lines"
    month.act(QUALITY, "S014", A.CHECK)  # nobody else is held up
    month.do(SENIOR, appraisal_lines.decide, line, approve=False, ground="规则中已没有这一项")
    assert state_of(month, line) is LineState.REFUSED
    month.act(QUALITY, "S013", A.CHECK)
    assert month.sheet("S013").status is SheetStatus.CHECKED


def test_R33_the_finding_says_what_the_line_was_called(month):
    agreed(month, "S013", LineKind.VETO, "veto_false_record")
    drop_from_rules(month, LineKind.VETO)
    month.compute()
    (one,) = [found for found in month.all(QUALITY, A.CHECK) if found.number == month.sheet("S013").number]
    assert one.refusal is not None
    (name,) = one.refusal.params["names"]
    with month.database.reading() as session:
        first = session.scalars(sa.select(AppraisalRules).where(AppraisalRules.version == 1)).one().definition
    assert name.zh in [row["name"]["zh"] for row in first["vetoes"] if row["code"] == "veto_false_record"]


def test_R33_one_for_somebody_without_a_sheet_holds_up_the_locking(month):
    month.compute()
    line = agreed(month, HEAD, LineKind.REWARD, GONE[LineKind.REWARD][1])
    drop_from_rules(month, LineKind.REWARD)
    month.to_lock()
    assert refused(lambda: month.do(QUALITY, appraisal_lock.lock, MONTH)) == "unknown_lines"
    month.do(SENIOR, appraisal_lines.decide, line, approve=False, ground="规则中已没有这一项")
    assert month.do(QUALITY, appraisal_lock.lock, MONTH).state is PeriodState.LOCKED
    with month.database.reading() as session:
        assert verify_appraisal(session, KEYS.chain) == (1, [])


def test_R33_what_the_rules_lost_is_not_approved_any_more(month):
    line = propose(month, "S013", LineKind.VETO, "veto_false_record")
    drop_from_rules(month, LineKind.VETO)
    month.compute()
    decide = appraisal_lines.decide
    assert refused(lambda: month.do(QUALITY, decide, line, approve=True)) == "line_unknown"
    month.do(QUALITY, decide, line, approve=False, ground="规则中已没有这一项")
    assert state_of(month, line) is LineState.REFUSED


@pytest.mark.parametrize(
    ("state", "known", "approve", "reason"),
    [
        (LineState.APPROVED, True, False, "line_decided"),
        (LineState.APPROVED, False, False, None),
        (LineState.APPROVED, False, True, "line_decided"),
        (LineState.PROPOSED, False, True, "line_unknown"),
        (LineState.PROPOSED, False, False, None),
        (LineState.REFUSED, False, False, "line_decided"),
    ],
)
def test_R33_only_an_approved_line_that_the_rules_lost_is_decided_twice(state, known, approve, reason):
    facts = LineFacts(state, LineKind.VETO, 13, 23, month_open=True, known=known)
    found = refuse_decision(facts, 24, decides=True, approve=approve)
    assert (None if found is None else found.key.rpartition(".")[2]) == reason


def test_R33_a_month_that_is_locked_keeps_its_lines_whatever_rules_come(month):
    month.compute()
    line = agreed(month, "S013", LineKind.VETO, "veto_false_record")
    month.publish()
    month.keep_silent()
    month.approve()
    month.do(QUALITY, appraisal_lock.lock, MONTH)
    drop_from_rules(month, LineKind.VETO)
    month.clock.at = datetime(2026, 11, 4, 2, tzinfo=UTC)
    assert refused(lambda: month.do(SENIOR, appraisal_lines.decide, line, approve=False, ground="撤销")) == (
        "line_decided"
    )
