"""R39: which passwords are refused, and for which reason."""

from __future__ import annotations

import pytest

from policies.password import COMMON, DEMO_PASSWORD, MIN_LENGTH, check_password, prepared


def reason(password, login="s005", names=("陆小满", "Lu Xiaoman"), **more):
    refusals = check_password(password, login=login, names=names, **more)
    return refusals[0].key.removeprefix("sign_in.password.") if refusals else None


OFFICE = ("示范电信客户服务中心", "Demonstration Telecom", "技术支持部", "Technical Support")


@pytest.mark.parametrize(
    ("password", "refused"),
    [
        ("Demonstration2026!", "is_the_office"),
        ("demonstration-telecom", "is_the_office"),
        ("Telecom#Support#1", "is_the_office"),
        ("技术支持部技术支持部2026", "is_the_office"),
        ("ComplaintDesk1", "is_the_office"),
        ("tousu@2026@tousu", "is_the_office"),
        ("telecom towers hum", None),
    ],
)
def test_R39_a_password_is_not_made_of_the_offices_own_words(password, refused):
    assert reason(password, office=OFFICE) == refused


@pytest.mark.parametrize(
    ("password", "refused"),
    [
        ("correct horse battery", None),
        ("梅花香自苦寒来二〇二六", None),
        ("kV8#tr2!mQ", None),
        ("", "too_short"),
        ("kV8#tr2!m", "too_short"),
        ("x1" * 101, "too_long"),
        ("s005-2026-s005", "is_the_account"),
        ("S005S005S005!", "is_the_account"),
        ("LuXiaoman2026", "is_the_account"),
        ("LuXiaoman walks home", None),
        ("Lu Xiaoman 26", "is_the_account"),
        ("陆小满陆小满陆小满1", "is_the_account"),
        ("demo-office-2026", "of_the_demonstration"),
        ("Demo-Office-2026", "of_the_demonstration"),
        ("password123", "common"),
        ("Woaini1314", "common"),
        ("aaaaaaaaaaaa", "common"),
        ("abababababab", "common"),
        ("abcabcabcabc", "common"),
        ("1234567890", "common"),
        ("0987654321", "common"),
        ("12345678901234", "common"),
        ("qwertyuiop", "common"),
        ("abcdefghij", "common"),
        ("1qaz2wsx3edc", "common"),
        ("１２３４５６７８９０", "common"),
    ],
)
def test_R39_a_password_is_refused_for_what_makes_it_easy(password, refused):
    assert reason(password) == refused


def test_R39_the_demonstrations_password_is_good_in_the_demonstration_only():
    assert reason(DEMO_PASSWORD, demonstration=True) is None
    assert reason(DEMO_PASSWORD) == "of_the_demonstration"


def test_R39_the_list_of_common_passwords_holds_only_what_the_length_lets_through():
    assert all(len(word) >= MIN_LENGTH for word in COMMON)


def test_R39_one_password_is_one_however_the_keyboard_writes_it():
    assert prepared("ｐａｓｓ　ｗｏｒｄ") == prepared("pass word")
