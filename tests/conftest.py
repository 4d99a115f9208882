"""What every test may ask for: a fixed time, a clock, and a database on SQLite and on PostgreSQL.

With ``CI=true`` a missing part of the system is a failure; elsewhere it is a skip that says what is missing.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import settings

from backoffice.clock import SetClock
from backoffice.database import Database
from tests.support import compiled_once, postgresql, run_folder
from tests.support.databases import Filling, Templates, migrated, with_default_office
from tests.support.inspections import with_an_archived_complaint
from views.commands.parts import chromium

RUN_FOLDER = "DESK_TEST_RUN_FOLDER"
ROOM = 1 << 30  # bytes that a run needs at most

IN_CI = os.environ.get("CI") == "true"

# On a busy machine a slow example is no fault; where a landing is decided, the examples are the same every time.
settings.register_profile("house", deadline=None, derandomize=IN_CI)
settings.load_profile("house")
compiled_once.remember()


def pytest_configure(config: pytest.Config) -> None:
    """Make the folder that all workers of this run share, in memory where there is room: copying is faster there."""
    if not hasattr(config, "workerinput"):
        memory = Path("/dev/shm")
        roomy = memory.is_dir() and shutil.disk_usage(memory).free > ROOM and os.access(memory, os.W_OK)
        place = memory if roomy else Path(tempfile.gettempdir())
        run_folder.sweep(place)
        os.environ[RUN_FOLDER] = str(run_folder.make(place))


def pytest_unconfigure(config: pytest.Config) -> None:
    """When all workers have ended: stop what they started."""
    if not hasattr(config, "workerinput"):
        run_folder.remove(Path(os.environ.pop(RUN_FOLDER)))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the long tests out unless they were asked for by `run.py test --long` or by ``-m``."""
    if os.environ.get("BACKOFFICE_LONG_TESTS") or "long" in config.option.markexpr:
        return
    long = [item for item in items if item.get_closest_marker("long")]
    config.hook.pytest_deselected(items=long)
    items[:] = [item for item in items if item not in long]


def missing(reason: str) -> None:
    """A part of the system that a test needs is not there."""
    if IN_CI:
        pytest.fail(f"{reason} (with CI=true a missing part is a failure)", pytrace=False)
    pytest.skip(reason)


@pytest.fixture
def at() -> datetime:
    """A fixed moment, aware UTC: Monday 23 November 2026, 10:00 in Shanghai."""
    return datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


@pytest.fixture
def clock(at: datetime) -> SetClock:
    """A clock that stands at ``at`` until the test moves it."""
    return SetClock(at)


@pytest.fixture(scope="session")
def shared_folder() -> Path:
    """The folder that all workers of this run share."""
    return Path(os.environ[RUN_FOLDER])


@pytest.fixture(scope="session")
def templates(shared_folder: Path) -> Templates:
    """The run's migrated templates."""
    return Templates(shared_folder)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def dialect(request: pytest.FixtureRequest) -> str:
    """Each database in turn: a test that asks for one runs on both."""
    if request.param == "postgresql" and (reason := postgresql.why_not()):
        missing(reason)
    return str(request.param)


@pytest.fixture
def database(dialect: str, templates: Templates, tmp_path: Path) -> Iterator[Database]:
    """An empty database of this test's own, with the newest tables."""
    yield from _copied(dialect, templates, migrated, tmp_path)


@pytest.fixture
def office_database(dialect: str, templates: Templates, tmp_path: Path) -> Iterator[Database]:
    """A database of this test's own with the default office and its sample staff (no passwords)."""
    yield from _copied(dialect, templates, with_default_office, tmp_path)


@pytest.fixture
def archived_database(dialect: str, templates: Templates, tmp_path: Path) -> Iterator[Database]:
    """The same with one complaint played to its archive, for ``Inspected(archived_database, KEYS, …).resumed()``."""
    yield from _copied(dialect, templates, with_an_archived_complaint, tmp_path)


def _copied(dialect: str, templates: Templates, filling: Filling, folder: Path) -> Iterator[Database]:
    with templates.copy(dialect, filling, folder) as database:
        yield database


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """The browser's program."""
    path = chromium()
    if path is None:
        missing("Chromium is not installed")
    return str(path)
