"""Many people at their browsers at once, over real HTTP: clerks and handlers who write, people of every role who look
about by the links of their own pages, and pairs who change the same complaint at the same time.

``work(kind, folder, people, seconds)`` opens an office's real server, lets them work and gives the figures.
"""

from __future__ import annotations

import html
import http.client
import random
import re
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlencode, urlsplit

import sqlalchemy as sa

from backoffice.database import Database
from backoffice.models.office import Staff
from tests.support.plugged_desk import PluggedDesk
from tests.support.plugged_people import CUT, FIELDS, FORM, Browser, Fate, Journal, Person, Sent, _hidden, _nonce, _soon
from tests.support.plugged_truth import Found, compare
from tests.support.pulled_plug import opened

PAUSE = 2.0
"""Seconds that a person looks at a page, on average."""
LINK = re.compile(r'<a\b[^>]*\bhref="(/[^"#]*)"')
NOT_WALKED = re.compile(r"sign-out|\.(csv|xlsx|zip|pdf|png)\b|/print|/static/|/dossier|language=|/files/")
WORDS = ("宽带", "掉线", "线路", "故障", "退费")
PAIRED = ("s006", "s004")
TURNS = 5  # of so many people, two write, one is one of a pair, the others look about


@dataclass
class Pace:
    """What everybody met: (kind of page, milliseconds, status) of each request."""

    asked: list[tuple[str, float, int]] = field(default_factory=list)
    told: int = 0

    def table(self, name: str) -> str:
        """Requests and milliseconds by kind of page, as a Markdown table."""
        kinds: dict[str, list[float]] = {}
        for kind, spent, _status in self.asked:
            kinds.setdefault(kind, []).append(spent)
        rows = [("everything", [spent for _kind, spent, _status in self.asked]), *sorted(kinds.items())]
        lines = [f"| {name} | requests | median, ms | p95, ms | longest, ms |", "| --- | ---: | ---: | ---: | ---: |"]
        for kind, spent in rows:
            values = [share(spent, 0.5), share(spent, 0.95), max(spent, default=0.0)]
            lines.append(f"| {kind} | {len(spent)} | " + " | ".join(f"{value:.0f}" for value in values) + " |")
        return "\n".join(lines)


def share(values: Sequence[float], part: float) -> float:
    """The value below which this part of them lies; 0 for none."""
    return sorted(values)[min(len(values) - 1, int(len(values) * part))] if values else 0.0


class TimedBrowser(Browser):
    """A browser that writes down how long it waited, and for what."""

    def __init__(self, port: int, login: str, pace: Pace) -> None:
        super().__init__(port, login)
        self.pace = pace

    def ask(
        self, method: str, path: str, body: bytes | None = None, more: FIELDS | None = None
    ) -> tuple[int, http.client.HTTPMessage, str]:
        began, kept = time.perf_counter(), self.connection is not None
        try:
            answer = super().ask(method, path, body, more)
        except CUT:
            if not kept or (method != "GET" and self.out_at):
                raise
            # The server closes what was idle; a browser then asks anew, what it could not send whole also.
            answer = super().ask(method, path, body, more)
        self.pace.asked.append((_kind(method, path), (time.perf_counter() - began) * 1000, answer[0]))
        return answer


def _kind(method: str, path: str) -> str:
    """The page by its first name: what stands behind it is a number or a code."""
    first, _slash, rest = urlsplit(path).path.lstrip("/").partition("/")
    return f"{method} /{first}" + ("/…" if rest else "")


class Writer(Person):
    """A person who registers complaints and leads them on, with pauses."""

    pause = PAUSE

    def __init__(self, place: int, port: int, journal: Journal, pace: Pace) -> None:
        power = threading.Event()
        power.set()
        super().__init__(place, port, journal, power)
        self.pace = pace
        self.browsers = {login: TimedBrowser(port, login, pace) for login in self.browsers}

    def open(self, browser: Browser, path: str) -> str:
        time.sleep(self.chance.expovariate(1 / self.pause))
        return super().open(browser, path)


