"""R27: draws from the office's own records: what belongs to a population, who gets what, and that all can be repeated."""

from __future__ import annotations

import hashlib
import zlib
from collections import Counter
from contextlib import closing
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa

from backoffice.errors import DomainError
from backoffice.models.complaint import Complaint, ComplaintPerson
from backoffice.models.configuration import Category
from backoffice.models.inspection import Inspection, InspectionEvent
from backoffice.models.sampling import Draw, DrawPopulation, SamplingPlan
from backoffice.queries import frozen, populations
from backoffice.queries.populations import Filters
from backoffice.services import sampling
from backoffice.services.core import draws
from backoffice.services.sampling import Order
from policies.access import SYSTEM
from policies.sampling import seed_of, sort_key
from policies.vocabulary import CaseFunction
from policies.vocabulary_inspection import DrawState, InspectionStatus
from tests.support.closed import SEPTEMBER, september
from tests.support.drawing import OCTOBER_9, Desk
from tests.support.offices import said


@pytest.fixture
def desk(office_database):
    return Desk(office_database)


def test_R27_the_regular_plan_draws_from_what_stands_and_was_closed_in_the_month_before(desk):
    row = desk.office.row
    desk.put(
        row("TS1", SEPTEMBER - timedelta(hours=11)),  # 31 August 23:00 in Shanghai
        row("TS2", SEPTEMBER - timedelta(hours=10)),  # 1 September 00:00
        row("TS3", outcome="first_contact_resolved", owner=None),
        row("TS4", outcome="closed_unsatisfied"),
        row("TS5", outcome="closed_unreachable"),
        row("TS6", outcome="not_established"),
        row("TS7", outcome="merged"),
        row("TS8", outcome="withdrawn"),
        row("TS9", outcome="referred_out"),
        row("TS9a", confidential=True),
        row("TS9b", datetime(2026, 9, 30, 16, 0, tzinfo=UTC)),  # 1 October 00:00
        row("TS9c", closed_at=SEPTEMBER, open=True) | {"closed_at": None},
    )
    draw = desk.draw()
    assert desk.population(draw) == [
        "TS2",
        "TS3",
        "TS4",
        "TS5",
        "TS9a",
    ]  # a confidential record too: its inspector sees no customer
    assert draw.exclusions == {"outcome": 3}
    assert (draw.period_label, draw.sequence, draw.state) == ("2026-09", 1, DrawState.DRAWN)
    assert draw.population_sha256 == hashlib.sha256(b"TS2\nTS3\nTS4\nTS5\nTS9a").hexdigest()
    assert draw.strata == [
        {"key": ["S005"], "size": 1, "compulsory": 0, "n": 1},  # solved at first contact: the clerk handled it
        {"key": ["S016"], "size": 4, "compulsory": 1, "n": 3},
    ]


def test_R27_the_result_is_the_lowest_keys_of_each_handler_and_all_major_and_unsatisfied(desk):
    desk.put(*september(desk.office, 200))
    desk.put(
        desk.office.row("TS9998", outcome="closed_unsatisfied"),
        desk.office.row("TS9999", severity="major"),
    )
    draw = desk.draw()
    assert draw.seed == seed_of("monthly_regular", "2026-09", 1, draw.nonce)
    found = desk.inspections(draw)
    forced = [one for one in found if one.compulsory]
    assert {one.unit_key for one in forced} == {"TS9998", "TS9999"}
    handlers = {place: ("S016", "S031", "S032")[place % 3] for place in range(200)}
    for handler, n in (("S016", 4), ("S031", 4), ("S032", 4)):  # 5 % of 69, 67 and 66 rounded up
        mine = [f"TS202609{place:08}" for place, whose in handlers.items() if whose == handler]
        lowest = sorted(mine, key=lambda number: sort_key(draw.seed, number))[:n]
        assert [one.unit_key for one in found if one.stratum == handler and not one.compulsory] == lowest
    assert [one.position for one in found] == list(range(1, 15))
    assert len({one.number for one in found}) == 14
    assert desk.broken() == []


