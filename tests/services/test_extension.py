"""R25: an extension counts when it is granted and the customer was told, both before the deadline; on both databases."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa

from backoffice.errors import DomainError
from backoffice.integrations.files import Upload
from backoffice.jobs.extension_lapse import KIND, lapse_extensions
from backoffice.jobs.running import Workshop, plan, work_off
from backoffice.keys import Keys
from backoffice.models.complaint import ClockRow, Complaint
from backoffice.models.configuration import Calendar, ListEntry
from backoffice.models.extension import Extension
from backoffice.models.history import Event
from backoffice.models.office import Staff
from backoffice.models.work import Outbox
from backoffice.queries.clocks import explain
from backoffice.queries.extensions import extended_clocks
from backoffice.queries.rulebook import Rulebook
from backoffice.queries.verification import verify
from backoffice.sealing import CaseSeal
from backoffice.services import calendar, clock_moves
from backoffice.services.core.case import look_at
from backoffice.services.core.facts import dossier_facts
from backoffice.services.core.holdings import Holdings
from backoffice.services.core.work import Work
from backoffice.services.handling import act
from backoffice.services.list_entry import retire
from policies.access import SYSTEM
from policies.dossier import required_parts
from policies.vocabulary import ContactWay, ExtensionState
from tests.support.offices import actor_of, the
from tests.support.played import Play
from tests.support.told_cases import SHANGHAI, local

KEYS = Keys.fresh()
UNTIL = local("2026-12-03T18:00")  # three working days after Monday 30 November
BILLING = "bill_unknown_charge"  # its trunk is answered in three working days
SECRET = "周㛃敏所在路段被台风封闭"


@pytest.fixture
def play(office_database, tmp_path):
    """Received on Monday 23 November 2026, 10:00: due on Monday 30 November 18:00, answered by 26 November 15:24."""
    play = Play(office_database, KEYS, tmp_path)
    play.register()
    play.dispatch()
    return play


def ask(play, days=3, who="S016", **more):
    values = {"extension_reason": "force_majeure", "reason": SECRET, "extension_ground": "封路通告", **more}
    play.act(who, "request_extension", extension_days=days, **values)


def grant(play, days=3, who="S003"):
    play.act(who, "grant_extension", extension_days=days, extension_opinion="情况属实，同意")


def tell(play, until=UNTIL, **more):
    play.act("S016", "tell_delay", way=ContactWay.PHONE, text="封路，改期", promised_time=until, **more)


def refused(what, *arguments, **values):
    with pytest.raises(DomainError) as error:
        what(*arguments, **values)
    return [refusal.key.rpartition(".")[2] for refusal in error.value.refusals]


def dues(play):
    """Running clocks by code, due as the office's clock shows it."""
    running = sa.select(ClockRow).where(ClockRow.complaint_id == play.complaint_id, ClockRow.stopped_at.is_(None))
    with play.database.reading() as session:
        return {row.code: row.due_at.astimezone(SHANGHAI).strftime("%m-%d %H:%M") for row in session.scalars(running)}


def rows(play):
    with play.database.reading() as session:
        return list(session.scalars(sa.select(Extension).order_by(Extension.id)))


def states(play):
    return [row.state for row in rows(play)]


def events(play):
    told = sa.select(Event.action).where(Event.complaint_id == play.complaint_id).order_by(Event.sequence)
    with play.database.reading() as session:
        return list(session.scalars(told))


def told_staff(play, template):
    with play.database.reading() as session:
        found = list(session.scalars(sa.select(Outbox).where(Outbox.template == template).order_by(Outbox.id)))
        complaint = session.get(Complaint, play.complaint_id)
        seal = CaseSeal(KEYS, complaint.sealed_key, complaint.number)
        people = [session.get(Staff, row.staff_id).code for row in found]
        return people, seal.open_json(found[-1].sealed, "outbox")["text"] if found else ""


# It counts when it is granted and told, in either order


