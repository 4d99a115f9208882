"""An office that was set up before gets what a newer program brings, once, and keeps what it made itself (R5, R17)."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from backoffice.models.configuration import MessageTemplate, Setting
from backoffice.models.office import Role, RoleGrant
from backoffice.services.new_defaults import take_new_defaults


def forget(session, code, permission):
    """As the office was before the program knew these."""
    session.execute(sa.delete(MessageTemplate).where(MessageTemplate.code == code))
    session.execute(sa.delete(RoleGrant).where(RoleGrant.permission == permission))


def holders(session, permission):
    held = sa.select(Role.code).join(RoleGrant).where(RoleGrant.permission == permission)
    return set(session.scalars(held))


@pytest.fixture
def older(office_database):
    with office_database.writing() as session:
        forget(session, "cluster_notice", "statement_approve")
    return office_database


def test_R17_a_text_and_a_permission_that_came_later_are_brought_to_their_default_roles(older):
    with older.writing() as session:
        assert take_new_defaults(session) == ("cluster_notice", "statement_approve")
    with older.reading() as session:
        assert holders(session, "statement_approve") == {"senior_manager"}
        assert session.scalar(sa.select(MessageTemplate.code).where(MessageTemplate.code == "cluster_notice"))


def test_what_the_office_took_away_afterwards_does_not_come_back(older):
    with older.writing() as session:
        take_new_defaults(session)
        forget(session, "cluster_notice", "statement_approve")
    with older.writing() as session:
        assert take_new_defaults(session) == ()
        assert holders(session, "statement_approve") == set()


def test_an_office_that_lacks_nothing_is_left_as_it_is(office_database):
    with office_database.writing() as session:
        before = session.scalar(sa.select(sa.func.count()).select_from(RoleGrant))
        assert take_new_defaults(session) == ()
        assert session.scalar(sa.select(sa.func.count()).select_from(RoleGrant)) == before


def test_an_office_without_its_configuration_waits_for_the_whole(database):
    with database.writing() as session:
        assert take_new_defaults(session) == ()
        assert session.get(Setting, "known_defaults").value == {}
