"""What the desk keeps of its rules is what came to hold, never what a command that was taken back had written."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from backoffice.models.configuration import Setting
from backoffice.queries.rulebook import Rulebook
from backoffice.services.core.upkeep import count_change


class TakenBackError(Exception):
    """A command that does not come to its end."""


def say(session, days):
    session.execute(sa.update(Setting).where(Setting.key == "process").values(value={"repeat_days": days}))
    count_change(session)


def told(session):
    return Rulebook(session).setting("process")["repeat_days"]


def taken_back(database):
    with database.writing() as session:
        say(session, 7)
        assert told(session) == 7  # the command itself sees what it set
        raise TakenBackError


def test_R30_what_a_command_that_was_taken_back_had_set_is_not_kept(office_database):
    with pytest.raises(TakenBackError):
        taken_back(office_database)
    with office_database.writing() as session:
        say(session, 8)  # counts to the same number as what was taken back
    with office_database.reading() as session:
        assert told(session) == 8
