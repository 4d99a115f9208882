"""The record of a calibration session as its reader may see it (R28): veiled, and without names where it is blind."""

from __future__ import annotations

from collections.abc import Callable

from backoffice.services.core.calibrations import Sitting
from backoffice.services.dossier.blind import BlindSource
from backoffice.services.dossier.source import Source
from backoffice.services.dossier.veil import Copy
from policies.access import CustomerView, customer_view


def source_of(sitting: Sitting) -> Source:
    """What the record beside the card is written from."""
    hidden = customer_view(sitting.work.actor, sitting.case.subject) is CustomerView.HIDDEN
    copy = Copy.HIDDEN if hidden else Copy.MASKED
    return BlindSource(sitting.case, copy) if sitting.hidden else Source(sitting.case, copy)


def veil_of(sitting: Sitting) -> Callable[[str], str]:
    """What is taken out of what members wrote, besides customer data: in a blind session the names of staff."""
    return source_of(sitting).veil.text if sitting.hidden else str
