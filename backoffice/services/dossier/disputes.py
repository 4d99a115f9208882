"""Disputes over the orders of a complaint, for the part of the dossier that shows its orders (R11, R22)."""

from __future__ import annotations

from typing import Any

from backoffice.models.regrade import Dispute
from backoffice.reports.blocks import Block, Column, Grid, Subheading, Text, texts_of
from backoffice.services.dossier.source import Source, label
from policies.message import Message

DASH = "–"


def disputes(source: Source) -> tuple[Block, ...]:
    """Every dispute: who raised it against whom and why, by when it was to be decided, and what was decided."""
    rows = tuple(_row(source, one) for one in source.holdings.disputes)
    if not rows:
        return ()
    columns = (
        Column(_head("raised"), 20),
        Column(_head("between"), 20),
        Column(_head("reason"), 24),
        Column(_head("decision"), 24),
        Column(_head("state"), 12, "center"),
    )
    return (Subheading(_head("title")), Grid(columns, rows))


def _row(source: Source, one: Dispute) -> tuple[Any, ...]:
    claimed = Message("disputes.form.claimed", {"department": source.named(one.ground)}) if one.ground else ""
    named = Message("disputes.form.named", {"department": source.named(one.named)}) if one.named else ""
    decided = source.signed(one.decided_by_id, one.decided_at) if one.decided_at else ""
    return (
        (source.moment(one.raised_at), source.named(one.raised_by), one.order.number),
        texts_of((source.named(one.department), claimed)),
        _words(source, one.sealed, "dispute") or DASH,
        texts_of((named, _words(source, one.sealed_decision, "dispute_decision"), decided))
        or Message("disputes.form.due", {"at": source.moment(one.due_at)}),
        label(one.state),
    )


def _words(source: Source, sealed: bytes | None, context: str) -> str:
    return source.words(source.opened(sealed, context), "reason") if sealed is not None else ""


def _head(code: str) -> Text:
    return Message(f"disputes.form.{code}")
