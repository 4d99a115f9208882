"""What an office says of itself at its set-up."""

from dataclasses import replace

import pytest

from policies.office_facts import OfficeSays, check_office

GOOD = OfficeSays("江州电信", "Jiangzhou Telecom", "Asia/Shanghai", "zh_Hans", "10000")


def said(refusals):
    return [(refusal.field, refusal.key.rpartition(".")[2]) for refusal in refusals]


def test_an_office_that_says_what_is_needed_passes():
    assert check_office(GOOD) == []


def test_one_name_is_enough_and_stands_for_both():
    assert check_office(replace(GOOD, name_en=" ")) == []
    assert replace(GOOD, name_en=" ").names == ("江州电信", "江州电信")
    assert replace(GOOD, name_zh="").names == ("Jiangzhou Telecom", "Jiangzhou Telecom")


@pytest.mark.parametrize(
    ("change", "field", "why"),
    [
        ({"name_zh": "", "name_en": ""}, "name_zh", "missing"),
        ({"name_zh": "州" * 121}, "name_zh", "too_long"),
        ({"time_zone": "Mars/Olympus"}, "time_zone", "zone_unknown"),
        ({"time_zone": ""}, "time_zone", "zone_unknown"),
        ({"time_zone": "../etc/passwd"}, "time_zone", "zone_unknown"),
        ({"language": "tlh"}, "language", "unknown"),
        ({"service_phone": "call us"}, "service_phone", "phone"),
        ({"idle_minutes": 1}, "idle_minutes", "out_of_bounds"),
        ({"idle_minutes": None}, "idle_minutes", "missing"),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field(change, field, why):
    assert said(check_office(replace(GOOD, **change))) == [(field, why)]


def test_R2_a_number_format_that_would_repeat_itself_is_refused():
    refusals = check_office(replace(GOOD, complaint_number_format="TS{mm}-{nnnn}"))
    assert [refusal.field for refusal in refusals] == ["complaint_number_format"]
