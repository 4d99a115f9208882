"""R39: every role × one's own complaint, the same department's and a foreign one, over the calls of the API: a token
opens what its person's pages open, and not more. The expected letters are those of ``access_table.py``.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from flask import Flask

from tests.support import access_scene, shared_scene
from tests.support.access_cells import CLEAR, LETTERS, Cell, Table
from tests.support.access_scene import PERSON, Scene
from tests.support.api import Caller, token_of
from tests.views.access_table import ROLES
from views.api.operation import OPERATIONS
from views.app import create_app

# The page of the table → the calls that show or do the same.
CALLS = {
    ("complaint.page", "GET"): ("GET /complaints/{number}",),
    ("course.course", "GET"): ("GET /complaints/{number}/history", "GET /complaints/{number}/actions"),
    ("record.reveal", "POST"): ("POST /complaints/{number}/reveal",),
    ("files.download", "GET"): ("GET /complaints/{number}/files/{file_id}",),
    ("complaints.index", "GET"): ("GET /complaints",),
    ("intake.register", "POST"): ("POST /complaints",),
}
ELSEWHERE = {"read_action", "act_on_complaint", "attach_files", "read_draft", "read_description", "read_master_data"}
"""Calls whose rights ``test_api_actions.py``, ``test_api_drafts.py`` and ``test_api_tokens.py`` ask."""

STEPS = ("untaken", "investigate", "archived")
"""What nobody took yet, what is worked at, what is frozen."""


@pytest.fixture(scope="session")
def scene(shared_folder) -> Scene:
    return shared_scene.once(shared_folder, "access", access_scene.build)


@pytest.fixture
def desk(scene, tmp_path, clock) -> Iterator[Flask]:
    folder = tmp_path / "desk"
    shutil.copytree(scene.folder, folder)
    made = create_app(
        {"DATA_DIR": str(folder), "DATABASE_URL": access_scene.url_of(folder), "CLOCK": clock, "TESTING": True}
    )
    made.config["PROPAGATE_EXCEPTIONS"] = False
    yield made
    made.extensions["desk"].database.dispose()


def letter(program: Caller, call: str, cell: Cell) -> str:
    method, path = call.format(**dict(cell.values)).split(" ")
    answer = program.get(path) if method == "GET" else program.post(path, {"reason": "x"})
    if not path.endswith("/reveal") and "/files/" not in path and any(clear in answer.data for clear in CLEAR):
        return "[customer data in clear]"
    return LETTERS.get(answer.status_code, "o" if answer.status_code in (200, 422) else f"[{answer.status_code}]")


def test_R39_every_call_is_asked_for_here_or_elsewhere():
    known = {(f"{one.method} {one.path}".replace("<int:", "<").replace("<", "{").replace(">", "}")): one.name
             for one in OPERATIONS.values()}  # fmt: skip
    asked = {known[call] for calls in CALLS.values() for call in calls}
    assert asked | ELSEWHERE == set(OPERATIONS)
    assert not asked & ELSEWHERE


@pytest.mark.parametrize("code", ROLES)
def test_R39_a_token_opens_to_every_role_what_the_pages_open_and_not_more(desk, scene, code):
    access_scene.give_role(desk.config["DATABASE_URL"], ROLES[code])
    program, wrong, asked = Caller(desk, token_of(desk, PERSON, per_minute=6000)), [], 0
    for cell in Table(scene).read().cells[code]:
        if cell.of_complaint and not any(f" at {step}," in cell.said for step in STEPS):
            continue
        for call in CALLS.get((cell.endpoint, cell.method), ()):
            found = letter(program, call, cell)
            asked += 1
            if found != cell.expected:
                wrong.append(f"{call}, {cell.said}: {found} instead of {cell.expected}")
    assert wrong == []
    assert asked > 20
