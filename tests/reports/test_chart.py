"""R31, R35: lines over time as SVG: what is drawn, what is said in words, and nothing that the page's policy refuses."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backoffice.reports.chart import PAPER, Point, Series, line_chart, span

SVG = "{http://www.w3.org/2000/svg}"
SCORES = Series("平均分", (
    Point("9月", 84.2, 80.1, 88.3, "2026", "9月：84.20（80.1–88.3，n=12）"), Point("10月", 79.0, 70.0, 88.0),
    Point("11月", None), Point("12月", 90.0, None, None), Point("1月", 88.0, 85.0, 91.0, "2027"),
))  # fmt: skip


def drawn(*series, **more):
    return ET.fromstring(line_chart(series, title="各月平均分", description="说明", **more))


def of(picture, kind):
    return [one for one in picture.iter() if kind in one.get("class", "").split()]


def test_R31_the_picture_says_in_words_what_it_shows():
    picture = drawn(SCORES)
    assert picture.get("role") == "img"
    title, described = picture[0], picture[1]
    assert (title.tag, title.text, described.tag, described.text) == (f"{SVG}title", "各月平均分", f"{SVG}desc", "说明")
    assert picture.get("aria-labelledby").split() == [title.get("id"), described.get("id")]
    assert of(picture, "mark")[0][0].text == "9月：84.20（80.1–88.3，n=12）"


def test_R31_a_month_without_figures_breaks_the_line_and_a_value_without_interval_the_band():
    picture = drawn(SCORES)
    assert len(of(picture, "mark")) == 4
    assert len(of(picture, "line")) == 2  # September to October, December to January
    assert len(of(picture, "band")) == 1  # September to October
    assert len(of(picture, "bar")) == 1  # January alone has one


def test_R31_the_axis_holds_the_whole_band_and_the_limit_but_not_more_than_can_be():
    high = Series("", (Point("a", 98.0, 94.0, 100.0), Point("b", 97.0, 93.0, 100.0)))
    ticks = [float(one.text) for one in drawn(high, within=(0, 100), limit=75).iter(f"{SVG}text") if one.text.isdigit()]
    assert min(ticks) <= 75
    assert max(ticks) == 100


def test_R31_two_series_are_told_apart_by_dash_and_mark_and_named():
    other = Series("上年", tuple(Point(point.label, 80.0) for point in SCORES.points))
    picture = drawn(SCORES, other)
    assert {one.get("class") for one in of(picture, "mark")} == {"mark s0", "mark s1"}
    assert [one.text for one in of(picture, "name")] == ["平均分", "上年"]
    assert of(drawn(SCORES), "name") == []


def test_R39_no_styles_in_attributes_and_no_text_that_turns_into_marks():
    evil = Series("<script>", (Point('"><b>', 1.0, said="<i>"), Point("&", 2.0)))
    text = line_chart([evil, evil], title="<t>", description="</desc>")
    assert "style=" not in text
    assert "<style>" not in text
    assert "<script>" not in text
    ET.fromstring(text)
    assert "<style>" in line_chart([SCORES], title="t", description="d", rules=PAPER)


def test_R31_nothing_measured_draws_nothing():
    assert line_chart([Series("", (Point("a", None),))], title="t", description="d") == ""
    assert line_chart([], title="t", description="d") == ""


def test_R31_series_that_do_not_fit_together_are_refused():
    with pytest.raises(ValueError, match="each place"):
        drawn(SCORES, Series("", SCORES.points[:2]))
    with pytest.raises(ValueError, match="told apart"):
        drawn(*[SCORES] * 5)


numbers = st.floats(-1e9, 1e9, allow_nan=False).map(lambda value: round(value, 3))


@given(st.lists(numbers, min_size=1, max_size=20))
def test_R31_every_axis_holds_its_values_in_a_few_round_steps(values):
    axis = span(values)
    assert axis.low <= min(values)
    assert axis.high >= max(values)
    assert 2 <= len(axis.ticks) <= 9
    slack = (axis.high - axis.low) * 1e-9
    assert abs(axis.ticks[-1] - axis.high) <= axis.step + slack
