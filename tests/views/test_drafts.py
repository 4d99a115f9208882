"""Drafts of forms at the pages (R40): kept by a script or a button, found again, sent, thrown away; nobody else's."""

from __future__ import annotations

import html
import re
from io import BytesIO

import pytest
import sqlalchemy as sa

from backoffice.models.draft import Draft
from backoffice.models.history import ReferenceChange
from backoffice.models.office import Staff
from tests.support.forms import SAME_ORIGIN, token
from tests.views.test_actions import Case
from tests.views.test_intake import PAGE, TYPED
from views.drafting import keeping
from views.drafting.markup import forms_of

STORY = "客户说每晚掉线，已重启三次"


@pytest.fixture
def case(app, office, clock, sign_in) -> Case:
    return Case(app, office, clock, sign_in)


def the_form(page, address):
    return next(one for one in forms_of(page.text) if one.attributes.get("action", "").startswith(address))


def opened(browser, address=PAGE):
    """The token of the form's own draft."""
    return the_form(browser.get(address), address.partition("?")[0]).values()["draft"][0]


def keep(browser, draft, typed=(("what", STORY, "经过"),), **more):
    body = {"draft": draft, "typed": [list(one) for one in typed], **more}
    head = {**SAME_ORIGIN, "X-CSRFToken": token(browser, "/account"), "Accept": "application/json"}
    return browser.post("/drafts/keep", json=body, headers=head)


def rows(office):
    with office.reading() as session:
        return list(session.scalars(sa.select(Draft).order_by(Draft.id)))


def test_R40_what_was_typed_is_offered_when_the_form_is_opened_again_and_fills_it_in(sign_in, office):
    answer = keep(sign_in("S005"), opened(sign_in("S005")))
    assert answer.status_code == 200
    again = sign_in("S005")  # another computer, after the session has ended
    page = again.get(PAGE)
    assert STORY not in page.text
    (link,) = re.findall(r'<a href="([^"]+)" data-draft-restore', page.text)
    filled = the_form(again.get(html.unescape(link)), PAGE)
    assert filled.values()["what"] == [STORY]
    other = sign_in("S006").get(html.unescape(link))
    assert STORY not in other.text
    assert "data-draft-restore" not in other.text


def test_R40_what_stands_beside_the_form_comes_back_with_its_draft(sign_in, office):
    browser = sign_in("S005")
    with office.reading() as session:
        script = session.scalar(sa.text("SELECT id FROM intake_script WHERE code = 'script_net_broadband_slow'"))
    said = {"what": STORY, "category": "net_broadband_slow", "symptom": "wifi_slow", "script": str(script),
            "script-answer-q1": "q1a2", "script-note-q1": "客户说白天正常"}  # fmt: skip
    keep(browser, opened(browser), [(name, value, "") for name, value in said.items()])
    text = sign_in("S005").get(f"{PAGE}?draft={rows(office)[0].id}").text
    assert the_form(browser.get(f"{PAGE}?draft={rows(office)[0].id}"), PAGE).values()["symptom"] == ["wifi_slow"]
    assert re.search(r'value="q1a2"[^>]* checked', text)
    assert "客户说白天正常" in text
    other = sign_in("S006").get(f"{PAGE}?draft={rows(office)[0].id}").text
    assert "客户说白天正常" not in other


def test_R40_a_sent_form_has_no_draft_any_more(sign_in, office, clock):
    browser = sign_in("S005")
    draft = opened(browser)
    keep(browser, draft)
    data = {"csrf_token": token(browser, PAGE), **TYPED, "draft": draft}
    failed = browser.post(PAGE, data={**data, "what": ""}, headers=SAME_ORIGIN)
    assert failed.status_code == 422
    assert rows(office)[0].sealed is not None
    assert the_form(failed, PAGE).values()["draft"] == [draft]  # the same sitting goes on
    done = browser.post(PAGE, data=data, headers=SAME_ORIGIN)
    assert done.status_code == 302
    assert [row.sealed for row in rows(office)] == [None]
    late = keep(browser, draft)  # a word that was on its way
    assert (late.status_code, bool(late.json["draft"])) == (409, True)
    assert [row.sealed for row in rows(office)] == [None]


