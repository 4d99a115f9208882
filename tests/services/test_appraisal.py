"""R33: a month from its computation to its lock, played through the services and the jobs, on both databases."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
import sqlalchemy as sa

from backoffice.errors import DomainError
from backoffice.keys import Keys
from backoffice.models.appraisal import (
    AppraisalEvent,
    AppraisalInput,
    AppraisalManualLine,
    AppraisalPeriod,
    AppraisalSheet,
    StaffPost,
)
from backoffice.models.training import Attendance, TrainingCourse, TrainingOrder, TrainingSession
from backoffice.models.work import Outbox
from backoffice.queries.appraisal_check import verify_appraisal
from backoffice.services import appraisal_appeal, appraisal_compute, appraisal_lines, appraisal_lock
from backoffice.services.appraisal import Said
from backoffice.services.appraisal_appeal import Decision, Figures
from backoffice.services.core.appraisal_counting import lines_of
from backoffice.services.core.appraisal_notes import opened
from policies.appraisal_course import SheetAct
from policies.appraisal_lines import Proposal
from policies.vocabulary_appraisal import (
    LineKind,
    LineState,
    PeriodState,
    SheetAppealResult,
    SheetStatus,
    SubjectKind,
)
from policies.vocabulary_training import CourseKind, TrainingForm
from tests.support.appraised import ANALYST, HEAD, MONTH, QUALITY, SENIOR, Month, Told, worked_example

KEYS = Keys.fresh()
A = SheetAct
GROUND = "有书面依据，已核实"


@pytest.fixture
def told(monkeypatch) -> Told:
    return Told().patch(monkeypatch)


@pytest.fixture
def month(office_database, tmp_path, told) -> Month:
    return Month(office_database, KEYS, tmp_path, told=told)


@pytest.fixture
def example(month, told) -> Month:
    """The worked example's figures, told as contributions."""
    for sheet in worked_example():
        for row in sheet["rows"]:
            told.add_whole(row["indicator"], month.staff(sheet["staff"]), row)
    return month


def propose(month: Month, code: str, kind: LineKind, what: str, by: str = ANALYST, of: str = MONTH) -> int:
    asked = appraisal_lines.Asked(of, month.staff(code), None, Proposal(kind, what, GROUND))
    return month.do(by, appraisal_lines.propose, asked).id


def agreed(month: Month, code: str, kind: LineKind, what: str) -> int:
    line = propose(month, code, kind, what)
    month.do(QUALITY, appraisal_lines.decide, line, approve=True)
    return line


def told_lines(month: Month) -> None:
    """The lines outside the formula of the worked example."""
    for sheet in worked_example():
        for one in sheet["adjustments"]:
            agreed(month, sheet["staff"], LineKind.ADJUSTMENT, one["code"])
        for veto in sheet["vetoes"]:
            agreed(month, sheet["staff"], LineKind.VETO, veto)


def refused(call) -> str:
    with pytest.raises(DomainError) as error:
        call()
    return error.value.refusals[0].key.rpartition(".")[2]


# Computing


def test_R33_the_worked_example_comes_out_to_the_last_digit(example):
    told_lines(example)
    example.compute()
    for wanted in worked_example():
        sheet = example.sheet(wanted["staff"])
        lines = {line.indicator: line for line in sheet.lines}
        assert [line.indicator for line in sheet.lines] == [row["indicator"] for row in wanted["rows"]]
        for row in wanted["rows"]:
            line = lines[row["indicator"]]
            assert (Decimal(line.numerator), Decimal(line.denominator), line.sample) == (
                Decimal(str(row["numerator"])), Decimal(str(row["denominator"])), row["sample"],
            )  # fmt: skip
            assert Decimal(line.value) == Decimal(str(row["value"]))
            assert line.score == (Decimal(str(row["score"])) if row["rated"] else None)
            assert line.contribution == (None if not row["rated"] else line.contribution)
            if row["rated"]:
                assert Decimal(line.contribution) == Decimal(str(row["contribution"]))
        told = (wanted["rated_weight"], wanted["weighted_sum"], wanted["base_score"], wanted["final_score"])
        assert (sheet.rated_weight, sheet.weighted_sum, sheet.base_score, sheet.final_score) == tuple(
            Decimal(str(one)) for one in told
        )
        assert (sheet.grade_by_score, sheet.grade) == (wanted["grade_by_score"], wanted["grade"])
        assert [one["code"] for one in sheet.effects] == wanted["effects"]
        assert sheet.scheme.code == wanted["scheme"]


