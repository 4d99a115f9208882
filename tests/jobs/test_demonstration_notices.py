"""R8: the demonstration has notices in force, a suggestion and a lifted one, once however often it is opened."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from backoffice.jobs.demonstration.notices import play_notices
from backoffice.jobs.demonstration.told_cases import Player
from backoffice.keys import Keys
from backoffice.models.fault_notice import FaultNotice
from tests.support.played import Play

KEYS = Keys.fresh()


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_R8_the_demonstrations_notices_are_published_linked_and_one_is_lifted(office_database, at, tmp_path):
    Play(office_database, KEYS, tmp_path, at).register(uploads=())
    for _ in range(2):
        play_notices(Player(office_database, KEYS), at)
    with office_database.reading() as session:
        found = session.execute(
            sa.select(FaultNotice.kind, FaultNotice.state, FaultNotice.linked, FaultNotice.title_en)
        ).all()
    assert [tuple(row)[:3] for row in found] == [
        ("known_fault", "published", 1),
        ("known_fault", "published", 0),
        ("suggestion", "published", 0),
        ("known_fault", "lifted", 0),
    ]
    assert all(row.title_en for row in found)
