"""R1: other systems register and read complaints by the JSON API, each write once, each fault beside its field."""

from __future__ import annotations

import threading

import pytest
import sqlalchemy as sa

from backoffice.models.api import ApiAnswer
from backoffice.models.complaint import Complaint
from backoffice.models.history import AccessEvent, Event
from backoffice.models.office import Staff
from tests.support.api import NEW, caller
from tests.support.forms import SAME_ORIGIN, token


def complaints(office):
    with office.reading() as session:
        return list(session.scalars(sa.select(Complaint).order_by(Complaint.id)))


def faults(answer):
    return {one["field"] for one in answer.json["errors"]}


def test_R1_a_complaint_comes_in_by_the_api_and_is_read_back(app, office):
    program = caller(app)
    answer = program.post("/complaints", NEW)
    assert answer.status_code == 201, answer.text
    assert answer.json["number"] == "TS20261123-0001"
    assert answer.location == "/api/v1/complaints/TS20261123-0001"
    read = program.get("/complaints/TS20261123-0001")
    assert read.status_code == 200
    assert read.json["status"] == {"code": "registered", "name": "已登记"}
    assert read.json["entry_way"] == "api"
    assert read.headers["ETag"] == f'"{read.json["revision"]}"'
    assert read.json["received_at"] == "2026-11-23T01:30:00+00:00"


def test_R39_the_customer_is_masked_and_shown_only_with_a_reason_that_is_logged(app, office):
    program = caller(app)
    program.post("/complaints", NEW)
    read = program.get("/complaints/TS20261123-0001")
    assert "欧阳静" not in read.text
    assert "13900004172" not in read.text
    assert read.json["customer"]["view"] == "revealable"
    shown = program.post("/complaints/TS20261123-0001/reveal", {"reason": "客户在线等待核实"})
    assert shown.json["customer"]["contact_phone"] == "13900004172"
    with office.reading() as session:
        assert "reveal" in list(session.scalars(sa.select(AccessEvent.kind)))


def test_R39_a_reveal_that_comes_twice_is_asked_for_and_logged_twice_and_kept_nowhere(app, office):
    program = caller(app)
    program.post("/complaints", NEW)
    path, said = "/complaints/TS20261123-0001/reveal", {"reason": "客户在线等待核实"}
    first = program.post(path, said, key="look-4711-a")
    again = program.post(path, said, key="look-4711-a")
    assert (first.status_code, again.status_code) == (200, 200)
    assert "Idempotency-Replayed" not in again.headers
    with office.reading() as session:
        assert list(session.scalars(sa.select(AccessEvent.kind))).count("reveal") == 2
        assert "look-4711-a" not in list(session.scalars(sa.select(ApiAnswer.key)))
    with office.writing() as session:
        session.execute(
            sa.update(Staff).where(Staff.code == "S005").values(retired_at=app.extensions["desk"].clock.now())
        )
    assert program.post(path, said, key="look-4711-a").status_code == 401


def test_R39_a_token_without_the_scope_sees_masked_whatever_its_person_may(app):
    program = caller(app, scopes=("create", "read"))
    program.post("/complaints", NEW)
    assert program.get("/complaints/TS20261123-0001").json["customer"]["view"] == "masked"
    assert program.post("/complaints/TS20261123-0001/reveal", {"reason": "想看"}).status_code == 403


