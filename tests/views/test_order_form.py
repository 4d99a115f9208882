"""The form of a work order (R10, R39): its elements are asked for, and the customer stays masked on it."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from backoffice.models.complaint import Complaint, WorkOrder
from backoffice.sealing import CaseSeal
from tests.support.forms import SAME_ORIGIN, token
from tests.support.played import TEXTS, Play

DISPATCHER = "S008"
ELEMENTS = {
    "customer_number": "KD7781204", "pre_check_result": "近 7 日离线 41 次", "speed_test": "3.1 Mbps",
    "device_model": "HG-6145F", "available_time": "18:00 以后",
}  # fmt: skip


@pytest.fixture
def played(app, office, clock):
    """A complaint that waits at the dispatch desk, registered by intake two hours ago."""
    folder = Path(app.config["DATA_DIR"]) / "files"
    play = Play(office, app.extensions["desk"].keys, folder, at=clock.now() - timedelta(hours=2))
    play.register()
    play.act("S005", "start_check")
    play.act("S005", "accept")
    return play


def test_R39_the_dispatcher_sees_the_record_masked_and_the_order_takes_it_in_clear(app, office, sign_in, played):
    browser, page = sign_in(DISPATCHER), f"/complaints/{played.number}/send_order"
    shown = browser.get(page).text
    assert "element-contact_phone" in shown
    for code in ("contact_phone", "address", "customer_name"):
        assert TEXTS[code] not in shown
    sent = {
        "revision": re.search(r'name="revision"[^>]*value="(\d+)"', shown)[1],
        "department": played.department("technical_support"), "requirements": "查清晚高峰掉线原因",
        "deadline": "2026-12-30T18:00", "handover_reason": "需上门测试", "promised_time": "2026-12-31T18:00",
        **{f"element-{code}": text for code, text in ELEMENTS.items()},
    }  # fmt: skip
    answer = browser.post(page, data={"csrf_token": token(browser, page), **sent}, headers=SAME_ORIGIN)
    assert answer.status_code == 302, answer.text
    with office.reading() as session:
        complaint = session.get_one(Complaint, played.complaint_id)
        order = session.scalars(sa.select(WorkOrder)).one()
        seal = CaseSeal(app.extensions["desk"].keys, complaint.sealed_key, complaint.number)
        elements = seal.open_json(order.sealed, "order")["elements"]
    assert elements["contact_phone"] == TEXTS["contact_phone"]
