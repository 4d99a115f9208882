"""R1, R14: lists, history, master data, and acting on complaints by the JSON API through the actions of the pages."""

from __future__ import annotations

import base64

import pytest
import sqlalchemy as sa

from backoffice.models.complaint import Complaint
from backoffice.models.history import AccessEvent, Event
from tests.support.api import NEW, caller

NUMBER = "TS20261123-0001"


@pytest.fixture
def program(app):
    made = caller(app)
    assert made.post("/complaints", NEW).status_code == 201
    return made


def revision(program):
    return program.get(f"/complaints/{NUMBER}").json["revision"]


def act(program, action, fields=None, **more):
    body = {"fields": fields or {}, "revision": revision(program), **more}
    return program.post(f"/complaints/{NUMBER}/actions/{action}", body)


def fields_of(answer):
    return {one["field"] for one in answer.json["errors"]}


def test_R14_what_can_be_done_is_told_with_its_fields_and_choices(program):
    told = program.get(f"/complaints/{NUMBER}/actions").json
    codes = {one["code"]: one for one in told["actions"]}
    assert codes["start_check"]["open"]
    assert codes["start_check"]["leads_to"] == "check"
    assert told["revision"] == revision(program)
    one = program.get(f"/complaints/{NUMBER}/actions/acknowledge").json
    (way,) = [field for field in one["fields"] if field["code"] == "way"]
    assert "phone" in {choice["code"] for choice in way["choices"]}


def test_R14_an_action_is_carried_out_by_the_fields_of_its_form(program, office):
    assert act(program, "acknowledge", {"way": "phone"}).status_code == 200
    assert act(program, "start_check").json["status"]["code"] == "checking"
    answer = act(program, "accept", {"promised_time": "2026-11-25T18:00:00+08:00"})
    assert (answer.status_code, answer.json["status"]["code"]) == (200, "accepted")
    assert answer.headers["ETag"] == f'"{answer.json["revision"]}"'
    with office.reading() as session:
        assert list(session.scalars(sa.select(Event.action))) == ["register", "acknowledge", "start_check", "accept"]
    history = program.get(f"/complaints/{NUMBER}/history", size=2).json
    assert [one["action"]["code"] for one in history["events"]] == ["register", "acknowledge"]
    rest = program.get(f"/complaints/{NUMBER}/history", after=history["next"]).json
    assert [one["action"]["code"] for one in rest["events"]] == ["start_check", "accept"]
    assert rest["next"] is None


def test_R40_who_saw_another_state_is_told_the_present_one(program, office):
    seen = revision(program)
    act(program, "start_check")
    path = f"/complaints/{NUMBER}/actions/accept"
    by_body = program.post(path, {"revision": seen})
    assert by_body.status_code == 409
    assert by_body.json["current"]["status"]["code"] == "checking"
    assert by_body.json["current"]["revision"] == revision(program)
    assert program.post(path, {}, **{"If-Match": f'"{seen}"'}).status_code == 412
    assert program.post(path, {}, **{"If-Match": "nonsense"}).status_code == 412
    assert program.post(path, {}).status_code == 428
    assert program.post(path, {}, **{"If-Match": f'"{revision(program)}"'}).status_code == 200


@pytest.mark.parametrize(
    ("action", "fields", "wrong"),
    [
        ("acknowledge", {"colour": "red"}, {"colour"}),
        ("acknowledge", {"way": "pigeon"}, {"way"}),
        ("acknowledge", {"way": 5}, {"way"}),
        ("withdraw", {"closing_reason_text": ["x"]}, {"closing_reason_text"}),
        ("merge", {"merged_into": True}, {"merged_into"}),
        ("communicate", {"at": "2026-11-23T10:00"}, {"at"}),
    ],
)  # fmt: skip
def test_R14_what_is_wrong_in_an_action_is_said_by_the_name_of_its_field(program, action, fields, wrong):
    open_now = {one["code"]: one for one in program.get(f"/complaints/{NUMBER}/actions").json["actions"]}
    if action not in open_now:
        act(program, "start_check")
    known = {one["code"] for one in program.get(f"/complaints/{NUMBER}/actions/{action}").json["fields"]}
    answer = act(program, action, fields)
    assert answer.status_code == 422, answer.text
    assert fields_of(answer) >= wrong
    assert set(fields) - known <= fields_of(answer)


def test_R14_what_has_no_place_now_is_refused_as_on_its_page(program):
    assert act(program, "archive").status_code in (403, 404, 409)
    assert act(program, "no_such_action").status_code in (403, 404, 409)
    assert act(program, "reveal", {"reason": "x"}).status_code == 404


def test_R22_files_go_up_and_come_down_logged(program, office):
    content = base64.b64encode("通话记录".encode()).decode()
    sent = program.post(f"/complaints/{NUMBER}/files", {"files": [{"name": "记录.txt", "content": content}]})
    assert sent.status_code == 200, sent.text
    (file,) = program.get(f"/complaints/{NUMBER}").json["files"]
    got = program.get(f"/complaints/{NUMBER}/files/{file['id']}")
    assert got.data == "通话记录".encode()
    assert "attachment" in got.headers["Content-Disposition"]
    assert program.get(f"/complaints/{NUMBER}/files/999").status_code == 404
    with office.reading() as session:
        assert "open_attachment" in list(session.scalars(sa.select(AccessEvent.kind)))


def test_R13_a_list_is_narrowed_by_codes_and_paged_along_its_index(program, office):
    for n in range(4):
        program.post("/complaints", {**NEW, "channel": "website", "what": f"第 {n} 件"})
    page = program.get("/complaints", size=2, sort="received", list="open").json
    assert (len(page["rows"]), page["count"], page["previous"]) == (2, 5, None)
    numbers = [row["number"] for row in page["rows"]]
    while page["next"]:
        page = program.get("/complaints", size=2, sort="received", list="open", at=page["next"]).json
        numbers += [row["number"] for row in page["rows"]]
    with office.reading() as session:
        assert sorted(numbers) == sorted(session.scalars(sa.select(Complaint.number)))
    assert program.get("/complaints", channel="website", severity="general").json["count"] == 4
    assert program.get("/complaints", q="13900004172").json["count"] == 5
    assert "13900004172" not in program.get("/complaints").text


@pytest.mark.parametrize(
    ("query", "field"),
    [({"colour": "red"}, "colour"), ({"status": "odd"}, "status"), ({"channel": "x"}, "channel"), ({"owner": "x"}, "owner"),
     ({"size": "0"}, "size"), ({"at": "nowhere"}, "at"), ({"list": "no"}, "list"), ({"received_from": "x"}, "received_from")],
)  # fmt: skip
def test_R13_a_filter_that_cannot_be_read_is_refused_and_lists_nothing(program, query, field):
    answer = program.get("/complaints", **query)
    assert answer.status_code == 422
    assert field in fields_of(answer)


def test_R1_master_data_tell_the_codes_that_bodies_name(program):
    told = program.get("/master-data").json
    assert "hotline" in {one["code"] for one in told["channels"]}
    (leaf,) = [one for one in told["categories"] if one["code"] == "net_broadband_slow"]
    assert leaf["level"] == 3
    assert {one["code"] for one in told["severities"]} == {"general", "important", "major"}
    assert "dispatch_desk" in {one["code"] for one in told["departments"]}