def test_R1_by_the_api_and_by_the_form_the_same_complaint_is_the_same(app, office, sign_in):
    form = {
        "contact_phone": "13900004172", "customer_name": "欧阳静", "channel": "hotline", "received_at": "2026-11-23T09:30",
        "call_started_at": "2026-11-23T09:28", "call_length": "2:05", "what": "宽带每晚 19:30 起掉线", "demand": "彻底修复",
        "category": "net_broadband_slow", "severity": "general", "urgency": "medium", "impact": "low", "bought_on": "2025-03-01",
        "occurred_at": "2026-11-20T19:30", "preferred_contact": "phone", "read_back_what": "y", "ending": "save", "told_by": "",
        "nth_complaint": "",
    }  # fmt: skip
    browser = sign_in("S005")
    typed = {"csrf_token": token(browser, "/intake/new"), "submission": "a-form-that-was-opened", **form}
    assert browser.post("/intake/new", data=typed, headers=SAME_ORIGIN).status_code == 302
    body = {
        **NEW, "channel": "hotline", "call_started_at": "2026-11-23T01:28:00Z", "call_seconds": 125, "bought_on": "2025-03-01",
        "occurred_at": "2026-11-20T19:30:00+08:00", "preferred_contact": "phone", "read_back": ["what"], "contact_phone": "13900004173",
    }  # fmt: skip
    assert caller(app).post("/complaints", body).status_code == 201
    by_form, by_api = complaints(office)
    apart = {"id", "number", "source", "submission", "sealed_key", "sealed_brief", "sealed_record"}
    names = [column.key for column in sa.inspect(Complaint).columns if column.key not in apart]
    assert {name: getattr(by_form, name) for name in names} == {name: getattr(by_api, name) for name in names}
    with office.reading() as session:
        assert list(session.scalars(sa.select(Event.action))) == ["register", "register"]


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({"colour": "red"}, {"colour"}),
        ({"what": None}, {"what"}),
        ({"what": 5}, {"what"}),
        ({"what": " "}, {"what"}),
        ({"severity": "huge"}, {"severity"}),
        ({"received_at": "yesterday"}, {"received_at"}),
        ({"received_at": "2026-11-23T09:30:00"}, {"received_at"}),
        ({"received_at": "0001-01-01T00:00:00+08:00"}, {"received_at"}),
        ({"received_at": "2026-11-24T09:30:00+08:00"}, {"received_at"}),
        ({"channel": "carrier pigeon"}, {"channel"}),
        ({"category": "network"}, {"category"}),
        ({"contact_phone": "12"}, {"contact_phone"}),
        ({"customer_name": "x" * 300}, {"customer_name"}),
        ({"files": [{"name": "a.exe", "content": "TVqQAAMAAAAEAAAA"}]}, {"files.0"}),
        ({"files": [{"name": "a.txt", "content": "*"}]}, {"files.0.content"}),
        ({"read_back": ["everything"]}, {"read_back.0"}),
        ({"call_seconds": 10**30}, {"call_seconds"}),
    ],
)  # fmt: skip
def test_R1_what_is_wrong_is_said_by_the_name_of_its_field(app, office, change, fields):
    answer = caller(app).post("/complaints", {**NEW, **change})
    assert answer.status_code == 422, answer.text
    assert answer.content_type == "application/problem+json"
    assert faults(answer) == fields
    assert complaints(office) == []


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[1]", b"\xff\xfe", b'"x"', b"[" * 100_000, b'{"files": ' + b"[" * 100_000, b'{"what": "\\ud800"}'],
)
def test_R1_a_body_that_is_no_object_is_refused_and_breaks_nothing(app, body):
    assert caller(app).post("/complaints", body).status_code in (400, 422)


def test_R1_the_language_of_a_refusal_is_the_callers(app):
    program = caller(app)
    assert "不认识" in program.post("/complaints", {**NEW, "colour": 1}).json["detail"]
    program.headers["Accept-Language"] = "en-GB,en;q=0.9"
    answer = program.post("/complaints", {**NEW, "colour": 1})
    assert answer.json["detail"] == "There is no field colour; leave it out or correct its name."
    assert answer.headers["Content-Language"] == "en"


def test_R40_the_same_key_with_the_same_body_gets_the_same_answer_and_one_complaint(app, office):
    program = caller(app)
    first = program.post("/complaints", NEW, key="order-4711-a")
    again = program.post("/complaints", NEW, key="order-4711-a")
    assert (again.status_code, again.json) == (first.status_code, first.json)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert len(complaints(office)) == 1
    assert "order-4711-a" not in str(complaints(office)[0].submission)


def test_R40_the_same_key_with_another_body_is_refused(app, office):
    program = caller(app)
    program.post("/complaints", NEW, key="order-4711-a")
    other = program.post("/complaints", {**NEW, "what": "另一件事"}, key="order-4711-a")
    assert other.status_code == 409
    assert other.json["code"] == "api.refused.key_taken"
    assert len(complaints(office)) == 1


def test_R40_two_tokens_may_use_the_same_key(app, office):
    for code in ("S005", "S003"):
        assert caller(app, code).post("/complaints", NEW, key="order-4711-a").status_code == 201
    assert len(complaints(office)) == 2


def test_R40_an_answer_is_kept_for_a_day(app, office, clock):
    from datetime import timedelta

    program = caller(app)
    program.post("/complaints", NEW, key="order-4711-a")
    clock.at += timedelta(hours=23)
    assert "Idempotency-Replayed" in program.post("/complaints", NEW, key="order-4711-a").headers
    clock.at += timedelta(hours=2)
    assert "Idempotency-Replayed" not in program.post("/complaints", NEW, key="order-4711-a").headers
    assert len(complaints(office)) == 2
    with office.reading() as session:
        (kept,) = session.scalars(sa.select(ApiAnswer))
    assert b"TS2026" not in kept.sealed


def test_R40_what_was_refused_may_be_put_right_under_the_same_key(app):
    program = caller(app)
    assert program.post("/complaints", {**NEW, "what": ""}, key="order-4711-a").status_code == 422
    assert program.post("/complaints", NEW, key="order-4711-a").status_code == 201


@pytest.mark.parametrize(
    "key", ["", "short", "with blank in it", "字字字字字字字字".encode().decode("latin-1"), "x" * 121]
)
def test_R40_a_write_without_a_good_key_is_refused(app, office, key):
    program = caller(app)
    sent = {"Idempotency-Key": key} if key else {}
    answer = program.client.post("/api/v1/complaints", json=NEW, headers={**program.headers, **sent})
    assert answer.status_code == 400
    assert complaints(office) == []


def test_R40_two_copies_at_one_moment_register_once(app, office):
    programs = [caller(app)]
    programs += [type(programs[0])(app, programs[0].headers["Authorization"][7:]) for _ in range(5)]
    answers = []
    threads = [
        threading.Thread(target=lambda one=one: answers.append(one.post("/complaints", NEW, key="at-the-same-moment")))
        for one in programs
    ]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json["number"] for answer in answers}) == 1
    assert len(complaints(office)) == 1


def test_R39_a_body_that_is_too_large_is_refused(app):
    program = caller(app)
    answer = program.post("/complaints/TS20261123-0001/reveal", {"reason": "x" * 600_000})
    assert answer.status_code == 413
    assert answer.json["status"] == 413


def test_R1_another_media_type_is_refused(app):
    program = caller(app)
    headers = {**program.headers, "Idempotency-Key": "any-key-at-all"}
    answer = program.client.post("/api/v1/complaints", data={"what": "x"}, headers=headers)
    assert (answer.status_code, answer.json["code"]) == (415, "api.refused.media_type")


def test_R1_files_come_with_the_complaint(app):
    program = caller(app)
    body = {**NEW, "files": [{"name": "通话记录.txt", "content": "5a6i5oi36K+05piO"}]}
    assert program.post("/complaints", body).status_code == 201
    (file,) = program.get("/complaints/TS20261123-0001").json["files"]
    assert (file["name"], file["media_type"], file["opens"]) == ("通话记录.txt", "text/plain", True)