def registered(_case):
    return PAGE, TYPED


def corrected(case):
    case.played("register")
    return f"/complaints/{case.number}/correct", {"where": "公司机房", "reason": "客户更正"}


def of_a_department(_case):
    return "/settings/departments/edit/?id=3", {"duty_zh": "派单"}


def written(_case):
    return "/knowledge/new", {
        "title_zh": "光猫频繁离线怎么问",
        "body_zh": "先问指示灯。",
        "categories": "net_broadband_slow",
    }


@pytest.mark.parametrize(
    ("code", "of"), [("S005", registered), ("S005", corrected), ("S030", of_a_department), ("S007", written)]
)
def test_R40_the_draft_goes_with_the_command_though_the_program_dies_right_after(
    sign_in, case, office, monkeypatch, code, of
):
    address, typed = of(case)
    browser = sign_in(code)
    form = the_form(browser.get(address), address.partition("?")[0]).values()
    assert keep(browser, form["draft"][0], [(*one, "") for one in typed.items()]).status_code == 200
    monkeypatch.setattr(keeping, "settle", lambda _form, _response: False)  # what comes after the command never happens
    values = {**{name: value[0] for name, value in form.items()}, **typed, "csrf_token": form["csrf_token"][0]}
    wrong = {**values, "reason": "", "what": "", "name_zh": "", "title_zh": ""}
    refused = browser.post(address, data=wrong, headers=SAME_ORIGIN)
    assert refused.status_code in (409, 422)
    assert [row.sealed is None for row in rows(office)] == [False]
    assert browser.post(address, data=values, headers=SAME_ORIGIN).status_code in (302, 303)
    assert [row.sealed for row in rows(office)] == [None]


def test_R40_what_the_command_refuses_leaves_the_draft(sign_in, office, monkeypatch):
    address = "/settings/departments/edit/?id=3"
    browser = sign_in("S030")
    form = the_form(browser.get(address), "/settings/departments/edit/").values()
    keep(browser, form["draft"][0], [("duty_zh", STORY, "")])
    monkeypatch.setattr(keeping, "settle", lambda _form, _response: False)
    values = {**{name: value[0] for name, value in form.items()}, "duty_zh": STORY, "seen": "0"}
    with office.writing() as session:
        session.add(ReferenceChange(at=rows(office)[0].kept_at, subject="department", subject_id="3", action="change",
                                    changes={"duty_zh": ["", "x"]}))  # fmt: skip
    assert browser.post(address, data=values, headers=SAME_ORIGIN).status_code == 409
    assert [row.sealed is None for row in rows(office)] == [False]


ACCOUNT = {
    "code": "S101",
    "login": "newclerk",
    "name_zh": "新来的",
    "name_en": "New clerk",
    "department_id": "2",
    "roles": "intake_clerk",
}
TOKEN = {"name": "手机 APP", "scopes": "create", "expires_on": "2027-03-31", "per_minute": "60"}


@pytest.mark.parametrize(
    ("address", "typed"), [("/settings/staff/new/", ACCOUNT), ("/settings/api_tokens/new/", TOKEN)]
)
def test_R40_a_form_answered_by_what_is_shown_once_has_no_draft_any_more(sign_in, office, address, typed):
    browser = sign_in("S030")
    form = the_form(browser.get(address), address).values()
    typed = {**typed, "staff_id": "5"} if "staff_id" in form else typed
    assert keep(browser, form["draft"][0], [(*one, "") for one in typed.items()]).status_code == 200
    values = {**{name: value[0] for name, value in form.items()}, **typed}
    done = browser.post(address, data=values, headers=SAME_ORIGIN)
    assert done.status_code == 200
    assert "handover" in done.text or "cdk_" in done.text
    assert 'href="/drafts"' not in done.text[done.text.index("<main") :]
    assert [row.sealed for row in rows(office)] == [None]


