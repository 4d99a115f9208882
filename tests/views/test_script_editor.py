"""The editor of intake scripts (R7) over HTTP: from a draft to a script in force, bad input, two editors, other roles."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from backoffice.models.script import IntakeScript
from policies.vocabulary import VersionState
from tests.support.counting import statements
from tests.support.filled import SAME_ORIGIN, faults, form_of, send
from tests.support.forms import token

EDITOR, CLERK = "S007", "S005"
ROOT = "/settings/intake_scripts"
SLOW = "script_net_broadband_slow"


@pytest.fixture
def browser(sign_in):
    return sign_in(EDITOR)


def script(office, number=1, code=SLOW):
    with office.reading() as session:
        asked = sa.select(IntakeScript).where(IntakeScript.code == code, IntakeScript.version == number)
        found = session.scalars(asked).one_or_none()
        if found is not None:
            session.expunge(found)
        return found


def press(browser, row, act, **fields):
    page = f"{ROOT}/details/?id={row.id}"
    said = {"csrf_token": token(browser, page), "revision": str(row.revision), **fields}
    return browser.post(f"{ROOT}/{act}/?id={row.id}", data=said, headers=SAME_ORIGIN)


@pytest.fixture
def draft(browser, office):
    answer = send(browser, f"{ROOT}/draw_up/?id={script(office).id}", reason="客户听不懂第一问")
    assert answer.status_code == 303, answer.text
    return script(office, 2)


def codes(row):
    return [one["code"] for one in row.definition["questions"]]


def test_R7_a_script_is_drawn_up_changed_checked_put_into_force_and_then_asked(browser, office, draft):
    edited = f"{ROOT}/question/?id={draft.id}&question=q1"
    answer = send(browser, edited, ask_zh="客户自己测过速吗？", ask_en="Did the customer test?")
    assert answer.status_code == 303, faults(answer.text)
    press(browser, script(office, 2), "check")
    assert script(office, 2).state is VersionState.CHECKED
    early = send(browser, f"{ROOT}/put_into_force/?id={draft.id}", valid_from="2026-11-01", reason="早了")
    assert (early.status_code, set(faults(early.text))) == (422, {"valid_from"})
    answer = send(browser, f"{ROOT}/put_into_force/?id={draft.id}", valid_from="2026-11-23", reason="今日起")
    assert answer.status_code == 303, faults(answer.text)
    asked = {"csrf_token": token(browser, "/intake/new"), "category": "net_broadband_slow"}
    beside = browser.post("/intake/beside", data=asked, headers=SAME_ORIGIN).text
    assert "客户自己测过速吗？" in beside
    assert f'data-script="{draft.id}"' in beside


def test_R7_words_that_are_too_long_come_back_filled_in_with_what_is_wrong(browser, office, draft):
    page = f"{ROOT}/question/?id={draft.id}&question=q1"
    answer = send(browser, page, ask_zh="测" * 3000, ask_en="Typed in vain")
    assert answer.status_code == 422
    assert "测" * 3000 in answer.text
    assert form_of(answer.text)["ask_en"] == ["Typed in vain"]
    assert "problems" in answer.text
    assert script(office, 2).revision == draft.revision


def test_R7_an_unfinished_question_is_kept_in_the_draft_and_named_by_the_check(browser, office, draft):
    page = f"{ROOT}/question/?id={draft.id}&question=q1"
    assert send(browser, page, ask_zh="").status_code == 303
    press(browser, script(office, 2), "check")
    assert script(office, 2).state is VersionState.DRAFT


def test_R7_an_answer_that_leads_nowhere_is_found_by_the_check_with_its_question(browser, office, draft):
    answer = send(browser, f"{ROOT}/question/?id={draft.id}&question=q1", **{"answer-0-to": ""})
    assert answer.status_code == 303, faults(answer.text)
    press(browser, script(office, 2), "check")
    assert script(office, 2).state is VersionState.DRAFT
    page = browser.get(f"{ROOT}/details/?id={draft.id}").text
    assert f"/settings/intake_scripts/question/?id={draft.id}&amp;question=q1" in page
    refused = send(browser, f"{ROOT}/put_into_force/?id={draft.id}", valid_from="2026-12-01", reason="x")
    assert refused.status_code in (409, 422)
    assert script(office, 2).state is VersionState.DRAFT


def test_R7_a_question_is_added_moved_and_dropped(browser, office, draft):
    was = codes(draft)
    said = {"ask_zh": "路由器几年了？", "ask_en": "How old is the router?", "answer-0-answer_zh": "三年以上",
            "answer-0-answer_en": "Over three years", "answer-0-to": "end:dispatch"}  # fmt: skip
    answer = send(browser, f"{ROOT}/new_question/?id={draft.id}", **said)
    assert answer.status_code == 303, faults(answer.text)
    (new,) = set(codes(script(office, 2))) - set(was)
    assert codes(script(office, 2)) == [*was, new]
    press(browser, script(office, 2), "move", question=new, by="up")
    assert codes(script(office, 2)) == [*was[:-1], new, was[-1]]
    press(browser, script(office, 2), "drop", question=new)
    assert codes(script(office, 2)) == was


def test_R7_the_words_for_the_whole_script_are_changed_and_compared(browser, office, draft):
    answer = send(browser, f"{ROOT}/edit/?id={draft.id}", opening_zh="您慢慢说，我在听。")
    assert answer.status_code == 303, faults(answer.text)
    page = browser.get(f"{ROOT}/compare/?id={draft.id}&with={script(office).id}")
    assert page.status_code == 200
    assert "您慢慢说，我在听。" in page.text


def test_R7_a_new_script_begins_with_its_leaf_and_a_code_that_is_taken_comes_back(browser, office):
    said = {"category": "net_roaming", "name_zh": "漫游", "name_en": "Roaming", "reason": "没有脚本"}
    taken = send(browser, f"{ROOT}/new/", code=SLOW, **said)
    assert taken.status_code in (409, 422)
    assert "code" in faults(taken.text)
    assert form_of(taken.text)["name_zh"] == ["漫游"]
    made = send(browser, f"{ROOT}/new/", code="script_roaming", **said)
    assert made.status_code == 303, faults(made.text)
    assert script(office, 1, "script_roaming").state is VersionState.DRAFT


def test_R7_of_two_editors_the_second_is_told_and_nothing_is_lost(browser, office, draft):
    page = f"{ROOT}/question/?id={draft.id}&question=q1"
    mine = {name: values for name, values in form_of(browser.get(page).text).items() if values}
    assert send(browser, page, ask_zh="先到的").status_code == 303
    late = browser.post(page, data={**mine, "ask_zh": "后到的"}, headers=SAME_ORIGIN)
    assert late.status_code == 409
    assert "后到的" in late.text
    assert script(office, 2).definition["questions"][0]["ask"]["zh"] == "先到的"


def test_R7_what_is_in_force_is_not_edited_and_a_question_that_is_not_there_is_not_found(browser, office, draft):
    assert browser.get(f"{ROOT}/edit/?id={script(office).id}").status_code == 409
    assert browser.get(f"{ROOT}/question/?id={draft.id}&question=q99").status_code == 404
    assert browser.get(f"{ROOT}/question/?id=99999&question=q1").status_code == 404
    for odd in ({"question": "q99"}, {"question": ""}, {"question": "q1", "by": "x"}, {"revision": "x"}):
        assert press(browser, script(office, 2), "move", **odd).status_code < 500
        assert press(browser, script(office, 2), "drop", **{**odd, "question": "q99"}).status_code < 500
    assert sorted(codes(script(office, 2))) == sorted(codes(draft))


@pytest.mark.parametrize("act", ["check", "move", "drop", "draw_up", "put_into_force"])
def test_R39_who_does_not_edit_knowledge_neither_sees_nor_changes_scripts(sign_in, office, draft, act):
    clerk = sign_in(CLERK)
    assert clerk.get(f"{ROOT}/").status_code == 403
    assert clerk.get(f"{ROOT}/details/?id={draft.id}").status_code == 403
    said = {"csrf_token": token(clerk, "/intake/new"), "question": "q1", "revision": str(draft.revision)}
    assert clerk.post(f"{ROOT}/{act}/?id={draft.id}", data=said, headers=SAME_ORIGIN).status_code == 403
    assert script(office, 2).revision == draft.revision


def test_R7_the_list_and_a_version_cost_a_fixed_number_of_statements(browser, app, draft):
    for page, most in ((f"{ROOT}/", 12), (f"{ROOT}/details/?id={draft.id}", 20)):
        browser.get(page)
        with statements(app) as sent:
            assert browser.get(page).status_code == 200
        assert len(sent) <= most