def test_R27_the_nonce_is_made_after_the_population_is_frozen_and_never_anew(desk):
    """A draw that was killed after either step goes on with what was kept."""
    desk.put(*september(desk.office, 30))
    draw_id = sampling.freeze(desk.database, desk.work_in, Order("monthly_regular"))
    with desk.database.reading() as session:
        draw = session.get_one(Draw, draw_id)
        assert (draw.state, draw.nonce, draw.population_count) == (DrawState.FROZEN, None, 30)
        assert sampling.unfinished(session) == [draw_id]
    desk.put(desk.office.row("TS00"))  # closed in that month, told later: too late for the frozen population
    with desk.database.writing() as session:
        draws.make_nonce(desk.work_in(session), session.get_one(Draw, draw_id))
        nonce = session.get_one(Draw, draw_id).nonce
    sampling.go_on(desk.database, desk.work_in, draw_id)
    sampling.go_on(desk.database, desk.work_in, draw_id)
    with desk.database.reading() as session:
        draw = session.get_one(Draw, draw_id)
        assert (draw.state, draw.nonce, draw.population_count) == (DrawState.DRAWN, nonce, 30)
        assert session.scalar(sa.select(sa.func.count()).select_from(Inspection)) == draw.drawn_count
    assert desk.broken() == []


def test_R27_two_draws_of_the_same_population_take_others(desk):
    desk.put(*september(desk.office, 300))
    seeds = {desk.draw("spot_check", first=date(2026, 9, 1), last=date(2026, 9, 30), reason=f"第 {n} 次").seed
             for n in (1, 2)}  # fmt: skip
    assert len(seeds) == 2


def test_R27_nobody_gets_an_own_record_or_one_of_the_own_department(desk):
    desk.put(*(desk.office.row(f"TS{n}", department="quality_management" if n == 5 else "technical_support")
               for n in range(6)))  # fmt: skip
    with desk.database.writing() as session:
        ids = dict(session.execute(sa.select(Complaint.number, Complaint.id)).all())
        for number, code in (("TS0", "S022"), ("TS1", "S022"), ("TS1", "S023"), ("TS1", "S024")):
            session.add(ComplaintPerson(complaint_id=ids[number], staff_id=desk.office.staff[code],
                                        function=CaseFunction.CALLER_BACK, since=SEPTEMBER))  # fmt: skip
    draw = desk.draw("spot_check", first=date(2026, 9, 1), last=date(2026, 9, 30), reason="抽查", number=6)
    whom = {one.unit_key: one.inspector_id for one in desk.inspections(draw)}
    assert whom["TS0"] != desk.office.staff["S022"]
    assert whom["TS1"] is None
    assert whom["TS5"] is None
    with desk.database.reading() as session:
        rows = session.execute(sa.select(Inspection.unit_key, InspectionEvent.facts).join(
            InspectionEvent, InspectionEvent.inspection_id == Inspection.id))  # fmt: skip
        why = {key: facts["hindered"] for key, facts in rows}
    assert (why["TS1"], why["TS5"], why["TS2"]) == ({"own_work": 3}, {"own_department": 3}, {})


def test_R27_the_load_is_shared_out_evenly(desk):
    desk.put(*september(desk.office, 180))
    found = Counter(one.inspector_id for one in desk.inspections(desk.draw()))
    assert sorted(found.values()) == [3, 3, 3]
    assert set(found) == {desk.office.staff[code] for code in ("S022", "S023", "S024")}


def test_R27_not_the_same_inspector_for_the_same_person_three_months_running(desk):
    """S022 inspected S016 in August and in September: in October the others do."""
    desk.put(desk.office.row("TS1"), desk.office.row("TS2", owner="S031"))
    first = desk.draw()
    with desk.database.writing() as session:
        one = session.scalars(sa.select(Inspection).where(Inspection.unit_key == "TS1")).one()
        for month in (8, 9):
            session.add(Inspection(
                number=f"ZJ-{month}", draw_id=first.id, complaint_id=one.complaint_id, unit_key=f"x{month}",
                position=-month, card_id=one.card_id, subject_id=desk.office.staff["S016"],
                inspector_id=desk.office.staff["S022"], status=InspectionStatus.FINAL,
                assigned_at=datetime(2026, month, 15, tzinfo=UTC), due_at=OCTOBER_9,
            ))  # fmt: skip
    desk.put(*(desk.office.row(f"TS3{n}", SEPTEMBER + timedelta(days=1)) for n in range(9)))
    draw = desk.draw("spot_check", first=date(2026, 9, 2), last=date(2026, 9, 2), reason="抽查", number=9)
    whose = {one.inspector_id for one in desk.inspections(draw)}
    assert whose == {desk.office.staff["S023"], desk.office.staff["S024"]}


