"""R13, R39: a list is saved, shared and opened first; its columns are chosen; nobody sees more by it."""

from __future__ import annotations

import csv
import io
import re
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from backoffice.models.office import Staff
from backoffice.services import saved_lists as service
from backoffice.services.saved_lists import Wish
from policies.saved_lists import Reach
from tests.support.counting import statements
from tests.support.forms import SAME_ORIGIN, token
from tests.support.offices import actor_of
from tests.views.test_lists import Day, listed


@pytest.fixture
def day(app, office, clock) -> Day:
    return Day(app, office, clock)


def send(browser, address: str, **data):
    return browser.post(address, data={"csrf_token": token(browser, "/account"), **data}, headers=SAME_ORIGIN)


def save(browser, name: str, reach: str = "own", **more):
    return send(browser, "/complaints/saved", name=name, reach=reach, **{"list": "all", "sort": "received", **more})


def found(browser) -> dict[str, str]:
    """The saved filters that somebody finds: name → address."""
    page = browser.get("/complaints?list=open").text
    box = re.search(r'class="toolbar chips saved-lists".*?</div>', page, re.DOTALL)
    chips = re.findall(r'href="([^"]+)"[^>]*>(.*?)</a>', box[0] if box else "", re.DOTALL)
    return {re.sub(r"<span.*?</span>|<[^>]+>", "", text): address.replace("&amp;", "&") for address, text in chips}


def heads(text: str) -> list[str]:
    return re.findall(r'<th scope="col">([^<]+)</th>', text)


def test_R13_a_saved_filter_asks_again_what_was_asked_without_the_words_looked_for(day, sign_in):
    hit = day.play(severity="important", texts={"severity_reason": "政企客户"}).number
    day.play()
    browser = sign_in("S003")
    answer = save(browser, "重要件", severity="important", q="13900000001")
    assert "13900000001" not in answer.location
    assert listed_at(browser, found(browser)["重要件"]) == [hit]


def listed_at(browser, address: str) -> list[str]:
    return re.findall(r'class="col-main"><span><a href="/complaints/(TS[\d-]+)', browser.get(address).text)


def test_R39_a_shared_filter_shows_each_reader_what_they_may_see(day, sign_in):
    theirs, other = day.at("at_network"), day.at("registered")
    manager = sign_in("S003")
    save(manager, "全部件", "everybody")
    save(manager, "我的件", "own")
    assert set(listed_at(manager, found(manager)["全部件"])) == {theirs.number, other.number}
    head = sign_in("S012")
    assert set(found(head)) == {"全部件"}
    assert listed_at(head, found(head)["全部件"]) == [theirs.number]


def test_R39_a_filter_of_the_department_is_found_there_alone_and_only_its_maker_deletes_it(day, sign_in):
    head = sign_in("S015")
    save(head, "本部门在办", "department", list="department", sort="due")
    own = int(re.search(r"saved=(\d+)", found(head)["本部门在办"])[1])
    assert "本部门在办" not in found(sign_in("S012"))
    assert "本部门在办" not in found(sign_in("S016"))  # of the department, but has no use for that list
    assert send(sign_in("S012"), f"/complaints/saved/{own}/drop").status_code == 404
    assert send(sign_in("S012"), f"/complaints/saved/{own}/begin").status_code == 404
    send(head, f"/complaints/saved/{own}/drop")
    assert found(head) == {}


def test_R39_what_is_shared_goes_with_its_maker_and_by_whoever_may_share_with_everybody(day, sign_in, office):
    for code, name, reach in (("S003", "全部", "everybody"), ("S003", "自用", "own")):
        save(sign_in(code), name, reach)
    own = {name: re.search(r"saved=(\d+)", address)[1] for name, address in found(sign_in("S003")).items()}
    other = sign_in("S001")
    assert f"/complaints/saved/{own['全部']}/drop" in other.get(found(other)["全部"]).text
    assert send(other, f"/complaints/saved/{own['自用']}/drop").status_code == 404
    assert send(sign_in("S012"), f"/complaints/saved/{own['全部']}/drop").status_code == 404
    send(other, f"/complaints/saved/{own['全部']}/drop")
    assert set(found(sign_in("S003"))) == {"自用"}
    save(sign_in("S003"), "全部", "everybody")
    assert "全部" in found(sign_in("S002"))
    with office.writing() as session:
        session.execute(sa.update(Staff).where(Staff.code == "S003").values(retired_at=day.begin))
    assert "全部" not in found(sign_in("S002"))