@pytest.mark.parametrize("order", ["granted, then told", "told, then granted"])
def test_R25_granted_and_told_in_either_order_it_moves_the_handling_and_the_answer_alone(play, order):
    before = dues(play)
    assert (before["resolve"], before["answer"]) == ("11-30 18:00", "11-26 15:24")
    ask(play)
    steps = [grant, tell] if order.startswith("granted") else [tell, grant]
    steps[0](play)
    waiting = dues(play)
    assert (waiting["resolve"], waiting["answer"]) == ("11-30 18:00", "11-26 15:24")
    steps[1](play)
    after = dues(play)
    assert (after["resolve"], after["answer"]) == ("12-03 18:00", "12-01 18:00")
    assert after["formal_reply"] == before["formal_reply"]
    assert states(play) == [ExtensionState.IN_EFFECT]
    assert "extension_took_effect" in events(play)
    with play.database.reading() as session:
        complaint = session.get_one(Complaint, play.complaint_id)
        running = session.scalars(sa.select(ClockRow).where(ClockRow.stopped_at.is_(None))).all()
        assert complaint.next_due_at == min(row.due_at for row in running)
        assert verify(session, KEYS.chain).broken == []


def test_R25_an_answer_already_given_does_not_move(play):
    play.act("S016", "respond_first", way=ContactWay.PHONE, text="约定上门")
    play.act("S016", "record_evidence", evidence_type="system_record", text="97%")
    found = {"facts": "属实", "root_cause": "拥塞", "cause_code": "network_capacity", "fault": "our_fault"}
    play.act("S016", "submit_facts", **found, responsible_party="技术支撑部")
    play.plan("扩容")
    ask(play)
    tell(play)
    grant(play)
    with play.database.reading() as session:
        answer = session.scalars(sa.select(ClockRow).where(ClockRow.code == "answer")).one()
        assert (answer.due_at, answer.extended_days) == (local("2026-11-26T15:24"), 0)
    assert dues(play)["resolve"] == "12-03 18:00"


def test_R25_fewer_days_than_asked_for_may_be_granted(play):
    ask(play)
    tell(play)
    grant(play, days=1)
    assert dues(play)["resolve"] == "12-01 18:00"


def test_R25_a_date_asks_for_the_working_days_up_to_it(play):
    values = {"extension_reason": "outside_party", "reason": "等外单位", "extension_ground": "函件"}
    play.act("S016", "request_extension", extension_until=local("2026-12-06T12:00").date(), **values)
    [row] = rows(play)
    assert (row.days_asked, row.asked_until.isoformat()) == (4, "2026-12-06")  # Sunday: Friday is the fourth


def test_R25_a_customer_told_of_an_earlier_day_is_to_be_told_again(play):
    ask(play)
    tell(play, local("2026-12-01T18:00"))
    grant(play)
    assert (states(play), dues(play)["resolve"]) == ([ExtensionState.GRANTED], "11-30 18:00")
    tell(play)
    assert (states(play), dues(play)["resolve"]) == ([ExtensionState.IN_EFFECT], "12-03 18:00")


def test_R25_what_is_granted_but_not_told_says_so_at_once(play):
    ask(play)
    play.at += timedelta(minutes=40)
    with play.database.writing() as session:
        done = act(play.work(session, "S003"), play.complaint_id, "grant_extension",
                   {"extension_days": 3, "extension_opinion": "同意"})  # fmt: skip
    assert [note.key for note in done.warnings] == ["extension.note.waits_for_telling"]


# Not counting


def test_R25_a_refused_request_leaves_the_deadline_and_another_may_be_made(play):
    ask(play)
    play.act("S003", "refuse_extension", extension_opinion="可以按期完成")
    assert (states(play), dues(play)["resolve"]) == ([ExtensionState.REFUSED], "11-30 18:00")
    ask(play)
    assert states(play) == [ExtensionState.REFUSED, ExtensionState.REQUESTED]


def test_R25_after_the_deadline_nothing_is_asked_for(play):
    play.at = local("2026-11-30T18:01")
    assert refused(ask, play) == ["too_late"]


def test_R25_in_the_minute_of_the_deadline_it_is_not_too_late(play):
    play.at = local("2026-11-30T17:20")
    ask(play)
    assert states(play) == [ExtensionState.REQUESTED]


def test_R25_granted_after_the_deadline_is_not_granted_and_the_next_act_lets_it_lapse(play):
    ask(play)
    play.at = local("2026-11-30T18:01")
    assert refused(grant, play) == ["lapsed_by"]
    play.act("S016", "note_progress", text="道路已通")
    assert (states(play), dues(play)["resolve"]) == ([ExtensionState.LAPSED], "11-30 18:00")
    assert events(play)[-2:] == ["note_progress", "extension_lapsed"]
    assert told_staff(play, "extension_notice")[0] == ["S016"]


