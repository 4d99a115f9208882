"""The archive dossier (R22, R39): which parts it needs, what is missing, its number, its secrecy, how long it is kept.

Pure rules over plain values. Codes are those of the office's own list: parts, conditions, outcomes, severities, faults.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_DOWN, Decimal
from types import MappingProxyType

from policies.message import Message, Refusal

RESOLVED_OUTCOMES = frozenset({"resolved", "first_contact_resolved"})
ESTABLISHED_OUTCOMES = RESOLVED_OUTCOMES | {"closed_unsatisfied", "closed_unreachable"}
SHORT_LIVED_OUTCOMES = frozenset({"not_established", "merged", "withdrawn", "referred_out"})
OWN_FAULTS = frozenset({"our_fault", "both_fault"})
REVIEWED_SEVERITIES = frozenset({"important", "major"})


@dataclass(frozen=True)
class Part:
    """One part of the dossier in its place; ``condition`` says when it may not be missing."""

    code: str
    condition: str

    @property
    def name(self) -> Message:
        return Message(f"dossier.part.{self.code}")


@dataclass(frozen=True)
class DossierRules:
    """The office's choice: parts in order, years for which a class is kept (None: for ever), attempts that suffice."""

    parts: tuple[Part, ...]
    retention_years: Mapping[str, int | None]
    unreachable_attempts: int = 3


DEFAULT_RULES = DossierRules(
    parts=(
        Part("cover", "always"),
        Part("index", "always"),
        Part("handling_form", "always"),
        Part("original_record", "always"),
        Part("check_record", "always"),
        Part("acknowledgement", "always"),
        Part("work_order", "if_dispatched"),
        Part("evidence", "if_dispatched"),
        Part("investigation", "if_dispatched"),
        Part("plan_drafts", "if_dispatched"),
        Part("extension", "if_extended"),
        Part("communications", "always"),
        Part("measures", "if_dispatched"),
        Part("statements", "if_major"),
        Part("result_receipt", "if_established"),
        Part("call_back_record", "if_established"),
        Part("closing_reason", "if_not_resolved"),
        Part("post_review", "if_major_or_our_fault"),
        Part("lesson", "always"),
        Part("event_log", "always"),
    ),
    retention_years=MappingProxyType({"short": 3, "standard": 5, "long": 10, "permanent": None}),
)


@dataclass(frozen=True)
class DossierFacts:
    """What the file of one complaint holds at this moment, as plain values (codes of the office's lists)."""

    severity: str = "general"
    outcome: str | None = None
    fault: str | None = None
    dispatched: bool = False
    """A work order was sent at least once, also if it was cancelled later."""
    extended: bool = False
    """An extension was granted at least once."""

    has_record: bool = False
    """Registered, with the time of receipt."""
    has_check: bool = False
    """The preliminary check has a decision."""
    has_acknowledgement: bool = False
    evidence: int = 0
    """Pieces of evidence of any kind (records, bills, tests, opinions, statements)."""
    has_investigation: bool = False
    """Facts, root cause and fault are written down."""
    has_plan: bool = False
    approvals: int = 0
    """Approvals of a plan, each with a written opinion."""
    has_plan_review: bool = False
    """Minutes of the review; asked of important and major complaints only."""
    extensions_told: bool = False
    """Of every extension that was granted the customer was told."""
    communications: int = 0
    measures: int = 0
    measures_open: int = 0
    statements: int = 0
    no_statement_needed: bool = False
    """The plan or a later decision says, with a reason, that nothing is said in public."""
    has_result_told: bool = False
    """The result was told to the customer, with time and way (or accepted on the spot at first contact)."""
    call_back_reached: bool = False
    """The customer gave an opinion in a call-back or survey."""
    call_back_attempts: int = 0
    """All attempts, those in which nobody was reached included."""
    survey_expired: bool = False
    """Solved at first contact, and the survey ran out unanswered: that counts as the call-back."""
    has_closing_reason: bool = False
    """Why it ended other than resolved: from the check, the withdrawal, the attempts, closing unsatisfied."""
    has_post_review: bool = False
    """A written review, or improvements that the plan names: archiving opens a corrective action from them (R30)."""
    corrective_actions: int = 0
    no_corrective_reason: bool = False
    """Why nothing need be put right after this case is written down (R30)."""
    has_lesson: bool = False
    events: int = 0
    handlers: frozenset[str] = field(default_factory=frozenset)
    """Codes of all who handled it (owner, co-handlers; at first contact who solved it)."""


