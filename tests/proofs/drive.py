"""How a complaint is brought on: what a step still lacks is done by whoever may do it, then somebody takes the way.

``REMEDIES`` says what to do for each reason why a way is not open yet. With them every complaint must come to its end
from wherever a walk has left it; a reason that nothing can be done about is a dead end, and a finding.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from random import Random
from typing import Any

from backoffice.integrations.files import Upload
from policies.action import ActionKind
from policies.actions import ACTIONS
from policies.casefacts import CaseFacts
from policies.message import Message, Refusal
from policies.vocabulary import ContactWay
from tests.proofs import told_table as told
from tests.proofs.crew import Crew
from tests.proofs.ledger import broken, walk_of

Leg = str | tuple[str, Mapping[str, Any]]
MANY = 12
"""Tries at one way: a major complaint's step may lack five types of evidence."""
NOT_YET_FILED: dict[str, str] = {}
LONGEST = 60
"""Ways from anywhere to the archive: a rework takes one complaint through eight of its steps again."""
SURE = {"apologised": True, "improvements": "把扩容纳入割接验收", "fault": "our_fault",
        "dissatisfaction_reason": "仍不满意"}  # fmt: skip
"""Answers that leave nothing open, where a way may bring them."""


TOLD = frozenset(
    {
        "text",
        "communication_reason",
        "resolved_flag",
        "satisfaction",
        "customer_opinion",
        "new_demand",
        "extension_days",
        "extension_ground",
    }
)
"""What may be left out, and is asked for where nothing else is said instead."""


def finish(crew: Crew, complaint: int, chance: Random) -> None:
    """Bring a complaint to the archive by its first ways; raises where nobody can."""
    for _ in range(LONGEST):
        rows = crew.seen[complaint]
        if rows.archived or _waits_for_later(crew, complaint):
            return
        _one_way_on(crew, complaint, chance)
    broken(
        "every case can still end", f"complaint {complaint} did not end: {list(walk_of(crew.seen[complaint]))[-20:]}"
    )


def _one_way_on(crew: Crew, complaint: int, chance: Random) -> None:
    """The first way out that can be taken; a complaint at a step that none leads out of is a finding."""
    row = crew.seen[complaint].row
    ways = forward(told.STEPS[row["severity"]][row["step"]], crew.facts(complaint))
    for action in ways[:-1]:
        if go(crew, complaint, action, chance):
            return
    go(crew, complaint, ways[-1], chance, must=True)


def _waits_for_later(crew: Crew, complaint: int) -> bool:
    """Everything is there but papers that nobody can file yet."""
    if crew.seen[complaint].row["step"] != "archive":
        return False
    lacks = {item.key for part in crew.facts(complaint).missing_parts for item in part.params.get("items", ())}
    return bool(lacks) and lacks <= set(NOT_YET_FILED)


def forward(step: Mapping[str, Any], facts: CaseFacts) -> list[str]:
    """The ways by which a step may be left towards the end, that of the usual course first; grading anew is no end."""
    state = "order_sent" if facts.order_sent else "no_order_sent"
    open_ones = [str(way["action"]) for way in step["next"] if way.get("when", state) == state]
    return [action for action in open_ones if action != "regrade"]


def go(crew: Crew, complaint: int, action: str, chance: Random, *, must: bool = False, **given: Any) -> bool:
    """Have this way taken, doing first what it still lacks. ``must``: a dead end is a finding, not just no success."""
    reasons: tuple[Refusal, ...] = ()
    for _ in range(MANY):
        reasons = attempt(crew, complaint, action, chance, **given)
        if not reasons:
            return True
        if not any(_remedy(crew, complaint, reason, chance) for reason in reasons):
            break
    if must and not _waits_for_later(crew, complaint):
        row = crew.seen[complaint].row
        said = sorted({reason.key for reason in reasons} | {key for reason in reasons for key in _lacking(reason)})
        walk = list(walk_of(crew.seen[complaint]))
        broken("every case can still end", f"{row['severity']} at {row['step']} by {action}: {said}; {walk}")
    return False


