"""R31: what each told case adds to whose indicators, as ``inspection_cases.yaml`` lists it, from events in the database.

The lists of the office are complete for the indicators that they cover: nothing more may be counted, and nothing less.
"""

from __future__ import annotations

from datetime import UTC, datetime
from fractions import Fraction

import pytest
import sqlalchemy as sa

from backoffice.jobs.demonstration.told_cases import Player, told_cases
from backoffice.jobs.demonstration.told_inspections import play_inspection
from backoffice.keys import Keys
from backoffice.models.office import Department, Staff
from backoffice.queries.indicators import Part, Window, counts_for, every
from policies.vocabulary_appraisal import SubjectKind
from tests.support.told_cases import local, office

CASES = {case["code"].removeprefix("case_")[:2]: case for case in told_cases()}
COVERED = office("inspection_cases")["covered_indicators"]
YEAR = Window(datetime(2025, 12, 31, 16, tzinfo=UTC), datetime(2026, 12, 31, 16, tzinfo=UTC), local("2026-12-31T12:00"))


@pytest.fixture(params=sorted(CASES), ids=lambda number: CASES[number]["code"])
def number(request):
    return request.param


@pytest.fixture
def player(office_database, tmp_path):
    return Player(office_database, Keys.fresh(), tmp_path / "files")


def the_one_before(case):
    """The earlier complaint of the same customer and leaf, of which a told case tells number and owner only: it lives
    as another told case of that owner does, so much later that it comes in on the day in its number.
    """
    model = CASES["06"]
    moved = datetime.fromisoformat("2026-09-21T09:20") - datetime.fromisoformat(str(model["received_at"]))

    def later(told):
        return (datetime.fromisoformat(str(told)) + moved).isoformat(timespec="minutes")

    assert case["earlier_owner"] == "S016"
    return model | {
        "code": "case_06_dispute",
        "number": case["earlier_number"],
        "category": case["category"],
        "received_at": later(model["received_at"]),
        "timeline": [line | {"at": later(line["at"])} for line in model["timeline"]],
    }


def play(player, number):
    case = CASES[number]
    if "earlier_number" in case:
        player.play(the_one_before(case))
    complaint_id = player.play(case)
    if "inspection" in case:
        play_inspection(player, case)
    return complaint_id


def counted(session, complaint_id, level, part=Part.DENOMINATOR):
    """(indicator, subject) → what this complaint adds, for all indicators that the told lists cover."""
    model = Staff if level is SubjectKind.PERSON else Department
    codes = dict(session.execute(sa.select(model.id, model.code)).all())
    found = {}
    for indicator in COVERED[level.value]:
        for row in every(session, indicator, YEAR, level, part=part):
            if row.complaint_id == complaint_id:
                key = (indicator, codes[row.subject_id])
                sums = found.get(key, (0, 0))
                found[key] = (sums[0] + row.numerator, sums[1] + row.denominator)
    return found


def told(case, level):
    wanted = {}
    departments = {row["code"] for row in office("organisation")["departments"]}
    for row in case["indicators"]:
        if (row["subject"] in departments) is (level is SubjectKind.DEPARTMENT):
            wanted[(row["indicator"], row["subject"])] = (
                Fraction(str(row["numerator"])),
                Fraction(str(row["denominator"])),
            )
    return wanted


def reasons(session, complaint_id, indicator):
    """Why an indicator leaves this complaint out, for persons or departments; empty where it has no part in it."""
    found = set()
    for level in SubjectKind:
        if counts_for(indicator, level):
            rows = every(session, indicator, YEAR, level, part=Part.LEFT_OUT)
            found |= {row.left_out.value for row in rows if row.complaint_id == complaint_id}
    return found


def test_R31_a_told_case_counts_for_whom_it_is_told_and_for_nobody_else(player, number):
    case, complaint_id = CASES[number], play(player, number)
    with player.database.reading() as session:
        for level in SubjectKind:
            assert counted(session, complaint_id, level) == told(case, level)
        for row in case.get("left_out_of", ()):
            for indicator in row["indicators"]:
                # without an order or a call-back there is nothing that could count, and so nothing that is left out
                assert reasons(session, complaint_id, indicator) <= {row["reason"]}, indicator


def test_R31_what_a_told_case_is_left_out_of_stands_in_the_list_with_the_told_reason(player):
    closed = ("on_time_rate", "first_response_rate", "resolution_rate", "rework_rate")
    rated = ("satisfaction_score", "satisfaction_rate", "repeat_rate")
    called = ("callback_on_time_rate", "callback_reach_rate")
    said = {
        "01": {"answer_rate": {"not_dispatched"}} | {one: {"answered_by_survey"} for one in called},
        "03": {one: {"customer_fault"} for one in rated},
        "05": {one: {"not_established"} for one in closed},
        "08": {"first_contact_rate": {"not_general"}},
    }
    played = {number: play(player, number) for number in said}
    with player.database.reading() as session:
        for number, wanted in said.items():
            found = {indicator: reasons(session, played[number], indicator) for indicator in wanted}
            assert found == wanted, number


def test_R31_what_no_told_list_covers_is_counted_as_the_office_defines_it(player):
    """Hours from receipt to first response, and from acceptance to sending, on the office's calendar."""
    complaint_id = play(player, "08")
    with player.database.reading() as session:
        hours = list(every(session, "first_response_hours", YEAR, SubjectKind.PERSON))
        # received 15:05, regraded 16:10, responded 17:30: the whole time from the receipt
        assert [(row.complaint_id, row.numerator) for row in hours] == [(complaint_id, Fraction(145, 60))]
        sent = [row.numerator for row in every(session, "dispatch_hours", YEAR, SubjectKind.PERSON)]
        assert sent == [Fraction(50, 60)]  # accepted 16:20, the order went out at 17:10
