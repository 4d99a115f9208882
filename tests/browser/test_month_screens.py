"""R33: the screens of a month of the appraisal, in both languages and at both widths, keep what each page must."""

from __future__ import annotations

from datetime import timedelta

import pytest

from backoffice.clock import SetClock
from backoffice.services import appraisal_appeal, appraisal_lines
from backoffice.services.appraisal import Said
from policies.appraisal_course import SheetAct
from policies.vocabulary_appraisal import LineKind
from tests.browser.pages import check_page
from tests.browser.test_screens import LANGUAGES, Scene
from tests.services.test_appraisal import propose, told_lines
from tests.support.appraised import COMPUTED, QUALITY, Month
from tests.support.databases import with_default_office
from tests.support.live import give_passwords, listening
from tests.support.worked_records import put_in

LOGINS = {
    "S001": "executive", "S005": "intake", "S006": "s006", "S011": "callback", "S012": "head", "S013": "handler",
    "S023": "s023", "S024": "quality", "S025": "hr",
}  # fmt: skip
MONTH, LINES = "/appraisal/2026-09", "/appraisal/lines"

# who, where ({S013} is the number of that person's sheet)
SCREENS = (
    ("S024", "/appraisal"), ("S023", "/appraisal"), ("S024", MONTH), ("S012", MONTH), ("S025", f"{MONTH}?grade=B"),
    ("S025", f"{MONTH}/papers"), ("S024", "/appraisal/sheets/{S013}"), ("S024", "/appraisal/sheets/{network}"),
    ("S006", "/appraisal/sheets/{S006}"), ("S006", "/appraisal/sheets/{S006}/appeal"), ("S013", "/appraisal/sheets/{S013}"),
    ("S011", "/appraisal/sheets/{S011}"), ("S013", "/my-appraisal"), ("S024", "/appraisal/appeals"),
    ("S024", "/appraisal/sheets/{S005}/decide"), ("S001", "/appraisal/sheets/{S011}/decider"), ("S024", f"{LINES}?state=all"),
    ("S023", f"{LINES}/new"), ("S024", LINES), ("S024", f"{LINES}/{{line}}/refuse"),
)  # fmt: skip


@pytest.fixture(scope="module")
def scene(templates, tmp_path_factory, chromium):
    """Published: one has acknowledged, one objects to a figure, one to the check itself; lines approved, refused, open."""
    folder, clock = tmp_path_factory.mktemp("month"), SetClock(COMPUTED)
    with templates.copy("sqlite", with_default_office, folder) as database:
        give_passwords(database)
        with database.writing() as session:
            put_in(session)
        with listening(database, folder / "desk", clock) as live:
            month = Month(database, live.app.extensions["desk"].keys, folder / "desk", clock)
            told_lines(month)
            refused = propose(month, "S014", LineKind.ADJUSTMENT, "commendation_letter")
            month.do(QUALITY, appraisal_lines.decide, refused, approve=False, ground="查无实据")
            month.compute()
            month.publish()
            clock.at += timedelta(days=3)
            month.act("S013", "S013", SheetAct.ACKNOWLEDGE, Said("无异议"))
            for code, item in (("S005", "record_accuracy"), ("S011", "callback_on_time_rate")):
                number, own = month.sheet(code).number, code == "S011"
                month.do(code, appraisal_appeal.submit, number, [item], "4 件当日已更正", against_check=own)
            line = propose(month, "S014", LineKind.ADJUSTMENT, "commendation_letter", of="2026-10")
            numbers = {code: month.sheet(code).number for code in ("S005", "S006", "S011", "S013", "network")}
            found = Scene(chromium, live, {**numbers, "line": line}, LOGINS)
            yield found
            for page in found.windows.values():
                page.context.close()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("code", "address"), SCREENS, ids=[f"{code}:{address}" for code, address in SCREENS])
def test_R33_a_screen_of_the_appraisal_keeps_what_every_page_must(scene, code, address, language):
    check_page(scene.opens(code, language, address))
