"""R11, R14, R22, R39, R40: whoever does whatever to a complaint in whatever order, what must not happen never does.

Random people do random things to several complaints at once, through the services, on a real database; after each act
the rows and the events are read again and held to what the office's papers say (``ledger``, ``persons``). At the end of
each walk every complaint is brought to the archive by the people whose work it is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, contextmanager
from itertools import count
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from backoffice.database import Database
from policies.actions import ACTIONS
from policies.vocabulary import Severity
from tests.proofs import told_table as told
from tests.proofs.courses import RAISED_AND_LOWERED, live_them
from tests.proofs.crew import Crew
from tests.proofs.drive import REGRADING, finish, go, walk
from tests.support.databases import with_default_office

NOT_YET = {
    "give_executive_feedback": "no way of the office raises a complaint whose result was told by somebody else",
}
"""Actions of the table that nothing can do yet, and why."""

seeds = st.integers(0, 2**32).map(Random)


class Office(RuleBasedStateMachine):
    """An office at work. ``opens`` gives each walk a database and a folder of its own; ``done``, ``led``: what was seen."""

    opens: Callable[[], AbstractContextManager[tuple[Database, Path]]]
    done: Counter[str]
    led: Counter[tuple[str, str]]

    @initialize(chance=seeds)
    def the_office_opens(self, chance):
        self.held = ExitStack()
        database, place = self.held.enter_context(type(self).opens())
        self.crew = Crew(database, place / "files")
        self.chance = chance
        for severity in Severity:
            self.crew.register(severity, chance)

    @precondition(lambda self: len(self.open()) < 4 and len(self.crew.cases) < 9)
    @rule(chance=seeds, severity=st.sampled_from(Severity))
    def somebody_complains(self, chance, severity):
        self.crew.register(severity, chance)

    @precondition(lambda self: self.open())
    @rule(chance=seeds, place=st.integers(0, 8))
    def somebody_takes_a_way(self, chance, place):
        """One of the ways out of the step, whatever it still lacks done first; seldom seen ones by preference."""
        one = self.open()[place % len(self.open())]
        row = self.crew.seen[one].row
        ways = [way["action"] for way in told.STEPS[row["severity"]][row["step"]]["next"]]
        action = min(chance.sample(ways, min(2, len(ways))), key=lambda code: self.crew.done[code])
        go(self.crew, one, action, chance)

    @rule(chance=seeds, place=st.integers(0, 8))
    def somebody_acts(self, chance, place):
        self.crew.somebody_goes_on(self.any(place), chance)

    @rule(chance=seeds, place=st.integers(0, 8))
    def somebody_tries_what_is_not_offered(self, chance, place):
        self.crew.somebody_tries(self.any(place), chance)

    @rule(hours=st.sampled_from([0.1, 1, 6, 30, 100]))
    def time_passes(self, hours):
        self.crew.later(hours)

    @rule()
    def the_worker_comes_by(self):
        self.crew.ring()

    def open(self):
        return [one for one in self.crew.cases if not self.crew.seen[one].archived]

    def any(self, place):
        """Mostly an open complaint; an archived one now and then, to see that it stays as it is."""
        among = self.open() if self.open() and place < 7 else self.crew.cases
        return among[place % len(among)]

    def teardown(self):
        if hasattr(self, "crew"):
            with self.held:
                for one in self.open():
                    finish(self.crew, one, self.chance)
                self.crew.verify()
            self.done.update(self.crew.done)
            self.led.update(self.crew.led)


def machine(templates, dialect, folder, done, led):
    """The machine over databases of this dialect; every walk has one of its own."""
    numbers = count(1)

    @contextmanager
    def opens():
        place = folder / f"walk{next(numbers)}"
        place.mkdir()
        with templates.copy(dialect, with_default_office, place) as database:
            yield database, place

    return type("Walk", (Office,), {"opens": staticmethod(opens), "done": done, "led": led})


SIZES = {"sqlite": (3, 25), "postgresql": (1, 20)}
DEEPER = {"sqlite": (60, 80), "postgresql": (15, 60)}


def everything_said():
    """Action and status to which it leads: by the ways of the steps, and by raising and lowering from any step."""
    tables = (told.LEADS_TO, told.RAISED_TO)
    return {(action, status) for table in tables for status, actions in table.items() for action in actions}


def walk_at_random(machine_class, sizes, dialect):
    examples, steps = sizes[dialect]
    run_state_machine_as_test(
        machine_class,
        settings=settings(
            max_examples=examples, stateful_step_count=steps, deadline=None, derandomize=True, database=None,
            phases=[Phase.explicit, Phase.generate],  # a finding names its rule and tells the walk; shrinking takes minutes
            suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip


def test_R14_the_told_table_says_of_each_status_what_the_processes_say():
    """What is written down by hand agrees with the office's file: each way leads to a status that knows its action."""
    found = Counter()
    for severity, steps in told.STEPS.items():
        for code, step in steps.items():
            for way in step["next"]:
                others = [one for one in told.STEPS if one != severity] if way["to"] == told.NEW_PROCESS else []
                reached = [told.status(one, told.like(severity, code, one)) for one in others]
                reached += [] if others else [told.status(severity, way["to"])]
                found.update((way["action"], status) for status in reached)
    said = {(action, status) for status, actions in told.LEADS_TO.items() for action in actions}
    assert set(found) == said - {("register", "registered"), ("bring_closed", "archived")}


