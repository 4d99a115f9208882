"""What the system shows beside the items of a scorecard (R28): clocks kept or not, completeness, steps, approvals.

It never says who: a blind inspection shows it too. Where the record alone answers what an item asks, a mark is
suggested; the inspector decides. What an item is shown, it says itself (``evidence``), or its usual topic by its code,
or what belongs to the rules that it tests.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType

from policies.card import NONE, WHOLE, Card, Item, Mark
from policies.message import Message, Name
from policies.vocabulary import ClockCode, label_key
from policies.vocabulary_inspection import EvidenceTopic as Topic

HALF = Decimal(50)
FIVE_W = ("what", "who", "occurred_at", "where", "why", "demand")
"""The six of 5W1H among the items of completeness: what, who, when, where, why, and how it is to be solved."""
STEP_CLOCKS = (ClockCode.APPOINT, ClockCode.ANSWER, ClockCode.FIRST_RESPONSE)

USUAL: Mapping[str, tuple[Topic, ...]] = MappingProxyType({
    "rec_basic": (Topic.INTAKE_DATA,), "rec_5w1h": (Topic.FIVE_W,), "rec_class": (Topic.GRADING,),
    "rec_read_back": (Topic.READ_BACK,), "pro_check": (Topic.CHECK,), "pro_elements": (Topic.DISPATCH,),
    "pro_no_reverse": (Topic.TRANSFERS,), "pro_investigate": (Topic.INVESTIGATION,), "pro_plan": (Topic.PLAN,),
    "tim_ack": (Topic.ACKNOWLEDGE_CLOCK,), "tim_steps": (Topic.STEP_CLOCKS,), "tim_resolve": (Topic.RESOLVE_CLOCK,),
    "res_solved": (Topic.SOLVED,), "res_lesson": (Topic.DOSSIER,), "ton_written": (), "ton_progress": (Topic.PROGRESS,),
    "fat_false": (Topic.INTAKE_DATA,), "fat_leak": (Topic.REVEALS,), "fat_conceal": (Topic.GRADING,),
    "com_confirm": (Topic.READ_BACK,), "com_record": (Topic.INTAKE_DATA,), "com_identity": (), "han_expectation": (),
    "han_answer": (), "han_solution": (), "fat_leak_call": (Topic.REVEALS,), "fat_promise": (),
})  # fmt: skip
"""What the office's own items are shown, by their codes."""
BY_RULE: Mapping[str, Topic] = MappingProxyType({
    "R2": Topic.FIVE_W, "R3": Topic.GRADING, "R4": Topic.CHECK, "R5": Topic.ACKNOWLEDGE_CLOCK, "R10": Topic.DISPATCH,
    "R11": Topic.TRANSFERS, "R12": Topic.STEP_CLOCKS, "R13": Topic.PROGRESS, "R18": Topic.INVESTIGATION,
    "R19": Topic.PLAN, "R20": Topic.SOLVED, "R21": Topic.SOLVED, "R22": Topic.DOSSIER, "R23": Topic.RESOLVE_CLOCK,
    "R25": Topic.RESOLVE_CLOCK, "R39": Topic.REVEALS,
})  # fmt: skip
"""What an item of an office's own is shown where it says nothing itself."""


@dataclass(frozen=True)
class ClockFact:
    """A clock that ended or still runs; times aware UTC. ``met`` None: it runs, or nobody is judged by it."""

    code: str
    due_at: datetime
    stopped_at: datetime | None
    met: bool | None
    extended_days: int = 0


