"""R39: what somebody typed to have it run does not run: in a real browser, with its own idea of broken marks.

A page counts as harmless when nothing of the payload ran (``window.__hacked``), nothing asked for another machine, and
the content policy had nothing to refuse: what it must stop has already got too far.
"""

from __future__ import annotations

import shutil

import pytest

from backoffice.database import Database
from tests.browser.pages import sign_in, speak, watch
from tests.support import access_scene
from tests.support.access_scene import PERSON
from tests.support.live import listening
from tests.support.scripts import MARK, poison_what_is_kept, poison_what_is_played

ROLES = {
    "complaints_manager": ("/", "/complaints?list=all", "/complaints?list=all&q={mark}", "/complaints/{own}", "/complaints/{archived}/dossier", "/overview", "/statistics",
                           "/inspection/statistics", "/inspection/lots", "/clusters", "/messages", "/duty", "/corrective-actions", "/intake/new", "/indicators"),
    "administrator": ("/settings/departments/", "/settings/categories/", "/settings/processes/", "/settings/scorecards/", "/settings/changes/", "/settings/roles/"),
}  # fmt: skip


@pytest.fixture
def desk(tmp_path, clock):
    """The scene of the access matrix, with a payload at the end of every text."""
    with pytest.MonkeyPatch.context() as patch:
        poison_what_is_played(patch)
        made = access_scene.build(tmp_path / "scene")
    database = Database(access_scene.url_of(made.folder))
    poison_what_is_kept(database)
    shutil.copytree(made.folder, tmp_path / "desk")
    with listening(database, tmp_path / "desk", clock) as live:
        live.app.extensions["scene"] = made
        yield live
    database.dispose()


def test_R39_nothing_that_was_typed_runs_in_a_real_browser(desk, window):
    made, asked = desk.app.extensions["scene"], []
    window.on("request", lambda request: asked.append(request.url))
    numbers = {
        "own": made.numbers["investigate", "own"],
        "archived": made.numbers["archived", "own"],
        "mark": f'"><script>{MARK}</script>',
    }
    wrong, shown = [], 0
    for role, addresses in ROLES.items():
        access_scene.give_role(desk.database.url, role)
        page = watch(window.new_page())
        if role == "complaints_manager":
            sign_in(page, PERSON.lower())
            speak(page, "zh_Hans")
        for address in addresses:
            answer = page.goto(address.format(**numbers))
            assert answer.status < 400, (address, answer.status)
            page.mouse.move(200, 300)
            page.keyboard.press("Tab")
            shown += MARK in page.content()
            found = page.evaluate(
                "[window.__hacked, window.__refused.join(' '), document.querySelectorAll('[onclick],[onload],[onerror],iframe,object,embed').length]"
            )
            if found != [None, "", 0] or page.faults:
                wrong.append((address, found, page.faults))
        page.close()
    assert wrong == []
    assert shown >= 15
    assert all(url.startswith((desk.url, "data:", "about:")) for url in asked)