def test_R14_every_action_occurs_on_the_ways_of_the_office_and_every_status_has_exactly_its_events(templates, tmp_path):
    done, led = told_lives(templates, "sqlite", tmp_path)
    assert set(ACTIONS) - done - REGRADING == set(NOT_YET)
    assert led == ON_THE_WAYS


@pytest.mark.long
@pytest.mark.postgresql
def test_R14_every_action_occurs_on_the_other_database_too(templates, tmp_path):
    done, led = told_lives(templates, "postgresql", tmp_path)
    assert set(ACTIONS) - done - REGRADING == set(NOT_YET)
    assert led == ON_THE_WAYS


def told_lives(templates, dialect, folder):
    """The told lives, all lived on one database: what was done in them, and to which statuses it led."""
    with templates.copy(dialect, with_default_office, folder) as database:
        crew = Crew(database, folder / "files")
        live_them(crew, Random(3))
        crew.verify()
    return set(crew.done), set(crew.led)


ON_THE_WAYS = {(action, status) for status, actions in told.LEADS_TO.items() for action in actions}
"""Every action with each status to which it leads; a new action that nobody does in the told lives fails the tests."""


@pytest.mark.long
def test_R3_R17_raising_and_lowering_lead_to_every_status_that_they_are_told_to_and_each_case_ends(templates, tmp_path):
    done, led = Counter(), Counter()
    for n, (severity, course) in enumerate(RAISED_AND_LOWERED):
        folder = tmp_path / str(n)
        folder.mkdir()
        with templates.copy("sqlite", with_default_office, folder) as database:
            crew, chance = Crew(database, folder / "files"), Random(n)
            complaint = crew.register(severity, chance)
            walk(crew, complaint, course, chance)
            finish(crew, complaint, chance)
            crew.verify()
            done.update(crew.done)
            led.update(crew.led)
    assert set(done) >= REGRADING
    said = {(action, status) for status, actions in told.RAISED_TO.items() for action in actions}
    assert said <= set(led) <= everything_said()


def test_R11_R22_R39_whatever_people_do_no_rule_is_broken_and_every_case_can_still_end(templates, dialect, tmp_path):
    done, led = Counter(), Counter()
    walk_at_random(machine(templates, dialect, tmp_path, done, led), SIZES, dialect)
    assert set(led) <= everything_said()
    if dialect == "sqlite":  # by chance alone most of the table is seen
        assert len(set(ACTIONS) & set(done)) > 20


@pytest.mark.long
def test_R11_R22_R39_the_same_deeper(templates, dialect, tmp_path):
    led = Counter()
    walk_at_random(machine(templates, dialect, tmp_path, Counter(), led), DEEPER, dialect)
    assert set(led) <= everything_said()
