"""What goes with marks and results (R28, R30): whose they are, and what follows from them."""

from __future__ import annotations

from backoffice.services.core.inspections import Inspecting
from policies.card import Card


def item_people(one: Inspecting, card: Card) -> dict[str, int | None]:
    """Item → whose indicator its mark counts for."""
    return {item.code: one.inspection.subject_id for item in card.items}
