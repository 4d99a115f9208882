"""R39: every route × every role × one's own, the same department's and a foreign record, against a table written by hand.

``access_table.py`` holds the expected answers. A route that is not in it fails here until somebody has said who may open
it; so does a route that answers otherwise. The scene (``tests/support/access_scene.py``) is played once and copied.
"""

from __future__ import annotations

import html
import re
import shutil
from collections.abc import Iterator
from itertools import chain

import pytest
import sqlalchemy as sa
from flask import Flask

from backoffice.models.complaint import Complaint
from backoffice.models.history import AccessEvent
from tests.support import access_scene, shared_scene
from tests.support.access_cells import CLEAR, Asking, Table
from tests.support.access_scene import KINDS, Scene
from tests.views.access_table import HIDDEN, ROLES
from views.app import create_app


@pytest.fixture(scope="session")
def scene(shared_folder) -> Scene:
    return shared_scene.once(shared_folder, "access", access_scene.build)


@pytest.fixture(scope="session")
def table(scene) -> Table:
    return Table(scene).read()


@pytest.fixture
def desk(scene, tmp_path, clock) -> Iterator[Flask]:
    folder = tmp_path / "desk"
    shutil.copytree(scene.folder, folder)
    config = {"DATA_DIR": str(folder), "DATABASE_URL": access_scene.url_of(folder), "CLOCK": clock, "TESTING": True}
    app = create_app({**config, "WTF_CSRF_ENABLED": False})
    app.config["PROPAGATE_EXCEPTIONS"] = False
    yield app
    app.extensions["desk"].database.dispose()


@pytest.mark.parametrize("code", ROLES)
def test_R39_every_route_answers_this_role_as_the_rules_say(desk, table, clock, code):
    asking = Asking(desk, ROLES[code], clock)
    found = [(cell, asking.letter(cell)) for cell in table.cells[code]]
    wrong = [
        f"{cell.said}: {letter} instead of {cell.expected}" for cell, letter in found if not cell.is_met_by(letter)
    ]
    assert wrong == []
    assert len(found) > 250


def test_R39_every_route_with_each_of_its_methods_is_in_the_table(desk, table):
    # A call of the JSON API is opened by no browser: tests/views/test_api_tokens.py asks with tokens.
    rules = [rule for rule in desk.url_map.iter_rules() if not rule.endpoint.startswith("api.")]
    routes = {(rule.endpoint, method) for rule in rules for method in rule.methods - {"HEAD", "OPTIONS"}}
    written = {(cell.endpoint, cell.method) for cell in chain.from_iterable(table.cells.values())}
    written |= {("acting.act", "POST")}  # its form asks the same as its page; some are played as posts
    assert sorted(routes - written) == []
    assert sorted(written - routes) == []


@pytest.mark.parametrize("code", ["AD", "CM", "HA"])
def test_R39_what_could_read_or_write_rows_past_the_rules_is_not_there(desk, clock, code):
    asking = Asking(desk, ROLES[code], clock)
    screens = {rule.rule for rule in desk.url_map.iter_rules() if rule.endpoint.endswith((".index_view", ".index"))}
    screens = sorted(rule for rule in screens if rule.startswith("/settings/") and rule != "/settings/")
    assert len(screens) >= 10
    paths = [f"{screen}{hidden}" for screen in screens for hidden in HIDDEN]
    wrong = [
        f"{method} {path}: {letter}"
        for path in paths
        for method in ("GET", "POST")
        if (letter := asking.answer(method, path)) != "n"
    ]
    assert wrong == []


def test_R39_somebody_who_is_not_signed_in_opens_nothing_but_what_is_public(desk, table):
    client = desk.test_client()
    public = {"static", "console.static", "sign_in.sign_in", "sign_in.enter", "sign_in.sign_out", "preferences.choose",
              "resend.token", "watching.healthz", "watching.metrics", "public.index", "public.start",
              "public.complaint", "public.progress", "public.receipt",
              "public.survey", "public.survey_link", "public.words"}  # fmt: skip
    asked = {(cell.endpoint, cell.method, cell.values, cell.query) for cell in table.cells["AD"]}
    for endpoint, method, values, query in sorted(asked, key=str):
        if endpoint in public:
            continue
        with desk.test_request_context():
            path = desk.url_for(endpoint, _external=False, **dict(values))
            path += query.replace("?", "&") if "?" in path else query
        answer = client.open(path, method=method)
        expected = 303 if method == "GET" else 401
        assert answer.status_code == expected, f"{method} {path}"
        assert expected == 401 or answer.location.startswith("/sign-in?next="), path


def test_R39_a_number_that_is_not_there_answers_like_a_foreign_one(desk, clock, scene):
    asking = Asking(desk, "handler", clock)
    for path in ("", "/reveal", "/dossier", "/submit_facts"):
        foreign = f"/complaints/{scene.numbers['investigate', 'foreign']}{path}"
        assert asking.answer("GET", foreign) == asking.answer("GET", f"/complaints/TS20991231-0001{path}") == "n"


