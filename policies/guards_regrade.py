"""Why a complaint is not raised, or a regrading not proposed or confirmed, at this moment (R3, R17)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from policies.access import Actor
from policies.message import Refusal
from policies.process import StepDef
from policies.regrading import DOWNGRADERS

if TYPE_CHECKING:  # these two read this module, or are read by one that does
    from policies.casefacts import CaseFacts
    from policies.guards import Ask


def _refused(reason: str, status: int = 409) -> Refusal:
    return Refusal(f"regrading.refused.{reason}", status=status)


def _regrades(step: StepDef | None, order_sent: bool) -> bool:
    return step is not None and step.way("regrade", order_sent) is not None


def approved_by_other(facts: CaseFacts, actor: Actor) -> Refusal | None:
    """R3: a downgrade is approved by the manager, from major by a senior manager, and never by who proposed it."""
    if not actor.roles & DOWNGRADERS.get(facts.severity, frozenset()):
        return _refused("not_an_approver", 403)
    if facts.proposal is not None and facts.proposal.proposed_by_id == actor.staff_id:
        return _refused("own_proposal", 403)
    return None


def _where_regrading_is_no_way(ask: Ask) -> Refusal | None:
    """Where the process lets one regrade, that is the way to another severity but major."""
    return _refused("regrade_instead") if _regrades(ask.step, ask.facts.order_sent) else None


def _to_be_proposed(ask: Ask) -> Refusal | None:
    if ask.facts.proposal is not None:
        return _refused("proposed_already")
    if not _regrades(ask.step, ask.facts.order_sent):
        return _refused("not_at_this_step")
    if ask.actor.roles & DOWNGRADERS.get(ask.facts.severity, frozenset()):
        return _refused("regrade_instead")  # who approves need not propose
    return None


def _proposed(ask: Ask) -> Refusal | None:
    return None if ask.facts.proposal is not None else _refused("nothing_proposed")


def _still_at_its_step(ask: Ask) -> Refusal | None:
    return None if _regrades(ask.step, ask.facts.order_sent) else _refused("moved_on")


READINESS: Mapping[str, tuple[Callable[[Ask], Refusal | None], ...]] = MappingProxyType({
    "raise_to_important": (_where_regrading_is_no_way,),
    "propose_regrade": (_to_be_proposed,),
    "confirm_regrade": (_proposed, _still_at_its_step),
    "decline_regrade": (_proposed,),
})  # fmt: skip