@dataclass(frozen=True)
class RecordFacts:
    """What a record holds, as plain values; numbers count what there is.

    ``missing`` and ``not_read_back``: codes of completeness, ``names`` what they are called. ``first_contact``: solved
    at intake, without an order. ``corrections``: of the intake record, later. ``regradings``: after registration;
    ``raised`` if one of them went up. ``approved_before``: the plan was approved before a measure was carried out
    (None: no plan or no measure). ``within_limit``: the amount lay within what its approver may approve (None: not
    known). ``told``: progress and delay told to the customer. ``confirmed``: what the newest call-back that reached the
    customer said of the matter being solved (None: nobody was reached). ``outsiders``: people without a function on
    the record who looked at the customer's data in clear.
    """

    live: bool = False
    completeness: Decimal = WHOLE
    names: Mapping[str, Name] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    not_read_back: tuple[str, ...] = ()
    corrections: int = 0
    regradings: int = 0
    raised: bool = False
    checked: bool = False
    check_evidence: int = 0
    first_contact: bool = False
    dispatched: bool = False
    missing_elements: tuple[object, ...] = ()
    transfers: int = 0
    transfers_allowed: int = 1
    disputes: int = 0
    evidence: int = 0
    root_cause: bool = False
    fault: bool = False
    planned: bool = False
    alternatives: bool = False
    approved_before: bool | None = None
    within_limit: bool | None = None
    clocks: tuple[ClockFact, ...] = ()
    measures: int = 0
    measures_open: int = 0
    vouchers: int = 0
    call_backs: int = 0
    confirmed: bool | None = None
    rounds: int = 1
    missing_parts: tuple[object, ...] = ()
    lesson: bool = False
    told: int = 0
    reveals: int = 0
    outsiders: int = 0


@dataclass(frozen=True)
class Fact:
    """One thing that the record shows; ``kept`` None: it speaks neither for nor against."""

    text: Message
    kept: bool | None = None


@dataclass(frozen=True)
class ItemEvidence:
    """What stands beside an item, and the mark that follows from it where one does."""

    facts: tuple[Fact, ...] = ()
    suggested: Mark | None = None


NOT_APPLICABLE = Mark()


def evidence_of(card: Card, facts: RecordFacts) -> dict[str, ItemEvidence]:
    """Item → what the record shows on it, for every item on which it shows something."""
    found = {item.code: _of_item(item, facts) for item in card.items}
    return {code: evidence for code, evidence in found.items() if evidence.facts or evidence.suggested}


def topics_of(item: Item) -> tuple[Topic, ...]:
    """What an item is shown: as it says itself, as its code usually is, or by its rules."""
    if item.evidence is not None:
        return tuple(Topic(code) for code in item.evidence if code in list(Topic))
    if item.code in USUAL:
        return USUAL[item.code]
    return tuple(dict.fromkeys(BY_RULE[rule] for rule in item.rules if rule in BY_RULE))


def _of_item(item: Item, facts: RecordFacts) -> ItemEvidence:
    shown = [TOPICS[topic](facts) for topic in topics_of(item)]
    alone = shown[0].suggested if len(shown) == 1 else None
    return ItemEvidence(tuple(fact for one in shown for fact in one.facts), _fitting(item, alone))


def _fitting(item: Item, mark: Mark | None) -> Mark | None:
    """A suggestion that the item can take; of levels the next one below."""
    if mark is None or item.fatal or not item.by_level:
        return None
    if mark.percent is None:
        return mark if item.not_applicable_allowed else None
    below = [level for level in item.levels if level <= mark.percent]
    return Mark(max(below)) if below else None


def _graded(faults: int) -> Mark:
    """Nothing wrong: in full; one thing: half; more: nothing."""
    return Mark((WHOLE, HALF, NONE)[min(faults, 2)])


def _fact(key: str, kept: bool | None = None, **params: object) -> Fact:
    return Fact(Message(f"inspection_evidence.{key}", params), kept)


def _items(facts: RecordFacts, codes: Sequence[str]) -> tuple[object, ...]:
    return tuple(facts.names.get(code, code) for code in codes)


def _intake_data(facts: RecordFacts) -> ItemEvidence:
    corrected = _fact("corrected", None, n=facts.corrections) if facts.corrections else _fact("not_corrected")
    return ItemEvidence((_fact("completeness", score=facts.completeness), corrected))


def _five_w(facts: RecordFacts) -> ItemEvidence:
    lacking = tuple(code for code in FIVE_W if code in facts.missing)
    said = _fact("five_w_missing", False, items=_items(facts, lacking)) if lacking else _fact("five_w_complete", True)
    return ItemEvidence((_fact("completeness", score=facts.completeness), said), _graded(len(lacking)))


