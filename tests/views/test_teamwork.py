"""R16, R17, R30: the pages of teamwork: the tab, the forms with rows, the list of corrective actions, what each sees."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from backoffice.models.handling import StepEntry
from backoffice.models.teamwork import CorrectiveAction, Statement
from policies.vocabulary import Severity
from policies.vocabulary_teamwork import StatementKind
from tests.support.counting import statements
from tests.support.forms import SAME_ORIGIN, token
from tests.support.grave import PUT_RIGHT, Grave

MOST_STATEMENTS = 60
OPEN = '<span class="state state-warn">待办</span>'


@pytest.fixture
def play(app, office):
    desk = app.extensions["desk"]
    return Grave(office, desk.keys, Path(desk.config["DATA_DIR"]) / "files")


@pytest.fixture
def post(play, clock, sign_in):
    """``post(code, action, **fields)`` sends the form of an action as that person's browser would."""

    def posted(code, action, **values):
        clock.at = play.at + timedelta(minutes=40)
        browser = sign_in(code)
        page = browser.get(f"/complaints/{play.number}/{action}")
        revision = re.search(r'name="revision"[^>]*value="(\d+)"', page.text)
        data = {"csrf_token": token(browser, "/account"), "revision": revision[1] if revision else "", **values}
        return browser.post(f"/complaints/{play.number}/{action}", data=data, headers=SAME_ORIGIN)

    return posted


def shows(play, clock, sign_in, code="S003", tab="team"):
    clock.at = play.at + timedelta(minutes=1)
    return sign_in(code).get(f"/complaints/{play.number}?tab={tab}")


def test_R16_the_tab_shows_what_is_done_and_what_is_open(play, clock, sign_in):
    play.begin()
    page = shows(play, clock, sign_in).text
    assert page.count(OPEN) == 4  # team, report, feedback, follow-up
    play.team()
    page = shows(play, clock, sign_in).text
    assert page.count(OPEN) == 3
    assert "韩砚秋" in page
    assert "江州理工学院" in page
    assert "外聘甲" not in page  # an outside expert's name is masked


def test_R16_a_general_complaint_has_no_such_tab(play, clock, sign_in):
    play.register()
    page = shows(play, clock, sign_in)
    assert page.status_code == 200
    assert 'tab=record#papers"' in page.text
    assert 'tab=team#papers"' not in page.text


def test_R17_the_page_names_who_is_in_charge(play, clock, sign_in):
    play.begin(severity=Severity.MAJOR)
    assert "罗静姝" in shows(play, clock, sign_in, tab="record").text


def test_R16_rows_that_are_half_filled_come_back_with_what_was_typed(play, post):
    play.begin()
    answer = post("S003", "set_up_team", task_force_leader=str(play.staff("S003")), task_force_members=str(play.staff("S013")),
                  experts_1_name="外聘乙")  # fmt: skip
    assert answer.status_code == 422
    assert 'value="外聘乙"' in answer.text
    assert "姓名、单位、专业" in answer.text


@pytest.mark.parametrize(
    "odd",
    [
        {"experts_0_name": "\x00" * 5}, {"experts_0_field": "x" * 5000}, {"task_force_members": "99999999999999999999"},
        {"experts_9_name": "谁"},
    ],
)  # fmt: skip
def test_R16_odd_rows_end_in_a_sentence_and_never_in_a_fault(play, post, odd):
    play.begin()
    answer = post("S003", "set_up_team", task_force_leader=str(play.staff("S003")), **odd)
    assert answer.status_code in (302, 400, 422)


@pytest.mark.parametrize(
    "odd",
    [
        {"corrective_action_0_due_on": "2026-02-30"}, {"corrective_action_0_due_on": "99999-01-01"},
        {"corrective_action_0_owner": "4711"}, {"corrective_action_0_type": "wish"}, {"corrective_action_0_level": "huge"},
    ],
)  # fmt: skip
def test_R30_odd_values_of_a_corrective_action_end_in_a_sentence(play, post, office, odd):
    play.begin()
    row = {f"corrective_action_0_{name}": text for name, text in PUT_RIGHT.items()}
    row["corrective_action_0_owner"] = str(play.staff("S012"))
    answer = post("S003", "open_corrective_action", **{**row, **odd})
    with office.reading() as session:
        made = session.scalars(sa.select(CorrectiveAction)).all()
    if "corrective_action_0_level" in odd:
        assert (answer.status_code, [one.level.value for one in made]) == (302, ["normal"])
    else:
        assert (answer.status_code, made) == (422, [])
        assert "修订断网通报规则" in answer.text


def test_R17_a_statement_of_another_state_cannot_be_slipped_in(play, post, office):
    play.begin(severity=Severity.MAJOR)
    play.speak()
    published = play.newest_statement()
    play.act("S028", "draft_statement", statement_kind=StatementKind.MEDIA, addressee="媒体", text="二稿")
    assert post("S001", "approve_statement", statement=published).status_code == 422
    assert post("S001", "approve_statement", statement="0").status_code == 422
    with office.reading() as session:
        assert [row.state.value for row in session.scalars(sa.select(Statement).order_by(Statement.id))] == [
            "published",
            "draft",
        ]


