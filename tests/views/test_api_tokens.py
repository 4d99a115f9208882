"""R39: a token is made by an administrator, shown once, kept as a digest, bounded, counted, logged and revoked."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
import sqlalchemy as sa

from backoffice.models.api import ApiToken
from backoffice.models.duty import Absence
from backoffice.models.history import AccessEvent, Event, ReferenceChange
from backoffice.models.office import Staff
from backoffice.models.work import Outbox
from backoffice.queries.verification import verify
from backoffice.sealing import open_for_office
from policies.access import Permission
from policies.api_token import OPENS, ApiScope, Window, comes_from, counted
from tests.support.api import ADMINISTRATOR, NEW, Caller, caller, token_of
from tests.support.browsing import text_of
from tests.support.filled import faults, send
from tests.support.forms import SAME_ORIGIN, post, token

PAGE = "/settings/api_tokens/"


@pytest.fixture
def ids(office):
    with office.reading() as session:
        return dict(session.execute(sa.select(Staff.code, Staff.id)).all())


def made(browser, ids, **more):
    typed = {"name": "手机 APP", "staff_id": str(ids["S005"]), "scopes": ["create", "read"], "expires_on": "2027-03-31",
             "per_minute": "60", "addresses": "", **more}  # fmt: skip
    return send(browser, f"{PAGE}new/", **typed)


def rows(office, model):
    with office.reading() as session:
        return list(session.scalars(sa.select(model).order_by(model.id)))


def test_R39_an_administrator_makes_a_token_that_is_shown_once_and_kept_nowhere(app, office, sign_in, ids):
    browser = sign_in(ADMINISTRATOR)
    page = made(browser, ids)
    assert page.status_code == 200, faults(page.text)
    text = page.text[page.text.index("cdk_") :].split("<")[0]
    (row,) = rows(office, ApiToken)
    kept = f"{row.digest} {[one.body for one in rows(office, AccessEvent)]} {[one.changes for one in rows(office, ReferenceChange)]}"
    assert text not in kept
    assert text.split("_", 2)[2] not in kept
    shown = browser.get(PAGE)
    assert "手机 APP" in shown.text
    assert text not in shown.text
    assert Caller(app, text).post("/complaints", NEW).status_code == 201


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"), ({"staff_id": ""}, "staff_id"), ({"staff_id": "99999"}, "staff_id"), ({"scopes": []}, "scopes"),
        ({"expires_on": "2026-11-22"}, "expires_on"), ({"expires_on": "2029-01-01"}, "expires_on"), ({"expires_on": "soon"}, "expires_on"),
        ({"per_minute": "0"}, "per_minute"), ({"addresses": "everywhere"}, "addresses"),
    ],
)  # fmt: skip
def test_R39_a_token_that_is_wrongly_described_comes_back_as_it_was_typed(office, sign_in, ids, change, field):
    answer = made(sign_in(ADMINISTRATOR), ids, **change)
    assert answer.status_code == 422
    assert field in faults(answer.text)
    assert rows(office, ApiToken) == []


def messages(app, office, code):
    with office.reading() as session:
        staff_id = session.scalars(sa.select(Staff.id).where(Staff.code == code)).one()
        rows = session.scalars(sa.select(Outbox).where(Outbox.staff_id == staff_id).order_by(Outbox.id))
        return [json.loads(open_for_office(app.extensions["desk"].keys, row.sealed, "outbox")) for row in rows]


def test_R39_who_has_a_token_in_their_name_is_told_when_it_is_made_and_when_it_is_revoked(app, office, sign_in, ids):
    browser = sign_in(ADMINISTRATOR)
    with office.writing() as session:  # away: what is done in one's own name is told to nobody else
        now = app.extensions["desk"].clock.now()
        session.add(
            Absence(staff_id=ids["S005"], stand_in_id=ids["S006"], begins_at=now, ends_at=now + timedelta(days=9))
        )
    made(browser, ids)
    (told,) = messages(app, office, "S005")
    for said in ("以您的名义创建了接口令牌“手机 APP”", "S030", "2027", "登记投诉"):
        assert said in told["text"], told
    assert told["name_en"] == "A token of the JSON API was made in your name"
    (row,) = rows(office, ApiToken)
    for _time in range(2):
        post(browser, f"{PAGE}revoke/", page=PAGE, id=str(row.id))
    assert [one["text"].count("停用了以您名义创建的") for one in messages(app, office, "S005")] == [0, 1]
    assert messages(app, office, "S006") == []
    reader = sign_in("S005")
    assert "有人以您的名义创建了接口令牌" in text_of(reader.get("/messages"))


def test_R39_who_makes_a_token_in_their_own_name_is_told_nothing(app, office, sign_in, ids):
    made(sign_in(ADMINISTRATOR), ids, staff_id=str(ids[ADMINISTRATOR]))
    assert len(rows(office, ApiToken)) == 1
    assert messages(app, office, ADMINISTRATOR) == []


def test_R39_only_who_manages_users_comes_here(sign_in):
    for code in ("S005", "S003", "S029"):
        for path in ("", "new/", "calls/"):
            assert sign_in(code).get(PAGE + path).status_code == 403


def test_R39_a_revoked_token_opens_nothing(app, office, sign_in):
    program = caller(app)
    assert program.get("/openapi.json").status_code == 200
    (row,) = rows(office, ApiToken)
    browser = sign_in(ADMINISTRATOR)
    assert post(browser, f"{PAGE}revoke/", page=PAGE, id=str(row.id)).status_code == 303
    assert "已停用" in text_of(browser.get(PAGE))
    answer = program.get("/openapi.json")
    assert (answer.status_code, answer.json["code"]) == (401, "api.refused.revoked")


def test_R39_what_is_no_token_gets_401_and_a_way_out(app):
    for header in ({}, {"Authorization": "Basic abc"}, {"Authorization": "Bearer "}, {"Authorization": "Bearer cdk_x_y"},
                   {"Authorization": "Bearer cdk_" + "字".encode().decode("latin-1")}):  # fmt: skip
        answer = app.test_client().get("/api/v1/complaints/TS20261123-0001", headers=header)
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        assert answer.content_type == "application/problem+json"


def test_R39_a_token_ends_with_its_day_its_person_and_its_addresses(app, office, clock):
    program = caller(app, addresses=("192.0.2.0/28",))
    assert program.get("/openapi.json").status_code == 200
    program.address = "198.51.100.7"
    assert program.get("/openapi.json").json["code"] == "api.refused.address"
    program.address = "192.0.2.9"
    clock.at += timedelta(days=31)
    assert program.get("/openapi.json").json["code"] == "api.refused.expired"
    other = caller(app, "S006")
    with office.writing() as session:
        session.execute(sa.update(Staff).where(Staff.code == "S006").values(retired_at=clock.at))
    assert other.get("/openapi.json").json["code"] == "api.refused.holder_retired"


def test_R39_so_many_calls_a_minute_and_no_more(app, clock):
    program = caller(app, per_minute=3)
    assert [program.get("/openapi.json").status_code for _ in range(5)] == [200, 200, 200, 429, 429]
    answer = program.get("/openapi.json")
    assert int(answer.headers["Retry-After"]) == 60
    clock.at += timedelta(seconds=61)
    assert program.get("/openapi.json").status_code == 200


def test_R39_every_use_is_in_the_access_log_without_the_token(app, office):
    text = token_of(app, "S005")
    program = Caller(app, text)
    program.get("/complaints/TS20261123-0001")
    program.post("/complaints", NEW)
    found = [one for one in rows(office, AccessEvent) if one.kind == "api_used"]
    assert ["read_complaint" in found[0].body, "create_complaint" in found[1].body] == [True, True]
    assert {one.address for one in found} == {"192.0.2.9"}
    assert text.split("_", 2)[2] not in "".join(one.body for one in found)


def test_R40_what_a_token_did_is_told_from_what_its_person_did(app, office, sign_in):
    text = token_of(app, "S005")
    program, prefix = Caller(app, text), text.split("_")[1]
    program.post("/complaints", NEW)
    program.post("/complaints/TS20261123-0001/reveal", {"reason": "客户在线等待核实"})
    program.get("/complaints/13900004172")
    with office.reading() as session:
        (event,) = session.scalars(sa.select(Event)).all()
        facts = {one.kind: json.loads(one.body)["facts"] for one in session.scalars(sa.select(AccessEvent))}
        used = [json.loads(one.body)["facts"] for one in session.scalars(
            sa.select(AccessEvent).where(AccessEvent.kind == "api_used").order_by(AccessEvent.sequence))]  # fmt: skip
        assert verify(session, app.extensions["desk"].keys.chain).broken == []
    assert json.loads(event.body)["facts"]["token"] == prefix
    assert facts["reveal"]["token"] == prefix
    assert used == [
        {"token": prefix, "operation": "create_complaint"},
        {"token": prefix, "operation": "reveal_customer", "number": "TS20261123-0001"},
        {"token": prefix, "operation": "read_complaint"},  # what is no number of ours is not written down
    ]
    browser = sign_in("S005")
    data = {"csrf_token": token(browser, "/account"), "reason": "客户在线等待核实"}
    browser.post("/complaints/TS20261123-0001/reveal", data=data, headers=SAME_ORIGIN)
    with office.reading() as session:
        own = session.scalars(sa.select(AccessEvent).where(AccessEvent.kind == "reveal").order_by(AccessEvent.sequence))
        assert ["token" in json.loads(one.body)["facts"] for one in own] == [True, False]


def test_R39_a_session_opens_no_call_and_a_call_sets_no_cookie(sign_in, app):
    browser = sign_in("S005")
    assert browser.get("/duty").status_code == 200
    answer = browser.get("/api/v1/complaints/TS20261123-0001")
    assert answer.status_code == 401
    assert "Set-Cookie" not in answer.headers
    with_token = browser.get("/api/v1/openapi.json", headers=caller(app).headers)
    assert with_token.status_code == 200
    assert "Set-Cookie" not in with_token.headers
    assert "Access-Control-Allow-Origin" not in with_token.headers
    assert browser.get("/duty").status_code == 200


def test_R39_a_token_opens_no_page(app):
    client, headers = app.test_client(), caller(app, "S030").headers
    assert client.get("/settings/staff/", headers=headers).status_code in (302, 303, 401)


@pytest.mark.parametrize("scope", list(ApiScope))
def test_R39_each_call_asks_for_its_scope(app, scope):
    from views.api.operation import OPERATIONS

    program = caller(app, "S003", scopes=(scope,))
    for one in OPERATIONS.values():
        path = one.path.replace("<number>", "TS20261123-0001").replace("<action>", "attach")
        path = path.replace("<int:file_id>", "1").replace("<int:draft_id>", "1")
        answer = program.post(path, {}) if one.writes else program.get(path)
        refused = answer.status_code == 403 and answer.json["code"] == "api.refused.scope"
        assert refused == (one.scope not in (scope, None)), (one.name, answer.text)


def test_R39_no_scope_opens_the_management_of_the_office():
    opened = frozenset().union(*OPENS.values())
    assert not opened & {
        Permission.USER_MANAGE,
        Permission.CONFIGURATION_EDIT,
        Permission.AUDIT_VIEW,
        Permission.COMPLAINT_IMPORT,
    }
    assert Permission.CUSTOMER_REVEAL not in OPENS[ApiScope.ACT]


def test_R39_a_window_counts_a_minute(clock):
    window, waits = Window(None, 0), []
    for second in (0, 10, 20, 30, 61):
        window, wait = counted(window, clock.at + timedelta(seconds=second), 2)
        waits.append(wait)
    assert waits == [None, None, 40, 30, None]


@pytest.mark.parametrize(
    ("address", "allowed", "comes"),
    [
        ("192.0.2.9", (), True), ("", ("192.0.2.9",), False), ("192.0.2.9", ("192.0.2.9",), True), ("192.0.2.9", ("192.0.2.0/24",), True),
        ("198.51.100.1", ("192.0.2.0/24",), False), ("::ffff:192.0.2.9", ("192.0.2.0/24",), True), ("2001:db8::1", ("2001:db8::/32", "192.0.2.1"), True),
    ],
)  # fmt: skip
def test_R39_a_token_comes_from_its_addresses_alone(address, allowed, comes):
    assert comes_from(address, allowed) is comes


def test_R1_the_description_is_openapi_and_the_page_tells_the_same_calls(app, sign_in):
    from views.api.operation import OPERATIONS

    told = caller(app).get("/openapi.json").json
    assert told["openapi"].startswith("3.1")
    assert {one["operationId"] for path in told["paths"].values() for one in path.values()} == set(OPERATIONS)
    assert "hotline" in told["components"]["schemas"]["NewComplaint"]["properties"]["channel"]["enum"]
    page = sign_in(ADMINISTRATOR).get(f"{PAGE}calls/")
    assert page.status_code == 200
    assert all(f"/api/v1{path}" in page.text for path in told["paths"])


def test_R39_an_address_that_the_api_has_not_is_a_problem_too(app):
    answer = app.test_client().get("/api/v1/nothing")
    assert (answer.status_code, answer.content_type) == (404, "application/problem+json")
    assert app.test_client().delete("/api/v1/complaints", headers=caller(app).headers).status_code == 405


def test_R39_a_token_opens_what_the_pages_open_to_its_person(app):
    """By ``access_table.py``: a foreign complaint is not there for a handler, an auditor reads it and reveals nothing, and
    the administrator is refused."""
    assert caller(app, "S005").post("/complaints", NEW).status_code == 201
    path = "/complaints/TS20261123-0001"
    for code, read, reveal in (("S013", 404, 404), ("S029", 200, 403), ("S030", 403, 403)):
        program = caller(app, code)
        found = [program.get(path + more).status_code for more in ("", "/history", "/actions")]
        assert found == [read] * 3, code
        assert program.post(f"{path}/reveal", {"reason": "x"}).status_code == reveal, code
        assert program.post("/complaints", NEW).status_code == 403, code