# Rows, not only doors ------------------------------------------------------------------------------------------------


def numbers_of(scene, *kinds):
    return {number for (_step, kind), number in scene.numbers.items() if kind in kinds}


def listed(asking):
    """The numbers on all pages of the list of everything."""
    found, path = set(), "/complaints?list=all"
    while path:
        page = asking.ask("GET", path).get_data(as_text=True)
        found |= set(re.findall(r"TS\d{8}-\d{4}", page))
        after = re.search(r'rel="next" href="(/complaints\?[^"]*)"', page)
        path = html.unescape(after.group(1)) if after else ""
    return found


# By hand: an intake clerk also sees what waits to be taken over in the department.
@pytest.mark.parametrize(
    ("role", "kinds", "besides"),
    [
        ("handler", ("own",), ()),
        ("intake_clerk", ("own",), (("untaken", "department"),)),
        ("department_head", ("own", "department"), ()),
        ("dispatcher", KINDS, ()),
        ("auditor", KINDS, ()),
    ],
)
def test_R39_lists_and_searches_hold_what_is_within_reach_and_nothing_else(desk, scene, clock, role, kinds, besides):
    asking = Asking(desk, role, clock)
    reached = numbers_of(scene, *kinds) | {scene.numbers[key] for key in besides}
    assert listed(asking) == reached
    for key, number in scene.numbers.items():
        if key[0] in ("untaken", "investigate", "archived"):
            answer = asking.ask("GET", f"/complaints?q={number}")
            found = answer.status_code in (302, 303) and answer.location.endswith(number)
            assert found is (number in reached), (role, key)
    by_phone = asking.ask("GET", "/complaints?q=13900004172").get_data(as_text=True)
    assert set(re.findall(r"TS\d{8}-\d{4}", by_phone)) <= reached


@pytest.mark.parametrize(
    ("role", "kinds"),
    [("department_head", ("own", "department")), ("analyst", KINDS), ("hr_clerk", ())],
)
def test_R35_an_export_holds_what_is_within_reach_masked_and_is_logged(desk, scene, clock, role, kinds):
    asking = Asking(desk, role, clock)
    answer = asking.ask("POST", "/complaints/export.csv", {"list": "all"})
    content = answer.get_data(as_text=True)
    assert set(re.findall(r"TS\d{8}-\d{4}", content)) == numbers_of(scene, *kinds)
    assert not any(clear in answer.data for clear in CLEAR)
    assert ("139****4172" in content) is bool(kinds)
    with desk.extensions["desk"].database.reading() as session:
        events = session.scalars(sa.select(AccessEvent).where(AccessEvent.actor_id == asking.staff_id)).all()
    assert [event.kind for event in events] == ["export"]


def test_R39_a_callers_earlier_complaints_are_told_masked_and_to_intake_alone(desk, clock):
    told = Asking(desk, "intake_clerk", clock).ask("POST", "/intake/look-up", {"contact_phone": "139 0000 4172"})
    assert re.search(r"TS\d{8}-\d{4}", told.get_data(as_text=True))
    assert not any(clear in told.data for clear in CLEAR)
    refused = Asking(desk, "handler", clock).ask("POST", "/intake/look-up", {"contact_phone": "13900004172"})
    assert refused.status_code == 403


# The customer asked for confidentiality: only the people on the case see customer data (channels.yaml).
@pytest.mark.parametrize(
    ("role", "kind", "shown"),
    [
        ("complaints_manager", "foreign", False),
        ("senior_manager", "foreign", False),
        ("department_head", "department", False),
        ("complaints_manager", "own", True),
        ("handler", "own", True),
    ],
)
def test_R39_a_confidential_customer_is_shown_to_the_people_on_the_case_alone(desk, scene, clock, role, kind, shown):
    number = scene.numbers["archived", kind]
    with desk.extensions["desk"].database.writing() as session:
        session.execute(sa.update(Complaint).where(Complaint.number == number).values(confidential=True))
    asking = Asking(desk, role, clock)
    page = asking.ask("GET", f"/complaints/{number}").get_data(as_text=True)
    assert ("139****4172" in page) is shown
    assert ("周**" in page) is shown
    file = scene.files["archived", kind]
    for path in ("reveal", f"files/{file}"):
        assert asking.ask("GET", f"/complaints/{number}/{path}").status_code == (200 if shown else 403), path
    dossier = asking.ask("GET", f"/complaints/{number}/dossier").get_data(as_text=True)
    assert ("139****4172" in dossier) is shown
    listed_page = asking.ask("GET", "/complaints?list=all&q=13900004172").get_data(as_text=True)
    assert number in listed_page or shown is False
