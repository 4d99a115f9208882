"""R1: the page of what came in by itself; a clerk completes a draft in the intake form, or says why it is none."""

from __future__ import annotations

import re
from io import BytesIO

import pytest
import sqlalchemy as sa

from backoffice.models.arrival import ArrivedDraft
from backoffice.models.complaint import Complaint
from backoffice.models.draft import Draft
from backoffice.models.handling import Attachment
from backoffice.services import arrivals
from policies.arrival import DraftState
from tests.support.arrived import FIELDS, PHOTO, arrival
from tests.support.forms import SAME_ORIGIN, token
from tests.views.test_drafts import keep, opened
from views.drafting.markup import forms_of

DISPATCHER, CLERK, HANDLER = "S008", "S005", "S016"


@pytest.fixture
def draft(app):
    return arrive(app)


def arrive(app, **more):
    desk = app.extensions["desk"]
    with desk.database.writing() as session:
        return arrivals.arrive(arrivals.work_of_a_door(session, desk.keys, desk.clock.now()), arrival(**more)).id


def filled(page):
    """What the form on this page holds."""
    inputs = re.findall(r'<input[^>]*name="(\w+)"[^>]*?(?:value="([^"]*)")?[^>]*>', page)
    return {name: value for name, value in inputs if value}


def complete(browser, draft, **changed):
    address = f"/intake/drafts/{draft}"
    page = browser.get(address).get_data(as_text=True)
    submission = re.search(r'name="submission"[^>]*value="([^"]+)"', page).group(1)
    received = re.search(r'name="received_at"[^>]*value="([^"]+)"', page).group(1)
    fields = {
        **FIELDS, "submission": submission, "received_at": received, "channel": "email", "category": "net_broadband_slow",
        "severity": "general", "urgency": "medium", "impact": "low", "ending": "save", "csrf_token": token(browser, address),
        **changed,
    }  # fmt: skip
    return browser.post(address, data=fields, headers=SAME_ORIGIN)


def test_R40_what_was_typed_while_it_was_completed_comes_back_with_what_stands_beside_it(sign_in, office, draft):
    browser, address = sign_in(DISPATCHER), f"/intake/drafts/{draft}"
    with office.reading() as session:
        script = session.scalar(sa.text("SELECT id FROM intake_script WHERE code = 'script_net_broadband_slow'"))
    said = {"what": "改过的经过", "category": "net_broadband_slow", "script": str(script), "script-answer-q1": "q1a2"}
    keep(browser, opened(browser, address), [(name, value, "") for name, value in said.items()])
    (link,) = re.findall(r'<a href="([^"]+)" data-draft-restore', browser.get(address).text)
    text = browser.get(link).text
    assert re.search(r'value="q1a2"[^>]* checked', text)
    assert "改过的经过" in text
    assert re.search(r'name="submission"[^>]*value="([^"]+)"', text)


def test_R1_the_list_shows_what_waits_masked_and_the_menu_counts_it(sign_in, app, draft):
    page = sign_in(DISPATCHER).get("/intake/drafts").get_data(as_text=True)
    assert "欧阳*" in page
    assert "139****4172" in page
    assert "欧阳静" not in page
    assert f'href="/intake/drafts/{draft}"' in page
    assert re.search(r"外来草稿.{0,200}?>1<", page, re.DOTALL)


def test_R1_the_list_is_read_on_page_by_page(sign_in, app, monkeypatch):
    monkeypatch.setattr(arrivals, "PAGE", 2)
    drafts = [arrive(app) for _ in range(5)]
    browser, seen, address = sign_in(DISPATCHER), [], "/intake/drafts"
    while address:
        page = browser.get(address).get_data(as_text=True)
        seen += [int(one) for one in re.findall(r'btn-primary" href="/intake/drafts/(\d+)"', page)]
        onward = re.search(r'rel="next" href="([^"]+)"', page)
        address = onward.group(1).replace("&amp;", "&") if onward else None
    assert seen == drafts


