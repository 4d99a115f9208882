"""R3, R17: a complaint under another severity: its clocks, its order, what is shown before, who approves; on databases."""

from __future__ import annotations

import json
import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa

from backoffice.errors import DomainError
from backoffice.keys import Keys
from backoffice.models.complaint import ClockRow, Complaint, WorkOrder
from backoffice.models.history import Event
from backoffice.models.regrade import Dispute, RegradeProposal
from backoffice.models.work import Outbox
from backoffice.queries.verification import verify
from backoffice.services.handling import act, act_on
from backoffice.services.regrading import preview_regrade
from policies.vocabulary import ClockCode, ContactWay, DisputeState, ProposalState, Severity
from tests.support.played import Play
from tests.support.told_cases import local

KEYS = Keys.fresh()
WHY = {"regrade_reason": "已有媒体报道"}


@pytest.fixture
def play(office_database, tmp_path):
    """Received on Monday 23 November at 10:00."""
    play = Play(office_database, KEYS, tmp_path)
    play.register()
    return play


def rows(play, model, *where):
    with play.database.reading() as session:
        return list(session.scalars(sa.select(model).where(*where).order_by(model.id)))


def complaint(play):
    with play.database.reading() as session:
        found = session.get_one(Complaint, play.complaint_id)
        return found.severity, found.process.code, found.step, found.status, found.outcome


def running(play):
    """Code → (counted from, due) of the clocks that run."""
    return {row.code: (row.started_at, row.due_at) for row in rows(play, ClockRow, ClockRow.stopped_at.is_(None))}


def why(play, code, action, **values):
    with pytest.raises(DomainError) as error:
        play.act(code, action, **values)
    return [refusal.key for refusal in error.value.refusals]


def seen(play, code, action, **values):
    with play.database.reading() as session:
        revision = session.get_one(Complaint, play.complaint_id).revision
    return preview_regrade(
        play.database,
        lambda session: play.work(session, code),
        play.complaint_id,
        lambda case: act_on(case, action, values, revision=revision),
    )


def important(play):
    play.act("S005", "start_check")
    play.act("S008", "regrade", severity="important", regrade_reason="十户以上")


def test_R3_R17_clocks_of_a_complaint_that_is_raised_to_major_while_it_is_investigated(play):
    play.dispatch()  # told of the acknowledgement at 10:40, sent at 12:40, handler at 13:20; nobody has responded
    play.act("S003", "raise_to_major", **WHY)
    at = play.at
    assert at == local("2026-11-23T14:00")
    assert complaint(play) == (Severity.MAJOR, "process_major", "investigate", "investigating", None)
    found = running(play)
    # resolve: fifteen working days after the receipt, which is Monday 14 December; answer: 60 % of that
    assert found["resolve"] == (local("2026-11-23T10:00"), local("2026-12-14T18:00"))
    assert found["answer"][0] == local("2026-11-23T10:00")
    # first response from the regrading: two hours round the clock; progress: 24 hours after the acknowledgement
    assert found["first_response"] == (at, local("2026-11-23T16:00"))
    assert found["progress"] == (local("2026-11-23T10:40"), local("2026-11-24T10:40"))
    # the report counts from the emergency response, which has not happened
    assert "report" not in found
    assert {row.code: row.met for row in rows(play, ClockRow, ClockRow.stopped_at.is_not(None))} == {
        "acknowledge": True, "appoint": True
    }  # fmt: skip
    play.act("S016", "respond_first", way=ContactWay.PHONE, text="已到现场")
    assert running(play)["report"] == (play.at, local("2026-11-23T18:40"))  # four hours, until it is contained


def test_R17_without_an_order_the_emergency_response_comes_first_and_responding_leads_on(play):
    play.act("S005", "start_check")
    play.act("S005", "accept")
    play.act("S004", "raise_to_major", **WHY)
    assert complaint(play)[:3] == (Severity.MAJOR, "process_major", "emergency_response")
    play.act("S001", "respond", containment_measures="现场已派人", way=ContactWay.PHONE, text="已联系")
    assert complaint(play)[2] == "check"


