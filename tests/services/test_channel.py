"""Channels (R1): an office adds its own; those taken out of use keep their complaints."""

from dataclasses import replace

import pytest
import sqlalchemy as sa

from backoffice.errors import DomainError
from backoffice.models.configuration import Channel
from backoffice.models.office import Department
from backoffice.services import channel
from backoffice.services.channel import ChannelFacts
from tests.support.offices import actor_of, changes_of, said, the


@pytest.fixture
def kiosk(office_database):
    with office_database.reading() as session:
        desk = the(session, Department, "front_desk")
    return ChannelFacts("自助终端", "Kiosk", "counter", False, desk.id, "web_form", "hall", position=30)


def test_R1_an_office_adds_its_own_channel(office_database, at, kiosk):
    with office_database.writing() as session:
        row = channel.create(session, actor_of(session), at, "kiosk", kiosk)
        assert session.get(Channel, row.id).name_en == "Kiosk"
        [line] = changes_of(session, "channel")
        assert line.changes["entry_way"] == [None, "web_form"]


def test_R1_bad_values_are_refused_beside_their_fields(office_database, at, kiosk):
    bad = replace(kiosk, kind="smoke", default_department_id=None, entry_way="fax", hours="never", position=-1)
    with office_database.writing() as session:
        with pytest.raises(DomainError) as error:
            channel.create(session, actor_of(session), at, "hotline", bad)
        assert said(error) == [
            ("code", "code_taken"),
            ("kind", "unknown"),
            ("default_department_id", "missing"),
            ("entry_way", "unknown"),
            ("hours", "unknown"),
            ("position", "out_of_bounds"),
        ]


def test_R1_a_change_is_logged_with_old_and_new(office_database, at, kiosk):
    with office_database.writing() as session:
        actor = actor_of(session)
        row = channel.create(session, actor, at, "kiosk", kiosk)
        channel.change(session, actor, at, row.id, replace(kiosk, live=True))
        assert changes_of(session, "channel")[-1].changes == {"live": [False, True]}


def test_R1_a_channel_is_retired_and_restored_but_the_last_one_stays(office_database, at):
    with office_database.writing() as session:
        actor = actor_of(session)
        row = the(session, Channel, "letter")
        channel.retire(session, actor, at, row.id, "no letters any more")
        assert row.retired_at == at
        channel.restore(session, actor, at, row.id, "letters again")
        session.execute(sa.update(Channel).where(Channel.id != row.id).values(retired_at=at))
        with pytest.raises(DomainError) as error:
            channel.retire(session, actor, at, row.id, "nobody writes")
        assert said(error) == [(None, "last_channel")]


def test_R1_a_channel_is_not_restored_to_a_retired_department(office_database, at, kiosk):
    with office_database.writing() as session:
        actor = actor_of(session)
        row = channel.create(session, actor, at, "kiosk", kiosk)
        channel.retire(session, actor, at, row.id, "broken")
        session.get(Department, kiosk.default_department_id).retired_at = at
        with pytest.raises(DomainError) as error:
            channel.restore(session, actor, at, row.id, "mended")
        assert said(error) == [(None, "department_retired")]
