"""Searching in Chinese and otherwise, on both databases alike (R38)."""

from __future__ import annotations

from datetime import datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.database import Database
from backoffice.models.complaint import Complaint
from backoffice.queries import search
from backoffice.queries.search import holds
from backoffice.services.core.search_index import forget_complaint, index_complaint
from tests.support.scenes import complaint

TEXTS = [
    "TS20260918-0007 室内无信号，卧室只有一格",
    "宽带 300M 每晚掉线，光猫 LOS 灯闪红",
    "Broadband down: the café in 𠮷野路 has no Wi-Fi",
    "５Ｇ信号差，室外正常",
    "无线网络信号弱 100% 'quoted' \"double\" (brackets) AND OR NOT",
]


@pytest.fixture
def filled(office_database: Database, at: datetime) -> Database:
    with office_database.writing() as session:
        for place, text in enumerate(TEXTS):
            index_complaint(session, complaint(session, f"TS20260918-{place:04}", at).id, text)
    return office_database


def ids(session: Session, question: str) -> list[int]:
    """Ids of the complaints that hold what is asked, the newest first."""
    statement = sa.select(Complaint.id).where(holds(session, question)).order_by(Complaint.id.desc())
    return list(session.scalars(statement))


def found(session: Session, question: str) -> list[int]:
    """Which of the texts, from 1, the newest first."""
    first = session.scalar(sa.text("SELECT min(id) FROM complaint")) or 0
    return [complaint_id - first + 1 for complaint_id in ids(session, question)]


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("信号", [5, 4, 1]),
        ("无信号", [1]),
        ("室内", [1]),
        ("号，卧", [1]),
        ("信号 室", [4, 1]),
        ("光猫 掉线", [2]),
        ("𠮷野", [3]),
        ("5g", [4]),
        ("５Ｇ信号", [4]),
        ("broad", [3]),
        ("BROADBAND down", [3]),
        ("cafe", [3]),
        ("wi-fi", [3]),
        ("ts20260918-0007", [1]),
        ("TS20260918", [1]),
        ("0007", [1]),
        ("断网", []),
        ("quoted", [5]),
        ("AND OR", [5]),
        ("NOT 信号", [5]),
        ("', \" ) OR 1=1 --", []),
        ("' & | ! :* <->", []),
        ("\x00\\", []),
        ("NEAR(信号 弱, 2)", []),
        ("words:信号", []),
        ("", []),
    ],
)
def test_R38_any_two_characters_and_any_word_are_found_newest_first(
    filled: Database, question: str, expected: list[int]
) -> None:
    with filled.reading() as session:
        assert found(session, question) == expected


def test_R38_words_that_were_changed_are_not_found_any_more(filled: Database) -> None:
    with filled.writing() as session:
        newest = ids(session, "信号")[0]
        index_complaint(session, newest, "已改为光猫故障")
        assert newest not in ids(session, "信号")
        assert ids(session, "光猫故障") == [newest]
        forget_complaint(session, newest)
        assert ids(session, "光猫故障") == []


def test_R38_an_index_entry_comes_and_goes_with_its_transaction(filled: Database) -> None:
    def change_and_stop() -> None:
        with filled.writing() as session:
            index_complaint(session, ids(session, "室内")[0], "完全不同")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        change_and_stop()
    with filled.reading() as session:
        assert found(session, "室内") == [1]


def test_R38_of_too_many_hits_the_newest_are_looked_at(filled: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    with filled.reading() as session:
        every = ids(session, "信号")
        monkeypatch.setattr(search, "NARROWED", 2)
        assert ids(session, "信号") == every[:2]


def test_R38_a_single_character_is_not_searched_for(filled: Database) -> None:
    with filled.reading() as session:
        assert [ids(session, question) for question in ("信", "a", "?", " ")] == [[], [], [], []]
