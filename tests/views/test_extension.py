"""R25 over HTTP: asked for, decided with the effect on each clock in view, told, and then the new deadline everywhere."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.browsing import text_of
from tests.support.counting import statements
from tests.support.filled import faults, send
from tests.support.played import Play
from tests.support.told_cases import local

WORDS = {"extension_reason": "force_majeure", "reason": "台风封路，周㛃敏家中无法上门", "extension_ground": "封路通告"}


class Desk:
    """A complaint of Monday 23 November 2026 in the hands of S016, due a week later; each acts in a browser."""

    def __init__(self, app, office, clock, sign_in) -> None:
        desk = app.extensions["desk"]
        self.play = Play(office, desk.keys, Path(desk.config["DATA_DIR"]) / "files")
        self.play.register()
        self.play.dispatch()
        self.app, self.clock, self.sign_in = app, clock, sign_in
        clock.at = self.play.at

    def address(self, action: str = "") -> str:
        return f"/complaints/{self.play.number}" + (f"/{action}" if action else "")

    def page(self, code: str, action: str = "", **more):
        return self.sign_in(code).get(self.address(action), query_string=more)

    def does(self, code: str, action: str, **values):
        self.clock.at += timedelta(minutes=10)
        return send(self.sign_in(code), self.address(action), **values)


@pytest.fixture
def desk(app, office, clock, sign_in) -> Desk:
    return Desk(app, office, clock, sign_in)


def in_english(desk, code, action="", **more):
    browser = desk.sign_in(code)
    browser.set_cookie("language", "en")
    return text_of(browser.get(desk.address(action), query_string=more))


def test_R25_from_the_request_to_the_new_deadline_on_the_page_and_in_the_dossier(desk):
    form = text_of(desk.page("S016", "request_extension"))
    assert "延期对各时限的影响" in form
    for new in ("12月1日 周二 18:00", "12月7日 周一 18:00"):  # one and five working days after 30 November
        assert new in form
    assert desk.does("S016", "request_extension", **WORDS, extension_days="3").status_code == 302

    waiting = text_of(desk.page("S003"))
    assert "申请延期 3 个工作日" in waiting
    assert "待批" in waiting
    assert desk.play.number in text_of(desk.sign_in("S003").get("/complaints?list=extensions"))
    assert "待批延期" in text_of(desk.sign_in("S003").get("/work/management"))
    assert desk.play.number not in text_of(desk.sign_in("S001").get("/complaints?list=extensions"))

    decision = text_of(desk.page("S003", "grant_extension"))
    assert "封路通告" in decision, "who decides reads the ground"
    assert "12月3日 周四 18:00" in decision
    assert "12月1日 周二 18:00" in decision  # the answer clock, three working days after 26 November
    assert "12月4日" not in decision, "no more than was asked for"
    granted = desk.does("S003", "grant_extension", extension_opinion="属实")
    assert granted.status_code == 302
    assert "延期尚未生效" in text_of(desk.page("S003")) or "告知后生效" in text_of(desk.page("S003"))

    assert 'value="2026-12-03T18:00"' in desk.page("S016", "tell_delay").text, "the time to tell is filled in"
    assert desk.does("S016", "tell_delay", way="phone", text="封路，改为 12 月 3 日前答复").status_code == 302
    page = text_of(desk.page("S016"))
    assert "已延 3 个工作日" in page
    assert "延期 3 个工作日" in page
    assert "12月3日 周四 18:00" in page
    part = text_of(desk.page("S016", tab="orders"))
    for words in ("第 1 次申请", "已生效", "不可抗力", "封路通告", "批准 3 个工作日", "2026-12-03 18:00"):
        assert words in part
    assert "周㛃敏" not in part, "what names the customer stays veiled"
    assert "延期生效，时限顺延" in text_of(desk.page("S016", tab="history"))
    preview = text_of(desk.sign_in("S003").get(f"{desk.address()}/dossier"))
    assert "延期审批" in preview
    assert "第 1 次申请" in preview


@pytest.mark.parametrize(
    ("values", "field", "words"),
    [
        ({"extension_days": "0"}, "extension_days", "1 至 5 个工作日"),
        ({"extension_days": "9"}, "extension_days", "1 至 5 个工作日"),
        ({"extension_days": "三"}, "extension_days", "整数天数"),
        ({"extension_days": "", "extension_until": ""}, "extension_days", "工作日数"),
        ({"extension_until": "2026-13-45"}, "extension_until", "年-月-日"),
        ({"extension_until": "2026-12-04"}, "extension_until", "一致"),
        ({"extension_ground": ""}, "extension_ground", "依据"),
        ({"extension_reason": "gone"}, "extension_reason", "停用"),
    ],
)
def test_R25_what_is_wrong_is_said_beside_its_field_and_nothing_typed_is_lost(desk, values, field, words):
    answer = desk.does("S016", "request_extension", **{**WORDS, "extension_days": "3", **values})
    assert answer.status_code == 422
    assert words in faults(answer.text)[field]
    assert WORDS["reason"] in answer.text


def test_R25_one_who_may_not_gets_a_sentence_in_either_language(desk):
    desk.does("S016", "request_extension", **WORDS, extension_days="3")
    assert "由投诉主管审批" in text_of(desk.page("S001", "grant_extension"))
    assert "decided by: Complaints manager" in in_english(desk, "S001", "grant_extension")
    assert desk.page("S005", "request_extension").status_code == 403


def test_R25_the_second_of_two_managers_is_told_that_it_is_decided(desk):
    desk.does("S016", "request_extension", **WORDS, extension_days="3")
    page = desk.page("S003", "refuse_extension")
    assert page.status_code == 200
    assert desk.does("S003", "grant_extension", extension_opinion="属实").status_code == 302
    late = desk.page("S003", "refuse_extension")
    assert "已有人审批" in text_of(late)


def test_R25_after_the_deadline_the_page_says_what_to_do_instead(desk):
    desk.does("S016", "request_extension", **WORDS, extension_days="3")
    desk.clock.at = local("2026-11-30T18:01")
    answer = desk.page("S003", "grant_extension")
    assert "已失效" in text_of(answer)
    desk.clock.at = local("2026-11-30T18:02")
    assert "逾期后不受理延期" in text_of(desk.page("S016", "request_extension"))


def test_R25_a_page_with_an_extension_costs_no_statement_for_each_clock(desk):
    with statements(desk.app) as before:
        desk.page("S003")
    desk.does("S016", "request_extension", **WORDS, extension_days="3")
    with statements(desk.app) as after:
        desk.page("S003")
    assert len(after) <= len(before) + 2


def test_R25_in_english_it_reads_as_well(desk):
    desk.does("S016", "request_extension", **WORDS, extension_days="3")
    page = in_english(desk, "S003")
    assert "Extension of 3 working days" in page
    assert "To be decided by the Complaints manager before the deadline" in page
    assert "Effect on each clock" in in_english(desk, "S003", "grant_extension")