def test_R33_every_person_and_department_with_a_scheme_has_a_sheet_and_a_list_behind_each_figure(example):
    example.compute()
    with example.database.reading() as session:
        sheets = list(session.scalars(sa.select(AppraisalSheet)))
        people = {sheet.staff_id for sheet in sheets if sheet.staff_id}
        assert len(people) == len([sheet for sheet in sheets if sheet.subject is SubjectKind.PERSON])
        assert len([sheet for sheet in sheets if sheet.subject is SubjectKind.DEPARTMENT]) == 9
        mine = example.sheet("S013")
        rows = list(session.scalars(sa.select(AppraisalInput).where(AppraisalInput.sheet_id == mine.id)))
        by_code = {row.indicator: row for row in rows}
        assert len(list(lines_of(by_code["on_time_rate"].lines))) == by_code["on_time_rate"].count == 43
        assert {line.inputs_sha256 for line in mine.lines} == {row.sha256 for row in rows}
        period = session.scalars(sa.select(AppraisalPeriod)).one()
        assert (period.state, period.runs) == (PeriodState.COMPUTED, 1)
        ranks = {sheet.rank for sheet in sheets if sheet.grade is None}
        assert ranks == {None}


def test_R33_computed_twice_it_is_the_same_to_the_letter(example):
    example.compute()
    with example.database.reading() as session:
        before = dict(session.execute(sa.select(AppraisalSheet.number, AppraisalSheet.sha256)).all())
    example.compute()
    with example.database.reading() as session:
        assert dict(session.execute(sa.select(AppraisalSheet.number, AppraisalSheet.sha256)).all()) == before
        assert set(session.scalars(sa.select(AppraisalInput.run))) == {2}
        assert not list(session.scalars(sa.select(AppraisalEvent).where(AppraisalEvent.kind == "recomputed")))


def test_R33_computing_again_says_what_changed_and_why(example, told):
    example.compute()
    gone = told.rows["on_time_rate", SubjectKind.PERSON].pop()
    new = told.add("on_time_rate", example.staff("S013"), 1)
    told.add("on_time_rate", example.staff("S013"), 0)
    example.all(QUALITY, A.CHECK)
    example.compute()
    with example.database.reading() as session:
        event = session.scalars(sa.select(AppraisalEvent).where(AppraisalEvent.kind == "recomputed")).one()
        ((code, line),) = event.facts["lines"].items()
        assert code == "on_time_rate"
        assert line["old"] == ["41", "43", 43]
        assert line["new"][1:] == ["44", 44]
        assert (line["came"], line["went"], line["changed"]) == (2, 1, 0)
        assert ["came", new] in line["some"]
        assert ["went", gone[2]] in line["some"]
    assert example.sheet("S013").status is SheetStatus.COMPUTED  # its check has to be done anew
    assert example.sheet("S005").status is SheetStatus.CHECKED  # nothing changed there


def test_R33_only_a_month_that_is_over_is_computed_and_not_twice_at_once(month, told):
    month.month = "2026-10"
    assert refused(lambda: month.do(ANALYST, appraisal_compute.ask, "2026-10")) == "not_over"
    assert refused(lambda: month.do(ANALYST, appraisal_compute.ask, "2026-1")) == "month"
    assert refused(lambda: month.do(HEAD, appraisal_compute.ask, MONTH)) == "permission"
    month.do(ANALYST, appraisal_compute.ask, MONTH)
    assert refused(lambda: month.do(ANALYST, appraisal_compute.ask, MONTH)) == "running"


