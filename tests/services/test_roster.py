"""R13: the duty roster, absences and stand-ins: what is entered holds, and everything odd ends in a sentence."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from backoffice.errors import DomainError
from backoffice.models.duty import Absence
from backoffice.models.history import ReferenceChange
from backoffice.models.office import Role, Staff
from backoffice.queries import recipients, roster
from backoffice.queries.actor import load_actor
from backoffice.services import roster as service
from backoffice.services.roster import AbsenceFacts, DutyFacts
from policies.roster import Span
from policies.vocabulary import DutyKind
from tests.support.counting import statements_of
from tests.support.scenes import department, staff

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MANAGER, HEAD, HANDLER, COLLEAGUE, INTAKE = "S003", "S012", "S013", "S014", "S005"
DUTY_MANAGERS = ("S002", "S009")


@pytest.fixture
def desk(office_database):
    with office_database.writing() as session:
        yield Desk(session)


class Desk:
    """Enters things as a member of staff."""

    def __init__(self, session):
        self.session = session

    def id(self, code):
        return staff(self.session, code).id if code else None

    def actor(self, code):
        return load_actor(self.session, self.id(code))

    def duty(self, who, begins=0, ends=12, kind=DutyKind.MANAGER, by=MANAGER):
        facts = DutyFacts(kind, self.id(who), span(begins, ends))
        return service.add_duty(self.session, self.actor(by), NOW, facts)

    def away(self, who, stand_in=None, begins=0, ends=48, by=None, reason=""):
        facts = AbsenceFacts(self.id(who), self.id(stand_in), span(begins, ends), reason)
        return service.add_absence(self.session, self.actor(by or who), NOW, facts)

    def reached(self, *codes, at=NOW + HOUR):
        found = recipients.present(self.session, [self.id(code) for code in codes], at)
        return sorted(staff_code(self.session, one) for one in found)


def span(begins, ends):
    return Span(None if begins is None else NOW + begins * HOUR, None if ends is None else NOW + ends * HOUR)


def staff_code(session, staff_id):
    return session.get(Staff, staff_id).code


def refused(act, *more, **given):
    with pytest.raises(DomainError) as error:
        act(*more, **given)
    return {refusal.key.rsplit(".", 1)[1] for refusal in error.value.refusals}


def test_R13_who_is_on_duty_is_who_the_roster_names(desk):
    desk.duty("S009", 0, 12)
    desk.duty("S002", 12, 24)
    found = [recipients.on_duty(desk.session, DutyKind.MANAGER, NOW + hours * HOUR) for hours in (0, 11, 12, 23)]
    assert found == [(desk.id("S009"),), (desk.id("S009"),), (desk.id("S002"),), (desk.id("S002"),)]
    assert recipients.on_duty(desk.session, DutyKind.MANAGER, NOW + 24 * HOUR) == tuple(map(desk.id, DUTY_MANAGERS))
    assert recipients.on_duty(desk.session, DutyKind.TECHNICAL, NOW) == ()


def test_R13_a_turn_taken_off_the_roster_is_off_and_both_are_on_record(desk):
    turn = desk.duty("S009")
    service.withdraw_duty(desk.session, desk.actor(MANAGER), NOW, turn.id)
    assert roster.turns(desk.session, NOW, NOW + DAY) == []
    assert refused(service.withdraw_duty, desk.session, desk.actor(MANAGER), NOW, turn.id) == {"withdrawn_already"}
    acts = desk.session.scalars(sa.select(ReferenceChange.action).where(ReferenceChange.subject == "duty")).all()
    assert acts == ["create", "retire"]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"who": None}, {"missing"}),
        ({"begins": None}, {"missing"}),
        ({"kind": None}, {"missing"}),
        ({"begins": 12, "ends": 12}, {"ends_before_it_begins"}),
        ({"begins": 12, "ends": 2}, {"ends_before_it_begins"}),
        ({"begins": -9, "ends": -1}, {"over_already"}),
        ({"ends": 24 * 40}, {"too_long"}),
        ({"begins": 24 * 900, "ends": 24 * 901}, {"too_far"}),
        ({"who": INTAKE}, {"no_duty_manager"}),
        ({"begins": 29, "ends": 31}, {"taken"}),
        ({"begins": 50, "ends": 60}, {"away_then"}),
        ({"by": HEAD}, {"not_yours"}),
        ({"by": INTAKE}, {"not_yours"}),
    ],
)
def test_R13_a_turn_that_cannot_be_is_refused_in_a_sentence(desk, given, expected):
    desk.duty("S002", 30, 36)
    desk.away("S009", begins=48, ends=72)
    assert refused(desk.duty, **{"who": "S009", **given}) == expected


def test_R13_several_may_share_a_technical_turn_but_nobody_twice(desk):
    desk.duty("S013", kind=DutyKind.TECHNICAL)
    desk.duty("S014", kind=DutyKind.TECHNICAL)
    assert refused(desk.duty, "S013", kind=DutyKind.TECHNICAL) == {"taken"}


def test_R13_an_absent_person_s_messages_reach_the_stand_in_for_as_long(desk):
    desk.away(HANDLER, COLLEAGUE, 1, 9)
    assert desk.reached(HANDLER, at=NOW) == [HANDLER]
    assert desk.reached(HANDLER, at=NOW + HOUR) == [COLLEAGUE]
    assert desk.reached(HANDLER, at=NOW + 9 * HOUR) == [HANDLER]


def test_R13_an_absence_that_is_withdrawn_is_as_if_it_had_not_been(desk):
    absence = desk.away(HANDLER, COLLEAGUE)
    service.withdraw_absence(desk.session, desk.actor(HANDLER), NOW, absence.id)
    assert desk.reached(HANDLER) == [HANDLER]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"who": HANDLER, "stand_in": HANDLER}, {"own_stand_in"}),
        ({"who": HANDLER, "begins": 5, "ends": 5}, {"ends_before_it_begins"}),
        ({"who": HANDLER, "ends": None}, {"missing"}),
        ({"who": HANDLER, "begins": -9, "ends": -3}, {"over_already"}),
        ({"who": HANDLER, "ends": 24 * 500}, {"too_long"}),
        ({"who": COLLEAGUE, "begins": 40, "ends": 99}, {"away_already"}),
        ({"who": HANDLER, "stand_in": COLLEAGUE}, {"stand_in_away"}),
        ({"who": HANDLER, "stand_in": "S015"}, {"stand_in_left"}),
        ({"who": HANDLER, "reason": "x" * 201}, {"too_long"}),
        ({"who": HANDLER, "by": COLLEAGUE}, {"not_yours"}),
        ({"who": INTAKE, "by": HEAD}, {"not_yours"}),
    ],
)
def test_R13_an_absence_that_cannot_be_is_refused_in_a_sentence(desk, given, expected):
    desk.away(COLLEAGUE)
    staff(desk.session, "S015").retired_at = NOW
    assert refused(desk.away, **given) == expected


def test_R13_everybody_enters_their_own_and_a_head_those_of_the_department(desk):
    assert desk.away(HANDLER).staff_id == desk.id(HANDLER)
    assert desk.away(COLLEAGUE, by=HEAD).staff_id == desk.id(COLLEAGUE)
    assert desk.away(INTAKE, by=MANAGER).staff_id == desk.id(INTAKE)


def test_R13_stand_ins_in_a_circle_end_at_the_head_of_the_department(desk):
    desk.away(HANDLER, COLLEAGUE)
    desk.session.add(Absence(staff_id=desk.id(COLLEAGUE), stand_in_id=desk.id(HANDLER),
                             begins_at=NOW, ends_at=NOW + DAY))  # fmt: skip
    desk.session.flush()
    assert desk.reached(HANDLER) == [HEAD]
    desk.away(HEAD)
    assert desk.reached(HANDLER) == [MANAGER]


def test_R13_where_all_are_away_the_administrator_is_told(desk):
    for code in (HANDLER, HEAD, MANAGER):
        desk.away(code)
    assert desk.reached(HANDLER) == ["S030"]


def test_R13_a_stand_in_who_left_meanwhile_is_passed_over(desk):
    desk.away(HANDLER, COLLEAGUE)
    staff(desk.session, COLLEAGUE).retired_at = NOW
    desk.session.flush()
    assert desk.reached(HANDLER) == [HEAD]
    assert desk.reached(COLLEAGUE) == [HEAD], "what was for somebody who left is not lost either"


def test_R13_the_head_above_is_told_where_a_department_has_none(desk):
    below, above = department(desk.session, "network"), department(desk.session, "technical_support")
    below.head_id, below.parent_id = None, above.id
    desk.away(HANDLER)
    assert desk.reached(HANDLER) == ["S015"]


def test_R13_asking_who_is_there_costs_two_queries(desk, office_database):
    desk.away(COLLEAGUE)
    people = [desk.id(code) for code in (HANDLER, HEAD, MANAGER, INTAKE)]
    with statements_of(office_database.engine) as sent:
        recipients.present(desk.session, people, NOW + HOUR)
    assert len(sent) == 2
    people.append(desk.id(COLLEAGUE))
    with statements_of(office_database.engine) as sent:
        recipients.present(desk.session, people, NOW + HOUR)
    assert len(sent) <= 6


def test_R39_the_right_to_plan_is_the_office_s_to_give(desk):
    granted = {
        (role.code, grant.scope)
        for role in desk.session.scalars(sa.select(Role))
        for grant in role.grants
        if grant.permission == "duty_plan"
    }
    assert granted == {("complaints_manager", "all"), ("senior_manager", "all"), ("administrator", "all"),
                       ("department_head", "department"), ("shift_lead", "department")}  # fmt: skip
