"""R13, R39: who and which departments are on a complaint find it among what is at hand until it is archived."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from backoffice.keys import Keys
from backoffice.models.complaint import Complaint, ComplaintDepartment, ComplaintPerson
from backoffice.queries.actor import load_actor
from backoffice.queries.scope import visible
from backoffice.services.core import transition
from backoffice.services.core.case import open_case
from policies.access import Permission
from policies.vocabulary import CaseFunction, ComplaintStatus, Outcome
from tests.support.played import Play


def flags(session, complaint_id):
    return {
        row.current
        for model in (ComplaintPerson, ComplaintDepartment)
        for row in session.scalars(sa.select(model).where(model.complaint_id == complaint_id))
    }


def test_R39_whoever_is_on_it_has_it_at_hand_until_it_is_archived(office_database, tmp_path):
    play = Play(office_database, Keys.fresh(), tmp_path)
    play.register()
    play.dispatch()
    with office_database.reading() as session:
        assert flags(session, play.complaint_id) == {True}
    with office_database.writing() as session:
        case = open_case(play.work(session, "S005"), play.complaint_id)
        transition.bring_closed(case, Outcome.RESOLVED, play.at + timedelta(days=1))
        case.involve(play.staff("S010"), CaseFunction.CALLER_BACK)
    with office_database.reading() as session:
        assert session.get_one(Complaint, play.complaint_id).status is ComplaintStatus.ARCHIVED
        assert flags(session, play.complaint_id) == {False}


def test_R39_what_is_at_hand_is_what_is_seen_and_not_archived(office_database, tmp_path):
    play = Play(office_database, Keys.fresh(), tmp_path)
    play.register()
    play.dispatch()
    open_id = play.complaint_id
    play.register()
    play.dispatch()
    with office_database.writing() as session:
        case = open_case(play.work(session, "S005"), play.complaint_id)
        transition.bring_closed(case, Outcome.RESOLVED, play.at)
    with office_database.reading() as session:
        for code in ("S005", "S015", "S016"):
            actor = load_actor(session, play.staff(code))
            seen, at_hand = (
                set(session.scalars(sa.select(Complaint.id).where(condition)))
                for condition in (visible(actor), visible(actor, Permission.COMPLAINT_VIEW, current=True))
            )
            assert (seen, at_hand) == ({open_id, play.complaint_id}, {open_id}), code