def test_R33_below_the_minimum_weight_there_is_no_grade_and_nothing_follows(month, told):
    told.add_whole("on_time_rate", month.staff("S013"), {"numerator": 9, "denominator": 9, "sample": 9})
    month.compute()
    sheet = month.sheet("S013")
    assert (sheet.rated_weight, sheet.base_score, sheet.grade, sheet.effects) == (20, 100, None, [])
    assert {line.why_not for line in sheet.lines if line.indicator != "on_time_rate"} == {"sample"}


def test_R33_who_moved_has_two_sheets_and_each_thing_counts_for_the_days_it_happened_in(month, told):
    mover, front = month.staff("S013"), month.department("front_desk")
    with month.database.writing() as session:
        home = month.department("network")
        session.add(
            StaffPost(
                staff_id=mover, department_id=home, roles=["handler"], from_day=date(2019, 7, 1),
                until_day=date(2026, 9, 14),
            )
        )  # fmt: skip
        session.add(StaffPost(staff_id=mover, department_id=front, roles=["handler"], from_day=date(2026, 9, 15)))
    midnight = datetime(2026, 9, 14, 16, 0, tzinfo=UTC)  # 15 September 00:00 in Shanghai
    for _ in range(5):
        told.add("on_time_rate", mover, 1, at=datetime(2026, 9, 14, 15, 59, 59, tzinfo=UTC))
    for _ in range(7):
        told.add("on_time_rate", mover, 0, at=midnight)
    month.compute()
    with month.database.reading() as session:
        sheets = list(
            session.scalars(
                sa.select(AppraisalSheet).where(AppraisalSheet.staff_id == mover).order_by(AppraisalSheet.from_day)
            )
        )
        figures = [
            next((line.numerator, line.sample) for line in sheet.lines if line.indicator == "on_time_rate")
            for sheet in sheets
        ]
        assert [(sheet.department_id, sheet.from_day.day, sheet.until_day.day, sheet.days) for sheet in sheets] == [
            (home, 1, 14, 10), (front, 15, 30, 12),
        ]  # fmt: skip
        assert figures == [("5", 5), ("0", 7)]


# Checked, published, acknowledged, approved, locked


def test_R33_a_month_goes_its_way_to_the_lock(example):
    told_lines(example)
    example.compute()
    assert all(one.refusal is None for one in example.all(QUALITY, A.CHECK))
    assert all(one.refusal is None for one in example.all(QUALITY, A.PUBLISH))
    sheet = example.sheet("S013")
    # Friday 9 October; the Saturday after it is a working day, then Monday and Tuesday: closed at 18:00
    assert sheet.acknowledge_until == datetime(2026, 10, 13, 10, 0, tzinfo=UTC)
    example.act("S013", "S013", A.ACKNOWLEDGE, Said("无异议"))
    example.act(HEAD, "S013", A.APPROVE)
    assert refused(lambda: example.do(QUALITY, appraisal_lock.lock, MONTH)) == "not_all_approved"
    example.keep_silent()
    assert example.sheet("S005").acknowledged_silently
    assert not example.sheet("S013").acknowledged_silently
    example.approve()
    assert refused(lambda: example.do(HEAD, appraisal_lock.lock, MONTH)) == "not_checker"
    period = example.do(QUALITY, appraisal_lock.lock, MONTH)
    assert (period.state, len(period.sha256)) == (PeriodState.LOCKED, 64)
    with example.database.reading() as session:
        assert verify_appraisal(session, KEYS.chain) == (1, [])
        told_to = {
            row.template for row in session.scalars(sa.select(Outbox)) if row.key and row.key.startswith("sheet")
        }
        assert told_to == {"sheet_notice", "sheet_approve_notice"}