def _read_back(facts: RecordFacts) -> ItemEvidence:
    if not facts.live:
        return ItemEvidence((_fact("not_live"),), NOT_APPLICABLE)
    if not facts.not_read_back:
        return ItemEvidence((_fact("all_read_back", True),), Mark(WHOLE))
    lacking = _fact("not_read_back", False, items=_items(facts, facts.not_read_back))
    return ItemEvidence((lacking,), _graded(len(facts.not_read_back)))


def _grading(facts: RecordFacts) -> ItemEvidence:
    if not facts.regradings:
        return ItemEvidence((_fact("not_regraded"),))
    return ItemEvidence((_fact("regraded_up" if facts.raised else "regraded", False, n=facts.regradings),))


def _check(facts: RecordFacts) -> ItemEvidence:
    return ItemEvidence(
        (
            _fact("checked" if facts.checked else "not_checked", facts.checked),
            _fact("check_evidence", facts.check_evidence > 0, n=facts.check_evidence),
        )
    )


def _dispatch(facts: RecordFacts) -> ItemEvidence:
    if not facts.dispatched:
        return ItemEvidence((_fact("not_dispatched"),), NOT_APPLICABLE)
    lacking = facts.missing_elements
    elements = _fact("elements_missing", False, items=lacking) if lacking else _fact("elements_complete", True)
    moved = facts.transfers + facts.disputes
    route = (
        _fact("sent_once", True) if not moved else _fact("sent_on", None, n=facts.transfers, disputes=facts.disputes)
    )
    return ItemEvidence((elements, route), None if lacking or moved else Mark(WHOLE))


def _transfers(facts: RecordFacts) -> ItemEvidence:
    if not facts.transfers and not facts.disputes:
        return ItemEvidence((_fact("never_transferred"),), NOT_APPLICABLE)
    within = facts.transfers <= facts.transfers_allowed
    shown = [_fact("transferred", within, n=facts.transfers, most=facts.transfers_allowed)]
    if facts.disputes:
        shown.append(_fact("disputed", None, n=facts.disputes))
    return ItemEvidence(tuple(shown), Mark(WHOLE) if within else Mark(NONE))


def _investigation(facts: RecordFacts) -> ItemEvidence:
    if facts.first_contact:
        return ItemEvidence((_fact("first_contact"),), NOT_APPLICABLE)
    return ItemEvidence(
        (
            _fact("evidence", facts.evidence > 0, n=facts.evidence),
            _fact("root_cause" if facts.root_cause else "no_root_cause", facts.root_cause),
            _fact("fault" if facts.fault else "no_fault", facts.fault),
        )
    )


def _plan(facts: RecordFacts) -> ItemEvidence:
    if not facts.planned:
        return ItemEvidence((_fact("no_plan"),), NOT_APPLICABLE if facts.first_contact else None)
    shown = [_fact("alternatives" if facts.alternatives else "no_alternatives", facts.alternatives)]
    if facts.approved_before is not None:
        shown.append(_fact("approved_before" if facts.approved_before else "approved_after", facts.approved_before))
    if facts.within_limit is not None:
        shown.append(_fact("within_limit" if facts.within_limit else "beyond_limit", facts.within_limit))
    if facts.approved_before is None:
        return ItemEvidence(tuple(shown))
    faults = sum(1 for fact in shown if fact.kept is False)
    return ItemEvidence(tuple(shown), _graded(faults) if facts.approved_before else Mark(NONE))


def _clock(code: str) -> Message:
    return Message(label_key(ClockCode(code)))


def _clock_facts(facts: RecordFacts, *codes: ClockCode) -> Iterator[tuple[str, Fact]]:
    for clock in facts.clocks:
        if clock.code not in codes:
            continue
        params = {"clock": _clock(clock.code), "due": clock.due_at, "days": clock.extended_days}
        extended = "_extended" if clock.extended_days else ""
        if clock.stopped_at is None:
            yield clock.code, _fact(f"clock_running{extended}", None, **params)
        elif clock.met is None:
            yield clock.code, _fact("clock_dropped", None, clock=_clock(clock.code), at=clock.stopped_at)
        else:
            said = "clock_met" if clock.met else "clock_missed"
            yield clock.code, _fact(f"{said}{extended}", clock.met, at=clock.stopped_at, **params)


