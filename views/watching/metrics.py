"""``/metrics``: figures of the desk for Prometheus. No personal data, and to machines of the office alone.

Who may ask: a program on this machine that comes directly and asks for ``localhost`` or an address such as
``127.0.0.1``, unless ``BACKOFFICE_METRICS`` says otherwise (``off``, or networks such as ``127.0.0.1,10.1.0.0/16``),
and whoever brings the token of ``BACKOFFICE_METRICS_TOKEN``. A request that came through a proxy is never one of this
machine's own, whatever it says of itself.
"""

from __future__ import annotations

import hmac
import ipaddress
import os
import platform
import time
from pathlib import Path
from typing import Any

from flask import Flask, Response, current_app, g, request
from sqlalchemy.pool import QueuePool

from backoffice.jobs.handlers import HANDLERS
from backoffice.services import health
from policies.health import Machine, Stored, alive
from policies.message import Message
from views import context
from views.guard import for_machines
from views.language import say
from views.logging import log
from views.watching import blueprint
from views.watching.counted import BOUNDS, Counts, of_all
from views.watching.exposition import CONTENT_TYPE, Family, number, write
from views.watching.probing import Question

SECONDS = 5.0
MACHINE_SECONDS = 4.0  # a store that does not answer is given up after three
LOCAL = "127.0.0.0/8,::1/128"
FORWARDED = ("X-Forwarded-For", "X-Forwarded-Proto", "X-Real-IP", "Forwarded", "Via")
UNKNOWN = "none"  # the route of an address that is not there


@blueprint.get("/metrics")
@for_machines
def metrics() -> Response:
    """All figures; 403 to who may not have them."""
    g.unlogged = True
    if not _may_ask():
        text = say(Message("status.metrics.refused")) + "\n"
        return Response(text, 403, content_type="text/plain; charset=utf-8")
    return Response(write(_families(context.desk())), content_type=CONTENT_TYPE)


def _may_ask() -> bool:
    config = current_app.config
    token = str(config.get("METRICS_TOKEN") or "")
    kind, _, brought = request.headers.get("Authorization", "").partition(" ")
    if token and kind.lower() == "bearer" and hmac.compare_digest(brought.strip().encode(), token.encode()):
        return True
    allowed = str(config.get("METRICS") or "").strip()
    if allowed.lower() == "off":
        return False
    if not allowed:
        return not any(name in request.headers for name in FORWARDED) and _is_in(LOCAL) and _asked_by_our_name()
    return _is_in(allowed)


def _asked_by_our_name() -> bool:
    """Whether this machine was asked as itself: a site whose name was turned to this machine has a browser here ask."""
    name = request.host.rpartition(":")[0] if request.host.rpartition(":")[2].isdigit() else request.host
    try:
        return name == "localhost" or ipaddress.ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return False


def _is_in(networks: str) -> bool:
    """Whether the asker's address lies in one of the networks; what cannot be read as a network holds nobody."""
    try:
        asker = ipaddress.ip_address((request.remote_addr or "").partition("%")[0])
    except ValueError:
        return False
    asker = getattr(asker, "ipv4_mapped", None) or asker
    for text in networks.split(","):
        try:
            network = ipaddress.ip_network(text.strip(), strict=False)
        except ValueError:
            log.warning("no network", extra={"desk": {"setting": "METRICS"}})
            continue
        if asker in network:
            return True
    return False


def _families(desk: context.Desk) -> list[Family]:
    at = desk.clock.now()
    of_database: Question[Stored | None] = current_app.extensions.setdefault("desk_figures", Question(SECONDS, None))
    asked: Question[Machine | None] = Question(MACHINE_SECONDS, None)
    of_machine = current_app.extensions.setdefault("desk_machine", asked)
    found = of_database.ask(lambda: _stored(desk))
    machine = of_machine.ask(lambda: health.on_machine(Path(desk.config["DATA_DIR"])))
    families = [
        Family("desk_build_info", "gauge", "What runs here.").add(
            1, {"revision": (found.head if found else None) or "", "database": desk.database.dialect,
                "python": platform.python_version()},
        ),
        Family("desk_database_up", "gauge", "Whether the database answers in this version's shape.").add(
            int(found is not None and found.is_current)
        ),
        *_of_machine(machine),
    ]  # fmt: skip
    if found is not None and found.is_current:
        families += _of_office(found, at)
    return families + _of_pool(desk) + _of_requests(of_all(Path(desk.config["DATA_DIR"]), _counts()))


