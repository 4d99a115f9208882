"""``/metrics``: figures that a strict reader takes, of no person, and for machines of the office alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from flask import Flask

from backoffice.models.configuration import Setting
from policies.health import BOUND
from tests.support.counting import statements
from tests.support.exposition import read
from tests.support.played import Play
from views.app import create_app
from views.watching.counted import FOLDER, Counts, of_all
from views.watching.exposition import CONTENT_TYPE, Family, write


def figures(client, **more):
    found = client.get("/metrics", **more)
    assert found.status_code == 200
    assert found.content_type == CONTENT_TYPE
    return read(found.get_data(as_text=True))


@pytest.fixture
def desk(office, tmp_path, clock):
    """Makes an application with its own settings."""
    made: list[Flask] = []

    def make(**config):
        app = create_app({"DATA_DIR": str(tmp_path / "desk"), "DATABASE_URL": office.url, "CLOCK": clock, "TESTING": True,
                          **config})  # fmt: skip
        made.append(app)
        return app.test_client()

    yield make
    for app in made:
        app.extensions["desk"].database.dispose()


def test_a_strict_reader_takes_the_figures_of_a_desk(client, office, app, tmp_path, clock):
    Play(office, app.extensions["desk"].keys, tmp_path / "desk" / "files").register()
    with office.writing() as session:
        session.add(Setting(key="worker.pc.1", value={"at": clock.now().isoformat(), "role": "console"}))
        session.add(Setting(key="last_backup", value={"at": clock.now().isoformat()}))
    client.get("/sign-in")
    client.get("/no-such-page")
    found = figures(client)
    assert found["desk_database_up"].value() == 1
    assert found["desk_files_writable"].value() == 1
    assert found["desk_complaints"].value() == 1
    assert found["desk_open_complaints"].value() == 1
    assert found["desk_workers"].value() == 1
    assert found["desk_last_backup_timestamp_seconds"].value() == clock.now().timestamp()
    assert found["desk_build_info"].value(database="sqlite") == 1
    assert found["desk_outbox_messages"].value(state="given_up") == 0
    assert found["process_resident_memory_bytes"].value() > 10_000_000
    requests = found["desk_http_requests_total"]
    assert requests.value(route="/sign-in", method="GET", status="2xx") == 1
    assert requests.value(route="none", status="4xx") == 1
    buckets = found["desk_http_request_duration_seconds"].samples
    assert {labels["route"] for _, labels, _ in buckets} == {"/sign-in", "none"}
    # The second look counts the first.
    assert figures(client)["desk_http_requests_total"].value(route="/metrics") == 1


def test_a_database_that_is_away_leaves_the_figures_of_the_process(client, office, app):
    app.extensions["desk_figures"] = type("Silent", (), {"ask": lambda self, find: None})()
    found = figures(client)
    assert found["desk_database_up"].value() == 0
    assert "desk_complaints" not in found
    assert "process_cpu_seconds_total" in found


def test_it_asks_a_bounded_number_of_statements_however_often_it_is_asked(client, app):
    with statements(app) as sent:
        for _ in range(5):
            figures(client)
    assert len(sent) <= 20


def test_no_visitor_makes_new_series(client):
    for number in range(30):
        client.get(f"/complaints/TS2026{number:07}")
        client.get(f"/{number}?x={number}")
        client.open("/sign-in", method=f"BREW{number}")
    found = figures(client)
    assert len(found["desk_http_requests_total"].samples) <= 6


def test_nothing_of_a_person_is_among_the_figures(client, office, app, tmp_path):
    play = Play(office, app.extensions["desk"].keys, tmp_path / "desk" / "files")
    play.register(texts={"contact_phone": "13900004171"})
    client.get(f"/complaints/{play.number}?q=13900004171")
    text = client.get("/metrics").get_data(as_text=True)
    assert play.number not in text
    assert "13900004171" not in text


# Settings, the asker's address, the headers, the answer.
MAY_ASK = [
    ({}, "127.0.0.1", {}, 200),
    ({}, "127.8.9.1", {}, 200),
    ({}, "::1", {}, 200),
    ({}, "::ffff:127.0.0.1", {}, 200),
    ({}, "10.1.2.3", {}, 403),
    ({}, "", {}, 403),
    ({}, "127.0.0.1", {"X-Forwarded-For": "10.1.2.3"}, 403),  # through a proxy of this machine
    ({}, "127.0.0.1", {"X-Forwarded-For": "127.0.0.1"}, 403),
    ({}, "127.0.0.1", {"Forwarded": "for=127.0.0.1"}, 403),
    ({}, "127.0.0.1", {"X-Real-IP": "127.0.0.1"}, 403),
    ({"PROXIES": 1}, "127.0.0.1", {"X-Forwarded-For": "127.0.0.1"}, 403),
    ({"PROXIES": 1}, "127.0.0.1", {}, 200),
    ({}, "127.0.0.1", {"Host": "127.0.0.1:5000"}, 200),
    ({}, "::1", {"Host": "[::1]:5000"}, 200),
    ({}, "127.0.0.1", {"Host": "evil.example"}, 403),  # a site that turned its name to this machine
    ({}, "127.0.0.1", {"Host": "127.0.0.1.evil.example:5000"}, 403),
    ({"METRICS": "127.0.0.1"}, "127.0.0.1", {"Host": "desk.example"}, 200),
    ({"METRICS": "off"}, "127.0.0.1", {}, 403),
    ({"METRICS": "127.0.0.1,10.1.0.0/16"}, "10.1.2.3", {}, 200),
    ({"METRICS": "127.0.0.1,10.1.0.0/16"}, "10.2.2.3", {}, 403),
    ({"METRICS": "10.1.0.0/16"}, "10.2.2.3", {"X-Forwarded-For": "10.1.2.3"}, 403),  # not believed
    ({"METRICS": "10.1.0.0/16", "PROXIES": 1}, "127.0.0.1", {"X-Forwarded-For": "10.1.2.3"}, 200),
    ({"METRICS": "somewhere"}, "127.0.0.1", {}, 403),
    ({"METRICS_TOKEN": "grey-heron"}, "10.1.2.3", {"Authorization": "Bearer grey-heron"}, 200),
    ({"METRICS_TOKEN": "grey-heron", "METRICS": "off"}, "10.1.2.3", {"Authorization": "bearer grey-heron"}, 200),
    ({"METRICS_TOKEN": "grey-heron"}, "10.1.2.3", {"Authorization": "Bearer grey-hero"}, 403),
    ({"METRICS_TOKEN": "grey-heron"}, "10.1.2.3", {"Authorization": "Basic grey-heron"}, 403),
    ({"METRICS_TOKEN": "grey-heron"}, "10.1.2.3", {"Authorization": "Bearer 鹭"}, 403),
    ({}, "10.1.2.3", {"Authorization": "Bearer "}, 403),  # no token is set: an empty one is none
]


def test_only_machines_of_the_office_may_ask(desk):
    clients, wrong = {0: desk(), 1: desk(PROXIES=1)}, []
    for settings, address, headers, status in MAY_ASK:
        client = clients[settings.get("PROXIES", 0)]
        client.application.config.update({"METRICS": "", "METRICS_TOKEN": "", **settings})
        said = {name: value.encode().decode("latin-1") for name, value in headers.items()}
        found = client.get("/metrics", environ_base={"REMOTE_ADDR": address}, headers=said)
        if found.status_code != status or (status == 403 and b"desk_" in found.get_data()):
            wrong.append((settings, address, headers, found.status_code))
    assert wrong == []


def test_what_is_refused_says_what_to_do_next(desk):
    found = desk(METRICS="off").get("/metrics", headers={"Accept-Language": "en"})
    assert "BACKOFFICE_METRICS" in found.get_data(as_text=True)


def test_several_processes_of_one_server_are_told_together_and_the_dead_are_cleared_away(tmp_path):
    data, own = tmp_path / "desk", Counts()
    own.note("/", "GET", 200, 0.02)
    program = (
        "import sys; from pathlib import Path; from views.watching.counted import Counts, _write, FOLDER;"
        "c = Counts(); c.note('/', 'GET', 200, 3.0); _write(Path(sys.argv[1]) / FOLDER, c.state());"
        "print('written', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen([sys.executable, "-c", program, str(data)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          env={**os.environ, "PYTHONPATH": str(Path.cwd())}) as other:  # fmt: skip
        assert other.stdout.readline().strip() == b"written"
        assert {state["process"] for state in of_all(data, own)} == {os.getpid(), other.pid}
        other.stdin.close()
        other.wait(20)
    assert [state["process"] for state in of_all(data, own)] == [os.getpid()]
    assert list((data / FOLDER).iterdir()) == []


def test_a_file_that_cannot_be_read_is_passed_over(tmp_path):
    folder = tmp_path / FOLDER
    folder.mkdir(parents=True)
    (folder / "1.json").write_text("{half")
    (folder / "not-a-process.json").write_text(json.dumps({}))
    assert [state["process"] for state in of_all(tmp_path, Counts())] == [os.getpid()]


def test_values_of_labels_cannot_begin_a_line_of_their_own():
    odd = 'a"b\\c\nd{}=,# TYPE x counter'
    found = read(write([Family("x_total", "counter", "A\nhelp \\ text").add(1, {"name": odd})]))
    assert found["x_total"].value(name=odd) == 1


@pytest.mark.parametrize("family", [Family("a-b", "gauge", "").add(1), Family("a", "gauge", "").add(1, {"b-c": "x"}),
                                    Family("a", "gauge", "").add(1, {"__x": "x"})])  # fmt: skip
def test_a_name_that_the_format_does_not_know_is_refused(family):
    with pytest.raises(ValueError, match="is no name"):
        write([family])


def test_counting_ends_at_the_bound_that_the_help_names(client):
    text = client.get("/metrics").get_data(as_text=True)
    assert f"counted to {BOUND + 1}" in text
