"""R13: on the page where a customer asks how it goes, they urge and add; the desk sees that it came from there."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa

from backoffice.models.complaint import Complaint
from backoffice.models.history import AccessEvent, Event
from tests.support.browsing import text_of
from tests.views.test_public import switch  # noqa: F401 (a fixture)
from tests.views.test_public_progress import PHONE, ask, at, keys, play  # noqa: F401 (fixtures)

KEY = re.compile(r'name="page"[^>]*value="([^"]+)"')


def key_of(answer):
    found = KEY.search(answer.get_data(as_text=True))
    return found[1] if found else ""


def says(client, page, wish, text="", speaks="zh", address="192.0.2.7", headers=None, **more):
    return client.post(
        f"/public/{speaks}/progress/words", data={"page": page, "wish": wish, "text": text, **more},
        environ_base={"REMOTE_ADDR": address}, headers=headers,
    )  # fmt: skip


def events(office, action):
    with office.reading() as session:
        return len(session.scalars(sa.select(Event.id).where(Event.action == action, Event.actor_id.is_(None))).all())


@pytest.fixture
def shown(client, play):  # noqa: F811
    play.dispatch()
    return key_of(ask(client, play.number))


def test_R13_the_customer_urges_and_is_told_what_happens(client, office, shown, sign_in, play):  # noqa: F811
    answer = says(client, shown, "urge", "还没人来")
    page = text_of(answer)
    assert answer.status_code == 200
    assert "已催办。经办人会收到提醒" in page
    assert f"投诉 {play.number}" in page
    assert "还没人来" not in page  # sent; the field is empty again
    assert events(office, "urge") == 1
    desk = text_of(sign_in("S016").get(f"/complaints/{play.number}?tab=orders"))
    assert "客户在公开页面催办" in desk
    assert "还没人来" in desk


def test_R13_a_second_urging_that_day_says_so_and_keeps_what_was_typed(client, office, shown):
    says(client, shown, "urge")
    page = text_of(says(client, shown, "urge", "灯是红的"))
    assert "今天已经催办过" in page
    assert "灯是红的" in page
    assert events(office, "urge") == 1


def test_R13_once_a_day_also_where_the_order_went_out_in_between(client, office, play):  # noqa: F811
    page = key_of(ask(client, play.number))
    says(client, page, "urge")  # kept as the customer's words: no order is in hand
    play.dispatch()
    assert "今天已经催办过" in text_of(says(client, page, "urge"))
    assert (events(office, "record_evidence"), events(office, "urge")) == (1, 0)


def test_R13_the_customer_adds_and_the_desk_reads_it(client, office, shown, sign_in, play):  # noqa: F811
    page = text_of(says(client, shown, "add", "光猫灯是红的"))
    assert "补充说明已收到" in page
    desk = text_of(sign_in("S016").get(f"/complaints/{play.number}?tab=investigation"))
    assert "客户在公开页面补充说明" in desk
    assert "光猫灯是红的" in desk
    assert "在公开页面补充说明" in text_of(sign_in("S005").get("/messages"))


@pytest.mark.parametrize(
    ("wish", "text", "more", "status", "sentence"),
    [
        ("add", "", {}, 422, "请填写“补充说明”"),
        ("add", "灯是红的", {"homepage": "http://x"}, 422, "有一个不应填写的栏目被填写了"),
        ("close", "灯是红的", {}, 422, "有的内容无法识别"),
        ("add", "灯" * 4001, {}, 422, "4000"),
    ],
)
def test_R13_what_is_refused_says_why_and_what_was_typed_is_still_there(
    client, office, shown, wish, text, more, status, sentence
):
    answer = says(client, shown, wish, text, **more)
    assert answer.status_code == status
    assert sentence in text_of(answer)
    assert text in text_of(answer)
    assert events(office, "record_evidence") == 0
    assert key_of(answer)


def test_R13_a_page_that_was_open_too_long_asks_again_and_brings_the_words_along(client, shown, clock, play):  # noqa: F811
    clock.at += timedelta(hours=13)
    answer = says(client, shown, "add", "光猫灯是红的")
    assert answer.status_code == 422
    assert "页面打开得太久" in text_of(answer)
    assert "光猫灯是红的" in answer.get_data(as_text=True)
    again = client.post("/public/zh/progress", data={"number": play.number, "phone": PHONE, "text": "光猫灯是红的"})
    assert "光猫灯是红的" in text_of(again)
    assert "补充说明已收到" in text_of(says(client, key_of(again), "add", "光猫灯是红的"))


def test_R39_without_number_and_phone_nothing_is_said(client, office, shown):
    assert says(client, "A" * 60, "urge").status_code == 422
    assert says(client, "", "add", "x").status_code == 422
    assert says(client, shown, "urge", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert events(office, "urge") == 0


def test_R39_too_many_words_wait_and_are_not_lost(client, shown):
    for number in range(10):
        assert says(client, shown, "add", f"第 {number} 条").status_code == 200
    held = says(client, shown, "add", "第十一条", address="203.0.113.9")
    assert held.status_code == 429
    assert "第十一条" in text_of(held)
    assert int(held.headers["Retry-After"]) > 0


def shown_times(office):
    with office.reading() as session:
        kinds = sa.select(sa.func.count()).select_from(AccessEvent).where(AccessEvent.kind == "progress_shown")
        return session.scalar(kinds)


def test_R39_who_says_too_much_is_shown_nothing_and_leaves_no_line(client, office, shown, play):  # noqa: F811
    for number in range(10):
        says(client, shown, "add", f"第 {number} 条")
    before = shown_times(office)
    for _time in range(5):
        held = says(client, shown, "nonsense", "第十一条")
        assert held.status_code == 429
        assert f"投诉 {play.number}" not in text_of(held)
        assert "第十一条" in held.get_data(as_text=True)
    assert shown_times(office) == before


def test_R39_a_page_holds_twelve_hours_from_the_question_however_often_it_is_used(client, shown, clock):
    clock.at += timedelta(hours=11)
    answer = says(client, shown, "nonsense", "一")
    assert answer.status_code == 422
    clock.at += timedelta(hours=2)
    late = says(client, key_of(answer), "add", "二")
    assert late.status_code == 422
    assert "页面打开得太久" in text_of(late)


def test_R39_a_page_is_of_its_complaint_not_of_what_stands_in_its_place_later(client, office, shown, play):  # noqa: F811
    with office.writing() as session:
        session.execute(sa.update(Complaint).values(number="TS20201231-0007"))
    other = says(client, shown, "add", "灯是红的")
    assert other.status_code == 422
    assert "TS20201231-0007" not in text_of(other)
    assert events(office, "record_evidence") == 0


def test_R13_of_a_closed_complaint_nothing_is_offered_and_what_comes_late_is_refused(client, office, shown, play):  # noqa: F811
    play.handle()
    play.close()
    page = ask(client, play.number)
    assert key_of(page) == ""
    assert "对结果有异议" in text_of(page)
    late = says(client, shown, "add", "还是不行")
    assert late.status_code == 409
    assert "已经办结，不能再催办或补充" in text_of(late)
    assert "还是不行" in text_of(late)


def test_R1_it_is_off_with_the_page(client, shown, switch):  # noqa: F811
    switch(progress=False)
    assert says(client, shown, "urge").status_code == 404
    assert client.get("/public/zh/progress/words").status_code == 404


def test_R13_in_english_and_by_its_bare_address(client, shown):
    assert "You asked for haste" in text_of(says(client, shown, "urge", speaks="en"))
    assert client.get("/public/en/progress/words").location == "/public/en/progress"