def test_R28_a_record_that_another_plan_gave_to_an_inspector_goes_to_somebody_else(desk):
    desk.put(desk.office.row("TS1"))
    days = {"first": date(2026, 9, 1), "last": date(2026, 9, 30), "reason": "抽查", "number": 1}
    whom = [desk.inspections(desk.draw())[0].inspector_id]
    whom += [desk.inspections(desk.draw("spot_check", **days))[0].inspector_id]
    assert None not in whom
    assert len(set(whom)) == 2


def test_R27_what_the_plan_drew_already_is_not_drawn_again(desk):
    desk.put(*(desk.office.row(f"TS{n}") for n in range(8)))
    days = {"first": date(2026, 9, 1), "last": date(2026, 9, 30), "reason": "抽查", "number": 3}
    first, second = desk.draw("spot_check", **days), desk.draw("spot_check", **days)
    drawn = {one.unit_key for one in desk.inspections(first)}
    assert (second.sequence, second.exclusions) == (2, {"already_inspected": 3})
    assert set(desk.population(second)) == {f"TS{n}" for n in range(8)} - drawn


def test_R27_a_regular_plan_is_drawn_once_for_a_period(desk):
    desk.put(desk.office.row("TS1"))
    desk.draw()
    with pytest.raises(DomainError) as error:
        desk.draw()
    assert said(error) == [("first", "drawn_already")]


def test_R27_a_period_of_which_another_draw_was_made_meanwhile_is_not_drawn_twice(desk, monkeypatch):
    """The other one is made after the first has asked whether there is any, and before it reads the population."""
    desk.put(*(desk.office.row(f"TS{n}") for n in range(8)))
    asked = sampling._asked

    def asked_slowly(*arguments):
        found = asked(*arguments)
        monkeypatch.setattr(sampling, "_asked", asked)
        desk.draw()
        return found

    monkeypatch.setattr(sampling, "_asked", asked_slowly)
    with pytest.raises(DomainError) as error:
        desk.draw()
    assert said(error) == [(None, "meanwhile")]


@pytest.mark.parametrize(("given", "expected"), [
    ({"number": 10_001}, [("number", "number")]),
    ({"number": 10**12 - 1}, [("number", "number")]),
    ({"first": date(1, 1, 1), "last": date(1, 1, 3)}, [("first", "too_early")]),
    ({"first": date(9999, 12, 30), "last": date(9999, 12, 31)}, [("last", "future")]),
])  # fmt: skip
def test_R27_what_no_draw_can_be_of_is_refused_beside_its_field(desk, given, expected):
    desk.put(desk.office.row("TS1"))
    order = Order("spot_check", **{"first": date(2026, 9, 1), "last": date(2026, 9, 30), "reason": "抽查", **given})
    with desk.database.reading() as session:
        with pytest.raises(DomainError) as error:
            sampling.preview(session, SYSTEM, desk.at, order)
        assert said(error) == expected


FILTERS = {
    "department": Filters(departments=("technical_support",)),
    "channel": Filters(channels=("hotline",)),
    "branch": Filters(categories=("network",)),
    "leaf": Filters(categories=("net_broadband_slow",)),
    "severity": Filters(severities=("general",)),
    "outcome": Filters(outcomes=("resolved",)),
    "handler": Filters(handlers=("S016",)),
}


@pytest.mark.parametrize("filters", FILTERS.values(), ids=FILTERS.keys())
def test_R27_a_spot_check_is_narrowed_down_by_any_filter(desk, filters):
    other = {"owner": "S031", "department": "service_hall", "category": "bill_data_overage"}
    other["channel"] = next(code for code in desk.office.channels if code != "hotline")
    desk.put(desk.office.row("TS1"), desk.office.row("TS2", severity="major", outcome="closed_unsatisfied", **other))
    if filters.categories == ("network",):
        filters = Filters(categories=(trunk_of(desk, "net_broadband_slow"),))
    draw = desk.draw("spot_check", first=date(2026, 9, 1), last=date(2026, 9, 30), reason="抽查", filters=filters)
    assert desk.population(draw) == ["TS1"]
    assert draw.query["filters"] == filters.plain()


