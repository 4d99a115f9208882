"""R7, R38, R39 on both databases: similar complaints are found among very many that say nearly the same."""

from __future__ import annotations

from datetime import timedelta

import pytest

from backoffice.keys import Keys
from backoffice.queries import similar as queries
from backoffice.queries.similar import Written, similar_to
from tests.support.counting import statements_of
from tests.support.played import Play

KEYS = Keys.fresh()
MANAGER, CLERK, ANOTHER = "S002", "S005", "S006"
COMMON = "宽带晚上掉线，电视一直转圈，打过客服电话"
MATTER = "宽带晚上掉线，云栖苑地下室的交换箱进水了"


@pytest.fixture
def play(office_database, tmp_path):
    return Play(office_database, KEYS, tmp_path / "files")


def told(play, what, code=CLERK, phone="13900000001", **more):
    play.register(code, texts={"what": what, "contact_phone": phone}, uploads=(), **more)
    return play.number


def found(play, what, code=MANAGER, **more):
    with play.database.reading() as session:
        actor = play.work(session, code).actor
        return [one.line.number for one in similar_to(session, KEYS, actor, Written(what, **more), play.at)]


@pytest.fixture
def many(play, monkeypatch):
    """One complaint of a matter, and after it more common ones than are ever looked at."""
    for name in ("OF_WORDS", "OF_LEAF", "OF_LEAF_OPEN"):
        monkeypatch.setattr(queries, name, 4)
    monkeypatch.setattr("policies.similar.HITS", 4)
    number = told(play, MATTER)
    for n in range(16):
        told(play, COMMON, phone=f"139001000{n:02}")
    return number


def test_R38_what_is_rare_in_a_text_finds_the_old_one_among_many_new_that_share_its_common_words(play, many):
    assert found(play, "晚上宽带又掉线，云栖苑交换箱进水")[0] == many


def test_R38_the_product_finds_it_when_its_text_says_nothing_rare(play, monkeypatch):
    monkeypatch.setattr(queries, "OF_WORDS", 4)
    monkeypatch.setattr("policies.similar.HITS", 4)
    play.register(
        CLERK, texts={"what": COMMON, "product_symptom": "鸬鹚牌光猫闪红灯", "contact_phone": "13900000001"}, uploads=()
    )
    number = play.number
    for n in range(16):
        told(play, COMMON, phone=f"139001000{n:02}")
    assert number not in found(play, COMMON)
    assert number in found(play, COMMON, besides=("鸬鹚牌光猫",))


def test_R38_a_text_of_common_words_alone_finds_the_newest_of_them(play, many):
    assert len(found(play, COMMON)) == 4


def test_R38_the_leaf_finds_what_the_words_do_not_and_never_what_is_unlike(play):
    like = told(play, "电视画面卡住，声音断断续续", category="net_broadband_slow")
    told(play, "营业员不给开发票", category="net_broadband_slow")
    assert found(play, "电视画面卡住，声音时断时续", category="net_broadband_slow") == [like]


def test_R38_closed_ones_are_left_out_when_they_are_not_recent_any_more_and_open_ones_stay(play):
    number = told(play, MATTER, received_at=play.at - timedelta(days=200), call_started_at=None, occurred_at=None)
    assert found(play, MATTER, category="net_broadband_slow") == [number]


def test_R39_only_what_the_writer_may_see_is_found_by_words(play):
    number = told(play, MATTER, CLERK)
    assert found(play, MATTER, CLERK) == [number]
    assert found(play, MATTER, ANOTHER) == []
    assert found(play, MATTER, ANOTHER, phone="13900000001") == [number]


def test_R38_what_is_sent_to_the_database_does_not_grow_with_what_is_found(play):
    counts = []
    for _turn in range(2):
        for n in range(4):
            told(play, MATTER, phone=f"1390020000{n}")
        with statements_of(play.database.engine) as sent:
            found(play, MATTER, phone="13900200001", category="net_broadband_slow")
        counts.append(len(sent))
    assert counts[0] == counts[1] <= 24


def test_R38_in_an_office_without_complaints_nothing_is_found(play):
    assert found(play, MATTER, category="net_broadband_slow", phone="13900000001") == []
