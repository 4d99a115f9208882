"""The plug is pulled, again and again, while people write: the run itself and the figures that it gives.

``pull(desk, …)`` keeps one office over all kills. After each kill the very same folder and database are started again,
without any repair; at the end everything that was answered is looked for, and ``run.py verify`` is asked.
"""

from __future__ import annotations

import contextlib
import random
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.support import sms_gateway
from tests.support.plugged_desk import PluggedDesk, PluggedServers
from tests.support.plugged_people import Fate, Journal, Person
from tests.support.plugged_truth import Found, Messages, compare, messages

PEOPLE = 6
MOST_ANSWERED = 12  # forms that are answered at most between a start and the kill
LONGEST = 0.3  # seconds that may pass then, at random
SOON = 0.02  # seconds that a form is given at most from there
FORMS = 10  # that may be done with before the plug is pulled all the same
PATIENCE = 10.0  # seconds after which the plug is pulled whatever was answered
GONE = 10.0  # seconds in which everybody must have noticed that they were cut off


@dataclass
class Figures:
    """What a run came to."""

    name: str
    kills: int = 0
    database_kills: int = 0
    in_flight: int = 0
    on_the_way: int = 0
    starts: list[float] = field(default_factory=list)
    seconds: float = 0.0
    sent: int = 0
    repeated: int = 0
    unclear: int = 0
    by_action: dict[str, int] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    found: Found = field(default_factory=Found)
    messages: Messages = field(default_factory=Messages)
    verified: tuple[int, str] = (1, "")

    @property
    def wrong(self) -> list[str]:
        """Everything that must not be; empty where nothing was lost, doubled or halved."""
        told = [*self.faults, *self.found.lost, *self.found.doubled, *self.found.wrong, *self.messages.wrong]
        told += [f"sent twice: {one}" for one in self.messages.twice]
        return told + ([] if self.verified[0] == 0 else [self.verified[1]])

    def table(self) -> str:
        """The figures as a Markdown table."""
        found, letters = self.found, self.messages
        rows = [
            ("kills", f"{self.kills}" + (f" (of them {self.database_kills} of the database)" if self.database_kills else "")),
            ("kills with a write in flight", f"{self.in_flight} ({self.in_flight / max(1, self.kills):.0%})"),
            ("writes in flight when killed", self.on_the_way),
            ("forms sent", self.sent),
            ("of them answered as done", found.answered),
            ("answered and in the database", found.there),
            ("**answered and lost**", len(found.lost)),
            ("cut off: done whole / not at all", f"{found.open_done} / {found.open_not}"),
            ("sent again as they were", self.repeated),
            ("**doubled**", len(found.doubled)),
            ("**by half, or otherwise wrong**", len(found.wrong) + len(self.faults) + len(letters.wrong)),
            ("complaints / acts / files", f"{found.complaints} / {found.acts} / {found.files}"),
            ("events in chains, `run.py verify`", f"{found.events}, " + ("all hold" if self.verified[0] == 0 else "BROKEN")),
            ("numbers given, gaps", f"{found.numbers}, none" if not any("gap" in one for one in found.wrong) else "GAPS"),
            ("SMS at the gateway / sent twice", f"{letters.arrived} / {len(letters.twice)}"),
            ("SMS by state", ", ".join(f"{state} {count}" for state, count in sorted(letters.states.items()))),
            ("start to first page, median / longest", f"{_median(self.starts):.1f} s / {max(self.starts):.1f} s"),
            ("the whole run", f"{self.seconds:.0f} s"),
        ]  # fmt: skip
        return "\n".join([f"| {self.name} | |", "| --- | ---: |", *(f"| {name} | {value} |" for name, value in rows)])


def _median(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]


@contextlib.contextmanager
def opened(kind: type[PluggedDesk], folder: Path) -> Iterator[tuple[PluggedDesk, list[str]]]:
    """A furnished office whose SMS go to a stub; its list of references grows with what arrives there."""
    with sms_gateway.running() as gateway:
        desk = kind(folder, {
            "BACKOFFICE_SMS_URL": gateway.url,
            "BACKOFFICE_SMS_BODY": '{"to": "{to}", "text": "{text}", "id": "{id}"}',
            "BACKOFFICE_SMS_PER_MINUTE": "6000",
        })  # fmt: skip
        arrived = _References(gateway)
        try:
            yield desk, arrived
        finally:
            desk.close()


