"""Rules over what is entered when a complaint is regraded, raised, or its regrading is proposed (R3, R11, R17)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from policies.casefacts import CaseFacts
from policies.entry import Entry
from policies.guards import is_desk, refused, role_names
from policies.message import Refusal
from policies.process import Process, StepDef
from policies.regrading import DOWNGRADERS, RAISES, REGRADES, goes_on_at
from policies.vocabulary import Severity


def new_severity(entry: Entry) -> Severity | None:
    """The severity to which an action leads, or that is proposed; None for one that is not about it, or says none."""
    if entry.rule.code in RAISES:
        return RAISES[entry.rule.code]
    if entry.rule.code not in REGRADES and entry.rule.code != "propose_regrade":
        return None
    return Severity(str(entry.values["severity"])) if entry.has("severity") else None


def stays_in_process(entry: Entry) -> bool:
    """Whether a regrading leaves the severity as it is: then the complaint stays where it is (R3)."""
    return entry.rule.code == "regrade" and entry.values.get("severity") == entry.facts.severity


def changes(entry: Entry, *codes: str) -> bool:
    """Whether what was entered differs from the present category, urgency or impact."""
    return any(entry.has(code) and str(entry.values[code]) != entry.facts.graded.get(code) for code in codes)


def destination(facts: CaseFacts, severity: Severity) -> tuple[Process, StepDef] | None:
    """Process and step with which a complaint would go on under another severity; None where there are none."""
    process, step = facts.processes.get(severity), facts.at
    if process is None or step is None:
        return None
    reached = goes_on_at(
        step, process, order_sent=facts.order_sent, outcome_fixed=facts.outcome is not None,
        up=severity.rank > facts.severity.rank,
    )  # fmt: skip
    return None if reached is None else (process, reached)


def regraded_to_another(entry: Entry) -> Iterator[Refusal]:
    """R3: another severity that has a process, or another category, urgency or impact under the same severity.

    Going down needs the manager, from major a senior manager.
    """
    facts, severity = entry.facts, new_severity(entry)
    if severity is None:
        return
    if severity is facts.severity:
        if not changes(entry, "category", "urgency", "impact"):
            yield refused("same_severity", status=422, field="severity")
        return
    found = destination(facts, severity)
    if found is None:
        yield refused("no_process", field="severity", severity=severity)
    elif facts.order_sent and is_desk(found[0], found[1].code):
        yield refused("no_way_back", field="severity")
    elif severity.rank < facts.severity.rank and entry.rule.code != "propose_regrade":
        roles = DOWNGRADERS[facts.severity]
        if not entry.actor.roles & roles:
            yield refused("downgrade", status=403, field="severity", roles=role_names(entry.settings, sorted(roles)))


def proposed_downwards(entry: Entry) -> Iterator[Refusal]:
    """R3: only what needs an approval is proposed; all else is done at once."""
    severity = new_severity(entry)
    if severity is not None and severity.rank >= entry.facts.severity.rank:
        yield Refusal("regrading.refused.needs_no_approval", field="severity", status=422)
    else:
        yield from regraded_to_another(entry)


def with_proposal(entry: Entry) -> Entry:
    """What is confirmed is what was proposed, as if it had been entered."""
    proposal = entry.facts.proposal
    if entry.rule.code != "confirm_regrade" or proposal is None:
        return entry
    return replace(entry, values={**entry.values, **proposal.values, "severity": proposal.severity})
