"""Coaching (R34) over HTTP: begun, refused with all that was typed, ended, listed."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from backoffice.models.office import Staff
from backoffice.models.sampling import Coaching
from tests.support.filled import faults, form_of, send

MANAGER = "S024"


@pytest.fixture
def browser(sign_in):
    return sign_in(MANAGER)


def begin(browser, office, **more):
    with office.reading() as session:
        person = session.scalars(sa.select(Staff.id).where(Staff.code == "S016")).one()
    said = {"staff_id": str(person), "since": "2026-11-23", "until": "", "reason": "九月考核低于 75"}
    return send(browser, "/coaching/new", **{**said, **more})


def test_R34_a_coaching_is_begun_listed_ended_and_over(browser, office):
    assert "现在没有人接受辅导" in browser.get("/coaching").text
    assert begin(browser, office).status_code == 303
    page = browser.get("/coaching").text
    assert "九月考核低于 75" in page
    with office.reading() as session:
        row = session.scalars(sa.select(Coaching)).one()
    refused = send(browser, f"/coaching/{row.id}/end", until="2026-11-01")
    assert (refused.status_code, set(faults(refused.text))) == (422, {"until"})
    assert send(browser, f"/coaching/{row.id}/end", until="2026-11-23").status_code == 303
    page = browser.get("/coaching").text
    assert "11月23日 周一 至 11月23日 周一" in page


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"staff_id": ""}, "staff_id"),
        ({"staff_id": "99999"}, "staff_id"),
        ({"since": "morgen"}, "since"),
        ({"since": ""}, "since"),
        ({"until": "2026-11-01"}, "until"),
        ({"reason": ""}, "reason"),
    ],
)
def test_R34_a_refused_coaching_comes_back_as_typed(browser, office, more, field):
    answer = begin(browser, office, **more)
    assert answer.status_code == 422
    assert field in faults(answer.text)
    assert form_of(answer.text)["since"] == [more.get("since", "2026-11-23")]


def test_R34_odd_addresses_are_not_found(browser):
    assert browser.get("/coaching/777/end").status_code == 404
    assert browser.get("/coaching/x/end").status_code == 404