class _References(list[str]):
    """What the gateway has taken by now, each time it is read."""

    def __init__(self, gateway: sms_gateway.Gateway) -> None:
        super().__init__()
        self.gateway = gateway

    def read(self) -> list[str]:
        return [one.headers["Idempotency-Key"] for one in self.gateway.taken]


def pull(
    kind: type[PluggedDesk], folder: Path, kills: int, *, seed: int = 20261123, tell: Callable[[str], None] = print,
    database_every: int = 0, seconds: float = float("inf"),
) -> Figures:  # fmt: skip
    """Kill so often, or until the seconds are over; ``database_every``: at each so-manieth time the database server
    instead (PostgreSQL alone).
    """
    chance, figures, began = random.Random(seed), Figures(kind.name), time.monotonic()
    with opened(kind, folder) as (desk, arrived):
        journal, power = Journal(), threading.Event()
        people = [Person(place, desk.port, journal, power) for place in range(PEOPLE)]
        for one in people:
            one.start()
        figures.starts.append(desk.start())
        for kill in range(1, kills + 1):
            power.set()
            _let_them_work(journal, chance, people)
            of_database = bool(database_every) and kill % database_every == 0 and isinstance(desk, PluggedServers)
            _kill(desk, journal, power, figures, of_database=of_database)
            if kill % 10 == 0:
                tell(
                    f"{kind.name}: {kill} kills, {figures.in_flight} with a write in flight, {len(journal.sent)} forms"
                )
            if journal.faults or time.monotonic() - began > seconds:
                break
        power.set()
        _let_them_work(journal, chance, people)
        for one in people:
            one.stop()
        for one in people:
            one.join(2 * GONE)
        desk.kill()
        figures.seconds = time.monotonic() - began
        _reckon(figures, desk, journal, arrived.read())
    return figures


def _let_them_work(journal: Journal, chance: random.Random, people: list[Person]) -> None:
    """Until a random number of forms was answered, a random while after that, and on until somebody has sent a form:
    on a machine of any speed. How far the server has come with that form by then is left to chance; one that it is done
    with so soon is let go for the next.
    """
    wanted, end = journal.answered + chance.randint(1, MOST_ANSWERED), time.monotonic() + PATIENCE
    while journal.answered < wanted and time.monotonic() < end and not journal.faults:
        time.sleep(0.005)
    time.sleep(chance.uniform(0, LONGEST))
    for _form in range(FORMS):
        while not _somebody_writes(people) and time.monotonic() < end + PATIENCE:
            time.sleep(0.001)
        time.sleep(chance.uniform(0, SOON))
        if _somebody_writes(people):
            return


def _somebody_writes(people: list[Person]) -> bool:
    return any(one.is_writing for one in people)


def _kill(desk: PluggedDesk, journal: Journal, power: threading.Event, figures: Figures, *, of_database: bool) -> None:
    moment = time.monotonic()
    if of_database:
        assert isinstance(desk, PluggedServers)
        desk.kill_database()
        time.sleep(LONGEST)
    else:
        desk.kill()
        power.clear()
        time.sleep(0.1)
    on_the_way = journal.in_flight_at(moment)
    figures.kills += 1
    figures.database_kills += of_database
    figures.on_the_way += on_the_way
    figures.in_flight += on_the_way > 0
    if not of_database:
        figures.starts.append(desk.start())


def _reckon(figures: Figures, desk: PluggedDesk, journal: Journal, arrived: list[str]) -> None:
    figures.sent = len(journal.sent)
    figures.repeated = sum(one.repeated for one in journal.sent)
    figures.unclear = sum(one.fate is Fate.OPEN for one in journal.sent)
    figures.faults = journal.faults
    for one in journal.sent:
        figures.by_action[one.action] = figures.by_action.get(one.action, 0) + (one.fate is Fate.DONE)
    figures.found = compare(desk, journal)
    figures.messages = messages(desk, arrived)
    figures.verified = desk.verified()
