"""Drafts of the clocks and trials on past complaints in a browser: both languages and widths, nothing that axe finds.

One desk with twenty closed complaints, a draft that is open, one that is checked and one with faults, and a finished
trial of each kind serves all of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from backoffice.clock import SetClock
from backoffice.database import Database
from backoffice.jobs import what_if as job
from backoffice.jobs.running import Workshop, work_off
from backoffice.keys import Keys
from backoffice.models.configuration import SlaPolicy
from backoffice.services import sla_draft, what_if
from backoffice.services.what_if import Question
from policies.calendar_trial import TypedDays
from policies.vocabulary import WhatIfKind
from tests.browser.pages import check_page, sign_in, speak, watch
from tests.support.bulk_past import FIRST, LAST, insert_past
from tests.support.databases import with_default_office
from tests.support.live import Live, give_passwords, listening
from tests.support.offices import actor_of

AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
OPEN, CHECKED, FAULTY = 2, 3, 4
HERE, TRIALS = "/settings/sla_policies", "/settings/what_if"
FORMS = [
    f"{HERE}/?version=1&against={OPEN}", f"{HERE}/?version={OPEN}", f"{HERE}/?version={CHECKED}",
    f"{HERE}/targets/?id={OPEN}", f"{HERE}/ladders/?id={OPEN}", f"{HERE}/extension/?id={OPEN}",
    f"{HERE}/force/?id={CHECKED}",
]  # fmt: skip
READ = [
    f"{TRIALS}/", *(f"{TRIALS}/new/?kind={kind.value}" for kind in WhatIfKind),
    *(f"{TRIALS}/run/?id={number}" for number in (1, 2, 3, 4)),
]  # fmt: skip


def prepare(database: Database, clock: SetClock, folder: Path) -> None:
    """Past complaints, drafts in every state, trials of every kind; the last trial still waits."""
    insert_past(database, 20)
    saturday = (TypedDays(date(2026, 9, 19), None, "make_up"), TypedDays(date(2026, 9, 20), None, "holiday"))
    with database.writing() as session:
        actor, at = actor_of(session), clock.now()
        for number in (OPEN, CHECKED, FAULTY):
            assert sla_draft.draw_up(session, actor, at, 1).id == number
        targets = session.get_one(SlaPolicy, OPEN)
        targets.definition = _faster(targets.definition)
        sla_draft.check(session, actor, at, CHECKED, 1)
        faulty = session.get_one(SlaPolicy, FAULTY)
        faulty.definition = {**faulty.definition, "warnings": {"ladders": []}}
        for question in (
            Question(WhatIfKind.POLICY, FIRST, LAST, OPEN),
            Question(WhatIfKind.CALENDAR, FIRST, LAST, days=saturday),
            Question(WhatIfKind.PROCESS, FIRST, LAST, 1),
        ):
            what_if.ask(session, actor, at, question)
    assert work_off(Workshop(database, Keys.fresh(), clock, folder), {job.KIND: job.replay}).done == 3
    with database.writing() as session:
        what_if.ask(session, actor_of(session), clock.now(), Question(WhatIfKind.POLICY, FIRST, LAST, OPEN))


def _faster(definition: dict) -> dict:
    """General complaints to be resolved within two working days."""
    of = ("resolve", "general")
    targets = [row | ({"amount": 2} if (row["clock"], row["severity"]) == of else {}) for row in definition["targets"]]
    return {**definition, "targets": targets}


@dataclass
class Scene:
    """The desk, and one window for each person."""

    live: Live
    pages: dict[str, Page]

    def opens(self, login: str, language: str, address: str) -> Page:
        page = self.pages[login]
        page.faults.clear()  # type: ignore[attr-defined]
        page.goto(f"{HERE}/" if login == "admin" else f"{TRIALS}/")
        speak(page, language)
        answer = page.goto(address)
        assert answer is not None
        assert answer.status == 200, (address, answer.status)
        return page


@pytest.fixture(scope="module")
def scene(templates, tmp_path_factory, chromium):
    folder, clock = tmp_path_factory.mktemp("trials"), SetClock(AT)
    with templates.copy("sqlite", with_default_office, folder) as database:
        give_passwords(database)
        prepare(database, clock, folder)
        with listening(database, folder / "desk", clock) as live:
            pages = {}
            for login in ("admin", "manager"):
                context = chromium.new_context(base_url=live.url, viewport={"width": 1280, "height": 900})
                context.set_default_timeout(30_000)
                pages[login] = watch(context.new_page())
                sign_in(pages[login], login)
            yield Scene(live, pages)
            for page in pages.values():
                page.context.close()


@pytest.mark.parametrize("language", ["zh_Hans", "en"])
@pytest.mark.parametrize("address", FORMS)
def test_R23_a_page_of_a_draft_keeps_what_every_page_must(scene, address, language):
    check_page(scene.opens("admin", language, address))


@pytest.mark.parametrize("language", ["zh_Hans", "en"])
@pytest.mark.parametrize("address", READ)
def test_R23_a_page_of_a_trial_keeps_what_every_page_must(scene, address, language):
    check_page(scene.opens("manager", language, address))


@pytest.mark.parametrize("language", ["zh_Hans", "en"])
def test_R23_the_faults_of_a_draft_are_listed_on_a_page_that_keeps_it_too(scene, language):
    page = scene.opens("admin", language, f"{HERE}/?version={FAULTY}")
    page.locator("main form[action*='/check/'] button").click()
    expect(page.locator("main li").first).to_be_visible()
    check_page(page)
