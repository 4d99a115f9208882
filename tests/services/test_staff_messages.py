"""R17, R26: staff is told by the office's templates, in each one's language, by each one's ways, and never twice."""

from __future__ import annotations

import json

import pytest
import sqlalchemy as sa

from backoffice.errors import DomainError
from backoffice.keys import Keys
from backoffice.models.office import Staff
from backoffice.models.work import Outbox
from backoffice.queries import recipients
from backoffice.sealing import open_for_office
from backoffice.services.core.staff_messages import tell_staff
from backoffice.services.core.work import Work
from policies.access import SYSTEM
from policies.vocabulary import MessageState
from tests.support.played import RECEIVED
from tests.support.scenes import department, staff

KEYS = Keys.fresh()
WORDS = {"complaint_number": "TS1", "clock_name": "resolve", "due_time": "18:00"}


def tell(session, *codes, template="warn_owner", **more):
    work = Work(session, KEYS, SYSTEM, RECEIVED, RECEIVED)
    return tell_staff(work, template, [staff(session, code).id for code in codes], lambda _language: WORDS, **more)


def text(row):
    return json.loads(open_for_office(KEYS, row.sealed, "outbox"))["text"]


def test_R26_everybody_is_told_in_the_console_in_the_own_language(office_database):
    with office_database.writing() as session:
        staff(session, "S003").language = "en"
        rows = tell(session, "S003", "S001")
        assert {(row.staff_id, row.way, row.state) for row in rows} == {
            (staff(session, code).id, "in_app", MessageState.SENT) for code in ("S003", "S001")
        }
        assert text(next(row for row in rows if row.staff_id == staff(session, "S003").id)).startswith("The clock")
        assert "到期" in text(next(row for row in rows if row.staff_id == staff(session, "S001").id))


def test_R17_an_alarm_by_sms_goes_to_whoever_has_a_number_and_to_the_console_of_all(office_database):
    with office_database.writing() as session:
        staff(session, "S001").phone = "13900000001"
        rows = tell(session, "S001", "S003", template="major_alert_sms")
        assert sorted((session.get(Staff, row.staff_id).code, row.way) for row in rows) == [
            ("S001", "in_app"),
            ("S001", "sms"),
            ("S003", "in_app"),
        ]
        assert {row.state for row in rows if row.way == "sms"} == {MessageState.WAITING}


def test_R26_what_has_a_key_is_told_once(office_database):
    with office_database.writing() as session:
        assert len(tell(session, "S003", key="warning:1:due")) == 1
        assert tell(session, "S003", key="warning:1:due") == []
        assert session.scalar(sa.select(sa.func.count()).select_from(Outbox)) == 1


def test_R26_a_gap_in_what_is_known_holds_no_message_back(office_database):
    with office_database.writing() as session:
        (row,) = tell(session, "S003", template="overdue_manager")
        assert "—" in text(row)


def test_a_template_that_is_not_there_is_said_in_a_sentence(office_database):
    with office_database.writing() as session, pytest.raises(DomainError) as error:
        tell(session, "S003", template="nothing_like_it")
    assert [refusal.key for refusal in error.value.refusals] == ["message.refused.no_such_template"]


def test_R26_the_head_of_a_department_without_one_is_that_of_the_department_above(office_database):
    with office_database.writing() as session:
        above, below = department(session, "network"), department(session, "billing")
        below.parent_id, below.head_id = above.id, None
        session.flush()
        assert recipients.head_of(session, below.id) == (above.head_id,)
        above.parent_id, above.head_id = below.id, None  # in a circle, and nobody
        session.flush()
        assert recipients.head_of(session, below.id) == ()


def test_R26_holders_of_a_role_are_those_in_service(office_database):
    with office_database.writing() as session:
        before = recipients.of_roles(session, ["complaints_manager"])
        assert staff(session, "S003").id in before
        staff(session, "S003").retired_at = RECEIVED
        session.flush()
        assert staff(session, "S003").id not in recipients.of_roles(session, ["complaints_manager"])
