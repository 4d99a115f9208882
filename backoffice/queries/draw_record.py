"""What a draw says of itself, word for word as it is signed (R27, R40), and whether its row still says the same."""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping, Sequence
from typing import Any

from backoffice.models.sampling import Draw
from policies.chain import encode_body
from policies.sampling import Drawn, draw_mac

COLUMNS = (
    "plan_code", "period_label", "period_from", "period_until", "sequence", "state", "query", "method", "blind",
    "reason", "population_count", "population_sha256", "exclusions", "strata", "nonce", "seed", "result_sha256",
    "drawn_count", "frozen_at", "drawn_at", "by_id", "due_at", "plan_id",
)  # fmt: skip
"""What the signed text repeats of the row."""
LATER = ("cancelled_at", "cancelled_by_id", "cancel_reason")
"""What only draws of newer programs repeat; an older one says nothing of it, and its row must not either."""
LINES, RESULT, TWICE = "lines_sha256", "result", "twice"


def sign(key: bytes, draw: Draw, *, lines_sha256: str, result: Sequence[Drawn] = (), twice: Sequence[str] = ()) -> None:
    """Write what the draw says now, and its signature; ``twice``: the drawn numbers that are scored a second time."""
    drawn = [[one.number, list(one.stratum), one.compulsory] for one in result]
    _write(key, draw, {LINES: lines_sha256, RESULT: drawn, TWICE: list(twice)})


def sign_again(key: bytes, draw: Draw) -> None:
    """Write what the row says now beside the result that was signed before: of a draw that is cancelled."""
    said = body_of(draw)
    _write(key, draw, {name: said.get(name, []) for name in (LINES, RESULT, TWICE)})


def _write(key: bytes, draw: Draw, found: Mapping[str, Any]) -> None:
    draw.body = encode_body({**_said(draw), **found})
    draw.mac = draw_mac(key, draw.body)


def _said(draw: Draw) -> dict[str, Any]:
    return {name: getattr(draw, name) for name in (*COLUMNS, *LATER)}


def body_of(draw: Draw) -> dict[str, Any]:
    """The signed text, read; empty when there is none that can be read."""
    try:
        found = json.loads(draw.body or "")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def is_signed(key: bytes, draw: Draw) -> bool:
    """Whether the text is the one that was signed."""
    return draw.body is not None and draw.mac is not None and hmac.compare_digest(
        draw_mac(key, draw.body), bytes(draw.mac)
    )  # fmt: skip


def differing(draw: Draw) -> list[str]:
    """The columns that say otherwise than the signed text."""
    said, now = body_of(draw), json.loads(encode_body(_said(draw)))
    return [
        name for name in (*COLUMNS, *LATER) if (name not in said and name not in LATER) or said.get(name) != now[name]
    ]