@dataclass(frozen=True)
class PartState:
    """How one part stands: ``missing`` names what lacks; ``excused``: the complaint ended before this was due."""

    part: Part
    required: bool
    present: bool
    excused: bool = False
    missing: tuple[Message, ...] = ()

    @property
    def settled(self) -> bool:
        return self.present or self.excused


CONDITIONS: Mapping[str, Callable[[DossierFacts], bool]] = MappingProxyType(
    {
        "always": lambda facts: True,
        "if_dispatched": lambda facts: facts.dispatched,
        "if_extended": lambda facts: facts.extended,
        "if_major": lambda facts: facts.severity == "major",
        "if_established": lambda facts: facts.outcome in ESTABLISHED_OUTCOMES,
        "if_not_resolved": lambda facts: facts.outcome is not None and facts.outcome not in RESOLVED_OUTCOMES,
        "if_major_or_our_fault": lambda facts: facts.severity == "major" or facts.fault in OWN_FAULTS,
    }
)

# A complaint that ends early never comes to these. The reason for closing (required then) stands in their place;
# without this a withdrawn complaint could never be archived.
NEVER_REACHED: Mapping[str, frozenset[str]] = MappingProxyType({
    "withdrawn": frozenset({
        "check_record", "acknowledgement", "evidence", "investigation", "plan_drafts", "measures", "statements",
        "post_review",
    }),
    "merged": frozenset({"acknowledgement", "statements", "post_review"}),
    "not_established": frozenset({"investigation", "plan_drafts", "measures", "statements"}),
    "referred_out": frozenset({"statements"}),
})  # fmt: skip


def _unless(there: object, lack: str) -> list[str]:
    return [] if there else [lack]


def _plan_lacks(facts: DossierFacts) -> list[str]:
    if not facts.has_plan:
        return ["plan"]
    reviewed = facts.has_plan_review or facts.severity not in REVIEWED_SEVERITIES
    return _unless(facts.approvals, "approval") + _unless(reviewed, "plan_review")


def _extension_lacks(facts: DossierFacts) -> list[str]:
    return _unless(facts.extensions_told, "extension_told") if facts.extended else ["extension"]


def _measures_lacks(facts: DossierFacts) -> list[str]:
    if not facts.measures:
        return ["measure"]
    return ["measure_open"] if facts.measures_open else []


def _call_back_lacks(facts: DossierFacts, rules: DossierRules) -> list[str]:
    if facts.outcome == "closed_unreachable":
        return _unless(facts.call_back_attempts >= rules.unreachable_attempts, "attempts")
    return _unless(facts.call_back_reached or facts.survey_expired, "call_back")


def _post_review_lacks(facts: DossierFacts) -> list[str]:
    if facts.severity == "major":
        return _unless(facts.has_post_review, "post_review")
    there = facts.has_post_review or facts.corrective_actions or facts.no_corrective_reason
    return _unless(there, "corrective_action")


# What each part lacks, by name. Cover, index and handling form are made at printing and never lack anything.
LACKS: Mapping[str, Callable[[DossierFacts, DossierRules], list[str]]] = MappingProxyType(
    {
        "cover": lambda facts, rules: [],
        "index": lambda facts, rules: [],
        "handling_form": lambda facts, rules: [],
        "original_record": lambda facts, rules: _unless(facts.has_record, "record"),
        "check_record": lambda facts, rules: _unless(facts.has_check, "check"),
        "acknowledgement": lambda facts, rules: _unless(facts.has_acknowledgement, "acknowledgement"),
        "work_order": lambda facts, rules: _unless(facts.dispatched, "work_order"),
        "evidence": lambda facts, rules: _unless(facts.evidence, "evidence"),
        "investigation": lambda facts, rules: _unless(facts.has_investigation, "investigation"),
        "plan_drafts": lambda facts, rules: _plan_lacks(facts),
        "extension": lambda facts, rules: _extension_lacks(facts),
        "communications": lambda facts, rules: _unless(facts.communications, "communication"),
        "measures": lambda facts, rules: _measures_lacks(facts),
        "statements": lambda facts, rules: _unless(facts.statements or facts.no_statement_needed, "statement"),
        "result_receipt": lambda facts, rules: _unless(facts.has_result_told, "result_told"),
        "call_back_record": _call_back_lacks,
        "closing_reason": lambda facts, rules: _unless(facts.has_closing_reason, "closing_reason"),
        "post_review": lambda facts, rules: _post_review_lacks(facts),
        "lesson": lambda facts, rules: _unless(facts.has_lesson, "lesson"),
        "event_log": lambda facts, rules: _unless(facts.events, "event"),
    }
)