def test_R11_R17_a_disputed_order_stays_with_its_department_and_its_clock_starts_anew(play):
    play.send()
    play.act("S015", "raise_dispute", handover_reason="线路属网络部")
    assert "appoint" not in running(play)
    play.act("S003", "raise_to_major", **WHY)
    assert complaint(play)[2] == "appoint"
    assert [one.state for one in rows(play, Dispute)] == [DisputeState.FALLEN_AWAY]
    orders = rows(play, WorkOrder)
    assert [(one.department_id, one.status) for one in orders] == [(play.department("technical_support"), "sent")]
    begun = running(play)["appoint"]
    assert (begun[0], (begun[1] - begun[0]).total_seconds()) == (play.at, 2 * 3600)
    play.act("S015", "appoint", owner=play.staff("S016"))
    assert complaint(play)[2] == "contain"


def test_R17_raised_at_the_call_back_it_is_called_back_as_a_major_one(play):
    play.dispatch()
    play.handle()
    before = {row.code: row.met for row in rows(play, ClockRow, ClockRow.stopped_at.is_not(None))}
    play.act("S003", "raise_to_major", **WHY)
    assert complaint(play)[1:3] == ("process_major", "call_back")
    after = {row.code: row.met for row in rows(play, ClockRow, ClockRow.stopped_at.is_not(None))}
    assert {code: after[code] for code in before} == before  # what has ended keeps its result
    assert "call_back" in running(play)


def test_R6_R17_what_was_solved_at_first_contact_is_open_again_and_nobody_waits_for_a_survey(play):
    play.act("S005", "acknowledge", way=ContactWay.PHONE, text="已受理")
    play.act("S005", "start_check")
    play.act("S005", "solve_at_first_contact", solution="重启", customer_opinion="好了", fault="customer_fault",
             cause_code="system_fault", apologised=True)  # fmt: skip
    play.act("S003", "raise_to_major", **WHY)
    assert complaint(play) == (Severity.MAJOR, "process_major", "emergency_response", "checking", None)
    ended = rows(play, ClockRow, ClockRow.code == ClockCode.CALL_BACK.value)[0]
    assert (ended.met, ended.stopped_by) == (None, "regraded")


def test_R3_the_history_keeps_both(play):
    play.dispatch()
    play.act("S003", "raise_to_major", impact="high", **WHY)
    event = rows(play, Event, Event.action == "raise_to_major")[0]
    facts = json.loads(event.body)["facts"]
    assert (facts["was"]["severity"], facts["now"]["severity"]) == ("general", "major")
    assert (facts["was"]["impact"], facts["now"]["impact"], facts["now"]["priority"]) == ("low", "high", "high")
    assert (event.from_step, event.to_step) == ("investigate", "investigate")
    with play.database.reading() as session:
        assert verify(session, KEYS.chain).broken == []


# Shown before it is confirmed


def test_R3_what_is_shown_before_is_what_the_act_brings_and_showing_it_changes_nothing(play):
    play.dispatch()
    events, clocks = len(rows(play, Event)), running(play)
    shown = seen(play, "S003", "raise_to_major", **WHY)
    assert (len(rows(play, Event)), running(play), complaint(play)[0]) == (events, clocks, Severity.GENERAL)
    assert (shown.was.severity, shown.was.step.zh, shown.now.severity, shown.now.step.zh) == (
        Severity.GENERAL, "调查分析", Severity.MAJOR, "全面调查"
    )  # fmt: skip
    assert (shown.was.version, shown.now.version, shown.now.process.zh) == (1, 1, "重大投诉流程")
    assert {"成立调查组", "应急响应"} & {one.zh for one in shown.acts} or {"专项小组", "应急响应"} <= {
        one.zh for one in shown.acts
    }
    assert "系统记录" in {one.zh for one in shown.lacking_evidence}
    assert "facts" in shown.lacking_fields
    with play.database.writing() as session:
        act(play.work(session, "S003"), play.complaint_id, "raise_to_major", WHY)
    promised = {one.code: one.now_due for one in shown.clocks if one.now_due is not None and not one.ended}
    assert promised == {code: due for code, (_, due) in running(play).items()}


def test_R3_a_regrading_that_would_be_refused_is_refused_when_it_is_looked_at(play):
    important(play)
    with pytest.raises(DomainError) as error:
        seen(play, "S008", "regrade", severity="general", regrade_reason="单户")
    assert [one.key for one in error.value.refusals] == ["workflow.refused.downgrade"]


