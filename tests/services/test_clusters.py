"""R17: a cluster is proposed once, grows while it waits, and is answered complaint by complaint."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from backoffice.errors import DomainError
from backoffice.jobs.handlers import HANDLERS, plan_timed
from backoffice.jobs.running import Workshop, work_off
from backoffice.keys import Keys
from backoffice.models.complaint import Complaint
from backoffice.models.regrade import SeverityProposal, SeverityProposalMember
from backoffice.models.work import Outbox
from backoffice.services import clusters
from backoffice.services.figures import change_figures, figures
from policies.vocabulary import ProposalState, Severity
from tests.support.played import RECEIVED, Play

KEYS = Keys.fresh()


@pytest.fixture
def shop(office_database, clock, tmp_path):
    with office_database.writing() as session:
        admin = Play(office_database, KEYS, tmp_path).work(session, "S030").actor
        change_figures(session, admin, RECEIVED, {**figures(session), "cluster_complaints": 3})
    return Workshop(office_database, KEYS, clock, tmp_path)


def come(shop, *phones, at=RECEIVED, category="net_broadband_slow", **more):
    """Complaints of these customers, one a minute."""
    played = []
    for n, phone in enumerate(phones):
        play = Play(shop.database, KEYS, shop.folder, at + timedelta(minutes=n))
        play.register(uploads=(), category=category, texts={"contact_phone": f"139{phone:08}"}, **more)
        played.append(play)
    return played


def look(shop, at):
    shop.clock.at = at
    plan_timed(shop)
    assert work_off(shop, HANDLERS).failed == 0


def proposals(shop):
    with shop.database.reading() as session:
        rows = session.scalars(sa.select(SeverityProposal).order_by(SeverityProposal.id)).all()
        return [(row.severity, row.state, row.customers, len(row.members)) for row in rows]


def told(shop):
    with shop.database.reading() as session:
        return session.scalar(sa.select(sa.func.count()).where(Outbox.template == "cluster_notice"))


HOUR = timedelta(hours=1)
OPEN = ProposalState.OPEN


def test_R17_enough_customers_are_proposed_once_and_the_manager_is_told_once(shop):
    come(shop, 1, 2, 2)
    look(shop, RECEIVED + HOUR)
    assert proposals(shop) == []  # three complaints, two customers
    come(shop, 3, at=RECEIVED + HOUR)
    for minutes in (0, 10, 20):
        look(shop, RECEIVED + 2 * HOUR + timedelta(minutes=minutes))
    assert proposals(shop) == [(Severity.IMPORTANT, OPEN, 3, 4)]
    assert told(shop) == 1


def test_R17_it_grows_while_it_waits_and_what_was_dismissed_is_not_proposed_again(shop):
    first = come(shop, 1, 2, 3)
    look(shop, RECEIVED + HOUR)
    come(shop, 4, at=RECEIVED + HOUR)
    look(shop, RECEIVED + 2 * HOUR)
    assert proposals(shop) == [(Severity.IMPORTANT, OPEN, 4, 4)]
    with shop.database.writing() as session:
        clusters.dismiss(first[0].work(session, "S003"), 1, "不同小区，原因各异")
    come(shop, 5, 6, at=RECEIVED + 3 * HOUR)
    look(shop, RECEIVED + 4 * HOUR)
    assert [row[1] for row in proposals(shop)] == [ProposalState.DECLINED]  # two new ones are no cluster
    come(shop, 7, at=RECEIVED + 4 * HOUR)
    look(shop, RECEIVED + 5 * HOUR)
    assert proposals(shop)[1:] == [(Severity.IMPORTANT, OPEN, 3, 3)]


def test_R17_old_ones_closed_ones_and_other_leaves_do_not_count(shop):
    come(shop, 1, at=RECEIVED - timedelta(hours=30))
    closed = come(shop, 2)[0]
    closed.act("S005", "start_check")
    closed.act("S005", "withdraw", closing_reason_text="客户撤诉")
    come(shop, 3, category="net_broadband_down")
    come(shop, 4, 5, at=RECEIVED + HOUR)
    look(shop, RECEIVED + 2 * HOUR)
    assert proposals(shop) == []


def test_R17_accepted_each_complaint_is_raised_by_the_act_that_has_its_place_and_a_refusal_is_noted(shop):
    played = come(shop, 1, 2, 3)
    played[1].at = RECEIVED + HOUR
    played[1].dispatch()
    shop.clock.at = played[1].at
    look(shop, played[1].at)
    with shop.database.writing() as session:
        severity, ids = clusters.accept(played[0].work(session, "S003"), 1)
    assert severity is Severity.IMPORTANT
    assert len(ids) == 3
    with shop.database.writing() as session:  # broken off before it came to any of them: somebody goes on
        assert clusters.accept(played[0].work(session, "S001"), 1) == (severity, ids)
    for play in played:
        values = {"severity": severity, "regrade_reason": "集中投诉"}
        clusters.raising(lambda action, play=play, values=values: play.act("S003", action, **values), severity)
        with shop.database.writing() as session:
            clusters.note(session, play.complaint_id, shop.clock.at)
    with shop.database.reading() as session:
        assert set(session.scalars(sa.select(Complaint.severity))) == {Severity.IMPORTANT}
    with pytest.raises(DomainError) as error, shop.database.writing() as session:
        clusters.accept(played[0].work(session, "S001"), 1)
    assert error.value.refusals[0].key == "clusters.refused.answered"


def test_R17_a_category_that_is_major_by_default_is_proposed_for_major(shop):
    for n in (1, 2, 3):
        play = Play(shop.database, KEYS, shop.folder, RECEIVED + timedelta(minutes=n))
        play.register(uploads=(), category="net_area_outage", severity=Severity.IMPORTANT,
                      texts={"contact_phone": f"1390000000{n}", "severity_reason": "仅一栋楼"})  # fmt: skip
    look(shop, RECEIVED + HOUR)
    assert proposals(shop) == [(Severity.MAJOR, OPEN, 3, 3)]


def test_R17_a_dismissal_needs_its_reason_and_somebody_who_regrades_everywhere(shop):
    play = come(shop, 1, 2, 3)[0]
    look(shop, RECEIVED + HOUR)
    for code, reason, key in (("S003", " . ", "reason"), ("S004", "原因各异", "not_yours"), ("S016", "x", "not_yours")):
        with pytest.raises(DomainError) as error, shop.database.writing() as session:
            clusters.dismiss(play.work(session, code), 1, reason)
        assert error.value.refusals[0].key == f"clusters.refused.{key}"
    with shop.database.reading() as session:
        assert session.scalars(sa.select(SeverityProposalMember.raised)).all() == [None] * 3
