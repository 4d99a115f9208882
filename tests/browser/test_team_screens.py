"""R16, R17, R30: the screens on which people work together on important and major complaints, in both languages and at
both widths, keep what each page must. The desk and the windows are those of ``test_screens``.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from types import MappingProxyType

import pytest

from backoffice.clock import SetClock
from policies.vocabulary import Severity
from policies.vocabulary_teamwork import PlanVote, StatementKind
from tests.browser.pages import check_page
from tests.browser.test_screens import LANGUAGES, Scene
from tests.support.databases import with_default_office
from tests.support.grave import PUT_RIGHT, Grave
from tests.support.live import give_passwords, listening
from tests.support.played import RECEIVED

LOGINS = {"S001": "executive", "S002": "s002", "S003": "manager", "S011": "callback", "S012": "head", "S021": "s021",
          "S024": "quality", "S028": "s028"}  # fmt: skip

# who, where ({step} is the number of the complaint that stands there)
SCREENS = (
    ("S003", "/complaints/{important_begun}/set_up_team"),
    ("S003", "/complaints/{important_begun}?tab=team"),
    ("S003", "/complaints/{important_reviewed}/name_reviewers"),
    ("S021", "/complaints/{important_reviewed}/vote_on_plan"),
    ("S003", "/complaints/{important_reviewed}/record_expert_review"),
    ("S003", "/complaints/{important_reviewed}/release_reviewer"),
    ("S003", "/complaints/{important_reviewed}/change_team"),
    ("S003", "/complaints/{important_reviewed}?tab=team"),
    ("S021", "/complaints?list=to_vote"),
    ("S003", "/complaints/{important_reviewed}/open_corrective_action"),
    ("S001", "/complaints/{major_speaking}/take_charge"),
    ("S002", "/complaints/{major_speaking}/decide_statement"),
    ("S028", "/complaints/{major_speaking}/draft_statement"),
    ("S001", "/complaints/{major_speaking}/approve_statement"),
    ("S001", "/complaints/{major_speaking}/return_statement"),
    ("S028", "/complaints/{major_speaking}/publish_statement"),
    ("S003", "/complaints/{major_speaking}?tab=team"),
    ("S024", "/complaints/{major_called}/finish_review"),
    ("S003", "/complaints/{major_called}"),
    ("S003", "/complaints/{major_archived}?tab=team"),
    ("S028", "/complaints/{major_archived}/dossier"),
    ("S011", "/complaints/{important_closed}/follow_up"),
    ("S011", "/complaints?list=follow_ups"),
    ("S003", "/corrective-actions"), ("S012", "/corrective-actions?list=mine"),
    ("S003", "/corrective-actions/new"), ("S012", "/corrective-actions/CA2026-0001"),
    ("S012", "/corrective-actions/CA2026-0001/ask_extension"), ("S003", "/corrective-actions/CA2026-0001/hand_over"),
)  # fmt: skip


def _begun(play: Grave) -> None:
    play.begin()


def _reviewed(play: Grave) -> None:
    """One reviewer agrees, one is waited for, one is released, and an expert is against."""
    play.to_review()
    play.act("S003", "name_reviewers", reviewers=[play.staff(code) for code in ("S015", "S021", "S024")])
    play.act("S015", "vote_on_plan", vote=PlanVote.AGREE_WITH_CHANGES, text="割接窗口须避开结算日")
    play.act("S003", "release_reviewer", reviewer=play.staff("S024"), reason="出差，无法参加论证")
    play.act(
        "S003", "record_expert_review", expert_name="外聘甲", expert_organisation="江州理工学院", vote=PlanVote.DISAGREE,
        text="两条路由仍应不同沟",
    )  # fmt: skip
    play.act("S003", "open_corrective_action", corrective_action=[{**PUT_RIGHT, "owner": play.staff("S012")}])


def _speaking(play: Grave) -> None:
    """One statement is published, one approved, one waits for its decision."""
    play.to_review(severity=Severity.MAJOR)
    play.speak(StatementKind.REGULATOR)
    words = {"statement_kind": StatementKind.MEDIA, "addressee": "本地媒体"}
    play.act("S028", "draft_statement", text="云栖路片区通信已恢复，深表歉意", **words)
    play.act("S001", "approve_statement", statement=play.newest_statement())
    play.act("S028", "draft_statement", text="原因已查明：主备光缆同沟", **words)


def _called(play: Grave) -> None:
    play.to_close(severity=Severity.MAJOR)
    play.evidence("post_review_minutes", code="S003")


def _archived(play: Grave) -> None:
    play.to_close(severity=Severity.MAJOR)
    play.archive()


def _closed(play: Grave) -> None:
    play.to_close()


STANDS = MappingProxyType[str, Callable[[Grave], None]]({
    "important_begun": _begun, "important_reviewed": _reviewed, "important_closed": _closed,
    "major_speaking": _speaking, "major_called": _called, "major_archived": _archived,
})  # fmt: skip
"""A step of these screens → how a complaint comes to stand there."""


@pytest.fixture(scope="module")
def scene(templates, tmp_path_factory, chromium):
    folder = tmp_path_factory.mktemp("teamwork")
    clock = SetClock(RECEIVED)
    with templates.copy("sqlite", with_default_office, folder) as database:
        give_passwords(database)
        with listening(database, folder / "desk", clock) as live:
            numbers, last = {}, RECEIVED
            for n, (step, make) in enumerate(STANDS.items()):
                at = RECEIVED + timedelta(hours=3 * n)
                play = Grave(database, live.app.extensions["desk"].keys, folder / "desk" / "files", at)
                make(play)
                numbers[step], last = play.number, max(last, play.at)
            clock.at = last + timedelta(hours=20)  # a report is late by now
            found = Scene(chromium, live, numbers, LOGINS)
            yield found
            for page in found.windows.values():
                page.context.close()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("code", "address"), SCREENS, ids=[f"{code}:{address}" for code, address in SCREENS])
def test_R39_a_screen_of_teamwork_keeps_what_every_page_must(scene, code, address, language):
    check_page(scene.opens(code, language, address))
