"""R28: numbers typed into a card are read, refused beside their field, and never make a page that cannot be shown."""

from __future__ import annotations

from decimal import Decimal

import pytest
import sqlalchemy as sa

from backoffice.models.inspection import Scorecard
from forms.inspection import read_card
from policies.card import parse_card
from policies.scorecard import score_card
from tests.policies.test_scorecard import DOCUMENT, SCORING
from tests.support.forms import SAME_ORIGIN, token
from tests.support.inspections import CARD, INSPECTOR
from tests.views.test_inspection import address, office, scene, see  # noqa: F401 - fixtures of the pages of an inspector

ROW = next(one for one in DOCUMENT["cards"] if one["code"] == CARD)
TOLD = {
    **ROW,
    "items": [{**ROW["items"][0], "kind": "points", "max_points": 5}, *ROW["items"][1:]],
}
FIELD = f"value-{ROW['items'][0]['code']}"
TOO_MUCH = ["9" * 29, "1e999999", "1e-999999", "0e999999", "0.0000001", "12345678", "NaN", "Infinity", "-1e7", "x"]


@pytest.mark.parametrize("text", TOO_MUCH)
def test_R28_a_number_that_no_card_could_reckon_with_is_no_number(text):
    entered = read_card(parse_card(TOLD), {FIELD: text})
    assert [(one.field, one.key) for one in entered.unread] == [(FIELD, "inspection.refused.no_number")]
    assert entered.typed == {FIELD: text}


@pytest.mark.parametrize(
    ("text", "value"), [("5", "5"), ("2,5", "2.5"), ("1234567", "1234567"), ("-3", "-3"), ("0", "0")]
)
def test_R28_every_number_that_is_read_has_a_score_so_far(text, value):
    card = parse_card(TOLD)
    entered = read_card(card, {FIELD: text})
    assert entered.marks[ROW["items"][0]["code"]].value == Decimal(value)
    assert score_card(card, entered.marks, SCORING).score is not None


@pytest.mark.parametrize("text", TOO_MUCH[:3])
def test_R28_a_draft_with_an_endless_number_can_still_be_opened(see, sign_in, scene, text):  # noqa: F811 - fixtures
    with scene.database.writing() as session:
        session.execute(sa.update(Scorecard).where(Scorecard.code == CARD).values(definition=TOLD))
    browser = sign_in(INSPECTOR)
    data = {"csrf_token": token(browser, "/account"), "revision": str(scene.row().revision), FIELD: text}
    assert browser.post(address(scene, "draft"), data=data, headers=SAME_ORIGIN).status_code == 303
    page = see(INSPECTOR, address(scene))
    assert page.status_code == 200
    assert text in page.text
    data["revision"] = str(scene.row().revision)
    assert browser.post(address(scene, "score"), data=data, headers=SAME_ORIGIN).status_code == 422
