"""The diagram of a process (R14): well formed, every step and way in it once, whole or cut for paper, whatever is typed."""

from __future__ import annotations

from collections import Counter
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backoffice.reports.process_diagram import PAPER, Arrow, Box, Diagram, draw, draw_pages
from policies.process import END, NEW_PROCESS, parse_process
from tests.support.told_cases import process

SVG = "{http://www.w3.org/2000/svg}"


def of(severity):
    parsed = parse_process(process(severity))
    boxes = [Box(step.code, step.name["en"], str(n), step.role) for n, step in enumerate(parsed.steps, 1)]
    ends = [Box(END, "Archived", last=True), Box(NEW_PROCESS, "New process", last=True)]
    arrows = [Arrow(step.code, way.to, f"{step.code} {way.action}") for step in parsed.steps for way in step.next]
    return Diagram(severity, (*boxes, *ends), tuple(arrows))


def labels(*pictures):
    found = Counter()
    for picture in pictures:
        for text in ET.fromstring(picture).iter(f"{SVG}text"):
            if "label" in text.get("class").split():
                found["".join(text.itertext()).split(" → ")[0]] += 1
    return found


@pytest.mark.parametrize("severity", ["general", "important", "major"])
def test_R14_every_way_stands_in_the_picture_once_on_the_screen_and_on_paper(severity):
    diagram = of(severity)
    wanted = Counter(arrow.label for arrow in diagram.arrows)
    assert labels(draw(diagram)) == wanted
    pages = draw_pages(diagram, PAPER, 860, 0.26)
    assert len(pages) == 2
    assert labels(*pages) == wanted
    steps = sum(len(list(ET.fromstring(page).iter(f"{SVG}rect"))) for page in pages)
    assert steps == len(diagram.boxes)


texts = st.text(st.characters(blacklist_categories=("Cs", "Cc")), min_size=1, max_size=40)


@settings(max_examples=60, deadline=None)
@given(st.lists(texts, min_size=1, max_size=9), st.data())
def test_R14_whatever_steps_are_called_and_wherever_ways_lead_the_picture_is_whole(names, data):
    codes = [str(n) for n in range(len(names))]
    ways = data.draw(st.lists(st.tuples(st.sampled_from(codes), st.sampled_from(codes), texts), max_size=14))
    diagram = Diagram("<b>&", tuple(map(Box, codes, names)), tuple(Arrow(*way) for way in ways))
    picture = ET.fromstring(draw(diagram))
    assert len(list(picture.iter(f"{SVG}rect"))) == len(names)
    assert len([one for one in picture.iter(f"{SVG}g") if "way" in one.get("class").split()]) == len(ways)
    width = float(picture.get("width"))
    assert all(float(rect.get("x")) + float(rect.get("width")) <= width for rect in picture.iter(f"{SVG}rect"))


def test_R14_an_empty_diagram_is_drawn_too():
    assert list(ET.fromstring(draw(Diagram("none", (), ()))).iter(f"{SVG}rect")) == []