def test_R40_without_a_script_a_button_keeps_the_form_and_comes_back_to_it_filled_in(sign_in, office):
    browser = sign_in("S005")
    page = the_form(browser.get(PAGE), PAGE)
    assert 'formaction="/drafts/save"' in page.markup
    data = {**{name: value[0] for name, value in page.values().items()}, "what": STORY, "told_by": "本人"}
    answer = browser.post("/drafts/save", data=data, headers=SAME_ORIGIN)
    assert answer.status_code == 303
    filled = the_form(browser.get(answer.location), PAGE)
    assert (filled.values()["what"], filled.values()["draft"]) == ([STORY], [data["draft"]])
    assert len(rows(office)) == 1


def test_R40_a_refused_form_is_kept_without_any_script(sign_in, office):
    browser = sign_in("S005")
    data = {"csrf_token": token(browser, PAGE), "draft": opened(browser), "what": STORY}
    assert browser.post(PAGE, data=data, headers=SAME_ORIGIN).status_code == 422
    assert STORY in sign_in("S005").get("/drafts").text


def test_R40_my_drafts_lists_reads_and_throws_away(sign_in, case, office):
    case.played("register", "dispatch")
    address = f"/complaints/{case.number}/note_progress"
    browser = sign_in("S016")
    keep(browser, opened(browser, address), [("text", STORY, "进展")])
    (row,) = rows(office)
    listed = browser.get("/drafts").text
    assert case.number in listed
    assert STORY in listed
    read = browser.get(f"/drafts/{row.id}").text
    assert "进展" in read
    assert STORY in read
    for code in ("S015", "S002", "S005"):
        other = sign_in(code)
        assert other.get(f"/drafts/{row.id}").status_code == 404
        data = {"csrf_token": token(other, "/account")}
        assert other.post(f"/drafts/{row.id}/discard", data=data, headers=SAME_ORIGIN).status_code == 404
        assert STORY not in other.get("/drafts").text
    data = {"csrf_token": token(browser, "/account"), "next": address}
    assert browser.post(f"/drafts/{row.id}/discard", data=data, headers=SAME_ORIGIN).location == address
    assert rows(office) == []


def test_R39_a_token_of_another_persons_form_keeps_nothing(sign_in, office):
    draft = opened(sign_in("S005"))
    assert keep(sign_in("S006"), draft).status_code == 422
    assert keep(sign_in("S005"), draft[:-1] + ("0" if draft[-1] != "0" else "1")).status_code == 422
    assert rows(office) == []


@pytest.mark.parametrize(
    ("typed", "status"),
    [
        ([["what", "x" * 200_001, ""]], 413),
        ([["what", "x" * 1_100_000, ""]], 413),
        ([[f"f{n}", "x", ""] for n in range(501)], 413),
        ([["what", "x"]], 422),
        ([["what", 5, ""]], 422),
        ([["what", "a\0b", ""]], 422),
        ([["what", "\ud800", ""]], 422),
        ("what", 422),
        (None, 422),
    ],
)
def test_R40_too_much_and_what_cannot_be_read_is_refused_in_a_sentence(sign_in, office, typed, status):
    browser = sign_in("S005")
    head = {**SAME_ORIGIN, "X-CSRFToken": token(browser, "/account"), "Accept": "application/json"}
    answer = browser.post("/drafts/keep", json={"draft": opened(browser), "typed": typed}, headers=head)
    assert answer.status_code == status
    assert answer.json["said"]
    assert rows(office) == []


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"[" * 900_000, 422),
        (b'{"draft": "x", "typed": ' + b"[" * 90_000 + b"]" * 90_000 + b"}", 422),
        (b'{"draft": "\\ud800.x", "typed": []}', 422),
        (b'{"draft": "x.\\ud800", "typed": []}', 422),
        (b'{"draft": "\\u8349.\\u7a3f", "typed": []}', 422),
    ],
)
def test_R40_a_keeping_that_no_script_of_ours_sends_is_refused_in_a_sentence(sign_in, office, body, status):
    browser = sign_in("S005")
    head = {**SAME_ORIGIN, "X-CSRFToken": token(browser, "/account"), "Accept": "application/json"}
    answer = browser.post("/drafts/keep", data=body, content_type="application/json", headers=head)
    assert answer.status_code == status
    assert answer.json["said"]
    assert rows(office) == []