def test_R33_R34_coaching_that_a_grade_brings_becomes_an_entry_with_a_date(example):
    told_lines(example)
    example.to_lock()
    example.do(QUALITY, appraisal_lock.lock, MONTH)
    with example.database.reading() as session:
        rows = list(session.scalars(sa.select(TrainingOrder)))
        assert [(row.staff_id, row.hours, row.due, row.source_id) for row in rows] == [
            (example.staff("S011"), 4, date(2026, 10, 31), example.sheet("S011").id)
        ]


@pytest.mark.parametrize(
    ("act", "by", "why"),
    [
        (A.CHECK, HEAD, "not_checker"),
        (A.CHECK, ANALYST, "not_checker"),
        (A.PUBLISH, QUALITY, "not_in_status"),
        (A.ACKNOWLEDGE, "S013", "not_in_status"),
        (A.APPROVE, HEAD, "not_in_status"),
        (A.APPROVE, "S019", "not_approver"),
    ],
)
def test_R33_out_of_turn_nothing_is_done(example, act, by, why):
    example.compute()
    assert refused(lambda: example.act(by, "S013", act)) == why


def test_R33_two_who_look_at_the_same_state_do_not_undo_each_other(example):
    example.compute()
    seen = example.sheet("S013").revision
    agreed(example, "S013", LineKind.ADJUSTMENT, "commendation_letter")
    assert refused(lambda: example.act(QUALITY, "S013", A.CHECK, Said(revision=seen))) == "changed_meanwhile"


# Lines


def test_R33_an_approved_line_counts_at_once_and_the_check_is_done_anew(example):
    example.compute()
    example.all(QUALITY, A.CHECK)
    before = example.sheet("S013").final_score
    line = propose(example, "S013", LineKind.ADJUSTMENT, "commendation_letter")
    assert refused(lambda: example.do(ANALYST, appraisal_lines.decide, line, approve=True)) == "line_not_decider"
    example.do(QUALITY, appraisal_lines.decide, line, approve=True)
    sheet = example.sheet("S013")
    assert (sheet.final_score, sheet.status) == (before + 1, SheetStatus.COMPUTED)


def test_R33_what_is_proposed_holds_up_the_check_until_it_is_decided(example):
    example.compute()
    line = propose(example, "S013", LineKind.VETO, "veto_abuse")
    assert refused(lambda: example.act(QUALITY, "S013", A.CHECK)) == "open_lines"
    assert refused(lambda: example.do(QUALITY, appraisal_lines.decide, line, approve=False)) == "ground"
    example.do(QUALITY, appraisal_lines.decide, line, approve=False, ground="查无实据")
    example.act(QUALITY, "S013", A.CHECK)
    assert example.sheet("S013").vetoes == []


def test_R33_who_proposed_does_not_decide_and_once_published_a_line_is_too_late(example):
    example.compute()
    line = propose(example, "S013", LineKind.ADJUSTMENT, "commendation_letter", by=QUALITY)
    assert refused(lambda: example.do(QUALITY, appraisal_lines.decide, line, approve=True)) == "line_proposer"
    example.do(SENIOR, appraisal_lines.decide, line, approve=True)
    example.publish()
    assert refused(lambda: propose(example, "S013", LineKind.ADJUSTMENT, "commendation_letter")) == "line_month_closed"
    assert propose(example, "S013", LineKind.ADJUSTMENT, "commendation_letter", of="2026-10")


def test_R33_a_reward_brings_its_money_and_no_points(example):
    example.compute()
    agreed(example, "S013", LineKind.REWARD, "bonus_top")
    sheet = example.sheet("S013")
    assert (sheet.amount, sheet.adjustment) == (Decimal(200), 0)
    assert sheet.effects[-1]["cause"].startswith("line:")