def attempt(crew: Crew, complaint: int, action: str, chance: Random, **given: Any) -> tuple[Refusal, ...]:
    """One try by somebody to whom it is open, else by whom it is refused for what can still be done."""
    facts = crew.facts(complaint)
    offers = [(who, offer) for who, offer in crew.offers(facts, crew.able(action)) if offer.action == action]
    if not offers:
        return (Refusal("proofs.nobody", {"action": action}),)
    ready = [one for one in offers if one[1].is_open]
    if not ready and action != "archive":  # what archiving brings itself may complete the dossier
        return tuple({offer.refusal.key: offer.refusal for _, offer in offers if offer.refusal}.values())
    actor, offer = chance.choice(ready or offers)
    wanted = (*offer.required, *(code for code in offer.optional if code in SURE or code in TOLD))
    values = crew.fill_in(complaint, facts, actor, action, wanted, chance)
    values |= {code: SURE[code] for code in wanted if code in SURE and (code != "fault" or action == "submit_facts")}
    return crew.act(complaint, action, actor, values | given, _files(wanted, chance))


def _files(wanted: tuple[str, ...], chance: Random) -> tuple[Upload, ...]:
    return (Upload("记录.txt", f"附件 {chance.randrange(10**9)}\n".encode(), "text/plain"),) if "file" in wanted else ()


def walk(crew: Crew, complaint: int, course: Iterable[Leg], chance: Random) -> None:
    """Bring a complaint along a told course; raises where a way of it cannot be taken."""
    for leg in course:
        action, given = leg if isinstance(leg, tuple) else (leg, {})
        crew.later(chance.choice((0.5, 1, 3)))
        go(crew, complaint, action, chance, must=True, **given)


REGRADING = frozenset({*told.RAISES, "propose_regrade", "confirm_regrade", "decline_regrade"})
"""Acts that lead a complaint away, or wait for an answer: they are told legs of lives of their own."""


def every_act(crew: Crew, complaint: int, chance: Random) -> None:
    """Each act that was never seen and has its place here is done by somebody to whom it is open."""
    facts = crew.facts(complaint)
    acts = {rule.code for rule in ACTIONS.values() if rule.kind is ActionKind.ACT} - REGRADING
    wanted = {code for code in acts if not crew.done[code]}
    there = {
        offer.action
        for _, offer in crew.offers(facts)
        if offer.is_open or (offer.refusal is not None and offer.refusal.key in REMEDIES)
    }
    for action in sorted(wanted & there):
        go(crew, complaint, action, chance)


def do(action: str, **given: Any) -> Callable[[Crew, int, Refusal, Random], bool]:
    """A remedy that is one act of somebody."""

    def done(crew: Crew, complaint: int, _reason: Refusal, chance: Random) -> bool:
        return not attempt(crew, complaint, action, chance, **given)

    return done


def _remedy(crew: Crew, complaint: int, reason: Refusal, chance: Random) -> bool:
    remedy = REMEDIES.get(reason.key)
    return remedy is not None and remedy(crew, complaint, reason, chance)


def _file_evidence(crew: Crew, complaint: int, _reason: Refusal, chance: Random) -> bool:
    facts = crew.facts(complaint)
    lacking = [kind for kind in (facts.at.required_evidence if facts.at else ()) if kind not in facts.evidence]
    by_talk = {"communication_record": "communicate", "apology_record": "apologise", "progress_report": "submit_report"}
    done = False
    for kind in lacking:
        if kind in by_talk:
            done |= not attempt(crew, complaint, by_talk[kind], chance, way=ContactWay.PHONE)
        elif kind not in ("callback_record", "approval_opinion"):  # the way itself makes these
            done |= not attempt(crew, complaint, "record_evidence", chance, evidence_type=kind, text="见附")
    return done


def _lacking(reason: Refusal) -> list[str]:
    parts = reason.params.get("missing", ())
    return [item.key for part in parts if isinstance(part, Message) for item in part.params.get("items", ())]


def _complete_dossier(crew: Crew, complaint: int, reason: Refusal, chance: Random) -> bool:
    """What the dossier lacks and people can still add; what comes with archiving itself is left to it."""
    found = [PAPERS[key] for key in _lacking(reason) if key in PAPERS]
    done = [remedy(crew, complaint, reason, chance) for remedy in found]
    return any(done)


