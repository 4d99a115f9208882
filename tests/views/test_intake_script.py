"""R7: the intake script beside the form of registration, with and without a script on the page."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa

from backoffice.models.script import IntakeScript, ScriptWay
from tests.support.counting import statements
from tests.support.forms import SAME_ORIGIN, token
from tests.views.test_intake import PAGE, TYPED, complaints, register

SLOW = {
    "script-answer-q1": "q1a2",
    "script-note-q1": "测得 3 兆",
    "script-answer-q3": "q3a2",
    "script-answer-q4": "q4a1",
}


def version(office, code="script_net_broadband_slow"):
    with office.reading() as session:
        return session.scalars(sa.select(IntakeScript.id).where(IntakeScript.code == code)).one()


def fragment(browser, **data):
    return browser.post("/intake/beside", data={"csrf_token": token(browser, PAGE), **data}, headers=SAME_ORIGIN)


def before_the_clerk(text):
    """Codes of the questions that are not hidden."""
    return re.findall(r'data-question="(q\d+)">', text)


def test_R7_the_script_of_the_category_and_symptom_is_shown_with_its_first_question(sign_in):
    text = fragment(sign_in("S005"), category="net_broadband_slow", symptom="wifi_slow").text
    assert "我来帮您确认是线路还是无线的问题。" in text
    assert before_the_clerk(text) == ["q1"]
    assert "填入派单要件" in text


@pytest.mark.parametrize(("category", "said"), [("", "选定小类后"), ("net_roaming", "还没有受理脚本")])
def test_R7_without_a_script_the_panel_says_what_to_do(sign_in, category, said):
    assert said in fragment(sign_in("S005"), category=category).text


def test_R7_without_script_on_the_page_a_button_goes_on_step_by_step_with_the_form_filled_in(sign_in, office):
    answer = register(sign_in("S005"), walk="1", script=version(office), **{"script-answer-q1": "q1a2"})
    assert answer.status_code == 200
    assert before_the_clerk(answer.text) == ["q1", "q3"]
    assert "线路或设备" in answer.text
    assert f'value="{TYPED["customer_name"]}"' in answer.text
    assert complaints(office) == []


def test_R7_the_end_suggests_how_to_go_on_and_a_button_fills_it_in(sign_in, office):
    answered = {"script-answer-q1": "q1a1", "script-answer-q2": "q2a1"}
    answer = register(sign_in("S005"), take_end="1", ending="go_on", script=version(office), **answered)
    assert "当场解决" in answer.text
    assert re.search(r'<input[^>]*checked[^>]*value="solved"', answer.text)
    assert complaints(office) == []


def test_R7_the_answers_are_kept_and_the_closing_is_said_with_the_number(sign_in, office):
    browser = sign_in("S005")
    answer = register(browser, ending="go_on", told_by="phone", script=version(office), **SLOW)
    assert answer.status_code == 302
    with office.reading() as session:
        (way,) = session.scalars(sa.select(ScriptWay))
        assert way.end == "dispatch"
    page = browser.get(answer.location).text
    assert "您的投诉编号是 TS20261123-0001" in page
    assert "受理脚本：宽带速率不达标受理脚本（第 1 版）" in page
    assert "测得 3 兆" in page


def test_R7_answers_that_were_given_come_back_when_the_form_is_refused(sign_in, office):
    answer = register(sign_in("S005"), what="", script=version(office), **SLOW)
    assert answer.status_code == 422
    assert re.search(r'id="script-q1-q1a2"[^>]*checked', answer.text)
    assert 'value="测得 3 兆"' in answer.text


def test_R7_answers_to_another_categorys_script_are_refused_and_the_right_one_is_shown(sign_in, office):
    other = version(office, "script_net_mobile_slow")
    answer = register(sign_in("S005"), script=other, **{"script-answer-q1": "q1a1"})
    assert answer.status_code == 422
    assert "与现在的小类不符" in answer.text
    assert f'data-script="{version(office)}"' in answer.text


@pytest.mark.parametrize(
    "odd",
    [
        {"script": "x", "script-answer-q1": "q1a1"},
        {"script": "9" * 40, "script-answer-q1": "q1a1"},
        {"script": "1", "script-answer-": "q1a1", "script-answer-q1": "q9"},
        {f"script-answer-{n}": "q" for n in range(200)},
    ],
)
def test_R7_odd_answers_never_break_the_page(sign_in, odd):
    assert register(sign_in("S005"), **odd).status_code in (302, 422)


def test_R7_a_chosen_symptom_comes_back_on_a_form_that_is_refused(sign_in):
    answer = register(sign_in("S005"), what="", symptom="wifi_slow")
    assert re.search(r'<option selected value="wifi_slow">', answer.text)


def test_R7_the_script_costs_a_fixed_number_of_statements(sign_in, app, office):
    browser = sign_in("S005")
    asked = {"csrf_token": token(browser, PAGE), "category": "net_broadband_slow"}
    browser.post("/intake/beside", data=asked, headers=SAME_ORIGIN)
    with statements(app) as sent:
        browser.post("/intake/beside", data=asked, headers=SAME_ORIGIN)
    assert len(sent) <= 8
