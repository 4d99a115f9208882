"""R27–R31: pages of inspections and corrective actions ask the same of the database however much there is."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa

from backoffice.models.calibration import Calibration, CalibrationScore
from backoffice.models.sampling import Coaching, Draw
from backoffice.services import corrective
from policies.vocabulary_inspection import AppealResult, CalibrationCause, CalibrationState, InspectionStatus
from tests.support.counting import statements
from tests.support.grave import PUT_RIGHT
from tests.support.inspected_past import SEPTEMBER, InspectedPast
from tests.support.played import Play
from tests.support.scenes import staff

QUALITY = "S024"
MONTH, PERIOD = "month=2026-09", "from=2026-09-01&to=2026-09-30"
PAGES = {
    "/inspection/calibrations": 14,
    "/inspection/drift": 14,
    "/coaching": 10,
    f"/inspection/statistics?{PERIOD}": 34,
    f"/inspection/report?{MONTH}": 40,
    "/inspection/all": 22,
    "/corrective-actions": 12,
}
"""Page → the most statements that one look at it may send."""
MANY = 12


@pytest.fixture
def scene(app, office, clock):
    """``scene(2)`` brings two more of everything that these pages list."""
    clock.at = datetime(2026, 10, 20, 1, 0, tzinfo=UTC)
    desk = app.extensions["desk"]
    play = Play(office, desk.keys, Path(desk.config["DATA_DIR"]) / "files", at=clock.at)
    numbers, made = itertools.count(), []

    def more(count):
        with office.writing() as session:
            made.append(made[0] if made else InspectedPast(session))
            made[0].session = session
            for number in itertools.islice(numbers, count):
                _inspected(made[0], number)
                values = {**PUT_RIGHT, "source": "audit", "owner": staff(session, "S016").id, "type": "sales_control"}
                corrective.assign(play.work(session, QUALITY), values)

    return more


def _inspected(past, number):
    """Inspections of several people and months, an appeal, a coaching, a session, something left out."""
    person = ("S012", "S013", "S014")[number % 3]
    at = SEPTEMBER + timedelta(hours=number)
    first = past.inspection("80", {"rec_basic": 50, "rec_5w1h": 100}, subject=person, final_at=at)
    past.inspection(
        "90", {"rec_basic": 100, "rec_5w1h": 100}, subject=person, inspector="S023", pair_of=first, final_at=at
    )
    past.inspection("0", {"rec_basic": 0}, of="technical_support", subject="S016", fatal=("fat_forged",), final_at=at)
    past.inspection("70", subject=person, final_at=at - timedelta(days=40))
    past.appeal(first, AppealResult.UPHELD)
    past.inspection(None, status=InspectionStatus.DRAWN, blind=True, inspector="S022")
    session = past.session
    session.add(Coaching(staff_id=staff(session, person).id, since=date(2026, 9, 1) + timedelta(days=number),
                         until=None if number % 2 else date(2026, 9, 30), reason="九月低于 75",
                         ordered_by_id=staff(session, QUALITY).id, ordered_at=at))  # fmt: skip
    _calibration(session, past, number, at)
    draw = session.scalars(sa.select(Draw)).first()
    draw.exclusions = {**draw.exclusions, "already_inspected": number}


def _calibration(session, past, number, at):
    """A session, some closed, each with two members, the reader one of them."""
    closed = {"closed_at": at, "standard": {"rec_basic": 100}, "standard_score": Decimal(90)} if number % 2 else {}
    state = CalibrationState.CLOSED if number % 2 else CalibrationState.SCORING
    row = Calibration(
        number=f"CB2026-{number:04}", complaint_id=past._complaint.id, card_id=past.card().id, state=state,
        cause=next(iter(CalibrationCause)), opened_at=at, due_at=at + timedelta(days=3),
        called_by_id=staff(session, QUALITY).id, **closed,
    )  # fmt: skip
    session.add(row)
    session.flush()
    for code in (QUALITY, "S022"):
        scored = {"scored_at": at, "score": Decimal(90)} if number % 2 else {}
        session.add(CalibrationScore(calibration_id=row.id, staff_id=staff(session, code).id, **scored))


@pytest.mark.parametrize("address", PAGES)
def test_R31_a_page_asks_the_same_however_much_it_lists(scene, app, sign_in, address):
    scene(2)
    browser = sign_in(QUALITY)
    few = looked(app, browser, address)
    scene(MANY)
    many = looked(app, browser, address)
    assert many <= few <= PAGES[address]


def looked(app, browser, address):
    """How many statements a second look sends; the first one loads the office's rules."""
    assert browser.get(address).status_code == 200
    with statements(app) as sent:
        assert browser.get(address).status_code == 200
    return len(sent)