def test_R1_a_draft_opens_as_the_intake_form_filled_in_and_is_registered_with_its_files(sign_in, office, draft):
    browser = sign_in(DISPATCHER)
    page = browser.get(f"/intake/drafts/{draft}").get_data(as_text=True)
    assert 'value="欧阳静"' in page
    assert 'value="2026-11-23T09:12"' in page
    assert PHOTO.name in page
    answer = complete(browser, draft)
    assert answer.status_code == 302, answer.get_data(as_text=True)
    with office.reading() as session:
        made = session.scalars(sa.select(Complaint)).one()
        assert made.source == "email"
        assert session.scalar(sa.select(sa.func.count()).select_from(Attachment)) == 1
        assert session.get(ArrivedDraft, draft).state is DraftState.COMPLETED


def test_R8_who_completes_a_draft_is_shown_what_stands_beside_the_form_too(sign_in, draft):
    browser = sign_in(DISPATCHER)
    address = f"/intake/drafts/{draft}"
    data = {"csrf_token": token(browser, address), "category": "net_broadband_slow", "what": "宽带慢"}
    answer = browser.post("/intake/beside", data=data, headers=SAME_ORIGIN)
    assert answer.status_code == 200
    assert "data-script" in answer.text


@pytest.mark.parametrize("done", ["completed", "discarded"])
def test_R39_what_was_typed_into_the_form_of_a_draft_shows_no_customer_and_goes_with_it(sign_in, office, draft, done):
    browser, address = sign_in(DISPATCHER), f"/intake/drafts/{draft}"
    form = next(one for one in forms_of(browser.get(address).text) if one.attributes.get("action") == address)
    body = {"draft": form.values()["draft"][0], "typed": [["customer_name", "欧阳静静静静静静静静", "姓名"]]}
    head = {**SAME_ORIGIN, "X-CSRFToken": token(browser, "/account"), "Accept": "application/json"}
    assert browser.post("/drafts/keep", json=body, headers=head).status_code == 200
    with office.reading() as session:
        kept = session.scalars(sa.select(Draft.id)).one()
    listed = browser.get("/drafts").text
    assert f"{address}?draft={kept}" in listed
    assert "欧阳静" not in listed
    answer = browser.get(f"/drafts/{kept}")
    assert (answer.status_code, answer.location) == (303, f"{address}?draft={kept}")
    assert "欧阳静静静" in browser.get(answer.location).text
    if done == "completed":
        assert complete(sign_in(DISPATCHER), draft).status_code == 302
    else:
        data = {"csrf_token": token(browser, "/account"), "reason": "广告邮件"}
        assert browser.post(f"{address}/discard", data=data, headers=SAME_ORIGIN).status_code == 303
    assert browser.get(f"/drafts/{kept}").status_code == 404
    assert address not in browser.get("/drafts").text
    with office.reading() as session:
        assert session.get(Draft, kept).sealed is None


def test_R1_a_refused_form_comes_back_filled_in_and_the_draft_still_waits(sign_in, office, draft):
    browser = sign_in(DISPATCHER)
    answer = complete(browser, draft, category="", why="线路不够")
    assert answer.status_code == 422
    assert 'value="线路不够"' in answer.get_data(as_text=True)
    assert PHOTO.name in answer.get_data(as_text=True)
    with office.reading() as session:
        assert session.get(ArrivedDraft, draft).state is DraftState.WAITING


def test_R1_the_second_who_completes_a_draft_is_told_its_number(sign_in, draft):
    complete(sign_in(DISPATCHER), draft)
    browser = sign_in("S002")
    assert "TS20261123-0001" in browser.get(f"/intake/drafts/{draft}").get_data(as_text=True)
    answer = browser.post(
        f"/intake/drafts/{draft}",
        data={**FIELDS, "channel": "email", "category": "net_broadband_slow", "received_at": "2026-11-23T09:12",
              "severity": "general", "submission": "another", "ending": "save", "csrf_token": token(browser, "/intake/drafts")},
        headers=SAME_ORIGIN,
    )  # fmt: skip
    assert answer.status_code == 409
    assert "TS20261123-0001" in answer.get_data(as_text=True)


