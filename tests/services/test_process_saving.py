"""A process is saved only when it can be used (R14)."""

from __future__ import annotations

import copy

import pytest
import sqlalchemy as sa

from backoffice.errors import DomainError
from backoffice.models.configuration import ProcessVersion
from backoffice.models.office import Role, RoleGrant
from backoffice.office import document
from backoffice.services.core.process_saving import save_process


def general() -> dict:
    found = copy.deepcopy(next(one for one in document("processes")["processes"] if one["severity"] == "general"))
    found["version"] = 2
    return found


def refused(database, definition) -> set[str]:
    with pytest.raises(DomainError) as caught, database.writing() as session:
        save_process(session, definition)
    with database.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).where(ProcessVersion.version == 2)) == 0
    return {refusal.key for refusal in caught.value.refusals}


def test_R14_a_process_that_can_be_used_is_kept_as_a_new_version(office_database):
    with office_database.writing() as session:
        save_process(session, general())
    with office_database.reading() as session:
        versions = session.scalars(sa.select(ProcessVersion.version).where(ProcessVersion.severity == "general")).all()
    assert sorted(versions) == [1, 2]


def test_R14_shares_that_do_not_come_to_a_hundred_are_refused(office_database):
    definition = general()
    definition["steps"][0]["clock_share"] = 50
    assert "process.refused.shares" in refused(office_database, definition)


def test_R39_a_step_that_nobody_may_do_is_refused(office_database):
    with office_database.writing() as session:
        desk = session.scalars(sa.select(Role.id).where(Role.code == "dispatcher")).one()
        session.execute(sa.delete(RoleGrant).where(RoleGrant.role_id == desk, RoleGrant.permission == "order_send"))
    assert "process.refused.role_may_not" in refused(office_database, general())


def test_R14_a_definition_that_cannot_be_read_is_refused_in_words(office_database):
    definition = general()
    del definition["steps"][2]["status"]
    assert refused(office_database, definition) == {"process.refused.form"}
