"""Trials over HTTP (R23, R24, R39): asked, watched, read; bad input comes back with what was typed; the file is logged."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from backoffice.jobs import what_if as job
from backoffice.jobs.running import Workshop, work_off
from backoffice.models.history import AccessEvent
from backoffice.models.what_if import WhatIfRun
from tests.support.bulk_past import insert_past
from tests.support.counting import statements
from tests.support.filled import SAME_ORIGIN, send
from tests.support.forms import token
from tests.support.taken import rows_of

PERIOD = {"first_day": "2026-08-01", "last_day": "2026-10-31"}
SATURDAY_WORKED = {
    "day-0-first": "2026-09-19", "day-0-kind": "make_up", "day-1-first": "2026-09-20", "day-1-kind": "holiday",
}  # fmt: skip
ADMINISTRATOR, MANAGER, HEAD = "S030", "S003", "S015"


@pytest.fixture
def past(office):
    """Twenty closed complaints."""
    insert_past(office, 20)


@pytest.fixture
def manager(past, sign_in):
    return sign_in(MANAGER)


def try_days(browser, **changes):
    return send(browser, "/settings/what_if/new/?kind=calendar", **{**PERIOD, **SATURDAY_WORKED, **changes})


def post(browser, address, **more):
    data = {"csrf_token": token(browser, "/settings/what_if/"), **more}
    return browser.post(address, data=data, headers=SAME_ORIGIN)


def work(app, clock, tmp_path):
    desk = app.extensions["desk"]
    return work_off(Workshop(desk.database, desk.keys, clock, tmp_path), {job.KIND: job.replay})


def test_R24_days_are_tried_and_the_result_is_read_by_department(app, manager, clock, tmp_path):
    browser = manager
    answer = try_days(browser)
    assert answer.status_code == 303
    waiting = browser.get("/settings/what_if/run/?id=1").text
    assert "等待开始" in waiting
    assert "watching.js" in waiting
    assert "等待开始" in browser.get("/settings/what_if/").text
    work(app, clock, tmp_path)
    page = browser.get("/settings/what_if/run/?id=1").text
    for words in ("已完成", "2026", "会超时", "部门指派", "首次响应", "全部部门", "TS000000000002"):
        assert words in page
    assert "watching.js" not in page
    assert "清单共 4 行，您可查看 4 行" in page


def test_R39_who_edits_the_rules_reads_the_figures_and_no_complaint(app, past, sign_in, clock, tmp_path):
    browser = sign_in(ADMINISTRATOR)
    try_days(browser)
    work(app, clock, tmp_path)
    page = browser.get("/settings/what_if/run/?id=1").text
    assert "会超时" in page
    assert "TS0000" not in page
    assert "清单共 4 行，您可查看 0 行" in page


def test_R39_figures_of_one_department_are_not_enough(sign_in):
    browser = sign_in(HEAD)
    assert browser.get("/settings/what_if/").status_code == 403
    assert "/settings/what_if/" not in browser.get("/").text


def test_R35_the_list_goes_out_as_a_file_and_that_is_logged_first(app, manager, clock, tmp_path):
    browser = manager
    try_days(browser)
    work(app, clock, tmp_path)
    answer = post(browser, "/settings/what_if/list.csv?id=1")
    lines = answer.text.splitlines()
    assert answer.mimetype == "text/csv"
    assert len(lines) == 5
    assert lines[1].startswith("TS000000000002,")
    with app.extensions["desk"].database.reading() as session:
        event = session.scalars(sa.select(AccessEvent).where(AccessEvent.kind == "export")).one()
        assert '"what_if"' in event.body
    book = rows_of(post(browser, "/settings/what_if/list.csv?id=1", **{"as": "xlsx"}))
    assert [row[0] for row in book[1:]] == [line.partition(",")[0] for line in lines[1:]]


WRONG = [
    ({"first_day": "tomorrow"}, "first_day"),
    ({"first_day": "2026-10-31", "last_day": "2026-08-01"}, "last_day"),
    ({"day-0-kind": "party"}, "day-0-kind"),
    ({"day-0-first": "31.12.2026"}, "day-0-first"),
    ({"day-0-closed": "9 to 5"}, "day-0-closed"),
    ({"day-0-first": "", "day-0-kind": "", "day-1-first": "", "day-1-kind": ""}, "day-0-first"),
]


@pytest.mark.parametrize(("wrong", "field"), WRONG)
def test_bad_input_comes_back_beside_its_field_with_all_that_was_typed(office, manager, wrong, field):
    browser = manager
    answer = try_days(browser, **wrong)
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert 'value="2026-09-20"' in answer.text or "day-1-first" in wrong
    with office.reading() as session:
        assert session.scalar(sa.select(sa.func.count(WhatIfRun.id))) == 0


@pytest.mark.parametrize("address", [
    "/settings/what_if/new/?kind=moon", "/settings/what_if/run/", "/settings/what_if/run/?id=4711",
    "/settings/what_if/run/?id=-1", "/settings/what_if/run/?id=1e9",
])  # fmt: skip
def test_an_address_that_is_none_is_not_there(manager, address):
    assert manager.get(address).status_code == 404


def test_a_trial_is_stopped_once_and_a_second_time_told_so(manager):
    browser = manager
    send(browser, "/settings/what_if/new/?kind=policy", **PERIOD, version="1")
    assert post(browser, "/settings/what_if/stop/?id=1").status_code == 303
    assert "已停止" in browser.get("/settings/what_if/run/?id=1").text
    assert post(browser, "/settings/what_if/stop/?id=1").status_code == 409


def test_the_page_of_a_trial_asks_a_bounded_number_of_questions(app, manager, clock, tmp_path):
    browser = manager
    try_days(browser)
    work(app, clock, tmp_path)
    browser.get("/settings/what_if/run/?id=1")
    with statements(app) as sent:
        browser.get("/settings/what_if/run/?id=1")
    assert len(sent) <= 16
    with statements(app) as sent:
        browser.get("/settings/what_if/")
    assert len(sent) <= 14