def excellent(month: Month, code: str, on: date, **said: object) -> int:
    """Somebody was excellent in a drill on a day; gives the id of the session."""
    with month.database.writing() as session:
        drill = session.scalars(sa.select(TrainingCourse).where(TrainingCourse.kind == CourseKind.DRILL)).first()
        held = TrainingSession(
            course_id=drill.id, form=TrainingForm.DRILL, held_on=on, hours=2, entered_at=month.clock.now(), **said
        )
        held.attendance.append(
            Attendance(staff_id=month.staff(code), present=True, hours=2, excellent=True, entered_at=month.clock.now())
        )
        session.add(held)
        session.flush()
        return held.id


def proposed(month: Month, of: str = MONTH) -> list[tuple[str, int, Decimal]]:
    with month.database.reading() as session:
        rows = session.scalars(sa.select(AppraisalManualLine).where(AppraisalManualLine.month == of))
        return [(row.code, row.staff_id, row.points) for row in rows if row.state is LineState.PROPOSED]


def test_R34_who_was_excellent_in_a_drill_of_the_month_is_proposed_for_a_point_once(example):
    excellent(example, "S013", date(2026, 9, 30))
    excellent(example, "S005", date(2026, 10, 1))
    excellent(example, "S011", date(2026, 9, 2), cancelled_at=example.clock.now())
    for _ in range(2):
        example.compute()
    assert proposed(example) == [("drill_excellent", example.staff("S013"), 1)]


def test_R34_a_drill_that_was_written_up_after_its_month_was_locked_counts_in_the_next_month(example):
    example.to_lock()
    example.do(QUALITY, appraisal_lock.lock, MONTH)
    excellent(example, "S013", date(2026, 9, 30))
    example.clock.at = datetime(2026, 11, 4, 2, 0, tzinfo=UTC)
    example.month = "2026-10"
    example.compute()
    assert proposed(example, "2026-10") == [("drill_excellent", example.staff("S013"), 1)]


# Appeals


def appeal(month: Month, code: str = "S013", **more: object) -> None:
    month.publish()
    month.do(code, appraisal_appeal.submit, month.sheet(code).number, ["on_time_rate"], "两件由协办人承担", **more)


def test_R33_an_appeal_upheld_puts_the_figures_right_and_the_sheet_is_reckoned_anew(example):
    told_lines(example)
    example.compute()
    appeal(example)
    number = example.sheet("S013").number
    again = lambda: example.do("S013", appraisal_appeal.submit, number, ["on_time_rate"], "再次")  # noqa: E731
    assert refused(again) == "once"
    figures = {"on_time_rate": Figures(Decimal(43), Decimal(43), 43)}
    wrong = Decision(SheetAppealResult.UPHELD, GROUND, {"repeat_rate": Figures(Decimal(0), Decimal(41), 41)})
    assert refused(lambda: example.do(QUALITY, appraisal_appeal.decide, number, wrong)) == "not_contested"
    example.do(QUALITY, appraisal_appeal.decide, number, Decision(SheetAppealResult.UPHELD, GROUND, figures))
    sheet = example.sheet("S013")
    line = next(line for line in sheet.lines if line.indicator == "on_time_rate")
    assert (line.score, line.corrected) == (100, True)
    # 9362.25 + 20 × (100 − 94.70) = 9468.25; ÷ 100 = 94.68; +1 − 1
    assert (sheet.base_score, sheet.final_score, sheet.status) == (
        Decimal("94.68"), Decimal("94.68"), SheetStatus.PUBLISHED,
    )  # fmt: skip
    assert refused(again) == "once"
    example.act("S013", "S013", A.ACKNOWLEDGE)


def test_R33_an_appeal_dismissed_changes_nothing(example):
    example.compute()
    before = example.sheet("S013").final_score
    appeal(example)
    number = example.sheet("S013").number
    example.do(QUALITY, appraisal_appeal.decide, number, Decision(SheetAppealResult.DISMISSED, "数据无误"))
    assert example.sheet("S013").final_score == before


