"""R5, R26, R39: a complaint's page shows every message about it, to whom (masked), where it stands, and its text veiled."""

from __future__ import annotations

import pytest

from policies.vocabulary import ContactWay
from tests.support.browsing import text_of
from tests.support.counting import statements
from tests.support.played import Play


@pytest.fixture
def play(office, app, tmp_path):
    play = Play(office, app.extensions["desk"].keys, tmp_path / "files")
    play.register()
    play.act("S005", "acknowledge", way=ContactWay.EMAIL)
    return play


def test_R39_the_customers_number_and_name_are_masked_in_it(play, sign_in):
    page = text_of(sign_in("S003").get(f"/complaints/{play.number}?tab=talks"))
    assert "受理告知邮件" in page
    assert "待发送" in page
    assert "z***@example.com" in page or "zh***@example.com" in page
    assert "周㛃敏" not in page
    assert "zhou@example.com" not in page


def test_R26_what_staff_was_told_is_there_too_and_whether_it_was_read(play, sign_in, app):
    address = f"/complaints/{play.number}?tab=talks"
    browser = sign_in("S005")
    with statements(app) as before:
        browser.get(address)
    play.act("S005", "start_check")
    play.act("S005", "accept", handover_reason="需上门", promised_time=play.at)
    for _ in range(4):
        play.act("S005", "tell_progress", way=ContactWay.SMS, text="正在安排")
    with statements(app) as after:
        page = text_of(browser.get(address))
    assert page.count("进展短信") >= 4
    assert len(after) <= len(before) + 2
