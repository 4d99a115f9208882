"""R35: charts made on the server: what stands in them, that they can be read without eyes, and that nothing gets out."""

from xml.etree import ElementTree as ET

import pytest

from backoffice.reports.chart_bars import Heap, Stack, pareto_plot, stacked_plot
from backoffice.reports.chart_line import Across, Line, Place, line_plot

SVG = "{http://www.w3.org/2000/svg}"


def read(picture):
    return ET.fromstring(picture)


def of(root, tag, kind=""):
    return [one for one in root.iter(SVG + tag) if not kind or kind in one.get("class", "").split()]


def words(root):
    return [one.text for one in of(root, "text")]


def lines(*values, outside=()):
    return Line("受理", tuple(Place(value, f"{value} 件", place in outside) for place, value in enumerate(values)))


def test_R35_a_line_with_its_limits_marks_what_lies_beyond():
    root = read(
        line_plot(
            ["1/12", "2/2", "2/23"], [lines(80, 90, 118, outside={2})], title="受理", description="三周",
            across=[Across("控制限", 116, "limit"), Across("控制限", 60, "limit")],
        )
    )  # fmt: skip
    assert len(of(root, "circle", "dot")) == 3
    assert len(of(root, "circle", "outside")) == 1
    assert len(of(root, "path", "limit")) == 3  # two across, one sign in the legend
    assert words(root).count("控制限") == 1
    assert [one.text for one in of(root, "title")][1:] == ["80 件", "90 件", "118 件"]


def test_R35_a_picture_has_a_name_and_a_description_of_its_own():
    root = read(line_plot(["a", "b"], [lines(1, 2)], title="T", description="D"))
    name, told = root.get("aria-labelledby").split()
    assert root.get("role") == "img"
    assert {one.get("id"): one.text for one in (*of(root, "title"), *of(root, "desc")) if one.get("id")} == {
        name: "T", told: "D",
    }  # fmt: skip


def test_R35_a_gap_breaks_the_line():
    root = read(line_plot(list("abcd"), [lines(1, 2, None, 4)], title="T", description="D"))
    drawn = [one.get("d") for one in of(root, "path", "line")]
    assert len(drawn) == 2  # one stretch, and the sign of the legend
    assert len(of(root, "circle", "dot")) == 3


def test_R35_nothing_measured_is_no_picture():
    assert line_plot(["a"], [lines(None)], title="T", description="D") == ""
    assert stacked_plot(["a"], [Stack("x", (0,))], title="T", description="D") == ""
    assert pareto_plot([], title="T", description="D") == ""


def test_R35_a_line_with_too_few_places_is_a_fault():
    with pytest.raises(ValueError, match="each label"):
        line_plot(["a", "b"], [lines(1)], title="T", description="D")


def test_R35_bars_stand_upon_each_other():
    root = read(
        stacked_plot(["1月", "2月"], [Stack("网络", (10, 20)), Stack("宽带", (5, 0))], title="T", description="D")
    )
    bars = [one for one in of(root, "rect") if float(one.get("width")) > 10.5]
    assert len(bars) == 3  # nought draws nothing
    first, upper = [one for one in bars if one.get("x") == bars[0].get("x")]
    assert float(upper.get("y")) + float(upper.get("height")) == pytest.approx(float(first.get("y")), abs=0.11)
    assert float(first.get("height")) == pytest.approx(2 * float(upper.get("height")), abs=0.2)


def test_R36_a_pareto_has_its_line_at_a_hundred_in_the_end():
    heaps = [Heap("a", 60, 60, few=True), Heap("b", 30, 90, few=True), Heap("c", 10, 100, few=False)]
    root = read(pareto_plot(heaps, title="T", description="D"))
    assert [one.get("class") for one in of(root, "rect")] == ["f0", "f0", "f2"]
    heights = [float(one.get("cy")) for one in of(root, "circle")]
    assert heights == sorted(heights, reverse=True)
    assert "100%" in words(root)


@pytest.mark.parametrize("name", ['<script>alert("x")</script>', 'a" onload="x', "&lt;"])
def test_R35_words_in_a_picture_stay_words(name):
    for picture in (
        line_plot(["a", "b"], [Line(name, (Place(1, name), Place(2, name)))], title=name, description=name),
        stacked_plot([name], [Stack(name, (3,), (name,))], title=name, description=name),
        pareto_plot([Heap(name, 3, 100, few=True, said=name)], title=name, description=name),
    ):
        root = read(picture)
        assert not of(root, "script")
        assert all("onload" not in one.attrib for one in root.iter())
        assert "style" not in picture