def test_R25_what_nobody_decides_lapses_by_itself_once_the_deadline_has_passed(play, clock, tmp_path):
    shop = Workshop(play.database, KEYS, clock, tmp_path)
    ask(play)
    for minute, state in (("18:00", ExtensionState.REQUESTED), ("18:01", ExtensionState.LAPSED)):
        clock.at = local(f"2026-11-30T{minute}")
        plan(play.database, KIND, minute, clock.at)
        assert work_off(shop, {KIND: lapse_extensions}).done == 1
        assert states(play) == [state]
    assert (events(play)[-1], told_staff(play, "extension_notice")[0]) == ("extension_lapsed", ["S016"])


def test_R25_told_after_the_deadline_it_lapses_though_it_was_granted(play):
    ask(play)
    grant(play)
    play.at = local("2026-11-30T18:01")
    tell(play)
    assert (states(play), dues(play)["resolve"]) == ([ExtensionState.LAPSED], "11-30 18:00")


def test_R25_once_the_result_is_told_what_waits_has_lapsed(play):
    ask(play)
    play.handle()
    assert states(play) == [ExtensionState.LAPSED]


def test_R25_a_second_extension_of_a_general_complaint_is_refused(play):
    ask(play)
    tell(play)
    grant(play)
    assert refused(ask, play) == ["used_up"]


def test_R25_a_reason_class_that_is_retired_is_refused(play):
    with play.database.writing() as session:
        entry = session.scalars(
            sa.select(ListEntry).where(ListEntry.list == "extension_reasons", ListEntry.code == "force_majeure")
        ).one()
        retire(session, actor_of(session), play.at, entry.id, "不再使用")
    assert refused(ask, play) == ["reason_unknown"]


