"""R13: who opens a complaint from a list or a search goes on to the next one, also when it has left the list meanwhile."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest

from policies.vocabulary import ContactWay
from tests.support.counting import statements
from tests.support.forms import SAME_ORIGIN, token
from tests.views.test_lists import Day
from views.case import place

PLACE = re.compile(r'class="col-main"><span><a href="(/complaints/TS[\d-]+\?place=[\w.-]+)"')


@pytest.fixture
def day(app, office, clock) -> Day:
    return Day(app, office, clock)


def several(day, count: int) -> list[str]:
    """Complaints that came in one after the other; the newest first."""
    numbers = []
    for _n in range(count):
        numbers.append(day.play().number)
        day.begin += timedelta(minutes=7)
    day.clock.at = day.begin
    return numbers[::-1]


def opened(browser, query: str) -> list[str]:
    return PLACE.findall(browser.get(f"/complaints?{query}").text)


def link(text: str, rel: str) -> str | None:
    found = re.search(rf'rel="{rel}" href="([^"]+)"', text)
    return found[1].replace("&amp;", "&") if found else None


def number(address: str | None) -> str | None:
    return None if address is None else re.search(r"TS[\d-]+", address)[0]


@pytest.mark.parametrize("sort", ["received", "due"])
def test_R13_next_and_previous_go_through_the_list_in_its_order_to_both_ends(day, sign_in, sort):
    numbers = several(day, 4) if sort == "received" else several(day, 4)[::-1]
    browser = sign_in("S003")
    address, seen = opened(browser, f"list=open&sort={sort}")[0], []
    while address:
        text = browser.get(address).text
        seen.append(number(address))
        assert f"第 {len(seen)} 件" in text
        address = link(text, "next")
    assert seen == numbers
    assert "已是最后一件" in text
    assert number(link(text, "prev")) == numbers[-2]
    assert "已是第一件" in browser.get(opened(browser, f"list=open&sort={sort}")[0]).text


def test_R13_the_place_holds_when_the_complaint_has_left_the_list_by_what_was_done(day, sign_in):
    newest, middle, _oldest = several(day, 3)
    browser = sign_in("S005")
    address = opened(browser, "list=to_acknowledge&sort=received")[1]
    assert number(address) == middle
    text = browser.get(address).text
    form = re.search(r'href="(/complaints/[^"]+/acknowledge\?place=[^"]+)"', text)[1]
    page = browser.get(form).text
    revision = re.search(r'name="revision"[^>]*value="(\d+)"', page)[1]
    data = {"csrf_token": token(browser, "/account"), "revision": revision, "way": ContactWay.PHONE.value}
    answer = browser.post(form, data=data, headers=SAME_ORIGIN)
    assert answer.location == address
    after = browser.get(answer.location).text
    assert "已不在此清单" in after
    assert (number(link(after, "prev")), number(link(after, "next"))) == (newest, _oldest)
    assert "第 2 件" in browser.get(link(after, "next")).text  # it moved up


def test_R13_filters_hold_for_the_neighbours(day, sign_in):
    why = {"severity_reason": "政企客户"}
    first = day.play(severity="important", texts=why).number
    day.begin += timedelta(minutes=5)
    day.play()
    day.begin += timedelta(minutes=5)
    last = day.play(severity="important", texts=why).number
    day.clock.at = day.begin
    browser = sign_in("S003")
    text = browser.get(opened(browser, "list=all&severity=important&sort=received")[0]).text
    assert number(link(text, "next")) == first
    text = browser.get(link(text, "next")).text
    assert (number(link(text, "prev")), link(text, "next")) == (last, None)


def found_by_words(day, count: int) -> list[str]:
    """Complaints that hold the words, and between them others that do not; the newest first."""
    numbers = []
    for _n in range(count):
        numbers.append(day.play(texts={"what": "机顶盒红灯"}).number)
        day.begin += timedelta(minutes=5)
        day.play(texts={"what": "宽带掉线"})
        day.begin += timedelta(minutes=5)
    day.clock.at = day.begin
    return numbers[::-1]


def back(text: str) -> str:
    return re.search(r'href="([^"]+)" data-key="u"', text)[1].replace("&amp;", "&")


def test_R13_next_and_previous_go_through_what_a_search_found_and_lead_back_to_it(day, sign_in):
    numbers = found_by_words(day, 3)
    browser = sign_in("S003")
    address, seen = opened(browser, "list=all&q=红灯&sort=received")[0], []
    while address:
        text = browser.get(address).text
        seen.append(number(address))
        assert f"搜索结果 · 全部投诉 · 第 {len(seen)} 件" in text
        address = link(text, "next")
    assert seen == numbers
    assert number(link(text, "prev")) == numbers[1]
    assert "返回搜索结果" in text
    again = browser.get(back(text)).text
    assert 'value="红灯"' in again
    assert [number(one) for one in PLACE.findall(again)] == numbers


def test_R13_filters_hold_beside_the_words_that_were_looked_for(day, sign_in):
    found_by_words(day, 2)
    why = {"severity_reason": "政企客户", "what": "机顶盒红灯"}
    only = day.play(severity="important", texts=why).number
    browser = sign_in("S003")
    text = browser.get(opened(browser, "list=all&q=红灯&severity=important&sort=received")[0]).text
    assert only in text
    assert (link(text, "prev"), link(text, "next")) == (None, None)


def test_R13_the_way_back_leads_to_the_page_of_the_search_on_which_the_row_stands(day, sign_in):
    numbers = found_by_words(day, 22)
    browser = sign_in("S003")
    second = link(browser.get("/complaints?list=all&q=红灯&sort=received").text, "next")
    text = browser.get(PLACE.findall(browser.get(second).text)[1]).text
    assert "第 22 件" in text
    assert [number(one) for one in PLACE.findall(browser.get(back(text)).text)] == numbers[21:]


def test_R39_words_looked_for_stand_sealed_in_the_address_of_a_complaint(day, sign_in):
    found_by_words(day, 2)
    address = opened(sign_in("S003"), "list=all&q=红灯")[0]
    head = address.partition("place=")[2].partition(".")[0]
    code, sort, args, sealed = json.loads(place._bytes(head))
    assert (code, sort, args) == ("all", "received", {})
    assert "红灯".encode() not in place._bytes(sealed)
    assert "红灯" not in sealed


def test_R39_what_was_looked_for_opens_for_who_searched_alone(day, sign_in):
    found_by_words(day, 2)
    address = opened(sign_in("S003"), "list=all&q=红灯")[0]
    text = sign_in("S028").get(address).text
    assert number(address) in text
    assert 'class="beside"' not in text


def test_R39_words_in_clear_and_words_that_were_changed_are_no_place(day, sign_in):
    newest, _other = found_by_words(day, 2)
    browser = sign_in("S003")
    address = opened(browser, "list=all&q=红灯")[0]
    head, rest = address.partition("place=")[2].split(".", 1)
    code, sort, _args, sealed = json.loads(place._bytes(head))
    for args, words in (({}, sealed[:-4] + "AAAA"), ({}, "红灯"), ({}, {}), ({}, None), ({}, 1)):
        made = place._text(json.dumps([code, sort, args, words]).encode())
        assert 'class="beside"' not in browser.get(f"/complaints/{newest}?place={made}.{rest}").text
    clear = place._text(json.dumps([code, sort, {"q": "无此字样"}]).encode())
    assert "搜索结果" not in browser.get(f"/complaints/{newest}?place={clear}.{rest}").text


def test_R38_the_place_in_a_search_costs_a_fixed_number_of_statements(day, sign_in, app):
    found_by_words(day, 2)

    def counted(address: str) -> int:
        browser = sign_in("S003")
        browser.get(address)
        with statements(app) as sent:
            browser.get(address)
            return len(sent)

    address = opened(sign_in("S003"), "list=all&q=红灯&sort=received")[0]
    before = counted(address)
    assert before - counted(address.partition("?")[0]) == 3
    found_by_words(day, 4)
    assert counted(address) == before


def test_R39_a_place_shows_nobody_more_than_they_may_see(day, sign_in):
    several(day, 2)
    taken = opened(sign_in("S003"), "list=open&sort=received")[0]
    mine = day.at("investigating")
    own = taken.replace(number(taken), mine.number)
    text = sign_in("S016").get(own).text
    assert mine.number in text
    assert link(text, "next") is None  # the place is another complaint's
    assert sign_in("S016").get(taken).status_code == 404


def test_R13_the_way_back_leads_to_the_page_on_which_the_row_stands(day, sign_in):
    numbers = several(day, 23)
    browser = sign_in("S003")
    second = link(browser.get("/complaints?list=open&sort=received").text, "next")
    address = PLACE.findall(browser.get(second).text)[1]
    text = browser.get(address).text
    assert "第 22 件" in text
    page = browser.get(back(text)).text
    assert [number(one) for one in PLACE.findall(page)] == numbers[21:]
    assert "第 22 件" in browser.get(PLACE.findall(page)[0]).text


def test_R13_the_place_costs_a_fixed_number_of_statements(day, sign_in, app):
    several(day, 2)

    def counted(address: str) -> int:
        browser = sign_in("S003")
        browser.get(address)
        with statements(app) as sent:
            browser.get(address)
            return len(sent)

    address = opened(sign_in("S003"), "list=open&sort=received")[0]
    before = counted(address)
    assert before - counted(address.partition("?")[0]) == 3
    several(day, 6)
    assert counted(address) == before


@pytest.mark.parametrize(
    "place",
    ["x", "....", "W10.1.1.1", "bnVsbA.1.1.1", "WyJvcGVuIiwicmVjZWl2ZWQiLHt9XQ.1.99999999999999999999.1",
     "WyJvcGVuIiwicmVjZWl2ZWQiLHt9XQ.1.1." + "9" * 30, "WyJnb25lIiwicmVjZWl2ZWQiLHt9XQ.1.1.1",
     "WyJvcGVuIiwibnVtYmVyIix7fV0.1.1.1", "W1tdLFtdLFtdXQ.1.1.1", "%F0%9F%92%A5.1.1.1", "W" * 3000 + ".1.1.1",
     "WyJvcGVuIiwicmVjZWl2ZWQiLHsicSI6MX1d.1.1.1"],
)  # fmt: skip
def test_R39_a_place_that_cannot_be_read_is_as_if_it_were_not_there(day, sign_in, place):
    one = day.play()
    answer = sign_in("S003").get(f"/complaints/{one.number}?place={place}")
    assert answer.status_code == 200
    assert 'class="beside"' not in answer.text
