"""R33, R31: pages over a large month: few statements however many sheets, lists page by page."""

from __future__ import annotations

import re

import pytest

from tests.support.appraised import COMPUTED, Month
from tests.support.counting import statements
from tests.support.whole_month import MONTH, hire, put_in

QUALITY = "S024"
PAGE = f"/appraisal/{MONTH}"
STAFF = 150


@pytest.fixture
def large(office, app, clock, tmp_path):
    """150 more staff and 600 complaints; computed."""
    clock.at = COMPUTED
    put_in(office, 600, hire(office, STAFF), first=200)
    month = Month(office, app.extensions["desk"].keys, tmp_path / "desk", clock)
    month.compute()
    return month


def test_R33_a_large_month_is_listed_page_by_page_in_few_statements(large, app, sign_in):
    browser = sign_in(QUALITY)
    browser.get(PAGE)
    found = {}
    for address in (
        PAGE,
        f"{PAGE}?page=2",
        f"{PAGE}?page=99",
        f"{PAGE}?grade=none",
        f"{PAGE}?status=computed&department=3",
    ):
        with statements(app) as sent:
            answer = browser.get(address)
        assert answer.status_code == 200
        found[address] = (len(sent), len(set(re.findall(r"KH202609-\d+", answer.text))))
    assert max(sent for sent, _ in found.values()) <= 32, found
    assert found[PAGE][1] == 100
    assert 0 < found[f"{PAGE}?page=2"][1] <= 100
    assert found[f"{PAGE}?page=99"][1] == found[f"{PAGE}?page=2"][1]  # the last there is
