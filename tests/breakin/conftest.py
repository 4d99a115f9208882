"""What the tests that break in share: the scene of the access matrix, in which there is something of everything, and
an application over a copy of it that keeps its faults to itself and asks for form tokens, as in production.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from backoffice.clock import SetClock
from tests.support import access_scene, shared_scene
from tests.support.access_cells import Table
from tests.support.access_scene import Scene
from tests.support.printing import printing
from tests.support.scripts import poisoned_scene
from views.app import create_app

__all__ = ["printing"]


@pytest.fixture(scope="session")
def scene(shared_folder: Path) -> Scene:
    """Played once a run, copied for each test."""
    return shared_scene.once(shared_folder, "access", access_scene.build)


@pytest.fixture(scope="session")
def poisoned(shared_folder: Path) -> Scene:
    """The same with a payload at the end of every free text, of complaints and configuration alike."""
    return shared_scene.once(shared_folder, "poisoned", poisoned_scene)


@pytest.fixture(scope="session")
def table(scene: Scene) -> Table:
    """The true addresses, role by role."""
    return Table(scene).read()


@pytest.fixture
def desk(scene: Scene, tmp_path: Path, clock: SetClock) -> Iterator[Flask]:
    yield from desk_over(scene, tmp_path, clock)


def desk_over(scene: Scene, tmp_path: Path, clock: SetClock) -> Iterator[Flask]:
    """An application over a copy of the scene."""
    folder = shared_scene.copied(scene, tmp_path / "desk")
    config = {"DATA_DIR": str(folder), "DATABASE_URL": access_scene.url_of(folder), "CLOCK": clock, "TESTING": True}
    app = create_app(config)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    yield app
    app.extensions["desk"].database.dispose()
