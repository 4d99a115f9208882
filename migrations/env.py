"""How migrations run: on the database that the program hands over, never by a connection of their own."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import context

from backoffice.database import WRITES
from backoffice.models import Base
from backoffice.models.base import Hundredths, UtcDateTime

PLAIN = {UtcDateTime: "sa.DateTime(timezone=True)", Hundredths: "sa.BigInteger()"}


def render(kind: str, item: Any, _autogen: object) -> str | bool:
    """Write our column types as the plain ones beneath them: migrations import no models."""
    if kind == "type":
        return PLAIN.get(type(item), False)
    return False


def include(_object: Any, name: str | None, kind: str, _reflected: bool, _compare: Any) -> bool:
    """Leave the search index alone: it is no model but each database's own full text."""
    return not (kind == "table" and name is not None and name.startswith("complaint_search"))


def run() -> None:
    database = context.config.attributes["database"]
    with database.engine.connect() as plain:
        connection: sa.Connection = plain.execution_options(**{WRITES: True})
        sqlite = connection.dialect.name == "sqlite"
        if sqlite:  # tables are rebuilt by batch operations, which would trip over references to them
            # Past the engine, whose first statement would begin a transaction, in which this has no effect.
            connection.connection.dbapi_connection.execute("PRAGMA foreign_keys=OFF")
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            render_item=render,
            include_object=include,
            render_as_batch=sqlite,
            transactional_ddl=True,
        )
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()
        if sqlite:
            connection.connection.dbapi_connection.execute("PRAGMA foreign_keys=ON")


run()