def test_R33_a_line_can_be_struck_by_an_appeal(example):
    told_lines(example)
    example.compute()
    example.publish()
    number = example.sheet("S011").number
    with example.database.reading() as session:
        veto = session.scalars(sa.select(AppraisalManualLine.id).where(AppraisalManualLine.kind == LineKind.VETO)).one()
    example.do("S011", appraisal_appeal.submit, number, [f"line:{veto}"], "已核验身份，录音为证")
    decision = Decision(SheetAppealResult.UPHELD, GROUND, struck=[veto])
    example.do(QUALITY, appraisal_appeal.decide, number, decision)
    sheet = example.sheet("S011")
    assert (sheet.vetoes, sheet.grade, sheet.amount) == ([], "A", Decimal(200))


def test_R33_what_was_forgotten_is_added_by_an_appeal_that_says_so(example):
    told_lines(example)
    example.compute()
    example.publish()
    number = example.sheet("S013").number
    before = example.sheet("S013").final_score
    example.do("S013", appraisal_appeal.submit, number, [appraisal_appeal.MISSING, "on_time_rate"], "漏计表扬信一封")
    upheld = SheetAppealResult.PARTLY_UPHELD
    unknown = Decision(upheld, GROUND, added=["veto_abuse"])
    assert refused(lambda: example.do(QUALITY, appraisal_appeal.decide, number, unknown)) == "line_code"
    decision = Decision(upheld, GROUND, added=["commendation_letter"])
    example.do(QUALITY, appraisal_appeal.decide, number, decision)
    assert example.sheet("S013").final_score == before + 1
    with example.database.reading() as session:
        row = session.scalars(
            sa.select(AppraisalManualLine).where(AppraisalManualLine.code == "commendation_letter").order_by(
                AppraisalManualLine.id.desc())
        ).first()  # fmt: skip
        assert (row.state, row.proposed_by_id, row.decided_by_id) == (
            LineState.APPROVED, example.staff("S013"), example.staff(QUALITY),
        )  # fmt: skip


def test_R33_a_record_that_was_put_right_is_counted_again_by_an_appeal_with_its_list(example, told):
    told_lines(example)
    example.compute()
    appeal(example)
    number = example.sheet("S013").number
    rows = told.rows["on_time_rate", SubjectKind.PERSON]
    mine = [place for place, row in enumerate(rows) if row[0] == example.staff("S013")]
    rows[mine[-1]] = (*rows[mine[-1]][:5], rows[mine[-1]][5] + 200, *rows[mine[-1]][6:])  # two more were in time: 43
    told.write(example.database)
    decision = Decision(SheetAppealResult.UPHELD, GROUND, recounted=["on_time_rate"])
    both = Decision(
        SheetAppealResult.UPHELD, GROUND, {"on_time_rate": Figures(Decimal(42), Decimal(43), 43)},
        recounted=["on_time_rate"],
    )  # fmt: skip
    assert refused(lambda: example.do(QUALITY, appraisal_appeal.decide, number, both)) == "typed_and_counted"
    example.do(QUALITY, appraisal_appeal.decide, number, decision)
    sheet = example.sheet("S013")
    line = next(line for line in sheet.lines if line.indicator == "on_time_rate")
    assert (line.numerator, line.sample, line.score, line.corrected) == ("43", 43, 100, False)
    assert sheet.final_score == Decimal("94.68")  # as in the appeal that put the same figures in by hand
    with example.database.reading() as session:
        kept = session.get_one(AppraisalInput, (sheet.id, "on_time_rate", sheet.run))
        assert (kept.sha256, kept.numerator) == (line.inputs_sha256, 4300)