def trunk_of(desk, leaf):
    with desk.database.reading() as session:
        path = session.scalars(sa.select(Category.path).where(Category.code == leaf)).one()
        return session.get_one(Category, int(path.split("/")[1])).code


REFUSED = {
    "without a reason": (Order("spot_check", date(2026, 9, 1), date(2026, 9, 30)), [("reason", "no_reason")]),
    "without its days": (Order("spot_check", reason="抽查"), [("first", "no_day")]),
    "turned round": (Order("spot_check", date(2026, 9, 2), date(2026, 9, 1), reason="x"), [("last", "turned_round")]),
    "in the future": (Order("spot_check", date(2026, 9, 2), date(2026, 11, 1), reason="x"), [("last", "future")]),
    "over years": (Order("spot_check", date(2024, 9, 2), date(2026, 9, 1), reason="x"), [("last", "too_long")]),
    "of no plan": (Order("nothing"), [("plan", "no_plan")]),
    "half a month by a monthly plan": (
        Order("monthly_regular", date(2026, 9, 1), date(2026, 9, 15)),
        [("first", "not_whole")],
    ),
    "a month that is not over": (
        Order("not_established_check", date(2026, 10, 1), date(2026, 10, 31)),
        [("last", "future")],
    ),
    "a week of a monthly plan": (
        Order("monthly_regular", date(2026, 9, 7), date(2026, 9, 13)),
        [("first", "not_whole")],
    ),
    "a regular plan narrowed down": (
        Order("monthly_regular", filters=Filters(channels=("hotline",))),
        [("plan", "not_narrowed")],
    ),
    "without a leaf": (Order("focus_category", reason="x"), [("categories", "no_category")]),
}


@pytest.mark.parametrize(("order", "why"), REFUSED.values(), ids=REFUSED.keys())
def test_R27_what_cannot_be_drawn_is_refused_beside_its_field(desk, order, why):
    with pytest.raises(DomainError) as error:
        sampling.draw(desk.database, desk.work_in, order)
    assert said(error) == why


@pytest.mark.parametrize("code", ["S005", "S016", "S030"])
def test_R39_who_may_not_draw_does_not(desk, code):
    with pytest.raises(DomainError) as error:
        sampling.draw(desk.database, desk.person(code), Order("monthly_regular"))
    assert error.value.status == 403


def test_R27_two_who_draw_at_once_do_not_draw_the_same_twice(desk):
    """The population was read, then somebody else drew: what was read no longer holds."""
    desk.put(*(desk.office.row(f"TS{n}") for n in range(8)))
    order = Order("spot_check", date(2026, 9, 1), date(2026, 9, 30), reason="抽查")
    with desk.database.reading() as session:
        row, asked = sampling._asked(session, SYSTEM, desk.at, order)
        frame = frozen.freeze(populations.rows(session, asked))
    desk.draw("spot_check", first=order.first, last=order.last, reason="抽查")
    with pytest.raises(DomainError) as error, closing(frame), desk.database.writing() as session:
        draws.freeze(desk.work_in(session), row, asked, frame, reason="x", blind=False)
    assert said(error) == [(None, "meanwhile")]


def test_R27_an_empty_population_is_drawn_from_and_says_so(desk):
    draw = desk.draw()
    assert (draw.state, draw.population_count, draw.drawn_count, draw.strata) == (DrawState.DRAWN, 0, 0, [])
    assert draw.population_sha256 == hashlib.sha256(b"").hexdigest()
    assert desk.broken() == []


def test_R27_what_is_previewed_is_what_is_drawn(desk):
    desk.put(*september(desk.office, 100))
    order = Order("spot_check", date(2026, 9, 1), date(2026, 9, 30), reason="抽查", number=12)
    with desk.database.reading() as session:
        seen = sampling.preview(session, SYSTEM, desk.at, order)
    draw = desk.draw("spot_check", first=order.first, last=order.last, reason="抽查", number=12)
    assert (seen.count, seen.drawn) == (draw.population_count, draw.drawn_count) == (100, 12)


