"""Paper forms for days when the system is down (R9): numbers are unique, used once or accounted for, entered later."""

from __future__ import annotations

import io
import re
from datetime import UTC, date, datetime

import pytest
import sqlalchemy as sa

from backoffice.models.complaint import ClockRow, Complaint
from backoffice.models.history import Event
from backoffice.models.paper import ReservedNumber
from backoffice.reports.paper_form import forms_html
from policies.paper_forms import check_reservation, check_void
from tests.support.live import give_passwords
from views import language
from views.paper_printing import blank_forms

LEAD = "S004"
TODAY = date(2026, 8, 25)


@pytest.fixture
def office(office_database):
    """On both databases."""
    give_passwords(office_database)
    return office_database


@pytest.mark.parametrize(
    ("count", "day", "by", "fields"),
    [
        (1, TODAY, "前台", []), (200, TODAY, "前台", []), (0, TODAY, "前台", ["count"]), (201, TODAY, "前台", ["count"]),
        (None, None, "", ["count", "day", "taken_by"]), (1, date(2026, 9, 26), "前台", ["day"]), (1, date(2026, 9, 25), "前台", []),
    ],
)  # fmt: skip
def test_R9_numbers_are_reserved_within_bounds_for_somebody(count, day, by, fields) -> None:
    assert [refusal.field for refusal in check_reservation(count, day, by, TODAY)] == fields


def test_R9_a_number_that_was_used_or_is_void_is_not_void_again() -> None:
    assert check_void("N", "写坏", is_used=False, is_void=False) == ()
    for used, void, reason in ((True, False, "x"), (False, True, "x"), (False, False, "")):
        assert len(check_void("N", reason, is_used=used, is_void=void)) == 1


def token(browser, path="/paper-forms/"):
    return re.search(r'name="csrf_token" value="([^"]+)"', browser.get(path).get_data(as_text=True)).group(1)


def reserve(browser, clock, count="3", **more):
    data = {"count": count, "day": clock.now().date().isoformat(), "taken_by": "前台一号", **more}
    return browser.post("/paper-forms/", data={"csrf_token": token(browser), **data})


def numbers(office):
    with office.reading() as session:
        return list(session.scalars(sa.select(ReservedNumber).order_by(ReservedNumber.id)))


def test_R9_reserved_numbers_are_printed_entered_once_with_original_times_or_void(office, sign_in, clock) -> None:
    lead = sign_in(LEAD)
    assert reserve(lead, clock).status_code == 303
    rows = numbers(office)
    assert len({row.number for row in rows}) == 3
    page = lead.get("/paper-forms/").get_data(as_text=True)
    assert all(row.number in page for row in rows)
    sent = {"csrf_token": token(lead), "number": [str(row.id) for row in rows]}
    workbook = lead.post("/paper-forms/forms.xlsx", data=sent)
    assert workbook.get_data().startswith(b"PK")
    number = rows[0].number
    form = lead.get(f"/intake/new?reserved={number}").get_data(as_text=True)
    assert f'value="{number}"' in form
    assert re.search(r'name="received_at"[^>]*value=""', form)  # the time stands on the paper: nobody sends that of now
    from backoffice.models.configuration import Category

    with office.reading() as session:
        leaf = session.scalars(
            sa.select(Category.code).where(Category.level == 3, Category.default_severity == "general")
        ).first()
    received = clock.now().replace(hour=1, minute=10).astimezone(UTC)
    typed = {
        "csrf_token": token(lead, "/intake/new"), "reserved": number, "submission": "s" * 20, "channel": "hotline",
        "category": leaf, "severity": "general", "urgency": "medium", "impact": "low", "what": "停机时来电：宽带断线",
        "contact_phone": "13900004172", "received_at": "2026-01-01T09:10", "ending": "save",
    }  # fmt: skip
    answer = lead.post("/intake/new", data=typed)
    assert answer.status_code == 302, answer.get_data(as_text=True)[:3000]
    with office.reading() as session:
        complaint = session.scalars(sa.select(Complaint)).one()
        assert complaint.number == number
        assert complaint.received_at == datetime(2026, 1, 1, 1, 10, tzinfo=UTC)
        assert complaint.registered_at == clock.now()
        started = set(session.scalars(sa.select(ClockRow.started_at)))
        assert started == {complaint.received_at}
        body = session.scalars(sa.select(Event.body).where(Event.action == "register")).one()
        assert "system_down" in body
    assert received
    used = numbers(office)[0]
    assert (used.complaint_id, used.used_at) == (complaint.id, clock.now())
    again = lead.post("/intake/new", data={**typed, "submission": "t" * 20})
    assert again.status_code == 422
    made_up = lead.post("/intake/new", data={**typed, "submission": "v" * 20, "reserved": "TS20260101-9999"})
    assert made_up.status_code == 422
    void = f"/paper-forms/void/{rows[1].id}"
    assert lead.post(void, data={"csrf_token": token(lead), "reason": "写坏"}).status_code == 303
    assert numbers(office)[1].void_reason == "写坏"
    refused = lead.post("/intake/new", data={**typed, "submission": "u" * 20, "reserved": rows[1].number})
    assert refused.status_code == 422
    lead.post(f"/paper-forms/void/{rows[0].id}", data={"csrf_token": token(lead), "reason": "x"})
    assert numbers(office)[0].void_at is None
    assert "写坏" in lead.get("/paper-forms/?which=void").get_data(as_text=True)


def test_R9_the_blank_forms_are_a_page_each(office, sign_in, clock) -> None:
    pikepdf = pytest.importorskip("pikepdf")
    lead = sign_in(LEAD)
    reserve(lead, clock, "2")
    sent = {"csrf_token": token(lead), "number": [str(row.id) for row in numbers(office)]}
    answer = lead.post("/paper-forms/forms.pdf", data=sent)
    assert answer.status_code == 200
    with pikepdf.open(io.BytesIO(answer.get_data())) as pdf:
        assert len(pdf.pages) == 2
    assert lead.post("/paper-forms/forms.pdf", data={"csrf_token": token(lead)}).status_code == 422
    many = lead.post("/paper-forms/forms.pdf", data={**sent, "number": [str(n) for n in range(1, 202)]})
    assert many.status_code == 422
    assert "勾选了 201 个编号，一次最多打印 200 张" in many.get_data(as_text=True)


def test_R9_a_form_that_is_sent_twice_reserves_once(office, sign_in, clock) -> None:
    lead = sign_in(LEAD)
    page = lead.get("/paper-forms/").get_data(as_text=True)
    once = re.search(r'name="submission" value="([^"]+)"', page).group(1)
    for _ in range(2):
        assert reserve(lead, clock, "3", submission=once).status_code == 303
    assert len(numbers(office)) == 3
    assert reserve(lead, clock, "5", submission=once).status_code == 303  # gone back, and more is asked for
    assert len(numbers(office)) == 8
    refused = reserve(lead, clock, "0", submission=once + "x").get_data(as_text=True)
    assert f'value="{once}x"' in refused  # the form that comes back is the same form


def test_R9_each_form_shows_its_own_day_and_holder(office, sign_in, clock) -> None:
    lead = sign_in(LEAD)
    reserve(lead, clock, "1")
    reserve(lead, clock, "1", taken_by="前台二号")
    with office.reading() as session:
        forms = blank_forms(session, numbers(office), "zh_Hans", clock.now())
    assert [(one.number[-4:], one.taken_by) for one in forms.forms] == [("0001", "前台一号"), ("0002", "前台二号")]
    html = forms_html(forms, lambda message: language.say(message, "zh_Hans"))
    assert html.index("前台一号") < html.index("前台二号")