class Pair(Writer):
    """A clerk and the shift lead before the same complaint: who sends second is told, and keeps what was typed."""

    pause = PAUSE / 8

    def __init__(self, place: int, port: int, journal: Journal, pace: Pace) -> None:
        super().__init__(place, port, journal, pace)
        self.clerk = PAIRED[0]
        self.browsers = {login: TimedBrowser(port, login, pace) for login in PAIRED}

    def life(self) -> Iterator[None]:
        first, second = (self.browsers[login] for login in PAIRED)
        number = yield from self.register()
        if not number:
            return
        for action, values in (("acknowledge", {"way": "sms", "text": "{}"}), ("start_check", {})):
            if not (yield from self.act(first.login, number, action, dict(values))):
                return
        path = f"/complaints/{number}/accept"
        pages = [self.open(one, path) for one in (first, second)]
        typed = [{**_hidden(page), "handover_reason": _nonce(), "promised_time": _soon(4)} for page in pages]
        sent = Sent(first.login, "accept", typed[0]["handover_reason"], number)
        yield from self.send(first, path, typed[0], sent, "")
        if sent.fate is not Fate.DONE:  # cut off: then the second of them may be the first
            return
        status, _headers, page = second.ask(
            "POST", path, urlencode(typed[1]).encode(), {"Content-Type": FORM, "Origin": second.origin}
        )
        if status != 409 or typed[1]["handover_reason"] not in page:
            self.journal.faults.append(
                f"{number}: the second of two was answered {status}, or not shown what was typed"
            )
        else:
            self.pace.told += 1


class Walker(threading.Thread):
    """Somebody who looks about: from page to page by the links that are offered, and now and then a search."""

    def __init__(self, place: int, port: int, login: str, journal: Journal, pace: Pace) -> None:
        super().__init__(name=f"walker-{place}", daemon=True)
        self.chance, self.journal = random.Random(1000 + place), journal
        self.browser = TimedBrowser(port, login, pace)
        self.stopped = threading.Event()

    def run(self) -> None:
        path, links = "/", ["/"]
        try:
            self.browser.sign_in()
            while not self.stopped.wait(self.chance.expovariate(1 / PAUSE)):
                try:
                    status, page = self.browser.get(path)
                except CUT as error:
                    self.journal.faults.append(f"{self.browser.login} {path}: {type(error).__name__}")
                    status, page = 0, ""
                links = _links(page) or ["/"] if status == 200 else ["/"]
                path = self.chance.choice(links)
                if self.chance.random() < 0.15:
                    path = f"/complaints?list=all&q={quote(self.chance.choice(WORDS))}"
        except Exception as error:  # noqa: BLE001 (whatever it is, the run must hear of it)
            self.journal.faults.append(f"{self.name} at {path}: {type(error).__name__} {error}")
        self.browser.close()

    def stop(self) -> None:
        self.stopped.set()


def _links(page: str) -> list[str]:
    return [html.unescape(link) for link in LINK.findall(page) if not NOT_WALKED.search(link)]


@dataclass
class Worked:
    """What a crowd's work came to; ``wrong`` is empty where all is well."""

    people: int
    seconds: float
    pace: Pace
    journal: Journal
    found: Found
    verified: tuple[int, str]

    @property
    def wrong(self) -> list[str]:
        faults = Counter(f"{kind} answered {status}" for kind, _spent, status in self.pace.asked if status >= 500)
        told = [f"{what} {times} times" for what, times in faults.items()]
        told += [*self.journal.faults, *self.found.lost, *self.found.doubled, *self.found.wrong]
        return told + ([] if self.verified[0] == 0 else [self.verified[1]])


def work(kind: type[PluggedDesk], folder: Path, people: int, seconds: float) -> Worked:
    """So many people for so long, then everything that was answered is looked for."""
    with ExitStack() as stack:
        desk, _arrived = stack.enter_context(opened(kind, folder))
        journal, pace = Journal(), Pace()
        desk.start()
        logins = _logins(desk)
        crowd = [_one(place, desk.port, logins, journal, pace) for place in range(people)]
        began = time.monotonic()
        for one in crowd:
            one.start()
        while time.monotonic() - began < seconds and not journal.faults:
            time.sleep(0.2)
        spent = time.monotonic() - began
        for one in crowd:
            one.stop()
        for one in crowd:
            one.join(60)
        desk.kill()
        return Worked(people, spent, pace, journal, compare(desk, journal), desk.verified())


def _one(place: int, port: int, logins: list[str], journal: Journal, pace: Pace) -> Writer | Walker:
    if place % TURNS in (0, 1):
        return Writer(place, port, journal, pace)
    if place % TURNS == 2:
        return Pair(place, port, journal, pace)
    return Walker(place, port, logins[place % len(logins)], journal, pace)


def _logins(desk: PluggedDesk) -> list[str]:
    """Everybody who may sign in, so that all roles are among those who look about."""
    database = Database(desk.url)
    try:
        with database.reading() as session:
            return list(session.scalars(sa.select(Staff.login).where(Staff.retired_at.is_(None)).order_by(Staff.id)))
    finally:
        database.dispose()
