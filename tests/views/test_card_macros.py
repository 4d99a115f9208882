"""The macros of a scorecard (R28): form, marked card, evidence and score, in both languages, with nothing left out."""

from __future__ import annotations

from decimal import Decimal

import pytest
import yaml
from flask import render_template_string

from policies.card import Mark, marks_of, parse_card, parse_scoring
from policies.inspection_evidence import RecordFacts, evidence_of
from policies.scorecard import refuse_marks, score_card
from tests.support.sources import PROJECT

DOCUMENT = yaml.safe_load((PROJECT / "backoffice/office/scorecards.yaml").read_text(encoding="utf-8"))
ROW = DOCUMENT["cards"][0]
SCORING = parse_scoring(DOCUMENT)
OWN = [
    {**ROW["items"][0], "code": "own_points", "kind": "points", "max_points": 5, "not_applicable_allowed": True},
    {**ROW["items"][0], "code": "own_faults", "kind": "deduction", "percent_per_fault": 20},
]
CARD = parse_card({**ROW, "items": [*ROW["items"], *OWN]})
MARKS = {
    **marks_of(CARD, {item["code"]: 100 for item in ROW["items"] if not item["fatal"]}),
    "rec_basic": Mark(Decimal(50), remark="<b>电话记错</b>"),
    "rec_read_back": Mark(),
    "own_points": Mark(value=Decimal("2.5")),
    "own_faults": Mark(value=Decimal(2), remark="两处"),
    "fat_leak": Mark(Decimal(0), remark="对外透露"),
}
IMPORT = '{% from "inspection/card.html" import card_form, card_marks, card_score, card_problems with context %}'


@pytest.fixture(params=["zh_Hans", "en"])
def shown(request, app):
    def render(text, **values):
        with app.test_request_context("/", headers={"Accept-Language": "zh" if request.param == "zh_Hans" else "en"}):
            return render_template_string(IMPORT + text, card=CARD, scoring=SCORING, **values)

    return render


def test_R28_the_form_has_a_field_for_every_item_and_keeps_what_was_typed(shown):
    typed = {
        "mark-rec_basic": "50",
        "remark-rec_basic": "<b>x</b>",
        "value-own_points": "abc",
        "mark-rec_read_back": "na",
    }
    refusals = refuse_marks(CARD, {}, SCORING)
    page = shown("{{ card_form(card, scoring, typed, evidence, refusals) }}", typed=typed, refusals=refusals,
                 evidence=evidence_of(CARD, RecordFacts(dispatched=True)))  # fmt: skip
    for item in CARD.items:
        assert f'id="mark-{item.code}"' in page
        assert f'name="remark-{item.code}"' in page
    assert 'name="mark-rec_basic" value="50" checked' in page
    assert 'name="mark-rec_read_back" value="na" checked' in page
    assert 'name="mark-fat_false" value="100" checked' in page  # nothing was hit as long as nobody says so
    assert 'value="abc"' in page
    assert "&lt;b&gt;x&lt;/b&gt;" in page
    assert 'id="mark-tim_ack-error-1"' in page
    assert 'name="mark-rec_basic" value="na"' not in page  # always applies
    assert "fa-database" in page


def test_R28_one_group_can_be_shown_alone(shown):
    page = shown('{{ card_form(card, scoring, only=("tim_ack", "fat_leak")) }}')
    assert page.count("data-item=") == 2


def test_R28_the_marked_card_shows_marks_remarks_and_what_was_changed(shown):
    before = {"rec_basic": Mark(Decimal(0))}
    page = shown("{{ card_marks(card, scoring, marks, before=before, people={'rec_basic': '林晓'}) }}{{ card_score(score, scoring) }}",
                 marks=MARKS, before=before, score=score_card(CARD, MARKS, SCORING))  # fmt: skip
    assert "&lt;b&gt;电话记错&lt;/b&gt;" in page
    assert "<del>" in page
    assert "林晓" in page
    assert '<span class="bigscore">0</span>' in page
    assert 'class="stamp bad"' in page


def test_R28_a_card_without_a_score_yet_is_shown_without_one(shown):
    page = shown("{{ card_score(none, scoring, live=True) }}{{ card_problems(()) }}")
    assert "–" in page
    assert "alert" not in page