# Lowered with approval


def test_R3_a_lower_severity_is_proposed_told_and_confirmed(play):
    important(play)
    before = running(play)
    play.act("S008", "propose_regrade", severity="general", impact="low", regrade_reason="核实仅一户")
    assert complaint(play)[0] is Severity.IMPORTANT
    assert running(play) == before
    proposal = rows(play, RegradeProposal)[0]
    assert (proposal.state, proposal.severity, proposal.proposed_by_id) == (
        ProposalState.OPEN, Severity.GENERAL, play.staff("S008")
    )  # fmt: skip
    assert "核实".encode() not in bytes(proposal.sealed)
    told = {one.staff_id for one in rows(play, Outbox, Outbox.template == "regrade_notice")}
    assert told == {play.staff("S003")}
    assert why(play, "S008", "confirm_regrade") == ["regrading.refused.not_an_approver"]
    play.act("S003", "confirm_regrade", text="同意")
    assert complaint(play)[:3] == (Severity.GENERAL, "process_general", "check")
    proposal = rows(play, RegradeProposal)[0]
    assert (proposal.state, proposal.decided_by_id) == (ProposalState.ACCEPTED, play.staff("S003"))
    facts = json.loads(rows(play, Event, Event.action == "confirm_regrade")[0].body)["facts"]
    assert (facts["was"]["severity"], facts["now"]["severity"]) == ("important", "general")


def test_R3_a_proposal_is_declined_with_a_reason_and_may_be_made_anew(play):
    important(play)
    play.act("S008", "propose_regrade", severity="general", regrade_reason="核实仅一户")
    assert why(play, "S003", "decline_regrade") == ["workflow.refused.field_missing"]
    play.act("S003", "decline_regrade", reason="仍涉多户")
    assert rows(play, RegradeProposal)[0].state is ProposalState.DECLINED
    assert complaint(play)[0] is Severity.IMPORTANT
    play.act("S008", "propose_regrade", severity="general", regrade_reason="已复核")
    assert len(rows(play, RegradeProposal)) == 2


@pytest.mark.parametrize("ended_by", ["raise", "withdraw"])
def test_R3_a_proposal_falls_away_when_there_is_nothing_left_to_propose(play, ended_by):
    important(play)
    play.act("S008", "propose_regrade", severity="general", regrade_reason="核实仅一户")
    if ended_by == "raise":
        play.act("S003", "raise_to_major", **WHY)
    else:
        play.act("S005", "withdraw", closing_reason_text="客户撤诉")
    assert rows(play, RegradeProposal)[0].state is ProposalState.FALLEN_AWAY


def test_R3_of_two_who_decide_a_proposal_at_once_one_decides_and_the_other_is_told(play):
    important(play)
    play.act("S008", "propose_regrade", severity="general", regrade_reason="核实仅一户")
    revision, ready, answers = rows(play, Complaint)[0].revision, threading.Barrier(2), {}

    def decide(code, action, values):
        ready.wait(timeout=20)
        try:
            with play.database.writing() as session:
                act(play.work(session, code), play.complaint_id, action, values, revision=revision)
            answers[code] = "done"
        except DomainError as error:
            answers[code] = error.refusals[0].key

    both = [
        threading.Thread(target=decide, args=one)
        for one in (("S003", "confirm_regrade", {}), ("S001", "decline_regrade", {"reason": "仍涉多户"}))
    ]
    for one in both:
        one.start()
    for one in both:
        one.join(timeout=60)
    assert sorted(answers.values()) in (
        ["complaint.refused.changed_meanwhile", "done"],
        ["done", "regrading.refused.nothing_proposed"],  # declined first: that changes nothing of the complaint
    )
    assert [one.state for one in rows(play, RegradeProposal)] in ([ProposalState.ACCEPTED], [ProposalState.DECLINED])


def test_R3_a_clock_that_is_overdue_keeps_its_deadline_when_the_severity_changes(play):
    """``met_stays``: what is overdue keeps its result; no other severity makes up for it."""
    play.act("S005", "start_check")
    play.at += timedelta(days=20)
    before = running(play)["resolve"]
    assert before[1] < play.at
    play.act("S003", "raise_to_major", **WHY)
    assert running(play)["resolve"] == before
