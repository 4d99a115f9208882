"""R35, R38, R39: pages of figures in a large office: at once from what was kept, within one's reach, with its moment."""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from backoffice.jobs.handlers import HANDLERS
from backoffice.jobs.running import Workshop, work_off
from backoffice.keys import Keys
from backoffice.models.kept import KeptFigures
from backoffice.services.core import heartbeat
from tests.support.counted import Counted
from tests.support.counting import statements
from tests.support.forms import SAME_ORIGIN, token

MANAGER, HEAD, QUALITY, HANDLER = "S002", "S015", "S024", "S016"
VIEWS = ("/overview?period=2026-09", "/statistics?period=2026-09", "/indicators/on_time_rate?month=2026-09")
POSTS = {"/overview": "/overview/count", "/statistics": "/statistics/count",
         "/indicators/on_time_rate": "/indicators/on_time_rate/count"}  # fmt: skip
COUNTED, WAITING = "以下数字统计于", "正在统计"


@pytest.fixture
def counted(office, clock, monkeypatch):
    """Nine closed in September, in an office that counts as large."""
    monkeypatch.setattr("policies.kept_figures.LARGE", 1)
    clock.at = datetime(2026, 10, 8, 2, 0, tzinfo=UTC)
    with office.writing() as session:
        made = Counted(session)
        for number in range(9):
            made.complaint(
                missed=("resolve",) if number < 3 else (),
                department_id=made.department("network" if number < 7 else "technical_support"),
            )
    return made


@pytest.fixture
def worker(office, clock, tmp_path):
    """A worker that was heard of, and does what waits when it is told to."""
    shop = Workshop(office, Keys.fresh(), clock, Path(tmp_path))

    def sign():
        with office.writing() as session:
            heartbeat.beat(session, "here", "worker", clock.now())

    def works():
        kinds = {"count_figures": HANDLERS["count_figures"]}
        assert work_off(shop, kinds).failed == 0
        sign()

    sign()
    return works


def one_more(office):
    with office.writing() as session:
        made = Counted(session)
        made._numbers = iter(range(500, 600))
        made.complaint()


def received(page):
    return int(re.search(r'<span class="label">受理量</span>\s*<span class="value">(\d+)', page)[1])


def rows(office):
    with office.reading() as session:
        return list(session.scalars(sa.select(KeptFigures)))


@pytest.mark.parametrize("address", VIEWS)
def test_R35_nothing_counted_yet_says_so_and_comes_again_until_it_is(counted, office, worker, sign_in, address):
    browser = sign_in(MANAGER)
    for _time in range(2):
        answer = browser.get(address)
        assert (answer.status_code, answer.headers["Refresh"]) == (202, "3")
        assert WAITING in answer.text
        assert "<progress" in answer.text
    assert len(rows(office)) == 1
    worker()
    answer = browser.get(address)
    assert answer.status_code == 200
    assert "Refresh" not in answer.headers
    assert COUNTED in answer.text


def test_R35_old_figures_are_shown_at_once_and_counted_anew_behind(counted, office, clock, worker, sign_in):
    browser = sign_in(MANAGER)
    browser.get(VIEWS[0])
    worker()
    one_more(office)
    assert received(browser.get(VIEWS[0]).text) == 9
    clock.at += timedelta(minutes=20)
    worker()  # gives a sign only: nothing was asked for
    page = browser.get(VIEWS[0]).text
    assert received(page) == 9
    assert "10:00" in re.search(rf"{COUNTED}([^<]*)", page)[1]
    assert "正在重新统计" in page
    worker()
    page = browser.get(VIEWS[0]).text
    assert received(page) == 10
    assert "10:20" in re.search(rf"{COUNTED}([^<]*)", page)[1]


@pytest.mark.parametrize("address", VIEWS)
def test_R35_a_button_counts_anew_but_not_at_once_again(counted, clock, worker, sign_in, address):
    browser = sign_in(MANAGER)
    browser.get(address)
    worker()
    path, _, query = address.partition("?")
    data = dict([query.split("=")]) | {"csrf_token": token(browser, address)}
    assert browser.post(POSTS[path], data=data | {"csrf_token": "no"}, headers=SAME_ORIGIN).status_code == 400
    answer = browser.post(POSTS[path], data=data, headers=SAME_ORIGIN)
    assert answer.status_code == 303
    assert "刚刚统计过" in browser.get(address).text
    clock.at += timedelta(minutes=2)
    answer = browser.post(POSTS[path], data=data, headers=SAME_ORIGIN)
    page = browser.get(answer.location).text
    assert "正在重新统计" in page
    worker()
    assert "10:02" in re.search(rf"{COUNTED}([^<]*)", browser.get(address).text)[1]


