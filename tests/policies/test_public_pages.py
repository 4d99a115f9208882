"""R1: what an office may set of the pages for customers, how often somebody may come, what a customer must say."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from policies.message import Name
from policies.public_pages import PublicPages, as_data, check, hour_wait, minutes_until, read, refuse_pace, refuse_sent

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
SAID = {"category": "net_broadband_slow", "customer_name": "周㛃敏", "contact_phone": "13900004172", "what": "宽带掉线"}


def minutes(*ago):
    return [NOW - timedelta(minutes=one) for one in ago]


def reasons(settings, has_channel=True):
    return [(one.key.rpartition(".")[2], one.field) for one in check(settings, has_channel=has_channel)]


def test_R1_everything_is_off_until_it_is_switched_on():
    assert not PublicPages().any_on
    assert not read(None).form
    assert reasons(PublicPages()) == []


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"per_address": 0}, [("between", "per_address")]),
        ({"per_address": 1001, "overall": 2000}, [("between", "per_address")]),
        ({"overall": 0}, [("between", "overall")]),
        ({"per_address": 50, "overall": 49}, [("less_than_one", "overall")]),
        ({"notice_zh": "告知"}, [("both_languages", "notice_en")]),
        ({"announcement_en": "The hotline is down"}, [("both_languages", "announcement_zh")]),
        ({"announcement_zh": "长" * 601, "announcement_en": "long"}, [("too_long", "announcement_zh")]),
        ({"announcement_from": NOW, "announcement_until": NOW}, [("until_before_from", "announcement_until")]),
    ],
)
def test_R1_settings_that_make_no_sense_are_refused_at_their_field(changed, expected):
    assert reasons(replace(PublicPages(), **changed)) == expected


def test_R1_the_form_is_not_switched_on_without_a_channel_to_register_under():
    assert reasons(PublicPages(form=True), has_channel=False) == [("no_channel", "form")]
    assert reasons(PublicPages(form=True)) == []


def test_R1_what_is_kept_is_read_as_it_was():
    settings = PublicPages(form=True, announcement_zh="热线抢修", announcement_en="Down", announcement_until=NOW)
    assert read(as_data(settings)) == settings
    assert read({"form": True, "something_else": 1}).form


@pytest.mark.parametrize(("minutes_from", "shown"), [(-61, True), (0, True), (59, True), (60, False), (-1, True)])
def test_R1_an_announcement_is_shown_while_it_holds(minutes_from, shown):
    settings = PublicPages(
        announcement_zh="热线抢修", announcement_en="Down", announcement_until=NOW + timedelta(minutes=60)
    )
    at = NOW + timedelta(minutes=minutes_from)
    assert settings.announcement(at) == (Name("热线抢修", "Down") if shown else None)


def test_R1_an_announcement_waits_for_its_beginning():
    settings = PublicPages(announcement_zh="停业", announcement_en="Closed", announcement_from=NOW)
    assert settings.announcement(NOW - timedelta(seconds=1)) is None
    assert settings.announcement(NOW) is not None
    assert PublicPages().announcement(NOW) is None


@pytest.mark.parametrize(
    ("most", "tries", "expected"),
    [
        (3, minutes(), None),
        (3, minutes(1, 2), None),
        (3, minutes(1, 2, 30), NOW + timedelta(minutes=30)),
        (3, minutes(1, 2, 60), None),
        (2, minutes(10, 20, 30), NOW + timedelta(minutes=40)),
        (1, minutes(0), NOW + timedelta(hours=1)),
    ],
)
def test_R1_no_more_than_so_many_come_in_within_an_hour(most, tries, expected):
    assert hour_wait(most, tries, NOW) == expected


def test_R1_nobody_is_told_to_wait_for_no_time():
    assert minutes_until(NOW + timedelta(seconds=1), NOW) == 1
    assert minutes_until(NOW + timedelta(seconds=61), NOW) == 2


@pytest.mark.parametrize(
    ("made", "trapped", "expected"),
    [
        (None, False, "old_form"),
        (NOW - timedelta(hours=12, seconds=1), False, "old_form"),
        (NOW + timedelta(seconds=1), False, "old_form"),
        (NOW - timedelta(minutes=1), True, "trapped"),
        (NOW - timedelta(seconds=2), False, "quick"),
        (NOW - timedelta(seconds=3), False, None),
        (NOW - timedelta(hours=12), False, None),
    ],
)
def test_R1_a_form_that_no_person_filled_in_is_not_taken(made, trapped, expected):
    found = refuse_pace(made, NOW, trapped=trapped)
    assert (found and found.key) == (expected and f"public.refused.{expected}")


def test_R1_a_customer_says_who_they_are_what_happened_and_that_they_agree():
    assert refuse_sent(SAID, consents=True, files=3) == []
    found = refuse_sent({"what": " "}, consents=False, files=4)
    assert [one.field for one in found] == ["category", "what", "customer_name", "contact_phone", "consent", "files"]
