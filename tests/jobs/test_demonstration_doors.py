"""R1, R38: in the demonstration drafts wait for a clerk, and articles were released by a second person; once."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from backoffice.jobs.demonstration.doors import play_arrivals
from backoffice.jobs.demonstration.knowledge import play_knowledge
from backoffice.jobs.demonstration.told_cases import Player
from backoffice.keys import Keys
from backoffice.models.complaint import Complaint
from backoffice.models.knowledge import Knowledge
from backoffice.queries.actor import load_actor
from backoffice.services import arrivals
from policies.vocabulary import ComplaintStatus
from tests.support.played import Play

KEYS = Keys.fresh()


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_R1_the_demonstrations_drafts_wait_for_a_clerk_with_what_was_said(office_database, at):
    player = Player(office_database, KEYS)
    for _ in range(2):
        play_arrivals(player, at)
    with office_database.reading() as session:
        manager = load_actor(session, player.staff_id("S003"))
        waiting = arrivals.waiting(session, KEYS, manager)
    assert sorted(one.row.way for one in waiting) == ["api", "email", "email"]
    assert all(one.summary and one.customer for one in waiting)


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_R38_the_demonstrations_knowledge_is_released_by_another_than_its_writer(office_database, at, tmp_path):
    play = Play(office_database, KEYS, tmp_path, at)
    play.register(category="net_broadband_slow", uploads=())
    with office_database.writing() as session:
        row = session.scalars(sa.select(Complaint)).one()
        row.status, row.open, row.archived_at = ComplaintStatus.ARCHIVED, False, row.received_at
        row.received_at = row.archived_at = row.received_at.replace(year=row.received_at.year - 1)
    for _ in range(2):
        play_knowledge(Player(office_database, KEYS), at)
    with office_database.reading() as session:
        found = session.execute(
            sa.select(Knowledge.kind, Knowledge.state, Knowledge.writer_id, Knowledge.released_by_id)
        )
        assert sorted((row.kind, row.state, row.released_by_id not in (None, row.writer_id)) for row in found) == [
            ("article", "draft", False),
            ("article", "released", True),
            ("article", "released", True),
            ("case", "released", True),
        ]
