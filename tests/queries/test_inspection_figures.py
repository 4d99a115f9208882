"""Figures of inspections (R27–R29, R31): what counts, once, in the right month, and that a figure is its list."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from backoffice.models.inspection import Inspection, Scorecard
from backoffice.models.sampling import Draw
from backoffice.queries import inspection_figures as figures
from backoffice.queries.inspection_figures import Asked
from backoffice.queries.inspection_filters import InspectionFilters, conditions, counting, seen
from policies.interval import Rate
from policies.vocabulary_inspection import AppealResult, InspectionStatus
from tests.support.counting import statements_of
from tests.support.inspected_past import SEPTEMBER, InspectedPast
from tests.support.offices import actor_of
from tests.support.scenes import department, staff

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 10, 20, 1, 0, tzinfo=UTC)
MONTH = InspectionFilters(since=date(2026, 9, 1), until=date(2026, 9, 30))
LIMIT = Decimal(75)
QUALITY, HEAD, AUDITOR, HANDLER = "S024", "S015", "S029", "S016"


@pytest.fixture
def session(office_database):
    with office_database.writing() as found:
        yield found


@pytest.fixture
def past(session):
    return InspectedPast(session)


def asked(session, code=QUALITY, filters=MONTH):
    return Asked(actor_of(session, code), filters, ZONE, NOW)


def listed(session, of, **more):
    """How many inspections the list shows that is behind a figure."""
    where = [*conditions(replace(counting(of.filters), **more), of.zone, of.at), *seen(of.actor)]
    return session.scalar(sa.select(sa.func.count()).select_from(Inspection).where(*where))


def test_R31_only_what_is_final_counts_and_a_second_scoring_does_not_count_twice(session, past):
    first = past.inspection("90")
    past.inspection("50", pair_of=first, inspector="S023")
    for status in InspectionStatus:
        if status is not InspectionStatus.FINAL:
            past.inspection("10", status=status)
    found = figures.overall(session, asked(session), LIMIT)
    assert (found.mean.n, found.mean.mean) == (1, Decimal(90))


def test_R31_an_inspection_counts_in_the_month_in_which_it_became_final_by_the_offices_time(session, past):
    last, first = (
        datetime(2026, 8, 31, 15, 59, tzinfo=UTC),
        datetime(2026, 8, 31, 16, 0, tzinfo=UTC),
    )  # midnight in Shanghai
    past.inspection("10", final_at=last)
    past.inspection("90", final_at=first)
    past.inspection("80", final_at=datetime(2026, 9, 30, 15, 59, tzinfo=UTC))
    past.inspection("20", final_at=datetime(2026, 9, 30, 16, 0, tzinfo=UTC))
    assert figures.overall(session, asked(session), LIMIT).mean.mean == Decimal(85)
    months = [date(2026, 8, 1), date(2026, 9, 1), date(2026, 10, 1)]
    spread = asked(session, filters=replace(MONTH, until=date(2026, 10, 31)))
    by_month = figures.by_month(session, spread, months, LIMIT)
    assert {month: (row.mean.n, row.mean.mean) for month, row in by_month.items()} == {
        months[0]: (1, Decimal(10)), months[1]: (2, Decimal(85)), months[2]: (1, Decimal(20))}  # fmt: skip


def test_R31_the_score_of_the_appraisal_example_is_the_mean_of_its_three_inspections(session, past):
    """office/appraisal.yaml: (84.24 + 91 + 95.5) ÷ 3 = 90.2467."""
    for score in ("84.24", "91", "95.5"):
        past.inspection(score, subject="S016", of="technical_support")
    [row] = figures.by_group(session, asked(session), Inspection.subject_id, LIMIT)
    assert row.key == staff(session, "S016").id
    assert row.mean.mean.quantize(Decimal("0.0001")) == Decimal("90.2467")
    assert row.mean.n == 3


def test_R31_groups_carry_their_fatal_and_low_rates(session, past):
    past.inspection("0", fatal=("fat_forged",), of="network")
    past.inspection("74.99", of="network")
    past.inspection("75", of="network")
    past.inspection("100", of="billing")
    rows = {row.key: row for row in figures.by_group(session, asked(session), Inspection.department_id, LIMIT)}
    network, billing = department(session, "network").id, department(session, "billing").id
    assert (rows[network].fatal, rows[network].low) == (Rate(1, 3), Rate(2, 3))
    assert (rows[billing].fatal, rows[billing].low) == (Rate(0, 1), Rate(0, 1))


@pytest.mark.parametrize(
    ("column", "keys"),
    [
        (Draw.plan_code, ["monthly_calls", "monthly_regular"]),
        (Scorecard.code, ["call_quality_card", "record_process_card"]),
    ],
)
def test_R31_figures_stand_by_plan_and_by_card(session, past, column, keys):
    past.inspection("80")
    past.inspection("90", plan="monthly_calls", card="call_quality_card")
    assert [row.key for row in figures.by_group(session, asked(session), column, LIMIT)] == keys


def test_R28_the_heat_map_leaves_out_what_did_not_apply_and_takes_the_mark_after_the_appeal(session, past):
    past.inspection(marks={"rec_basic": 100, "rec_5w1h": 50, "rec_read_back": None})
    changed = past.inspection(marks={"rec_basic": 0, "rec_5w1h": 50})
    past.mark(changed, "rec_basic", 50, turn=1)
    found = figures.heat_map(session, asked(session))
    network = department(session, "network").id
    assert set(found) == {(network, "rec_basic"), (network, "rec_5w1h")}
    basic = found[network, "rec_basic"]
    assert (basic.mean.mean, basic.below) == (Decimal(75), Rate(1, 2))
    assert found[network, "rec_5w1h"].below == Rate(2, 2)
    assert figures.items_together(session, asked(session))["rec_basic"] == basic


def test_R31_every_cell_of_the_heat_map_is_the_list_behind_it(session, past):
    for number in range(12):
        past.inspection(marks={"rec_basic": (100, 50, 0)[number % 3], "rec_read_back": None if number % 2 else 100},
                        of=("network", "billing")[number % 2], fatal=("fat_forged",) if number == 5 else ())  # fmt: skip
    past.inspection(marks={"rec_basic": 0}, status=InspectionStatus.PUBLISHED)
    past.inspection(marks={"rec_basic": 0}, final_at=SEPTEMBER - timedelta(days=60))
    of = asked(session)
    found = figures.heat_map(session, of)
    assert len(found) == 4
    for (unit, item), cell in found.items():
        assert listed(session, of, department_id=unit, item=item, mark="applied") == cell.below.n
        assert listed(session, of, department_id=unit, item=item, mark="below") == cell.below.hits
        assert listed(session, of, department_id=unit, item=item, mark="fatal") == cell.fatal.hits
    for row in figures.by_group(session, of, Inspection.department_id, LIMIT):
        assert listed(session, of, department_id=row.key) == row.mean.n
        assert listed(session, of, department_id=row.key, fatal=True) == row.fatal.hits


def test_R27_a_plan_is_completed_by_what_was_published_by_its_date(session, past):
    past.inspection("90")
    past.inspection("90", due_at=SEPTEMBER - timedelta(days=4))  # published a day too late
    past.inspection(None, status=InspectionStatus.DRAWN)
    past.inspection(None, status=InspectionStatus.CANCELLED)
    past.inspection(None, status=InspectionStatus.DRAWN, inspector_id=None)
    past.inspection(None, status=InspectionStatus.DRAWN, due_at=NOW + timedelta(days=1))  # not due yet
    whole = asked(session, filters=replace(MONTH, until=date(2026, 10, 31)))
    assert figures.completion(session, whole, None) == {None: Rate(1, 3)}
    assert figures.completion(session, whole, Draw.plan_code) == {"monthly_regular": Rate(1, 3)}
    for chosen, count in (("any", 3), ("yes", 1), ("no", 2)):
        where = conditions(replace(whole.filters, when="due", in_time=chosen), ZONE, NOW)
        assert session.scalar(sa.select(sa.func.count()).select_from(Inspection).where(*where)) == count


def test_R29_an_appeal_that_changed_the_score_counts_as_overturned_of_all_that_became_final(session, past):
    for result in (AppealResult.UPHELD, AppealResult.PARTLY_UPHELD, AppealResult.DISMISSED, None):
        row = past.inspection("90")
        if result:
            past.appeal(row, result)
    of = asked(session)
    assert figures.overturned(session, of, Inspection.inspector_id) == {staff(session, "S022").id: Rate(2, 4)}
    assert figures.appeals_decided(session, of) == dict.fromkeys(AppealResult, 1)
    assert listed(session, of, appeal="overturned") == 2
    assert listed(session, of, appeal="any") == 3


def test_R39_a_head_reads_the_own_department_and_who_reads_no_statistics_nothing(session, past):
    past.inspection("80", of="technical_support", subject="S016")
    past.inspection("90", of="network")
    counts = {}
    for code in (QUALITY, HEAD, AUDITOR, HANDLER):
        row = figures.overall(session, asked(session, code), LIMIT)
        counts[code] = (row.mean.n if row else 0, listed(session, asked(session, code)))
    assert counts == {QUALITY: (2, 2), HEAD: (1, 1), AUDITOR: (2, 2), HANDLER: (0, 0)}


def test_R28_only_who_inspects_finds_what_is_not_published_in_a_list(session, past):
    for status in InspectionStatus:
        past.inspection("80", of="technical_support", status=status)
    found = {}
    for code in ("S022", QUALITY, HEAD, AUDITOR):
        statement = sa.select(Inspection.status).where(*seen(actor_of(session, code)))
        found[code] = set(session.scalars(statement))
    published = {InspectionStatus.PUBLISHED, InspectionStatus.UNDER_APPEAL, InspectionStatus.FINAL}
    assert found == {"S022": set(InspectionStatus), QUALITY: set(InspectionStatus), HEAD: published, AUDITOR: published}


def test_R31_each_figure_is_one_statement(session, past):
    past.inspection(marks={"rec_basic": 100})
    of, engine = asked(session), session.get_bind()
    with statements_of(engine) as sent:
        figures.overall(session, of, LIMIT)
        figures.by_group(session, of, Inspection.subject_id, LIMIT)
        figures.by_month(session, of, [date(2026, 9, 1)], LIMIT)
        figures.heat_map(session, of)
        figures.items_together(session, of)
        figures.completion(session, of, Draw.plan_code)
        figures.overturned(session, of, None)
        figures.appeals_decided(session, of)
    assert len(sent) == 8
