"""The intake page (R1–R6): what is typed while the customer speaks, what each ending does, and what is refused."""

from __future__ import annotations

import io
import json
import re
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from backoffice.integrations.files import MAX_BYTES
from backoffice.models.complaint import Complaint
from backoffice.models.handling import Attachment, Communication
from backoffice.models.history import Event
from tests.support.forms import SAME_ORIGIN, post, token

PAGE = "/intake/new"
PHONE, NAME = "13900004172", "欧阳静"
TYPED = {
    "submission": "a-form-that-was-opened-once", "contact_phone": PHONE, "customer_name": NAME, "preferred_contact": "phone",
    "channel": "hotline", "received_at": "2026-11-23T09:30", "call_started_at": "2026-11-23T09:30", "call_length": "9:12",
    "address": "江州市城东区云栖路 18 号", "what": "宽带每晚 19:30 起掉线", "who": "装维师傅", "where": "家中",
    "bought_on": "2025-03-01", "occurred_at": "2026-11-20T19:30", "why": "线路不够", "demand": "彻底修复",
    "product_symptom": "光猫离线", "category": "net_broadband_slow", "severity": "general", "urgency": "medium", "impact": "low",
    "told_by": "", "ending": "save",
}  # fmt: skip
READ_BACK = ("contact_phone", "customer_name", "address", "what", "occurred_at", "demand", "product_symptom")


def register(browser, **changes):
    data = {**TYPED, **{f"read_back_{code}": "y" for code in READ_BACK}, **changes}
    return browser.post(PAGE, data={"csrf_token": token(browser, PAGE), **data}, headers=SAME_ORIGIN)


def complaints(office):
    with office.reading() as session:
        return list(session.scalars(sa.select(Complaint).order_by(Complaint.id)))


def actions(office):
    with office.reading() as session:
        return list(session.scalars(sa.select(Event.action).order_by(Event.id)))


def test_R1_what_is_typed_becomes_a_complaint_with_a_number_that_is_read_out(sign_in, office):
    answer = register(sign_in("S005"))
    assert answer.status_code == 302
    assert answer.location == "/complaints/TS20261123-0001"
    (made,) = complaints(office)
    assert made.completeness == 100
    assert made.received_at == datetime(2026, 11, 23, 1, 30, tzinfo=UTC)
    assert made.call_seconds == 9 * 60 + 12
    assert (made.severity, made.urgency, made.impact, made.priority) == ("general", "medium", "low", "low")
    assert actions(office) == ["register"]


@pytest.mark.parametrize(
    ("ending", "more", "status", "acts"),
    [
        ("save", {}, "registered", ["register"]),
        ("go_on", {}, "accepted", ["register", "start_check", "accept"]),
        ("solved", {"solution": "已复位端口", "customer_opinion": "满意", "compensation_amount": "50"},
         "awaiting_callback", ["register", "start_check", "solve_at_first_contact"]),
        ("not_established", {"check_reason": "账单无误"}, "checking", ["register", "start_check", "find_not_established"]),
    ],
)  # fmt: skip
def test_R4_R6_each_ending_does_its_acts_in_the_same_breath(sign_in, office, ending, more, status, acts):
    assert register(sign_in("S005"), ending=ending, **more).status_code == 302
    (made,) = complaints(office)
    assert made.status == status
    assert actions(office) == acts


