"""What a test of the pages may ask for: an application over the default office, and clients who are signed in.

``app`` keeps its faults to itself, as in production: a page that breaks answers 500 instead of raising.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from backoffice.clock import SetClock
from backoffice.database import Database
from backoffice.models.office import Staff
from tests.support.databases import Templates, with_default_office
from tests.support.live import give_passwords
from views.app import create_app

SignIn = Callable[[str], FlaskClient]


@pytest.fixture
def office(templates: Templates, tmp_path: Path) -> Iterator[Database]:
    """The default office with its sample staff, on SQLite; everybody's password is ``live.PASSWORD``."""
    with templates.copy("sqlite", with_default_office, tmp_path) as database:
        give_passwords(database)
        yield database


@pytest.fixture
def app(office: Database, tmp_path: Path, clock: SetClock) -> Iterator[Flask]:
    """The application at the time of ``clock``."""
    config = {"DATA_DIR": str(tmp_path / "desk"), "DATABASE_URL": office.url, "CLOCK": clock, "TESTING": True}
    made = create_app(config)
    made.config["PROPAGATE_EXCEPTIONS"] = False
    yield made
    made.extensions["desk"].database.dispose()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser in which nobody is signed in."""
    return app.test_client()


@pytest.fixture
def sign_in(app: Flask, office: Database, clock: SetClock) -> SignIn:
    """``sign_in(code)`` gives a browser in which that member of staff (``S005`` …) is signed in."""

    def signed_in(code: str) -> FlaskClient:
        with office.reading() as session:
            staff = session.scalars(sa.select(Staff).where(Staff.code == code)).one()
        at = int(clock.now().timestamp())
        browser = app.test_client()
        with browser.session_transaction() as cookie:
            cookie["staff"] = {"id": staff.id, "epoch": staff.session_epoch, "began": at, "seen": at, "keep": False}
        return browser

    return signed_in
