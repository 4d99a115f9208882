"""R5: an office that was set up with an older program has, once it is upgraded, the default rows of a new one."""

from __future__ import annotations

import json
from collections import Counter

import pytest
import sqlalchemy as sa

from backoffice.database import Database
from backoffice.migrate import downgrade, upgrade
from backoffice.models import Base
from backoffice.services.new_defaults import KNOWN, take_new_defaults

BEFORE = {"0012": "quality inspection", "0017": "appraisal and training"}
"""The last revision before a subject came with tables and default rows of its own."""


def rows_of(database: Database) -> dict[str, Counter[str]]:
    """Table → its rows without the numbers that the database gives; what defaults were known is no default."""
    found = {}
    with database.engine.connect() as connection:
        for table in Base.metadata.sorted_tables:
            columns = [one for one in table.columns if not one.primary_key and not one.foreign_keys] or list(table.c)
            named = [one for one in table.primary_key.columns if isinstance(one.type, sa.String)]
            statement = sa.select(*named, *columns)
            if table.name == "setting":
                statement = statement.where(table.c.key != KNOWN)
            found[table.name] = Counter(
                json.dumps(list(row), default=str, ensure_ascii=False, sort_keys=True)
                for row in connection.execute(statement)
            )
    return {name: rows for name, rows in found.items() if rows}


@pytest.mark.parametrize("revision", BEFORE, ids=[f"before {one}" for one in BEFORE.values()])
def test_R5_an_office_set_up_before_a_subject_came_gets_the_rows_of_a_new_office(office_database, revision):
    new = rows_of(office_database)
    assert {"appraisal_rules", "appraisal_scheme", "scorecard", "training_course", "message_template"} <= new.keys()
    downgrade(office_database, revision)
    upgrade(office_database)
    with office_database.writing() as session:
        take_new_defaults(session)
    upgraded = rows_of(office_database)
    assert upgraded.keys() == new.keys()
    for name, rows in new.items():
        assert upgraded[name] == rows, name


def test_R5_taking_the_defaults_again_changes_nothing(office_database):
    with office_database.writing() as session:
        take_new_defaults(session)
    before = rows_of(office_database)
    with office_database.writing() as session:
        assert take_new_defaults(session) == ()
    assert rows_of(office_database) == before