def test_R5_what_was_told_by_phone_stops_the_acknowledgement_clock(sign_in, office, clock):
    register(sign_in("S005"), told_by="phone", ending="go_on")
    (made,) = complaints(office)
    assert made.acknowledged_at == clock.at
    assert actions(office) == ["register", "acknowledge", "start_check", "accept"]
    with office.reading() as session:
        assert list(session.scalars(sa.select(Communication.kind))) == ["acknowledgement"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"ending": "solved", "solution": "减免", "customer_opinion": "好", "compensation_amount": "50.01"}, "50.01"),
        ({"ending": "solved", "solution": "减免", "customer_opinion": ""}, "客户意见"),
        ({"ending": "solved", "solution": "", "customer_opinion": "好"}, "当场解决办法"),
        ({"ending": "not_established", "check_reason": ""}, "核实理由"),
        ({"what": ""}, "何事"),
        ({"category": ""}, "小类"),
        ({"category": "network"}, "小类"),
        ({"contact_phone": "12"}, "电话"),
        ({"received_at": "2026-11-23T10:01"}, "时间"),
        ({"received_at": "yesterday"}, "2026-09-24 18:00"),
        ({"occurred_at": "2026-11-24T00:00"}, "时间"),
        ({"call_length": "nine minutes"}, "6:40"),
        ({"compensation_amount": "-1", "ending": "solved", "solution": "x", "customer_opinion": "y"}, "金额"),
        ({"channel": "carrier pigeon"}, "渠道"),
        ({"severity": "important"}, "理由"),
        ({"symptom": "nothing of this category"}, "现象"),
    ],
)  # fmt: skip
def test_R2_what_is_refused_comes_back_as_it_was_typed(sign_in, office, changes, said):
    answer = register(sign_in("S005"), **changes)
    assert answer.status_code == 422
    assert 'id="problems"' in answer.text
    assert said in answer.text[answer.text.index('id="problems"') :]
    for code in ("customer_name", "who", "where", "why", "demand", "product_symptom", "bought_on", "call_started_at"):
        assert f'value="{TYPED[code]}"' in answer.text, code
    assert all(re.search(f'<input[^>]*checked[^>]*name="read_back_{code}"', answer.text) for code in READ_BACK)
    assert complaints(office) == []
    assert actions(office) == []


def test_R2_the_same_form_sent_twice_registers_once(sign_in, office):
    browser = sign_in("S005")
    first = register(browser, ending="go_on", told_by="phone")
    second = register(browser, ending="go_on", told_by="phone")
    assert first.location == second.location
    assert len(complaints(office)) == 1
    assert actions(office) == ["register", "acknowledge", "start_check", "accept"]


def test_R2_a_form_of_somebody_else_is_not_answered_with_that_persons_complaint(sign_in, office):
    register(sign_in("S005"))
    assert register(sign_in("S006")).status_code == 409
    assert len(complaints(office)) == 1


@pytest.mark.parametrize("code", ["S008", "S011", "S013", "S012", "S001", "S022", "S025", "S028", "S029", "S030"])
def test_R39_only_who_registers_has_the_page(sign_in, office, code):
    browser = sign_in(code)
    assert browser.get(PAGE).status_code == 403
    data = {"csrf_token": token(browser, "/account"), **TYPED}
    assert browser.post(PAGE, data=data, headers=SAME_ORIGIN).status_code == 403
    assert complaints(office) == []


def test_R39_without_its_token_a_form_is_not_taken_and_nothing_typed_is_lost(sign_in, office):
    answer = sign_in("S005").post(PAGE, data=TYPED, headers=SAME_ORIGIN)
    assert answer.status_code == 400
    assert TYPED["what"] in answer.text
    assert complaints(office) == []


ODD = {
    "nul": "a\x00b", "long": "投" * 50_000, "half": "\ud800", "markup": "<script>alert(1)</script>", "digits": "9" * 400,
    "control": "\x1b[2J\u202e", "spaces": " \u3000\t", "other digits": "１３９٠٠٠٠٤١٧٢",
}  # fmt: skip


@pytest.mark.parametrize("value", ODD.values(), ids=ODD)
def test_R39_no_field_of_the_form_breaks_the_desk(sign_in, value):
    browser = sign_in("S005")
    for field in TYPED:
        answer = register(browser, **{"submission": field, field: value.encode("utf-8", "surrogatepass")})
        assert answer.status_code in (302, 400, 409, 422), field
        assert "<script>alert" not in answer.text, field