def test_R33_who_had_the_month_computed_decides_none_of_its_appeals(example):
    example.compute(by=QUALITY)
    appeal(example)
    number = example.sheet("S013").number
    dismissed = Decision(SheetAppealResult.DISMISSED, GROUND)
    assert refused(lambda: example.do(QUALITY, appraisal_appeal.decide, number, dismissed)) == "decider_computed"
    example.do(SENIOR, appraisal_appeal.name_decider, number, example.staff("S022"))
    example.do("S022", appraisal_appeal.decide, number, dismissed)


def test_R33_against_the_check_a_senior_manager_names_who_decides(example):
    example.compute()
    appeal(example, against_check=True)
    number = example.sheet("S013").number
    dismissed = Decision(SheetAppealResult.DISMISSED, GROUND)
    assert refused(lambda: example.do(QUALITY, appraisal_appeal.decide, number, dismissed)) == "to_be_named"
    name = appraisal_appeal.name_decider
    assert refused(lambda: example.do(SENIOR, name, number, example.staff(QUALITY))) == "decider_involved"
    example.do(SENIOR, name, number, example.staff("S022"))
    example.do("S022", appraisal_appeal.decide, number, dismissed)
    assert example.sheet("S013").status is SheetStatus.PUBLISHED


def test_R33_after_the_days_an_appeal_is_too_late_and_silence_is_recorded(example):
    example.compute()
    example.publish()
    example.clock.at = datetime(2026, 10, 14, 10, 5, tzinfo=UTC)
    number = example.sheet("S013").number
    late = lambda: example.do("S013", appraisal_appeal.submit, number, ["on_time_rate"], "迟了")  # noqa: E731
    assert refused(late) == "late_appeal"
    example.keep_silent()
    assert refused(late) == "not_in_status"
    with example.database.reading() as session:
        events = set(session.scalars(sa.select(AppraisalEvent.kind).where(AppraisalEvent.sheet_id.is_not(None))))
    assert "silent" in events


# A locked month


def snapshot(month: Month) -> list[tuple]:
    """Every column of the month and its sheets, lines and inputs."""
    from backoffice.models.appraisal import AppraisalLine

    with month.database.reading() as session:
        period = session.scalars(sa.select(AppraisalPeriod).where(AppraisalPeriod.month == MONTH)).one()
        mine = sa.select(AppraisalSheet.id).where(AppraisalSheet.period_id == period.id)
        found: list[tuple] = []
        for table, where in (
            (AppraisalPeriod.__table__, AppraisalPeriod.id == period.id),
            (AppraisalSheet.__table__, AppraisalSheet.period_id == period.id),
            (AppraisalLine.__table__, AppraisalLine.sheet_id.in_(mine)),
            (AppraisalInput.__table__, AppraisalInput.sheet_id.in_(mine)),
        ):
            rows = session.execute(sa.select(table).where(where).order_by(*table.primary_key.columns))
            found += [tuple(str(value) for value in row) for row in rows]
        return found


def test_R33_nothing_of_a_locked_month_moves_whatever_happens_later(example, told):
    told_lines(example)
    example.to_lock()
    example.do(QUALITY, appraisal_lock.lock, MONTH)
    before = snapshot(example)
    number = example.sheet("S013").number
    later = [
        lambda: example.do(ANALYST, appraisal_compute.ask, MONTH),
        lambda: propose(example, "S013", LineKind.VETO, "veto_abuse"),
        lambda: example.do("S013", appraisal_appeal.submit, number, ["on_time_rate"], "还有"),
        lambda: example.do(QUALITY, appraisal_lock.lock, MONTH),
        *(lambda act=act: example.act(QUALITY, "S013", act) for act in (A.CHECK, A.PUBLISH)),
        lambda: example.act("S013", "S013", A.ACKNOWLEDGE),
        lambda: example.act(SENIOR, "S013", A.APPROVE),
    ]
    for one in later:
        assert refused(one) in {"locked", "line_month_closed"}
    told.rows["on_time_rate", SubjectKind.PERSON].pop()
    told.add("satisfaction_score", example.staff("S013"), 1)
    example.clock.at = datetime(2026, 11, 4, 2, 0, tzinfo=UTC)
    example.month = "2026-10"
    example.compute()
    example.keep_silent()
    assert snapshot(example) == before
    with example.database.reading() as session:
        assert verify_appraisal(session, KEYS.chain) == (1, [])