def test_R16_a_reviewer_finds_the_complaint_in_a_list_of_ones_own_and_votes(play, post, clock, sign_in, office):
    play.to_review()
    play.act("S003", "name_reviewers", reviewers=[play.staff("S015")])
    clock.at = play.at
    assert play.number in sign_in("S015").get("/complaints?list=to_vote").text
    assert play.number not in sign_in("S021").get("/complaints?list=to_vote").text
    assert post("S015", "vote_on_plan", vote="maybe", text="嗯").status_code == 422
    assert post("S015", "vote_on_plan", vote="agree", text="可行").status_code == 302
    assert play.number not in sign_in("S015").get("/complaints?list=to_vote").text
    with office.reading() as session:
        last = session.scalars(sa.select(StepEntry).order_by(StepEntry.id.desc()).limit(1)).one()
        assert last.action == "vote_on_plan"


def test_R16_neither_the_plans_writer_nor_who_is_named_already_is_offered_as_a_reviewer(play, clock, sign_in):
    play.to_review()
    play.act("S003", "name_reviewers", reviewers=[play.staff("S015")])
    clock.at = play.at
    page = sign_in("S003").get(f"/complaints/{play.number}/name_reviewers").text
    values = {int(one) for one in re.findall(r'<input[^>]*name="reviewers"[^>]*value="(\d+)"', page)}
    offered = {code: play.staff(code) in values for code in ("S013", "S015", "S021", "S030")}
    # S013 wrote the plan, S015 is named, S030 keeps the system and opens no complaint
    assert offered == {"S013": False, "S015": False, "S021": True, "S030": False}


def test_R16_the_form_that_changes_the_team_begins_with_the_team_as_it_is(play, clock, sign_in):
    play.begin()
    play.team()
    clock.at = play.at
    page = sign_in("S003").get(f"/complaints/{play.number}/change_team").text
    ticked = re.findall(r'<input checked[^>]*name="task_force_members"[^>]*value="(\d+)"', page)
    assert {int(one) for one in ticked} == {play.staff("S013"), play.staff("S021")}
    assert f'<option selected value="{play.staff("S003")}">' in page


def test_R17_who_decides_on_a_statement_reads_all_of_it(play, clock, sign_in):
    play.begin(severity=Severity.MAJOR)
    words = "云栖路片区通信已于今日恢复。" * 20
    play.act("S028", "draft_statement", statement_kind=StatementKind.MEDIA, addressee="本地媒体", text=words)
    clock.at = play.at
    for action in ("approve_statement", "return_statement"):
        page = sign_in("S001").get(f"/complaints/{play.number}/{action}").text
        assert words in page
        assert f'<option selected value="{play.newest_statement()}">' in page  # the only one there is


def test_R30_everybody_sees_the_own_corrective_actions_and_managers_see_all(play, clock, sign_in):
    play.begin()
    row = {**PUT_RIGHT, "owner": play.staff("S013")}
    play.act("S003", "open_corrective_action", corrective_action=[row])
    clock.at = play.at
    seen = {
        code: "CA2026-0001" in sign_in(code).get("/corrective-actions").text
        for code in ("S003", "S013", "S012", "S016", "S024")
    }
    # the head of Network sees what somebody of Network owns, a handler elsewhere does not
    assert seen == {"S003": True, "S013": True, "S012": True, "S016": False, "S024": True}
    others = sign_in("S030").get("/corrective-actions")  # everybody may own one; the administrator has none
    assert (others.status_code, "CA2026-0001" in others.text) == (200, False)
    assert f'href="/complaints/{play.number}"' in sign_in("S003").get("/corrective-actions").text
    assert f'href="/complaints/{play.number}"' not in sign_in("S013").get("/corrective-actions?list=mine").text
    for odd in ("?list=none", "?before=x", "?before=99999999999999999999", "?list=late&before=-1"):
        assert sign_in("S003").get(f"/corrective-actions{odd}").status_code == 200


def test_R30_an_overdue_one_is_in_its_list(play, clock, sign_in):
    play.begin()
    play.act("S003", "open_corrective_action", corrective_action=[{**PUT_RIGHT, "owner": play.staff("S013")}])
    clock.at = play.at
    assert "CA2026-0001" not in sign_in("S003").get("/corrective-actions?list=late").text
    clock.at = play.at + timedelta(days=40)
    assert "CA2026-0001" in sign_in("S003").get("/corrective-actions?list=late").text


def test_R16_follow_ups_are_listed_from_their_day_on_and_as_overdue_after_it(play, clock, sign_in):
    play.to_close()
    play.archive()
    listed = {}
    for when, days in (("before", 29), ("on the day", 30), ("after", 31)):
        clock.at = play.at + timedelta(days=days)
        browser = sign_in("S011")
        listed[when] = tuple(
            play.number in browser.get(f"/complaints?list={name}").text for name in ("follow_ups", "follow_ups_late")
        )
    assert listed == {"before": (False, False), "on the day": (True, False), "after": (True, True)}


def test_R16_the_tab_asks_the_database_no_more_the_longer_the_story(play, app, clock, sign_in):
    play.to_review(severity=Severity.MAJOR)
    counts = []
    for _ in range(2):
        play.speak()
        play.act("S003", "open_corrective_action", corrective_action=[{**PUT_RIGHT, "owner": play.staff("S013")}])
        clock.at = play.at
        browser = sign_in("S003")
        browser.get(f"/complaints/{play.number}?tab=team")
        with statements(app) as asked:
            assert browser.get(f"/complaints/{play.number}?tab=team").status_code == 200
        counts.append(len(asked))
    assert counts[0] == counts[1] < MOST_STATEMENTS