@pytest.mark.parametrize(
    ("name", "content", "status"),
    [
        ("photo.png", b"\x89PNG\r\n\x1a\n" + b"\x00" * 64, 302),
        ("note.txt", "客户来信".encode(), 302),
        ("empty.txt", b"", 422),
        ("program.exe", b"MZ" + b"\x00" * 200, 422),
        ("photo.png", b"MZ" + b"\x00" * 200, 422),
        ("letter.pdf", b"\x89PNG\r\n\x1a\n" + b"\x00" * 64, 422),
        ("page.txt", b"<html><script>1</script></html>", 422),
        ("long.txt", b"x" * (MAX_BYTES + 1), 422),
    ],
    ids=["a picture", "a text", "empty", "a program", "a program named as a picture", "a picture named as a letter",
         "a page named as a text", "too large"],
)  # fmt: skip
def test_R2_a_file_is_taken_by_what_it_is_and_not_by_its_name(sign_in, office, name, content, status):
    answer = register(sign_in("S005"), files=(io.BytesIO(content), name))
    answer.request.environ["wsgi.input"].close()  # the client keeps a large form in a file of its own
    assert answer.status_code == status
    with office.reading() as session:
        kept = session.scalar(sa.select(sa.func.count(Attachment.id)))
    assert kept == (1 if status == 302 else 0)
    if status == 422:
        assert name in answer.text
        assert 'id="files-error"' in answer.text
        assert complaints(office) == []


def look_up(browser, phone=PHONE, category=""):
    return post(browser, "/intake/look-up", PAGE, contact_phone=phone, category=category)


def test_R7_an_earlier_complaint_of_the_caller_is_shown_masked(sign_in, clock):
    browser = sign_in("S005")
    register(browser)
    found = look_up(browser, "139 0000 4172")
    assert found.status_code == 200
    assert "TS20261123-0001" in found.text
    assert NAME not in found.text
    assert "欧阳*" in found.text
    assert "TS2026" not in look_up(browser, "13900004173").text


def test_R7_a_repeat_within_thirty_days_is_warned_of_and_counted(sign_in, office, clock):
    browser = sign_in("S005")
    register(browser)
    assert "alert-warning" in look_up(browser, category="net_broadband_slow").text
    assert "alert-warning" not in look_up(browser, category="bill_data_overage").text
    clock.at += timedelta(days=5)
    register(sign_in("S005"), submission="another", received_at="2026-11-28T09:30", call_started_at="2026-11-28T09:30")
    assert [one.nth_complaint for one in complaints(office)] == [1, 2]


def test_R7_after_thirty_days_it_is_no_repeat(sign_in, office, clock):
    register(sign_in("S005"))
    clock.at += timedelta(days=31)
    browser = sign_in("S005")
    assert "alert-warning" not in look_up(browser, category="net_broadband_slow").text
    register(browser, submission="another", received_at="2026-12-24T09:30", call_started_at="2026-12-24T09:30")
    assert [one.nth_complaint for one in complaints(office)] == [1, 1]


def test_R2_looking_up_without_scripts_gives_the_form_back_with_what_was_typed(sign_in, office):
    browser = sign_in("S005")
    register(browser)
    answer = register(browser, submission="another", look_up="1")
    assert answer.status_code == 200
    assert "TS20261123-0001" in answer.text
    assert f'value="{TYPED["demand"]}"' in answer.text
    assert len(complaints(office)) == 1


def test_R39_the_look_up_needs_its_permission_and_its_token(sign_in):
    assert post(sign_in("S013"), "/intake/look-up", "/account", contact_phone=PHONE).status_code == 403
    assert sign_in("S005").post("/intake/look-up", data={"contact_phone": PHONE}).status_code == 400


def test_R40_the_history_holds_no_customer_data_in_clear(sign_in, office):
    register(sign_in("S005"), told_by="phone", ending="go_on")
    with office.reading() as session:
        bodies = list(session.scalars(sa.select(Event.body)))
    for body in bodies:
        text = json.dumps(json.loads(body), ensure_ascii=False)
        assert not any(secret in text for secret in (PHONE, NAME, TYPED["what"], TYPED["address"]))
