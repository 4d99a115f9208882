"""What ``benchmarks.writes`` compares with: a bare row through the form of a plain ``ModelView``, with its token.

``DESK_BENCHMARK_URL`` names the database, in which it makes a table of its own.
"""

from __future__ import annotations

import os

import sqlalchemy as sa
from flask import Flask
from flask_admin import Admin
from flask_admin.contrib.sqla import ModelView
from flask_admin.form import SecureForm
from flask_babel import Babel
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, scoped_session, sessionmaker

from backoffice.database import Database

ADDRESS = "/bare_row/new/"


class Base(DeclarativeBase):
    """Its own, so that no migration knows of it."""


class BareRow(Base):
    """A row and nothing else."""

    __tablename__ = "bare_row"

    id: Mapped[int] = mapped_column(primary_key=True)
    phone: Mapped[str] = mapped_column(sa.String(40))
    what: Mapped[str] = mapped_column(sa.Text)


class PlainForm(ModelView):
    """Flask-Admin's form as it comes, with the token that it offers."""

    form_base_class = SecureForm


def served() -> Flask:
    """An application with that form at ``ADDRESS``."""
    app = Flask("plain", template_folder=None)
    Babel(app)
    app.secret_key = "benchmark"
    engine = Database(os.environ["DESK_BENCHMARK_URL"]).engine
    Base.metadata.create_all(engine)
    engine.dispose()  # a process that is forked from this one makes its own connections
    session = scoped_session(sessionmaker(engine))
    app.teardown_appcontext(lambda _fault: session.remove())
    admin = Admin(app, url="/")
    admin.add_view(PlainForm(BareRow, session, endpoint="bare_row", url="/bare_row"))  # type: ignore[arg-type]
    return app
