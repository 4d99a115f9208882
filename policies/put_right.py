"""What a complaint with our or shared fault brings before it is archived (R30, rule ``our_fault_opens``).

A corrective action, or a written reason why none is needed. Where the plan (or whoever archives) names improvements and
no corrective action stands yet, archiving opens one from them, so that nobody writes the same thing twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from policies.fields import is_blank
from policies.message import Message, Refusal
from policies.vocabulary import Fault, Outcome

if TYPE_CHECKING:
    from policies.casefacts import FlowSettings
    from policies.entry import Entry

OF_THE_RECORD = frozenset({"inspection", "appeal"})
"""Sources that put right how a complaint was handled, not what it was about: they do not stand for one of its own."""
REASON, IMPROVEMENTS = "no_corrective_reason", "improvements"
USUAL_KIND = "process_change"
BY_CAUSE: Mapping[str, str] = MappingProxyType({
    "network_fault": "network_improvement", "network_capacity": "network_improvement", "system_fault": "system_change",
    "rule_defect": "rule_change", "product_design": "rule_change", "staff_error": "training",
    "staff_conduct": "training", "sales_misconduct": "sales_control", "information_missing": "knowledge_update",
})  # fmt: skip
"""The cause that was found → the kind of corrective action that a rule opens; any other cause: ``USUAL_KIND``."""


@dataclass(frozen=True)
class PutRight:
    """What is there already. ``actions``: corrective actions of the complaint's own that were not cancelled.

    ``cancelled``: that had one of its own and somebody cancelled it, so that a rule opens none behind their back;
    ``planned``: the plan or a review names improvements.
    """

    actions: int = 0
    cancelled: bool = False
    planned: bool = False


def asked_of(fault: Fault | None, outcome: Outcome | None, settings: FlowSettings) -> bool:
    """Whether this complaint needs one; what was merged is put right with the complaint that it went into."""
    rule = settings.faults.get(fault) if fault is not None else None
    return rule is not None and rule.corrective_action_required and outcome is not Outcome.MERGED


def opens(there: PutRight, asked: bool, values: Mapping[str, object]) -> bool:
    """Whether archiving with these values opens one by rule."""
    if not asked or there.actions or not is_blank(values.get(REASON)):
        return False
    return not is_blank(values.get(IMPROVEMENTS)) or (there.planned and not there.cancelled)


def archived_with_one(entry: Entry) -> Iterator[Refusal]:
    """R30: archived with a corrective action or a reason, not with neither and not with both."""
    there, asked = entry.facts.put_right, _asked(entry)
    if not asked:
        return
    if not entry.has(REASON):
        if not there.actions and not opens(there, asked, entry.values):
            yield _refused("neither")
    elif there.actions:
        yield _refused("reason_beside_action")
    elif entry.has(IMPROVEMENTS):
        yield _refused("reason_beside_improvements")


def warn(entry: Entry) -> tuple[Message, ...]:
    """What whoever archives should know: that one was opened, and where it is found."""
    opened = entry.rule.code == "archive" and opens(entry.facts.put_right, _asked(entry), entry.values)
    return (Message("put_right.opened"),) if opened else ()


def _asked(entry: Entry) -> bool:
    return asked_of(entry.facts.fault, entry.facts.outcome, entry.settings)


def kind_for(cause: str | None, kinds: Mapping[str, object]) -> str:
    """The kind for a cause among those that the office has."""
    wanted = (BY_CAUSE.get(cause or "", USUAL_KIND), USUAL_KIND)
    return next((kind for kind in wanted if kind in kinds), next(iter(kinds)))


def _refused(reason: str) -> Refusal:
    return Refusal(f"put_right.refused.{reason}", field=REASON, status=422)