def _call_again(crew: Crew, complaint: int, _reason: Refusal, chance: Random) -> bool:
    crew.later(5)
    return not attempt(crew, complaint, "record_attempt", chance, callback_method=ContactWay.PHONE)


def _again(_crew: Crew, _complaint: int, _reason: Refusal, _chance: Random) -> bool:
    """Another try, with other answers by other people."""
    return True


def _make_up(crew: Crew, complaint: int, _reason: Refusal, chance: Random) -> bool:
    """What the process requires and was jumped over is made up for by whoever may (R16, R17)."""
    facts = crew.facts(complaint)
    missing = [
        act.code for act in facts.process.acts if act.required and act.code not in (facts.teamwork.acts_done or ())
    ]
    acts = {
        "task_force": "form_team", "emergency_response": "report_emergency", "progress_report": "submit_report",
        "executive_feedback": "give_executive_feedback",
    }  # fmt: skip
    done = [not attempt(crew, complaint, acts[code], chance) for code in missing if code in acts]
    return any(done)


def _speak(crew: Crew, complaint: int, _reason: Refusal, chance: Random) -> bool:
    """A statement is drafted, approved, published; each by whoever may."""
    steps = ("draft_statement", "approve_statement", "publish_statement")
    return sum(not attempt(crew, complaint, action, chance) for action in steps) > 0


def _vote(crew: Crew, complaint: int, _reason: Refusal, chance: Random) -> bool:
    return not attempt(crew, complaint, "vote_on_plan", chance) or not attempt(
        crew, complaint, "release_reviewer", chance
    )


def _wait_a_month(crew: Crew, _complaint: int, _reason: Refusal, _chance: Random) -> bool:
    crew.later(24 * 31)
    return True


PAPERS: dict[str, Callable[[Crew, int, Refusal, Random], bool]] = {
    "dossier.missing.acknowledgement": do("acknowledge"),
    "dossier.missing.communication": do("communicate"),
    "dossier.missing.evidence": do("record_evidence", evidence_type="system_record", text="见附"),
    "dossier.missing.statement": do("decide_statement", communication_needed=False, communication_reason="无人关注"),
    "dossier.missing.plan_review": do("record_evidence", evidence_type="review_minutes", text="论证会纪要"),
}
"""What the dossier lacks → who puts it there."""

REMEDIES: dict[str, Callable[[Crew, int, Refusal, Random], bool]] = {
    "workflow.refused.evidence_missing": _file_evidence,
    "workflow.refused.check_not_reviewed": do("review_check"),
    "workflow.refused.measures_open": do("tick_measure"),
    "workflow.refused.no_measure": do("add_measure"),
    "workflow.refused.attempts_missing": _call_again,
    "workflow.refused.dossier_incomplete": _complete_dossier,
    "put_right.refused.neither": do("open_corrective_action"),
    "workflow.refused.measures_beyond": _again,
    "workflow.refused.apology_missing": _again,
    "workflow.refused.downgrade": _again,
    "complaint.refused.merge_target": _again,
    "teamwork.refused.acts_missing": _make_up,
    "teamwork.refused.votes_few": do("name_reviewers"),
    "teamwork.refused.votes_open": _vote,
    "teamwork.refused.votes_against": do("record_expert_review"),
    "teamwork.refused.statement_missing": _speak,
    "teamwork.refused.no_draft": do("draft_statement"),
    "teamwork.refused.no_approved": _speak,
    "teamwork.refused.own_statement": _again,
    "teamwork.refused.department_led": do("change_team"),
    "teamwork.refused.leader_heads": _again,
    "teamwork.refused.leader_alone": _again,
    "teamwork.refused.coordination_reason": _again,
    "teamwork.refused.nobody_open": do("name_reviewers"),
    "teamwork.refused.not_a_reviewer": do("name_reviewers"),
    "teamwork.refused.follow_up_early": _wait_a_month,
    "extension.refused.nothing_asked": do("request_extension"),
    "extension.refused.decided_already": do("tell_delay"),
    "dispatch_rules.dispute.own_department": _again,
    "complaint.refused.not_found": _again,
}
"""Why a way is not open yet → what to do about it."""
