"""R2, R10, R13: short ways through the daily jobs; each is there without a script, and each asks the same rules."""

from __future__ import annotations

import re

import pytest

from tests.views.test_lists import Day

FIELDS = {"contact_phone": "13800000001", "what": "又掉线了", "channel": "hotline", "received_at": "2026-11-23T10:00",
          "category": "net_broadband_slow", "severity": "general", "urgency": "medium", "impact": "low",
          "ending": "go_on", "told_by": "phone"}  # fmt: skip


@pytest.fixture
def day(app, office, clock) -> Day:
    return Day(app, office, clock)


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}"[^>]*value="([^"]*)"', page)
    assert found is not None
    return found[1]


def send(browser, **more: str):
    page = browser.get("/intake/new").text
    tokens = {name: hidden(page, name) for name in ("csrf_token", "submission")}
    return browser.post("/intake/new", data={**tokens, **FIELDS, **more})


def test_R2_the_caller_is_known_by_the_phone_and_taken_over_without_a_script(day, sign_in):
    first, browser = day.play(), sign_in("S005")
    looked = send(browser, look_up="1").text
    tick = re.search(r'<input type="checkbox" form="intake" name="same_as" value="([^"]+)"', looked)
    assert tick is not None
    assert tick[1] == first.number
    assert "周㛃敏" not in looked
    answer = send(browser, same_as=first.number)
    assert answer.status_code == 302
    page = browser.get(answer.location).text
    assert "周**" in page
    assert "周㛃敏" not in page


def test_R2_the_tick_stands_when_the_form_comes_back(day, sign_in):
    first = day.play()
    page = send(sign_in("S005"), same_as=first.number, what="").text
    assert re.search(rf'name="same_as" value="{first.number}"[^>]* checked', page)


def test_R2_an_earlier_complaint_of_another_phone_is_refused_beside_the_phone(day, sign_in):
    first = day.play()
    answer = send(sign_in("S005"), same_as=first.number, contact_phone="13700000009")
    assert answer.status_code == 422
    assert "不是该电话名下的投诉" in answer.text
    assert "又掉线了" in answer.text


def test_R10_who_may_dispatch_goes_on_to_the_order_at_once(sign_in):
    lead = sign_in("S002")
    if 'name="then"' not in lead.get("/intake/new").text:
        lead = sign_in("S003")
    assert 'name="then"' in lead.get("/intake/new").text
    answer = send(lead, then="send_order")
    assert re.fullmatch(r"/complaints/TS[\d-]+/send_order", answer.location)
    assert lead.get(answer.location).status_code == 200


def test_R10_who_may_not_dispatch_is_not_offered_it_and_comes_to_the_complaint(sign_in):
    clerk = sign_in("S005")
    assert 'name="then"' not in clerk.get("/intake/new").text
    assert re.fullmatch(r"/complaints/TS[\d-]+", send(clerk, then="send_order").location)


def test_R14_the_form_of_an_act_says_where_it_begins(day, sign_in):
    day.at("accepted")
    page = sign_in("S008").get(f"/complaints/{day.numbers['accepted']}/send_order").text
    assert "data-begin" in page
