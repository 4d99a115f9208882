"""Append to a complaint's history (R40): the event is written in the transaction of what it tells."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from backoffice.models.history import ChainHead, Event
from backoffice.services.core.case import Case
from policies.chain import Head, append, encode_body, first_head


def record(
    case: Case,
    action: str,
    facts: Mapping[str, object] | None = None,
    private: Mapping[str, Any] | None = None,
    *,
    from_step: str | None = None,
    to_step: str | None = None,
) -> Event:
    """One event: ``facts`` are codes, ids, figures and times in clear; ``private`` (free text, names) is sealed.

    The chain hashes the ciphertext, so that erasing the complaint's key leaves the chain whole.
    """
    work, complaint = case.work, case.complaint
    sequence = case.head.sequence + 1
    content: dict[str, object] = {
        "complaint": complaint.id,
        "number": complaint.number,
        "sequence": sequence,
        "at": work.at,
        "recorded_at": work.recorded_at,
        "actor": work.actor.staff_id,
        "actor_code": work.actor.code,
        "address": work.address,
        "action": action,
        "from_step": from_step,
        "to_step": to_step,
        "round": complaint.round,
        "facts": {**(facts or {}), **work.by_token},
    }
    if private:
        sealed = case.seal.seal_json(dict(private), f"event:{sequence}")
        content["sealed"] = base64.b64encode(sealed).decode()
    link, head = append(work.keys.chain, Head(case.head.sequence, bytes(case.head.mac)), encode_body(content))
    event = Event(
        complaint_id=complaint.id,
        sequence=link.sequence,
        at=work.at,
        recorded_at=work.recorded_at,
        actor_id=work.actor.staff_id,
        action=action,
        from_step=from_step,
        to_step=to_step,
        round=complaint.round,
        body=link.body,
        mac=link.mac,
    )
    work.session.add(event)
    case.head.sequence, case.head.mac = head.sequence, head.mac
    return event


def start_chain(case_key: bytes, complaint_id: int) -> ChainHead:
    """The head of a complaint's chain before its first event; ``case_key`` is the office's chain key."""
    head = first_head(case_key, complaint_id)
    return ChainHead(complaint_id=complaint_id, sequence=head.sequence, mac=head.mac)