def _excused(part: Part, facts: DossierFacts) -> bool:
    return facts.has_closing_reason and part.code in NEVER_REACHED.get(facts.outcome or "", frozenset())


def part_states(facts: DossierFacts, rules: DossierRules = DEFAULT_RULES) -> tuple[PartState, ...]:
    """Every part in the office's order: whether it must be there, is there, and what it lacks (R22)."""
    states = []
    for part in rules.parts:
        required = CONDITIONS[part.condition](facts)
        lacks = LACKS[part.code](facts, rules)
        excused = bool(lacks) and required and _excused(part, facts)
        missing = tuple(
            Message(
                f"dossier.missing.{lack}", {"required": rules.unreachable_attempts, "there": facts.call_back_attempts}
            )
            if lack == "attempts"
            else Message(f"dossier.missing.{lack}")
            for lack in (lacks if required and not excused else ())
        )
        states.append(PartState(part, required, not lacks, excused, missing))
    return tuple(states)


def required_parts(facts: DossierFacts, rules: DossierRules = DEFAULT_RULES) -> tuple[Part, ...]:
    """The parts that this complaint's dossier may not lack, in order (R22)."""
    return tuple(state.part for state in part_states(facts, rules) if state.required)


def missing_parts(facts: DossierFacts, rules: DossierRules = DEFAULT_RULES) -> tuple[Message, ...]:
    """What must still come before archiving, one message for each part (empty: the dossier is complete, R22)."""
    return tuple(
        Message("dossier.missing.part", {"part": state.part.name, "items": state.missing})
        for state in part_states(facts, rules)
        if state.required and not state.settled
    )


def completeness(facts: DossierFacts, rules: DossierRules = DEFAULT_RULES) -> Decimal:
    """Percent of required parts that are settled, rounded down, so that only a full dossier shows 100.0 (R22)."""
    required = [state for state in part_states(facts, rules) if state.required]
    settled = sum(1 for state in required if state.settled)
    return (Decimal(100 * settled) / Decimal(len(required))).quantize(Decimal("0.1"), rounding=ROUND_DOWN)


def archive_refusals(facts: DossierFacts, checked_by: str, rules: DossierRules = DEFAULT_RULES) -> tuple[Refusal, ...]:
    """Why this dossier may not be archived by ``checked_by`` (code of the staff member); empty: it may (R22)."""
    refusals = []
    missing = missing_parts(facts, rules)
    if missing:
        refusals.append(
            Refusal(
                "dossier.refusal.incomplete",
                {"percent": completeness(facts, rules), "missing": missing},
                status=422,
            )
        )
    if checked_by in facts.handlers:
        refusals.append(Refusal("dossier.refusal.checked_by_handler", status=403))
    return tuple(refusals)


def archive_number(closed_year: int, department: str, complaint_number: str) -> str:
    """Number of the dossier: year, department, complaint number; the year is that of closing, in office time (R22)."""
    return f"{closed_year:04d}-{department}-{complaint_number}"


def secrecy_level(
    severity: str,
    *,
    confidentiality_asked: bool = False,
    personal_data: bool = False,
    discipline: bool = False,
    litigation: bool = False,
    authority: bool = False,
) -> str:
    """``internal``, ``confidential`` or ``restricted``; where several rules hold, the strictest (R39).

    ``personal_data``: the complaint is *about* personal data; ``authority``: an authority investigates.
    """
    if severity == "major" or litigation or authority:
        return "restricted"
    if confidentiality_asked or personal_data or discipline:
        return "confidential"
    return "internal"


def retention_class(
    severity: str,
    outcome: str | None,
    *,
    litigation: bool = False,
    injury: bool = False,
    lasting_reference: bool = False,
) -> str:
    """``short``, ``standard``, ``long`` or ``permanent`` (R39); a grave matter is kept long even if withdrawn."""
    if severity == "major" and lasting_reference:
        return "permanent"
    if severity == "major" or litigation or injury:
        return "long"
    if outcome in SHORT_LIVED_OUTCOMES:
        return "short"
    return "standard"


def retained_until(closed_on: date, retention: str, rules: DossierRules = DEFAULT_RULES) -> date | None:
    """Last day of keeping: the years run from the end of the year of closing; None: for ever (R39)."""
    years = rules.retention_years[retention]
    return None if years is None else date(closed_on.year + years, 12, 31)
