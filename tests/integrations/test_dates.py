"""Dates of foreign files (R1): in which order day and month stand, and which moment that was."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from backoffice.integrations.dates import DateEvidence, DateOrder, UnreadableTimeError, is_day, read_moment, year_before

BOSTON = ZoneInfo("America/New_York")
SHANGHAI = ZoneInfo("Asia/Shanghai")
DAY, MONTH = DateOrder.DAY_FIRST, DateOrder.MONTH_FIRST


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "order", "zone", "moment"),
    [
        ("2022-01-21 13:47:00", DAY, BOSTON, utc(2022, 1, 21, 18, 47)),
        ("2022-07-21 13:47", DAY, BOSTON, utc(2022, 7, 21, 17, 47)),
        ("2022-01-21T13:47:00.62", DAY, BOSTON, utc(2022, 1, 21, 18, 47)),
        ("2022-01-21T13:47:00Z", DAY, BOSTON, utc(2022, 1, 21, 13, 47)),
        ("2022-01-21T13:47+08:00", DAY, BOSTON, utc(2022, 1, 21, 5, 47)),
        ("2022-01-21 13:47 -0500", DAY, SHANGHAI, utc(2022, 1, 21, 18, 47)),
        ("21/01/2022 13:47:00", DAY, BOSTON, utc(2022, 1, 21, 18, 47)),
        ("03/04/2022 00:00", DAY, SHANGHAI, utc(2022, 4, 2, 16)),
        ("03/04/2022 00:00", MONTH, SHANGHAI, utc(2022, 3, 3, 16)),
        ("3.4.2022 9:05", DAY, SHANGHAI, utc(2022, 4, 3, 1, 5)),
        ("1/21/2022 1:47:00 PM", MONTH, BOSTON, utc(2022, 1, 21, 18, 47)),
        ("1/21/2022 12:05 am", MONTH, BOSTON, utc(2022, 1, 21, 5, 5)),
        ("1/21/2022 12:05 p.m.", MONTH, BOSTON, utc(2022, 1, 21, 17, 5)),
        ("2026年9月18日 16时40分", DAY, SHANGHAI, utc(2026, 9, 18, 8, 40)),
        ("2026/9/18 16:40", DAY, SHANGHAI, utc(2026, 9, 18, 8, 40)),
        ("2026-09-18", DAY, SHANGHAI, utc(2026, 9, 17, 16)),
        (" 2026-09-18 16:40 ", DAY, SHANGHAI, utc(2026, 9, 18, 8, 40)),
        ("2022-11-06 01:30", DAY, BOSTON, utc(2022, 11, 6, 5, 30)),
        ("2026年1月5日14:30", DAY, SHANGHAI, utc(2026, 1, 5, 6, 30)),
        ("2026年1月5日14时30分", DAY, SHANGHAI, utc(2026, 1, 5, 6, 30)),
        ("2026年1月5日 14时", DAY, SHANGHAI, utc(2026, 1, 5, 6)),
        ("2026 年 1 月 5 日 14时3分5秒", DAY, SHANGHAI, utc(2026, 1, 5, 6, 3, 5)),
        ("2026/1/5 下午 2:30", DAY, SHANGHAI, utc(2026, 1, 5, 6, 30)),
        ("2026/1/5 下午 14:30", DAY, SHANGHAI, utc(2026, 1, 5, 6, 30)),
        ("2026/1/5 上午12:05", DAY, SHANGHAI, utc(2026, 1, 4, 16, 5)),
        ("2026/1/5 下午12:05", DAY, SHANGHAI, utc(2026, 1, 5, 4, 5)),
        ("1/5/2026下午2:30", MONTH, SHANGHAI, utc(2026, 1, 5, 6, 30)),
        ("2026年01月05日上午9:00", DAY, SHANGHAI, utc(2026, 1, 5, 1)),
        ("2026年1月5号", DAY, SHANGHAI, utc(2026, 1, 4, 16)),
        ("２０２６－０１－０５　１４：３０", DAY, SHANGHAI, utc(2026, 1, 5, 6, 30)),
        ("20260105", DAY, SHANGHAI, utc(2026, 1, 4, 16)),
        ("20260105 14:30", DAY, SHANGHAI, utc(2026, 1, 5, 6, 30)),
        ("2026-01-05T14:30:00+08", DAY, BOSTON, utc(2026, 1, 5, 6, 30)),
    ],
)
def test_R1_a_time_is_read_in_its_order_and_zone(text: str, order: DateOrder, zone: ZoneInfo, moment: datetime) -> None:
    assert read_moment(text, order, zone) == moment


def test_R1_a_date_alone_is_its_first_minute_or_its_last() -> None:
    assert read_moment("2026-09-18", DAY, SHANGHAI, end_of_day=True) == utc(2026, 9, 18, 15, 59)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "tomorrow",
        "2022-13-01 00:00",
        "2022-02-30",
        "31/02/2022",
        "2022-01-21 25:00",
        "2022-01-21 10:61",
        "1/21/2022 13:05 PM",
        "21/01/22",
        "44582.574",
        "2022-03-13 02:30",  # summer time begins: there was no half past two in Boston
        "2026-01-0514:30",
        "2026/1/5 上午 14:30",
        "2026/1/5 下午 2:30 PM",
        "20261305",
        "88881234",
        "2026-01-05 14:30+24:00",
        "2026-01-05" + " " * 100_000 + "x",
        "9999-12-31 23:00",  # in Greenwich the year 10000
        "0001-01-01T00:00+05:00",
        "9999-12-31T20:00:00Z",  # in Shanghai the year 10000: could be shown to nobody
        "9999-12-31T23:59:59Z",
        "9999-12-31T20:00:00-12:00",
        "9999-12-31",
        "2101-01-01",
        "1899-12-30 09:00",
    ],
)
def test_R1_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(UnreadableTimeError):
        read_moment(text, DAY, BOSTON)


@pytest.mark.parametrize(
    ("dates", "order"),
    [
        (["03/04/2022", "21/01/2022 10:00"], DAY),
        (["03/04/2022", "01/21/2022 10:00"], MONTH),
        (["03/04/2022", "05/06/2022", "2022-01-21"], None),
        (["99/99/2022", "nonsense", ""], None),
    ],
)
def test_R1_the_file_itself_settles_the_order(dates: list[str], order: DateOrder | None) -> None:
    evidence = DateEvidence()
    for line, text in enumerate(dates, start=2):
        evidence.see(text, line)
    assert not evidence.contradictory
    assert evidence.order(DAY) == (order or DAY)
    assert evidence.order(MONTH) == (order or MONTH)


def test_R1_dates_that_contradict_each_other_are_seen() -> None:
    evidence = DateEvidence()
    evidence.see("21/01/2022", 2)
    evidence.see("01/22/2022", 9)
    assert evidence.contradictory
    assert (evidence.day_first, evidence.month_first) == (2, 9)


def test_R1_a_day_is_told_from_a_time() -> None:
    assert [is_day(text) for text in ("2026-01-05", "2026年1月5号", "5/1/2026", "2026-01-05 00:00", "x")] == [
        True, True, True, False, False,
    ]  # fmt: skip


def test_R1_a_date_with_its_year_first_says_the_same_in_either_order() -> None:
    for text, order, said in (
        ("01/05/2026", MONTH, "2026-01-05"),
        ("01/05/2026", DAY, "2026-05-01"),
        (" 1/5/2026 2:30 PM ", MONTH, "2026-01-05 2:30 PM"),
        ("1.5.2026 下午2:30", DAY, "2026-05-01 下午2:30"),
        ("13/13/2026", DAY, "13/13/2026"),
        ("2026-01-05 10:00", DAY, "2026-01-05 10:00"),
        ("昨天", DAY, "昨天"),
    ):
        assert year_before(text, order) == said
        if said[:4] == "2026":
            assert {read_moment(said, one, SHANGHAI) for one in DateOrder} == {read_moment(text, order, SHANGHAI)}
