"""R40: whoever comes second with a form is told who was quicker and when, beside both versions, wherever it stands."""

from __future__ import annotations

import re
from datetime import timedelta
from types import SimpleNamespace

import pytest
import sqlalchemy as sa

from backoffice.models.inspection import Scorecard
from backoffice.models.office import Department, Staff
from backoffice.services.core import upkeep
from policies.corrective_course import CorrectiveAct
from tests.support.filled import send
from tests.support.forms import token
from tests.support.live import give_passwords
from tests.views import test_corrective
from tests.views.test_appraisal_schemes import ROOT as SCHEMES
from tests.views.test_appraisal_schemes import drawn_up
from tests.views.test_both_versions import Window
from tests.views.test_fault_notices import NOTICE
from tests.views.test_knowledge import ARTICLE, post
from tests.views.test_processes import ROOT as PROCESSES
from tests.views.test_processes import version

ADMINISTRATOR, WRITER, EDITOR = "S030", "S007", "S014"
play = test_corrective.play


@pytest.fixture
def office(office_database):
    """On both databases."""
    give_passwords(office_database)
    return office_database


def name_of(office, code):
    with office.reading() as session:
        return session.scalars(sa.select(Staff.name_zh).where(Staff.code == code)).one()


def told(window):
    """What stands beside both versions: who was quicker, and when."""
    both = re.search(r'<section class="draft-both".*?</section>', window.markup, re.DOTALL)[0]
    return [re.sub(r"<[^>]+>", "", line) for line in re.findall(r"<li>(.*?)</li>", both, re.DOTALL)]


def of_figures(_browser, _office):
    return "/settings/figures/", "cluster_hours", "12", "36"


def of_a_scheme(browser, office):
    return f"{SCHEMES}/edit/?id={drawn_up(browser, office).id}", "items-0-target", "4.6", "4.7"


def of_a_step(browser, office):
    assert send(browser, f"{PROCESSES}/draw_up/?id=1", reason="要缩短拟方案").status_code == 303
    return f"{PROCESSES}/step/?id={version(office).id}&step=plan", "clock_share", "15", "30"


def of_a_scorecard(browser, office):
    with office.reading() as session:
        row = session.scalars(sa.select(Scorecard).order_by(Scorecard.id)).first().id
    drawn = send(browser, f"/settings/scorecards/draw_up/?id={row}", reason="评审决定")
    assert drawn.status_code == 303, drawn.text
    with office.reading() as session:
        newest = session.scalars(sa.select(Scorecard).order_by(Scorecard.id.desc())).first().id
    return f"/settings/scorecards/edit/?id={newest}", "name_zh", "评分表甲", "评分表乙"


def of_an_article(browser, _office):
    made = post(browser, "/knowledge/new", **ARTICLE)
    return f"{made.location}/change", "body_zh", "先问停电。", "先问指示灯，再问停电。"


def of_a_notice(browser, _office):
    made = post(browser, "/notices/new", **NOTICE)
    return f"{made.location}/change", "tell_zh", "预计六点修好", "请客户稍候"


@pytest.mark.parametrize(
    ("code", "of"),
    [
        (ADMINISTRATOR, of_figures),
        (ADMINISTRATOR, of_a_scheme),
        (ADMINISTRATOR, of_a_step),
        (ADMINISTRATOR, of_a_scorecard),
        (WRITER, of_an_article),
        (EDITOR, of_a_notice),
    ],
)
@pytest.mark.parametrize("later", [timedelta(0), timedelta(minutes=7)])
def test_R40_who_comes_second_sees_who_was_quicker_and_when(sign_in, office, clock, code, of, later):
    address, field, theirs, mine = of(sign_in(code), office)
    clock.at += timedelta(minutes=1)
    first, second = Window(sign_in(code), address), Window(sign_in(code), address)
    clock.at += later
    assert first.send(**{field: theirs}).status_code == 303
    answer = second.send(**{field: mine})
    assert answer.status_code in (409, 422)
    (line,) = told(second)
    assert name_of(office, code) in line
    assert re.search(r"\d\d:\d\d", line)
    assert second.values[field] == [mine]
    assert theirs in [row[2] for row in second.compared() if len(row) > 3]
    assert second.send().status_code == 303


def test_R40_an_act_on_a_corrective_action_is_told_of_the_act_before(play, sign_in, office, clock):
    play.assigns()
    clock.at = play.at
    window = Window(sign_in("S024"), f"/corrective-actions/{play.number_of}/cancel")
    play.at += timedelta(minutes=5)
    play.does("S016", CorrectiveAct.ACCEPT)
    clock.at = play.at
    window.browser = sign_in("S024")
    window.values["csrf_token"] = [token(window.browser, "/account")]
    assert window.send(reason="已并入另一项").status_code == 409
    (line,) = told(window)
    assert name_of(office, "S016") in line
    assert window.values["reason"] == ["已并入另一项"]
    assert window.send().status_code == 303


def test_R40_a_change_begun_earlier_and_committed_later_is_not_written_over(sign_in, office, clock):
    with office.reading() as session:
        row, staff = (session.scalars(sa.select(one).order_by(one.id)).first().id for one in (Department, Staff))
    address = f"/settings/departments/edit/?id={row}"
    began = clock.at - timedelta(seconds=2)
    with office.writing() as session:
        upkeep.wait_turn(session)
        department = session.get(Department, row)
        upkeep.change(session, SimpleNamespace(staff_id=staff), began, "department", department, {"duty_zh": "甲写的"})
        mine = Window(sign_in(ADMINISTRATOR), address)
        assert mine.values["duty_zh"] != ["甲写的"]  # not yet there for anybody else
    answer = mine.send(duty_zh="乙写的")
    assert answer.status_code == 409
    assert len(told(mine)) == 1
    with office.reading() as session:
        assert session.get(Department, row).duty_zh == "甲写的"
    assert mine.send().status_code == 303