def test_R33_late_facts_become_a_correction_on_the_next_month_once(example, told):
    told_lines(example)
    example.to_lock()
    example.do(QUALITY, appraisal_lock.lock, MONTH)
    row = told.rows["on_time_rate", SubjectKind.PERSON][-1]
    late = (*row[:5], 0, *row[6:])  # a complaint thought to be in time was not: 40 of 43
    told.rows["on_time_rate", SubjectKind.PERSON][-1] = late
    example.clock.at = datetime(2026, 11, 4, 2, 0, tzinfo=UTC)
    example.month = "2026-10"
    for _ in range(2):
        example.compute()
    with example.database.reading() as session:
        lines = list(
            session.scalars(sa.select(AppraisalManualLine).where(AppraisalManualLine.kind == LineKind.CORRECTION))
        )
        assert [(one.month, one.corrects, one.state) for one in lines] == [("2026-10", MONTH, LineState.PROPOSED)]
        # about 40.05 ÷ 43: the score of timeliness falls, and with it the month's by a fifth of that
        assert Decimal("-1.2") < lines[0].points < 0
    points, said = lines[0].points, opened(KEYS, lines[0].sealed)
    # points alone: the grade stays B, which brings no money
    assert (lines[0].amount, said["locked_score"], said["grade"], said["bonus"]) == (0, "93.62", "B", ["0.00", "0.00"])
    example.do(QUALITY, appraisal_lines.decide, lines[0].id, approve=True)
    assert example.sheet("S013").adjustment == points


def test_R33_a_correction_that_would_have_changed_the_grade_says_what_money_it_would_have_brought(example, told):
    example.to_lock()
    example.do(QUALITY, appraisal_lock.lock, MONTH)
    for _ in range(400):
        told.add("satisfaction_score", example.staff("S013"), 5)
    example.clock.at = datetime(2026, 11, 4, 2, 0, tzinfo=UTC)
    example.month = "2026-10"
    example.compute()
    with example.database.reading() as session:
        line = session.scalars(
            sa.select(AppraisalManualLine).where(AppraisalManualLine.kind == LineKind.CORRECTION)
        ).one()
    said = opened(KEYS, line.sealed)
    # satisfaction reaches its target: 9362.25 + 25 × (100 − 92.98) = 9537.75, that is 95.38, an A
    assert (line.points, line.amount) == (Decimal("1.76"), 0)
    assert (said["locked_grade"], said["grade"], said["bonus"]) == ("B", "A", ["0.00", "200.00"])


@pytest.mark.parametrize(
    ("spoil", "fault"),
    [
        (
            lambda s: s.execute(sa.update(AppraisalSheet).where(AppraisalSheet.grade == "B").values(grade="A")),
            "columns",
        ),
        (lambda s: s.execute(sa.update(AppraisalSheet).where(AppraisalSheet.grade == "B").values(body="{}")), "body"),
        (lambda s: s.execute(sa.update(AppraisalPeriod).values(body="{}")), "period"),
        (lambda s: s.execute(sa.delete(AppraisalInput).where(AppraisalInput.indicator == "on_time_rate")), "inputs"),
    ],
)
def test_R40_a_locked_month_that_was_changed_is_found(example, spoil, fault):
    told_lines(example)
    example.to_lock()
    example.do(QUALITY, appraisal_lock.lock, MONTH)
    with example.database.writing() as session:
        spoil(session)
    with example.database.reading() as session:
        _months, broken = verify_appraisal(session, KEYS.chain)
    assert {one.fault.key.rpartition(".")[2] for one in broken} == {fault}
