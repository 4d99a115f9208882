"""The messages of a complaint, to its customer and to staff, as its page shows them (R5, R26, R39)."""

from __future__ import annotations

from dataclasses import replace

from backoffice.queries import outbox
from backoffice.queries.outbox import Line
from backoffice.services.dossier.veil import Copy
from policies.masking import HIDDEN
from views import context
from views.case.looking import Looked


def messages_of(looked: Looked) -> list[Line]:
    """Every message, newest first, veiled as this reader's copy is; recipients are masked for everybody."""
    veil, work = looked.source.veil, looked.case.work
    rows = outbox.of_complaint(work.session, context.desk().keys, work.actor, looked.complaint.id)
    hides = veil.copy is Copy.HIDDEN
    return [
        replace(
            row,
            subject=veil.text(row.subject),
            text=veil.text(row.text),
            to=HIDDEN if hides and row.to and row.staff is None else row.to,
        )
        for row in rows
    ]
