"""A draft as each door hands it in: what an e-mail or a chat says, not yet what a complaint needs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from backoffice.integrations.files import Upload
from backoffice.services.arrivals import Arrival
from policies.vocabulary import EntryWay

RECEIVED = datetime(2026, 11, 23, 1, 12, 37, tzinfo=UTC)
PHOTO = Upload("光猫.txt", b"LOS red\n", "text/plain")
FIELDS = {
    "customer_name": "欧阳静",
    "contact_phone": "13900004172",
    "what": "宽带每晚 19:30 起掉线，我是欧阳静，电话 13900004172",
    "demand": "彻底修复",
}


def arrival(**more: Any) -> Arrival:
    """An e-mail with a file."""
    said = {"way": EntryWay.EMAIL, "channel": "email", "received_at": RECEIVED, "fields": FIELDS, "uploads": (PHOTO,)}
    return Arrival(**{**said, **more})