def test_R40_two_equal_posts_at_one_moment_are_one_filter_and_one_choice(office_database):
    def keep(session):
        actor = actor_of(session, "S003")
        wish = Wish("甲", "all", {}, "received", (), Reach.OWN)
        kept.append(service.save(session, actor, datetime(2026, 3, 2, tzinfo=UTC), wish).id)
        service.choose_columns(session, actor, ["channel"])

    def other():
        with office_database.writing() as session:
            keep(session)

    kept, second = [], threading.Thread(target=other)
    with office_database.writing() as session:
        keep(session)
        second.start()
        time.sleep(0.5)  # it has looked and found nothing
    second.join()
    assert len(kept) == 2
    assert len(set(kept)) == 1


def test_R13_everybody_opens_first_what_they_chose_until_it_is_gone(day, sign_in):
    browser = sign_in("S003")
    save(browser, "重大", severity="major")
    address = found(browser)["重大"]
    own = re.search(r"saved=(\d+)", address)[1]
    assert browser.get("/complaints").status_code == 200
    send(browser, f"/complaints/saved/{own}/begin")
    assert browser.get("/complaints").location == address
    assert browser.get("/complaints?list=open").status_code == 200
    assert sign_in("S002").get("/complaints").status_code == 200
    send(browser, f"/complaints/saved/{own}/drop")
    assert browser.get("/complaints").status_code == 200


@pytest.mark.parametrize(
    ("code", "data", "why"),
    [
        ("S003", {"name": " "}, "起个名称"),
        ("S003", {"name": "x" * 41}, "最长 40"),
        ("S005", {"name": "x", "reach": "everybody"}, "不能这样共享"),
        ("S003", {"name": "x", "reach": "world"}, "谁能看到"),
        ("S003", {"name": "x", "list": "gone"}, "没有这个清单"),
        ("S012", {"name": "x", "list": "to_dispatch"}, "没有这个清单"),
    ],
)
def test_R13_what_cannot_be_saved_says_why(sign_in, code, data, why):
    browser = sign_in(code)
    answer = save(browser, **data)
    assert answer.status_code == 303
    assert why in browser.get(answer.location, follow_redirects=True).text
    assert found(browser) == {}


def test_R13_the_same_name_replaces(day, sign_in):
    browser = sign_in("S003")
    save(browser, "甲", severity="major")
    save(browser, "甲", severity="general")
    assert "severity=general" in found(browser)["甲"]
    assert len(found(browser)) == 1


def test_R13_chosen_columns_are_remembered_for_lists_and_exports_and_masked_as_ever(day, sign_in):
    day.play()
    browser = sign_in("S003")
    before = heads(browser.get("/complaints?list=all").text)
    assert before == ["剩余时限", "摘要与编号", "客户", "分类", "责任部门", "严重程度", "状态"]
    send(browser, "/complaints/columns", column=["channel", "customer", "priority"])
    page = browser.get("/complaints?list=all").text
    assert heads(page) == ["摘要与编号", "客户", "渠道", "优先级"]
    assert "周**" in page
    assert "13900004172" not in page
    file = send(browser, "/complaints/export.csv", list="all").get_data(as_text=True).lstrip("\ufeff")
    assert next(csv.reader(io.StringIO(file))) == ["编号", "渠道", "摘要", "客户", "联系电话", "优先级"]
    assert heads(sign_in("S002").get("/complaints?list=all").text) == before
    send(browser, "/complaints/columns", reset="1")
    assert heads(browser.get("/complaints?list=all").text) == before


def test_R13_a_saved_filter_keeps_its_columns(day, sign_in):
    day.play()
    browser = sign_in("S003")
    save(browser, "分渠道", column=["channel", "step"])
    assert heads(browser.get(found(browser)["分渠道"]).text) == ["摘要与编号", "渠道", "步骤"]
    assert "渠道" not in heads(browser.get("/complaints?list=all").text)


def test_R13_what_is_saved_costs_one_statement_however_much_it_is(day, sign_in, app):
    day.play()

    def counted() -> int:
        browser = sign_in("S003")
        browser.get("/complaints?list=all")
        with statements(app) as sent:
            browser.get("/complaints?list=all")
            return len(sent)

    before = counted()
    for n in range(5):
        save(sign_in("S003"), f"第{n}个", severity="major")
        day.begin += timedelta(minutes=1)
    assert counted() == before
    assert listed(sign_in("S003"), "all")
