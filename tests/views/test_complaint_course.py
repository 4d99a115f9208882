"""A complaint on the diagram of its process (R14), and the versions it runs under on its page."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from backoffice.services import process as service
from tests.support.counting import statements
from tests.support.offices import actor_of
from tests.support.played import Play

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def play(app, office, clock):
    """Handled and told by S016, so that it waits for its call-back."""
    desk = app.extensions["desk"]
    played = Play(office, desk.keys, Path(desk.config["DATA_DIR"]) / "files")
    played.register()
    played.dispatch()
    played.handle()
    clock.at = played.at
    return played


def pictures(page):
    return [ET.fromstring(found) for found in re.findall(r"<svg.*?</svg>", page, re.DOTALL)]


def texts(picture, kind):
    return ["".join(one.itertext()) for one in picture.iter(f"{SVG}text") if kind in (one.get("class") or "").split()]


def boxes(picture, state):
    groups = [one for one in picture.iter(f"{SVG}g") if {"step", state} <= set((one.get("class") or "").split())]
    return ["".join(group.find(f"{SVG}text").itertext()) for group in groups]


def test_R14_the_diagram_shows_where_it_came_through_where_it_is_and_which_ways_it_took(sign_in, app, play):
    browser = sign_in("S016")
    assert f"/complaints/{play.number}/process" in browser.get(f"/complaints/{play.number}").text
    with statements(app) as sent:
        page = browser.get(f"/complaints/{play.number}/process")
    assert page.status_code == 200
    assert len(sent) <= 30
    [picture] = pictures(page.text)
    assert boxes(picture, "now") == ["12 回访"]
    assert "7 调查分析" in boxes(picture, "done")
    assert "6 争议裁定" not in boxes(picture, "done")
    assert {"批准", "措施完成", "告知结果"} <= set(texts(picture, "taken"))
    assert "提出争议" in texts(picture, "idle")
    assert "在此步骤" in page.text


def test_R39_who_may_not_see_the_complaint_does_not_see_its_way(sign_in, play):
    assert sign_in("S006").get(f"/complaints/{play.number}/process").status_code == 404
    assert sign_in("S030").get(f"/complaints/{play.number}/process").status_code == 403
    assert sign_in("S016").get("/complaints/TS20990101-9999/process").status_code == 404


def test_R14_a_running_complaint_keeps_its_version_and_a_new_one_takes_the_next(sign_in, app, office, play, clock):
    with office.writing() as session:
        editor, at = actor_of(session), clock.now()
        row = service.draw_up(session, editor, at, 1, "改份额")
        for step, share in (("plan", 15), ("investigate", 30)):
            service.change_step(session, editor, at, row.id, row.revision, step, {"clock_share": share})
        assert service.check(session, editor, at, row.id, row.revision) == ()
        service.put_into_force(session, editor, at, row.id, row.revision, date(2027, 1, 4), "新年起")
    clock.at = play.at + timedelta(days=60)
    desk = app.extensions["desk"]
    later = Play(office, desk.keys, Path(desk.config["DATA_DIR"]) / "files", clock.at)
    later.register(texts={"contact_phone": "13900001234"})
    old, new = (sign_in("S003").get(f"/complaints/{number}").text for number in (play.number, later.number))
    assert "流程第 1 版" in old
    assert "时限第 1 版" in old
    assert "流程第 2 版" in new
    assert "/settings/processes/" not in new, "a link only for who may open it"


def test_R17_what_was_raised_is_shown_by_both_of_its_processes(sign_in, play):
    play.act("S003", "raise_to_major", regrade_reason="已有媒体报道")
    page = sign_in("S003").get(f"/complaints/{play.number}/process")
    assert page.status_code == 200
    assert len(pictures(page.text)) == 2
    assert "重大投诉流程" in page.text
    assert "一般投诉流程" in page.text
