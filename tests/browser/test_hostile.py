"""R39: what somebody typed to have it run does not run: in a real browser, with its own idea of broken marks.

A page counts as harmless when nothing of the payload ran (``window.__hacked``), nothing asked for another machine, and
the content policy had nothing to refuse: what it must stop has already got too far.
"""

from __future__ import annotations

import pytest

from backoffice.database import Database
from tests.browser.pages import sign_in, speak, watch
from tests.support import access_scene, shared_scene
from tests.support.access_scene import PERSON
from tests.support.live import listening
from tests.support.planting import planted
from tests.support.scripts import MARK, poisoned_scene

ROLES = {
    "complaints_manager": ("/", "/complaints?list=all", "/complaints?list=all&q={mark}", "/complaints/{own}", "/complaints/{archived}/dossier", "/overview", "/statistics",
                           "/inspection/statistics", "/inspection/lots", "/clusters", "/messages", "/duty", "/corrective-actions", "/intake/new", "/indicators"),
    "administrator": ("/settings/departments/", "/settings/categories/", "/settings/processes/", "/settings/scorecards/", "/settings/changes/", "/settings/roles/"),
}  # fmt: skip
LIST = ROLES["complaints_manager"][1]
RAN = """[window.__hacked, window.__refused.join(' '),
         document.querySelectorAll('[onclick],[onload],[onerror],iframe,object,embed').length]"""
HARMLESS = [None, "", 0]


@pytest.fixture
def scene(shared_folder):
    """The scene of the access matrix, with a payload in every text."""
    return shared_scene.once(shared_folder, "poisoned", poisoned_scene)


@pytest.fixture
def desk(scene, tmp_path, clock):
    folder = shared_scene.copied(scene, tmp_path / "desk")
    database = Database(access_scene.url_of(folder))
    with listening(database, folder, clock) as live:
        yield live
    database.dispose()


def looked_at(page, address):
    """Open a page and move about on it; what ran, was refused or is there to be run."""
    answer = page.goto(address)
    assert answer.status < 400, (address, answer.status)
    page.mouse.move(200, 300)
    page.keyboard.press("Tab")
    return page.evaluate(RAN)


def test_R39_nothing_that_was_typed_runs_in_a_real_browser(desk, window, scene):
    asked = []
    window.on("request", lambda request: asked.append(request.url))
    numbers = {
        "own": scene.numbers["investigate", "own"],
        "archived": scene.numbers["archived", "own"],
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
            found = looked_at(page, address.format(**numbers))
            shown += MARK in page.content()
            if found != HARMLESS or page.faults:
                wrong.append((address, found, page.faults))
        page.close()
    assert wrong == []
    assert shown >= 15
    assert all(url.startswith((desk.url, "data:", "about:")) for url in asked)


def test_R39_what_runs_or_is_only_just_stopped_is_seen(desk, window):
    """One text that is not escaped, and the browser says so: the watch above would not have been blind to it."""
    access_scene.give_role(desk.database.url, "complaints_manager")
    page = watch(window.new_page())
    sign_in(page, PERSON.lower())
    assert looked_at(page, LIST) == HARMLESS
    with planted(desk.app, "complaints/index.html", "{{ row.title }}", "{{ row.title|safe }}"):
        ran, refused, _handlers = looked_at(page, LIST)
    assert ran is None, "the content policy still held"
    assert "-src" in refused
