"""Lives of complaints that together take every way of the office's three processes, told way by way.

What a step asks for besides (evidence, talks, measures ticked off) is done on the way. After the last told way each is
brought to its end.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from random import Random

from policies.vocabulary import Severity
from tests.proofs.crew import Crew
from tests.proofs.drive import Leg, every_act, finish, go, walk

BOSTON = Path(__file__).resolve().parents[1] / "data/boston311/boston311-100.csv"
UP: Leg = ("regrade", {"severity": "important"})
DOWN: Leg = ("regrade", {"severity": "general"})
RAISED: Leg = ("regrade", {"severity": "major"})
SAME: Leg = ("regrade", {"severity": "general", "category": "net_broadband_down"})
_TO_THE_HANDLER: tuple[Leg, ...] = ("start_check", "accept", "send_order", "appoint")
LOWER: Leg = ("propose_regrade", {"severity": "general"})
_RAISED: tuple[Leg, ...] = ("raise_to_important", "raise_to_major")
_LOWERED: tuple[Leg, ...] = (LOWER, "confirm_regrade")
_PLANNED: tuple[Leg, ...] = (*_TO_THE_HANDLER, "submit_facts", "submit_plan")
_REPLY: tuple[Leg, ...] = ("complete_measures", "tell_result")

LIVES: tuple[tuple[Severity, tuple[Leg, ...]], ...] = (
    (Severity.GENERAL, (
        "start_check", "solve_at_first_contact", "hand_over", "send_order", "transfer", "raise_dispute",
        "decide_dispute", "appoint", "find_not_established", "resume", "submit_facts", "submit_plan", "return_plan",
        "submit_plan", "approve", *_REPLY, "report_unsatisfied", "carry_out_again", *_REPLY, "report_unsatisfied",
        "redo", "approve", *_REPLY, "report_unreachable",
    )),
    (Severity.IMPORTANT, (
        "start_check", "find_not_established", "accept", "set_up_team", "send_order", "appoint", "submit_facts",
        "submit_plan", "return_plan", "submit_plan", "pass_review", "coordinate", "approve", *_REPLY,
        "close_unsatisfied",
    )),
    (Severity.MAJOR, (
        "start_check", "respond", "accept", "set_up_team", "send_order", "appoint", "contain", "submit_facts",
        "submit_plan", "pass_review", "approve", *_REPLY, "confirm_satisfied", "finish_review",
    )),
    (Severity.GENERAL, ("start_check", "solve_at_first_contact", "confirm_satisfied")),
    (Severity.GENERAL, ("start_check", "merge")),
    (Severity.GENERAL, ("start_check", "withdraw")),
    (Severity.GENERAL, (UP, DOWN, "start_check", SAME, UP, DOWN, "refer_out", "explain")),
    (Severity.GENERAL, ("start_check", "accept", UP, "send_order", "appoint", "find_not_established")),
    (Severity.GENERAL, ("start_check", "accept", "send_order", UP, "transfer", "raise_dispute", "decide_dispute")),
    (Severity.GENERAL, (*_TO_THE_HANDLER, UP, DOWN, "submit_facts", UP, "submit_plan", "pass_review", "coordinate",
                        "approve", *_REPLY, "report_unsatisfied", "close_unsatisfied")),
    (Severity.GENERAL, (*_TO_THE_HANDLER, "submit_facts", "submit_plan", "approve", UP, *_REPLY)),
    (Severity.GENERAL, (*_TO_THE_HANDLER, RAISED, "submit_facts", "submit_plan", "pass_review", "approve", *_REPLY,
                        "confirm_satisfied", "finish_review")),
)  # fmt: skip

RAISED_AND_LOWERED: tuple[tuple[Severity, tuple[Leg, ...]], ...] = (
    (Severity.GENERAL, ("raise_to_major", "respond")),
    (Severity.GENERAL, ("start_check", "find_not_established", "raise_to_important")),
    (Severity.GENERAL, ("start_check", "accept", "send_order", "raise_dispute", *_RAISED)),
    (Severity.GENERAL, (*_TO_THE_HANDLER, "find_not_established", *_RAISED)),
    (Severity.GENERAL, (*_TO_THE_HANDLER, "submit_facts", "raise_to_major")),
    (Severity.GENERAL, (*_PLANNED, *_RAISED)),
    (Severity.GENERAL, (*_PLANNED, "approve", "complete_measures", *_RAISED)),
    (Severity.GENERAL, (*_PLANNED, "approve", *_REPLY, *_RAISED)),
    (Severity.GENERAL, (*_PLANNED, "approve", *_REPLY, "report_unsatisfied", *_RAISED)),
    (Severity.IMPORTANT, (LOWER, "decline_regrade", *_LOWERED)),
    (Severity.IMPORTANT, ("start_check", *_LOWERED)),
    (Severity.IMPORTANT, ("start_check", "accept", "set_up_team", "send_order", "appoint", *_LOWERED)),
)  # fmt: skip
"""Lives under another severity: raised from every status (R17), lowered with approval (R3)."""


def live_them(crew: Crew, chance: Random, see: Callable[[], None] = lambda: None) -> None:
    """Every told life, with each act once where it has its place, and some that come by themselves or closed."""
    complaints = [crew.register(severity, chance) for severity, _ in LIVES]
    untaken = crew.register(Severity.GENERAL, chance, by_itself=True)
    for complaint, (_, course) in zip(complaints, LIVES, strict=True):
        for leg in course:
            every_act(crew, complaint, chance)
            walk(crew, complaint, (leg,), chance)
        every_act(crew, complaint, chance)
        finish(crew, complaint, chance)
        every_act(crew, complaint, chance)
        see()
    go(crew, untaken, "start_check", chance)
    every_act(crew, untaken, chance)
    finish(crew, untaken, chance)
    with BOSTON.open(encoding="utf-8", newline="") as file:
        closed = [row for row in csv.DictReader(file) if row["case_status"] == "Closed"]
    crew.bring_in(closed[:2])