TAMPERED = {
    "the nonce": ("UPDATE draw SET nonce = 'abc'", {"draws.fault.column", "draws.fault.seed"}),
    "the seed": ("UPDATE draw SET seed = 'abc'", {"draws.fault.column", "draws.fault.seed", "draws.fault.result",
                                                   "draws.fault.inspection"}),
    "the signed text": ("UPDATE draw SET body = replace(body, '2026-09', '2026-08')", {"draws.fault.signature"}),
    "the count": ("UPDATE draw SET population_count = 7", {"draws.fault.column"}),
    "a swapped number": ("UPDATE inspection SET unit_key = 'TS00' WHERE position = 2", {"draws.fault.inspection"}),
    "an inspection gone": ("DELETE FROM inspection WHERE position = 2", {"draws.fault.inspection"}),
    "the draw itself": ("DELETE FROM draw", {"draws.fault.gone"}),
}  # fmt: skip


@pytest.mark.parametrize(("statement", "faults"), TAMPERED.values(), ids=TAMPERED.keys())
def test_R27_a_draw_that_somebody_changed_is_found_and_what_differs_is_named(desk, statement, faults):
    desk.put(*september(desk.office, 60))
    desk.draw()
    assert desk.broken() == []
    with desk.database.writing() as session:
        if "inspection" in statement or "DELETE" in statement:
            session.execute(sa.text("DELETE FROM inspection_event"))
        if statement == "DELETE FROM draw":
            session.execute(sa.text("DELETE FROM inspection"))
            session.execute(sa.text("DELETE FROM draw_population"))
        session.execute(sa.text(statement))
    found = {fault for _number, fault in desk.broken()}
    assert faults <= found
    assert {number for number, _fault in desk.broken()} == {"monthly_regular/2026-09/1"}


@pytest.mark.parametrize("change", ["leave one out", "another stratum", "not to be read"])
def test_R27_a_changed_population_is_found(desk, change):
    desk.put(*september(desk.office, 60))
    desk.draw()
    with desk.database.writing() as session:
        part = session.scalars(sa.select(DrawPopulation)).one()
        lines = zlib.decompress(part.lines).decode().split("\n")
        if change == "leave one out":
            part.lines = zlib.compress("\n".join(lines[1:]).encode())
        elif change == "another stratum":
            part.lines = zlib.compress("\n".join([lines[0].replace("S016", "S031"), *lines[1:]]).encode())
        else:
            part.lines = b"?"
    wanted = {"leave one out": "draws.fault.population", "another stratum": "draws.fault.lines",
              "not to be read": "draws.fault.unreadable"}[change]  # fmt: skip
    assert wanted in {fault for _number, fault in desk.broken()}


def test_R27_a_frozen_population_that_somebody_changed_is_not_drawn_from(desk):
    desk.put(*september(desk.office, 60))
    draw_id = sampling.freeze(desk.database, desk.work_in, Order("monthly_regular"))
    with desk.database.writing() as session:
        session.execute(sa.text("UPDATE draw SET population_sha256 = 'x'"))
    with pytest.raises(DomainError) as error:
        sampling.go_on(desk.database, desk.work_in, draw_id)
    assert said(error) == [(None, "changed")]


def test_R27_the_numbers_of_a_population_ascend_by_their_bytes_on_every_database(desk):
    numbers = ["TS20260901-1000", "TS20260901-10000", "TS-1", "TS.1", "TS_1", "Ts1", "ts1", "tS1", "TS1", "TS10", "TS2"]
    desk.put(*(desk.office.row(number) for number in numbers))
    assert desk.population(desk.draw()) == sorted(numbers, key=str.encode)


def test_R27_a_plan_may_be_read_that_the_office_wrote_itself(desk):
    with desk.database.writing() as session:
        plan = session.scalars(sa.select(SamplingPlan).where(SamplingPlan.code == "monthly_regular")).one()
        own = {**plan.definition, "code": "by_channel", "source": "closed", "stratify_by": ["channel", "severity"],
               "exclude_outcomes": [], "all_of": []}  # fmt: skip
        session.add(SamplingPlan(code="by_channel", version=1, kind=plan.kind, name_zh="甲", name_en="A",
                                 valid_from=date(2026, 1, 1), definition=own))  # fmt: skip
    desk.put(desk.office.row("TS1"), desk.office.row("TS2", severity="major"))
    keys = [tuple(one["key"]) for one in desk.draw("by_channel").strata]
    assert keys == [("hotline", "general"), ("hotline", "major")]