def test_R25_two_managers_at_once_decide_once(play):
    ask(play)
    play.at += timedelta(minutes=1)
    outcomes, both = [], threading.Barrier(2)

    def decide(action, **values):
        both.wait()
        try:
            with play.database.writing() as session:
                act(play.work(session, "S003"), play.complaint_id, action, {"extension_opinion": "意见", **values})
            outcomes.append(action)
        except DomainError as error:
            outcomes.append(error.refusals[0].key)

    threads = [
        threading.Thread(target=decide, args=("grant_extension",), kwargs={"extension_days": 2}),
        threading.Thread(target=decide, args=("refuse_extension",)),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    done = {"grant_extension", "refuse_extension"} & set(outcomes)
    assert len(done) == 1
    [other] = set(outcomes) - done
    assert other in {"extension.refused.decided_already", "extension.refused.nothing_asked"}
    [row] = rows(play)
    assert row.state is (ExtensionState.GRANTED if "grant_extension" in done else ExtensionState.REFUSED)


# Rework, regrading, the calendar


def test_R25_the_clock_of_a_rework_is_extended_while_it_is_reworked(play):
    play.handle()
    play.act("S011", "report_unsatisfied", callback_method=ContactWay.PHONE, resolved_flag=False, satisfaction=1,
             dissatisfaction_reason="又掉线", new_demand="换线")  # fmt: skip
    before = dues(play)["rework"]
    ask(play, days=2)
    with play.database.reading() as session:
        due = session.scalars(sa.select(ClockRow.due_at).where(ClockRow.code == "rework")).one()
    tell(play, due + timedelta(days=6))
    grant(play, days=2)
    assert rows(play)[0].clock == "rework"
    assert dues(play)["rework"] > before


@pytest.mark.parametrize(("severity", "due", "days"), [("important", "12-07 18:00", 0), ("general", "12-03 18:00", 3)])
def test_R3_R25_a_regrading_never_takes_back_the_date_that_was_told(play, severity, due, days):
    """Ten working days from receipt reach farther; another category of three does not."""
    ask(play)
    tell(play)
    grant(play)
    category = {"category": BILLING} if severity == "general" else {}
    play.act("S003", "regrade", severity=severity, regrade_reason="影响扩大", urgency="high", impact="low", **category)
    with play.database.reading() as session:
        resolve = session.scalars(sa.select(ClockRow).where(ClockRow.code == "resolve")).one()
        assert (resolve.extended_days, resolve.original_due_at is not None) == (days, days > 0)
    assert dues(play)["resolve"] == due


def test_R24_R25_a_closed_day_moves_the_original_deadline_and_the_days_are_added_again(play):
    ask(play)
    tell(play)
    grant(play)
    with play.database.writing() as session:
        office = the(session, Calendar, "office").id
        closed = calendar.DayFacts(local("2026-12-02T12:00").date(), "停电", "Power cut", closed=(("00:00", "24:00"),))
        calendar.add_closure(session, actor_of(session), play.at, office, closed)
        work = Work(session, KEYS, SYSTEM, play.at, play.at, play.files)
        clock_moves.move_some(work, clock_moves.Change(1, (closed.day,)), 0, 500)
    after = dues(play)
    assert (after["resolve"], after["answer"]) == ("12-04 18:00", "12-01 18:00")
    with play.database.reading() as session:
        resolve = session.scalars(sa.select(ClockRow).where(ClockRow.code == "resolve")).one()
        assert resolve.original_due_at == local("2026-11-30T18:00")


def test_R24_R25_a_day_worked_after_all_leaves_the_date_that_was_told(play):
    ask(play)
    tell(play)
    grant(play)
    with play.database.writing() as session:
        saturday = calendar.DayFacts(local("2026-11-28T12:00").date(), "调休", "Made up", kind="make_up")
        calendar.add_public_day(session, actor_of(session), play.at, saturday)
        work = Work(session, KEYS, SYSTEM, play.at, play.at, play.files)
        clock_moves.move_some(work, clock_moves.Change(1, (saturday.day,)), 0, 500)
    assert dues(play)["resolve"] == "12-03 18:00"


# What others see of it


def test_R25_the_approvers_of_the_level_are_told_and_the_asker_of_the_decision(play):
    ask(play)
    people, text = told_staff(play, "extension_request_notice")
    assert people == ["S003"]
    assert play.number in text
    assert "12月3日18:00" in text
    assert "不可抗力" in text
    assert SECRET not in text
    grant(play, days=2)
    people, text = told_staff(play, "extension_notice")
    assert people == ["S016"]
    assert "批准 2 个工作日" in text
    assert "12月2日18:00" in text


def test_R25_the_explanation_of_the_deadline_has_the_extension_as_its_last_step(play):
    ask(play)
    tell(play)
    grant(play)
    with play.database.reading() as session:
        complaint = session.get_one(Complaint, play.complaint_id)
        clocks = list(session.scalars(sa.select(ClockRow).order_by(ClockRow.id)))
        for code, due in (("resolve", "2026-12-03T18:00"), ("answer", "2026-12-01T18:00")):
            row = next(one for one in clocks if one.code == code)
            deadline = explain(Rulebook(session), complaint, row, clocks)
            assert deadline.due == local(due) == row.due_at
            assert (deadline.steps[-1].message.key, deadline.steps[-1].at) == (
                "clock.step.extended_because", local(due),
            )  # fmt: skip


def test_R25_the_words_of_a_request_are_sealed_and_its_files_are_kept(play):
    play.at += timedelta(minutes=40)
    values = {"extension_reason": "force_majeure", "reason": SECRET, "extension_days": 3}
    upload = Upload("封路通告.txt", b"road closed\n", "text/plain")
    with play.database.writing() as session:
        act(play.work(session, "S016"), play.complaint_id, "request_extension", values, uploads=(upload,))
    [row] = rows(play)
    assert len(row.attachment_ids) == 1
    assert SECRET.encode() not in bytes(row.sealed)
    with play.database.reading() as session:
        bodies = session.scalars(sa.select(Event.body).where(Event.action == "request_extension")).one()
        assert SECRET not in bodies
        assert '"extension_days":3' in bodies.replace(" ", "")


def test_R22_R25_an_extension_in_effect_makes_its_part_of_the_dossier_required(play):
    def parts():
        with play.database.reading() as session:
            case = look_at(play.work(session, "S003"), play.complaint_id)
            return {part.code for part in required_parts(dossier_facts(case, Holdings(case), {}))}

    ask(play)
    assert "extension" not in parts()
    tell(play)
    grant(play)
    assert "extension" in parts()


def test_R31_the_figures_read_each_extended_clock_with_both_deadlines(play):
    ask(play)
    tell(play)
    grant(play)
    with play.database.reading() as session:
        found = list(extended_clocks(session, local("2026-11-01T00:00"), local("2026-12-01T00:00")))
        assert [(one.clock, one.original_due, one.due, one.days, one.met) for one in found] == [
            ("resolve", local("2026-11-30T18:00"), local("2026-12-03T18:00"), 3, None),
            ("answer", local("2026-11-26T15:24"), local("2026-12-01T18:00"), 3, None),
        ]
        assert list(extended_clocks(session, local("2026-12-01T00:00"), local("2027-01-01T00:00"))) == []