def test_R1_a_file_of_a_draft_is_handed_out_to_who_completes_it(sign_in, app, draft):
    page = sign_in(DISPATCHER).get(f"/intake/drafts/{draft}").get_data(as_text=True)
    address = re.search(r'href="(/intake/drafts/\d+/files/\d+)"', page).group(1)
    assert sign_in(DISPATCHER).get(address).data == PHOTO.content
    assert sign_in(CLERK).get(address).status_code == 404
    assert sign_in(HANDLER).get(address).status_code == 403
    assert sign_in(DISPATCHER).get(f"/intake/drafts/{draft}/files/999").status_code == 404


def test_R1_a_draft_is_discarded_with_a_reason(sign_in, office, draft):
    browser, address = sign_in(DISPATCHER), f"/intake/drafts/{draft}/discard"
    csrf = token(browser, address)
    empty = browser.post(address, data={"reason": "", "csrf_token": csrf}, headers=SAME_ORIGIN)
    assert empty.status_code == 422
    long = browser.post(address, data={"reason": "广告" * 201, "csrf_token": csrf}, headers=SAME_ORIGIN)
    assert long.status_code == 422
    assert "400" in long.get_data(as_text=True)
    done = browser.post(address, data={"reason": "广告邮件", "csrf_token": csrf}, headers=SAME_ORIGIN)
    assert done.status_code == 303
    assert "没有等待登记的草稿" in browser.get("/intake/drafts").get_data(as_text=True)
    assert browser.get(f"/intake/drafts/{draft}").status_code == 409


def test_R1_a_discarded_draft_is_read_and_taken_back_from_the_list(sign_in, office, draft):
    browser = sign_in(DISPATCHER)
    data = {"csrf_token": token(browser, f"/intake/drafts/{draft}/discard"), "reason": "重复来信 <b>1</b>"}
    assert browser.post(f"/intake/drafts/{draft}/discard", data=data, headers=SAME_ORIGIN).status_code == 303
    listed = browser.get("/intake/drafts").get_data(as_text=True)
    assert "近 30 天作废的草稿" in listed
    assert "重复来信 &lt;b&gt;1&lt;/b&gt;" in listed
    assert "欧阳静" not in listed
    page = browser.get(f"/intake/drafts/{draft}/discarded").get_data(as_text=True)
    assert "欧阳静" in page
    assert "<dt>客户姓名</dt>" in page
    assert "intake.field" not in page
    assert "重复来信 &lt;b&gt;1&lt;/b&gt;" in page
    assert f"/intake/drafts/{draft}/files/" in page
    answer = browser.post(
        f"/intake/drafts/{draft}/restore", data={"csrf_token": data["csrf_token"]}, headers=SAME_ORIGIN
    )
    assert answer.status_code == 303
    again = browser.get("/intake/drafts").get_data(as_text=True)
    assert f'href="/intake/drafts/{draft}"' in again
    assert "作废的草稿" not in again
    assert browser.get(f"/intake/drafts/{draft}/discarded").status_code == 404


def test_R1_a_further_file_of_the_clerks_comes_beside_those_of_the_draft(sign_in, office, draft):
    complete(sign_in(DISPATCHER), draft, files=(BytesIO(b"call\n"), "call.txt"))
    with office.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Attachment)) == 2


@pytest.mark.parametrize("place", ["x", "2026-11-23~1", "2026-11-23T00:00:00+00:00~-1", "9999-99-99~~", "~" * 500])
def test_R1_a_place_in_the_list_that_is_none_is_its_beginning(sign_in, draft, place):
    page = sign_in(DISPATCHER).get("/intake/drafts", query_string={"after": place})
    assert page.status_code == 200
    assert f'href="/intake/drafts/{draft}"' in page.get_data(as_text=True)