def test_R40_a_keeping_that_does_not_say_how_long_it_is_is_read_no_further_than_others(sign_in, office):
    browser = sign_in("S005")
    head = {**SAME_ORIGIN, "X-CSRFToken": token(browser, "/account"), "Accept": "application/json"}
    answer = browser.post(
        "/drafts/keep", input_stream=BytesIO(b" " * 1_100_000), content_type="application/json", headers=head,
        environ_overrides={"wsgi.input_terminated": True},
    )  # fmt: skip
    assert answer.status_code == 413
    assert answer.json["said"]


def test_R40_what_was_typed_is_kept_where_a_new_password_comes_first(sign_in, office):
    browser = sign_in("S005")
    data = {"csrf_token": token(browser, PAGE), **TYPED, "draft": opened(browser), "what": STORY}
    with office.writing() as session:
        session.execute(sa.update(Staff).where(Staff.code == "S005").values(must_change_password=True))
    answer = browser.post(PAGE, data=data, headers=SAME_ORIGIN)
    assert (answer.status_code, answer.location) == (303, "/account/password")
    with office.writing() as session:
        session.execute(sa.update(Staff).where(Staff.code == "S005").values(must_change_password=False))
    assert STORY in sign_in("S005").get(f"/drafts/{rows(office)[0].id}").text


def test_R40_fields_that_the_form_does_not_have_do_nothing(sign_in):
    browser = sign_in("S005")
    keep(browser, opened(browser), [("what", STORY, ""), ("no_such_field", "<b>x</b>", ""), ("password", "geheim", "")])
    (link,) = re.findall(r'<a href="([^"]+)" data-draft-restore', browser.get(PAGE).text)
    filled = browser.get(html.unescape(link)).text
    assert STORY in filled
    assert "<b>x</b>" not in filled
    assert "geheim" not in browser.get("/drafts/1").text


def test_R39_nothing_is_kept_without_the_forms_token_or_a_session(sign_in, client, office):
    browser = sign_in("S005")
    body = {"draft": opened(browser), "typed": [["what", STORY, ""]]}
    assert browser.post("/drafts/keep", json=body, headers=SAME_ORIGIN).status_code == 400
    assert client.post("/drafts/keep", json=body, headers=SAME_ORIGIN).status_code in (400, 401)
    assert rows(office) == []


def test_R40_a_second_keeping_within_a_second_waits(sign_in, clock):
    browser = sign_in("S005")
    draft = opened(browser)
    assert [keep(browser, draft).status_code for _ in range(2)] == [200, 429]
    assert keep(browser, draft, pressed=True).status_code == 200


def test_R40_a_form_that_asks_for_a_password_keeps_nothing(sign_in):
    for address in ("/account/password", "/settings/staff/new/"):
        for form in forms_of(sign_in("S001").get(address).text):
            assert "draft" not in form.values() or not form.asks_a_secret


def test_R39_a_draft_of_a_corrected_record_is_read_in_its_form_alone_which_writes_the_look_down(sign_in, case, office):
    case.played("register", "dispatch")
    address = f"/complaints/{case.number}/correct"
    browser = sign_in("S005")
    keep(browser, opened(browser, address), [("customer_name", "欧阳静静静静静静静静", "姓名")])
    assert "欧阳静" not in browser.get("/drafts").text
    answer = browser.get(f"/drafts/{rows(office)[0].id}")
    assert (answer.status_code, answer.location) == (303, f"{address}?draft={rows(office)[0].id}")
    assert the_form(browser.get(answer.location), address).values()["customer_name"] == ["欧阳静静静静静静静静"]
