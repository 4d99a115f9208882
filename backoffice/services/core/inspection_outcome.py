"""What goes with marks and results (R28, R30): whose they are, and what follows from them."""

from __future__ import annotations

from backoffice.services.core.inspection_evidence import attributed
from backoffice.services.core.inspections import Inspecting
from policies.card import Card
from policies.vocabulary_inspection import AttributedTo

INSPECTED = frozenset({AttributedTo.HANDLER.value, AttributedTo.SPEAKER.value})
"""Functions whose work the inspection as a whole is about: the inspected has them where the record names nobody."""


def item_people(one: Inspecting, card: Card) -> dict[str, int | None]:
    """Item → whose indicator its mark counts for (R31): whoever had the item's function on the record."""
    row = one.inspection
    people = attributed(one.case, row.unit)
    own = dict.fromkeys(INSPECTED, row.subject_id)
    return {item.code: people.get(item.attributed_to, own.get(item.attributed_to)) for item in card.items}
