"""What the tests that break in share: the scene of the access matrix, in which there is something of everything, and
an application over a copy of it that keeps its faults to itself and asks for form tokens, as in production.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from backoffice.clock import SetClock
from tests.support import access_scene
from tests.support.access_cells import Table
from tests.support.access_scene import Scene
from tests.support.printing import printing
from views.app import create_app

__all__ = ["printing"]


@pytest.fixture(scope="session")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    """Played once, copied for each test."""
    return access_scene.build(tmp_path_factory.mktemp("breakin") / "desk")


@pytest.fixture(scope="session")
def table(scene: Scene) -> Table:
    """The true addresses, role by role."""
    return Table(scene).read()


@pytest.fixture
def desk(scene: Scene, tmp_path: Path, clock: SetClock) -> Iterator[Flask]:
    folder = tmp_path / "desk"
    shutil.copytree(scene.folder, folder)
    config = {"DATA_DIR": str(folder), "DATABASE_URL": access_scene.url_of(folder), "CLOCK": clock, "TESTING": True}
    app = create_app(config)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    yield app
    app.extensions["desk"].database.dispose()
