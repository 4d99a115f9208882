"""What ``benchmarks.pages`` measures behind one server: the desk, a null view, and a plain ``ModelView`` of Flask-Admin
over the same rows.

``DESK_BENCHMARK_DATA`` and ``DESK_BENCHMARK_URL`` name the office, ``DESK_BENCHMARK_NOW`` the moment it thinks it is.
"""

from __future__ import annotations

import logging
import os
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask import Flask
from flask_admin import Admin
from flask_admin.contrib.sqla import ModelView
from flask_babel import Babel
from sqlalchemy.orm import scoped_session, sessionmaker
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from backoffice.clock import SetClock
from backoffice.models.complaint import Complaint
from views.app import create_app

COLUMNS = ("number", "received_at", "next_due_at", "status", "severity", "channel.name_zh", "category.name_zh")


class PlainList(ModelView):
    """The list of complaints as Flask-Admin makes it, nothing else; twenty a page, as the desk shows."""

    can_create = can_edit = can_delete = False
    column_list = COLUMNS
    column_sortable_list = ("next_due_at", "received_at")
    column_default_sort = "next_due_at"
    column_filters = ("open", "status", "severity")
    column_searchable_list = ("number",)
    column_auto_select_related = True
    page_size = 20


def nothing() -> Flask:
    """An application with a view that answers at once."""
    app = Flask("nothing")
    app.add_url_rule("/", view_func=lambda: "ok")
    return app


def plain(url: str) -> Flask:
    """An application with the plain list and a list of open ones at ``/complaint/?flt0_0=1``."""
    app = Flask("plain", template_folder=None)  # else it would take the desk's templates
    Babel(app)
    app.secret_key = "benchmark"
    session = scoped_session(sessionmaker(sa.create_engine(url)))
    app.teardown_appcontext(lambda _fault: session.remove())
    admin = Admin(app, url="/")
    admin.add_view(PlainList(Complaint, session, endpoint="complaint", url="/complaint"))  # type: ignore[arg-type]
    return app


def served() -> Any:
    """All of it as one WSGI application."""
    url = os.environ["DESK_BENCHMARK_URL"]
    moment = datetime.fromisoformat(os.environ["DESK_BENCHMARK_NOW"])
    desk = create_app({"DATA_DIR": os.environ["DESK_BENCHMARK_DATA"], "DATABASE_URL": url, "CLOCK": SetClock(moment)})
    logging.getLogger("desk").setLevel(logging.ERROR)
    return DispatcherMiddleware(desk, {"/null": nothing(), "/plain": plain(url)})  # type: ignore[arg-type]