def _of_machine(machine: Machine | None) -> list[Family]:
    """What the machine says; where it does not answer in time, that no file can be kept now."""
    writable = Family("desk_files_writable", "gauge", "Whether files can be kept.")
    if machine is None:
        return [writable.add(0)]
    families = [
        writable.add(int(machine.files.value == "ok")),
        Family("desk_disk_free_bytes", "gauge", "Room left for the data directory.").add(machine.free),
    ]
    if machine.certificate_until is not None:
        ends = machine.certificate_until.timestamp()
        families.append(Family("desk_certificate_end_timestamp_seconds", "gauge", "When it ends.").add(ends))
    return families


def _stored(desk: context.Desk) -> Stored | None:
    found = health.stored(desk.database, desk.clock.now(), HANDLERS)
    return found if isinstance(found, Stored) else None


def _of_office(found: Stored, at: Any) -> list[Family]:
    late = (at - found.late_since).total_seconds() if found.late_since is not None else 0
    jobs = Family("desk_jobs", "gauge", "Jobs that are not done, by kind and state.")
    for job in found.jobs:
        jobs.add(job.count, {"kind": job.kind, "state": job.state})
    outbox = Family("desk_outbox_messages", "gauge", "Messages that are not sent, by state; counted to 100001.")
    for state, count in sorted(found.outbox.items()):
        outbox.add(count, {"state": state})
    families = [
        Family("desk_complaints", "gauge", "The highest number that a complaint was given.").add(found.complaints),
        Family("desk_open_complaints", "gauge", "Open complaints; counted to 100001.").add(found.open),
        Family("desk_overdue_clocks", "gauge", "Running clocks that are overdue; counted to 100001.").add(
            found.overdue
        ),
        jobs,
        Family("desk_job_late_seconds", "gauge", "How long the oldest job waits that nobody has begun.").add(late),
        outbox,
        Family("desk_workers", "gauge", "Workers heard of in the last three minutes.").add(len(alive(found.beats, at))),
        Family("desk_database_bytes", "gauge", "Size of the database.").add(found.bytes or 0),
    ]
    for name, moment, what in (
        ("desk_last_seal_timestamp_seconds", found.sealed_at, "When the last daily seal was made."),
        ("desk_last_backup_timestamp_seconds", found.backup_at, "When the last good backup was made."),
    ):
        if moment is not None:
            families.append(Family(name, "gauge", what).add(moment.timestamp()))
    return families


def _of_pool(desk: context.Desk) -> list[Family]:
    pool = desk.database.engine.pool
    if not isinstance(pool, QueuePool):
        return []
    family = Family("desk_database_connections", "gauge", "Connections of this process, by state.")
    return [family.add(pool.checkedout(), {"state": "used"}).add(pool.checkedin(), {"state": "idle"})]


def _of_requests(processes: list[dict[str, Any]]) -> list[Family]:
    requests = Family("desk_http_requests_total", "counter", "Requests by route, method and class of status.")
    times = Family("desk_http_request_duration_seconds", "histogram", "Time to the answer, by route.")
    memory = Family("process_resident_memory_bytes", "gauge", "Resident memory.")
    cpu = Family("process_cpu_seconds_total", "counter", "Processor time, user and system.")
    started = Family("process_start_time_seconds", "gauge", "When the process began.")
    for state in processes:
        process = {"process": str(state["process"])}
        for route, method, status, count in state["requests"]:
            requests.add(count, {**process, "route": route, "method": method, "status": status})
        for route, buckets, total in state["times"]:
            _histogram(times, {**process, "route": route}, buckets, total)
        if "memory" in state:
            memory.add(state["memory"], process)
        cpu.add(state["cpu"], process)
        started.add(state["started"], process)
    return [requests, times, memory, cpu, started]


def _histogram(family: Family, labels: dict[str, str], buckets: list[int], total: float) -> None:
    below = 0
    for bound, count in zip((*BOUNDS, float("inf")), buckets, strict=True):
        below += count
        family.add(below, {**labels, "le": number(bound)}, "_bucket")
    family.add(total, labels, "_sum")
    family.add(below, labels, "_count")


def _counts() -> Counts:
    counts: Counts = current_app.extensions["desk_counts"]
    return counts


def _answered(response: Response) -> Response:
    started = g.get("started")
    if started is not None:
        counts = _counts()
        route = request.url_rule.rule if request.url_rule is not None else UNKNOWN
        counts.note(route, request.method, response.status_code, time.perf_counter() - started)
        if request.environ.get("wsgi.multiprocess"):
            counts.keep(Path(context.desk().config["DATA_DIR"]))
    return response


def init_app(app: Flask) -> None:
    """Counts every request of the application; who may read the figures is the machine's own setting."""
    app.config.setdefault("METRICS", os.environ.get("BACKOFFICE_METRICS", ""))
    app.config.setdefault("METRICS_TOKEN", os.environ.get("BACKOFFICE_METRICS_TOKEN", ""))
    app.extensions["desk_counts"] = Counts()
    app.after_request(_answered)