def test_R35_without_a_worker_the_request_counts_and_keeps(counted, office, clock, sign_in):
    browser = sign_in(MANAGER)
    for address in VIEWS:
        assert browser.get(address).status_code == 200
    assert len(rows(office)) == 3
    one_more(office)
    assert received(browser.get(VIEWS[0]).text) == 9
    clock.at += timedelta(minutes=20)
    assert received(browser.get(VIEWS[0]).text) == 10


def test_R39_a_head_is_never_shown_what_was_counted_for_a_manager(counted, office, worker, sign_in):
    for code in (MANAGER, HEAD):
        sign_in(code).get(VIEWS[0])
        worker()
    assert received(sign_in(MANAGER).get(VIEWS[0]).text) == 9
    assert received(sign_in(HEAD).get(VIEWS[0]).text) == 2  # those of the technical support
    asked = [row.question["narrow"]["departments"] for row in rows(office)]
    assert None in asked
    assert len(asked) == 2


def test_R33_kept_figures_of_persons_are_shown_to_nobody_beyond_their_reach(counted, office, worker, sign_in):
    address = "/indicators/on_time_rate?month=2026-09&level=person"
    sign_in(QUALITY).get(address)
    worker()
    everybody = sign_in(QUALITY).get(address).text
    own = sign_in(HANDLER).get(address).text
    assert len(rows(office)) == 1
    assert everybody.count("col-main") > own.count("col-main")
    assert "全单位" in everybody
    assert "全单位" not in own


@pytest.mark.parametrize("path", [POSTS["/overview"], POSTS["/statistics"]])
def test_R39_who_reads_no_statistics_has_nothing_counted(counted, office, sign_in, path):
    browser = sign_in(HANDLER)
    data = {"csrf_token": token(browser, "/complaints")}
    assert browser.post(path, data=data, headers=SAME_ORIGIN).status_code == 403
    assert rows(office) == []


def test_R35_the_list_behind_a_kept_figure_says_that_it_is_read_now(counted, worker, sign_in):
    browser = sign_in(MANAGER)
    browser.get(VIEWS[0])
    worker()
    page = browser.get(VIEWS[0]).text
    address = html.unescape(re.search(r'<a class="tile" href="([^"]+)"', page)[1])
    assert "counted=" in address
    assert "清单按当前记录列出" in browser.get(address).text
    for odd in ("x", "2026-10-08", "9999-01-01T00:00:00+00:00", "%27"):
        answer = browser.get(f"/overview/records?what=received&counted={odd}")
        assert answer.status_code == 200
        assert "清单按当前记录列出" not in answer.text


def test_R35_files_are_those_of_the_page(counted, office, worker, sign_in):
    browser = sign_in(QUALITY)
    browser.get(VIEWS[0])
    worker()
    data = {"csrf_token": token(browser, VIEWS[0]), "period": "2026-09"}
    one_more(office)
    text = browser.post("/overview/export.csv", data=data, headers=SAME_ORIGIN).text
    assert re.search(r",受理量,[^,]*,9\r?$", text, re.MULTILINE)
    assert browser.post("/statistics/export.csv", data=data, headers=SAME_ORIGIN).status_code == 200


def test_R38_a_kept_page_counts_no_complaints(counted, app, worker, sign_in):
    browser = sign_in(MANAGER)
    for address in VIEWS:
        browser.get(address)
        worker()
        browser.get(address)
        with statements(app) as sent:
            assert browser.get(address).status_code == 200
        assert len(sent) <= 34, address
        assert not [one for one in sent if "GROUP BY complaint" in one or "contributions" in one]


def test_R35_the_waiting_page_is_there_in_both_languages(counted, worker, sign_in):
    browser = sign_in(MANAGER)
    browser.set_cookie("language", "en")
    assert "Counting" in browser.get(VIEWS[0]).text


def test_R38_who_waits_for_many_is_told_so(counted, worker, sign_in):
    browser = sign_in(MANAGER)
    for month in range(1, 7):
        browser.get(f"/overview?period=2026-0{month}")
    answer = browser.get("/overview?period=2026-07")
    assert answer.status_code == 202
    assert "您已有 6 个页面在等待统计" in answer.text