def _by_clock(facts: RecordFacts, code: ClockCode) -> ItemEvidence:
    shown = tuple(fact for _, fact in _clock_facts(facts, code))
    judged = [fact.kept for fact in shown if fact.kept is not None]
    return ItemEvidence(shown, Mark(WHOLE if all(judged) else NONE) if judged else None)


def _step_clocks(facts: RecordFacts) -> ItemEvidence:
    found = list(_clock_facts(facts, *STEP_CLOCKS))
    if not facts.dispatched:
        return ItemEvidence(tuple(fact for _, fact in found), None if found else NOT_APPLICABLE)
    late = {code for code, fact in found if fact.kept is False}
    judged = any(fact.kept is not None for _, fact in found)
    return ItemEvidence(tuple(fact for _, fact in found), _graded(len(late)) if judged else None)


def _solved(facts: RecordFacts) -> ItemEvidence:
    shown = []
    if facts.measures:
        done = facts.measures - facts.measures_open
        shown.append(_fact("measures", not facts.measures_open, n=facts.measures, done=done))
        shown.append(_fact("vouchers", facts.vouchers > 0, n=facts.vouchers))
    if facts.confirmed is not None:
        shown.append(_fact("confirmed" if facts.confirmed else "not_confirmed", facts.confirmed))
    else:
        shown.append(_fact("not_reached", None, n=facts.call_backs))
    if facts.rounds > 1:
        shown.append(_fact("reworked", False, n=facts.rounds - 1))
    if facts.measures_open:
        return ItemEvidence(tuple(shown), Mark(NONE))
    solved = None if facts.confirmed is None else Mark(WHOLE if facts.confirmed and facts.rounds == 1 else HALF)
    return ItemEvidence(tuple(shown), solved)


def _dossier(facts: RecordFacts) -> ItemEvidence:
    lacking = facts.missing_parts
    parts = _fact("parts_missing", False, parts=lacking) if lacking else _fact("parts_complete", True)
    lesson = _fact("lesson" if facts.lesson else "no_lesson", facts.lesson)
    return ItemEvidence((parts, lesson, *(fact for _, fact in _clock_facts(facts, ClockCode.ARCHIVE))))


def _progress(facts: RecordFacts) -> ItemEvidence:
    found = [fact for _, fact in _clock_facts(facts, ClockCode.PROGRESS)]
    late = sum(1 for fact in found if fact.kept is False)
    judged = any(fact.kept is not None for fact in found)
    told = _fact("told", facts.told > 0 if judged else None, n=facts.told)
    missed = tuple(fact for fact in found if fact.kept is False)
    return ItemEvidence((told, *(missed or (_fact("progress_kept", True),))) if judged else (told,),
                        _graded(late) if judged else None)  # fmt: skip


def _reveals(facts: RecordFacts) -> ItemEvidence:
    shown = [_fact("reveals", None, n=facts.reveals)]
    if facts.outsiders:
        shown.append(_fact("outsiders", False, n=facts.outsiders))
    return ItemEvidence(tuple(shown))


TOPICS: Mapping[Topic, Callable[[RecordFacts], ItemEvidence]] = MappingProxyType(
    {
        Topic.INTAKE_DATA: _intake_data,
        Topic.FIVE_W: _five_w,
        Topic.READ_BACK: _read_back,
        Topic.GRADING: _grading,
        Topic.CHECK: _check,
        Topic.DISPATCH: _dispatch,
        Topic.TRANSFERS: _transfers,
        Topic.INVESTIGATION: _investigation,
        Topic.PLAN: _plan,
        Topic.ACKNOWLEDGE_CLOCK: lambda facts: _by_clock(facts, ClockCode.ACKNOWLEDGE),
        Topic.STEP_CLOCKS: _step_clocks,
        Topic.RESOLVE_CLOCK: lambda facts: _by_clock(facts, ClockCode.RESOLVE),
        Topic.SOLVED: _solved,
        Topic.DOSSIER: _dossier,
        Topic.PROGRESS: _progress,
        Topic.REVEALS: _reveals,
    }
)
