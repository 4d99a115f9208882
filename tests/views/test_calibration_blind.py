"""R28: a blind calibration session on the pages: the record beside the card without names, drafts, minutes; no number."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa

from backoffice.models.office import Staff
from backoffice.services import calibration as service
from policies.vocabulary_inspection import InspectionStatus
from tests.support.counting import statements
from tests.support.inspections import (
    INSPECTOR,
    KEYS,
    MANAGER,
    SECOND,
    Inspected,
    put_keys,
    with_an_archived_complaint,
)
from tests.views.test_agreement import SESSIONS, post, typed
from tests.views.test_inspection import names_on, shown_text

MOST_STATEMENTS = 85


@pytest.fixture
def office(templates, tmp_path):
    with templates.copy("sqlite", with_an_archived_complaint, tmp_path) as database:
        put_keys(tmp_path / "desk")
        yield database


@pytest.fixture
def scene(app, office, clock, tmp_path):
    made = Inspected(office, KEYS, tmp_path / "desk" / "files").resumed()
    clock.at = made.at
    return made


@pytest.fixture
def session_page(scene):
    """The address of a session that was called from two blind scorings."""
    unit = {"unit": "intake", "card": "call_quality_card"}
    first = scene.published(INSPECTOR, blind=True, **unit)
    second = scene.published(
        SECOND, "60.00", pair_of=first, status=InspectionStatus.FINAL, blind=True, unit_key="second", **unit
    )
    members = tuple(scene.play.staff(one) for one in (INSPECTOR, SECOND))
    facts = service.Call("", None, members, scene.at + timedelta(days=7), source=second)
    return f"{SESSIONS}/{scene.do(MANAGER, service.call, facts).number}"


@pytest.mark.parametrize("language", ["zh_Hans", "en"])
def test_R28_members_read_the_record_beside_the_card_without_number_names_or_departments(
    scene, sign_in, session_page, language
):
    with scene.database.writing() as session:
        session.execute(sa.update(Staff).values(language=language))
    names = names_on(scene) - {"Network"}
    browser = sign_in(INSPECTOR)
    for where in (SESSIONS, session_page, f"{session_page}/score"):
        text = shown_text(browser.get(where).text)
        assert scene.play.number not in text, where
        if where.endswith("score"):
            said = {name for name in names if re.search(rf"\b{re.escape(name)}\b" if name.isascii() else name, text)}
            assert said == set()
            assert "宽带每晚 19:30 起掉线" in text
            assert "9" in text
    assert scene.play.number not in browser.get("/messages").text
    assert scene.play.number in sign_in(MANAGER).get(session_page).text


def test_R28_a_call_stands_beside_its_card_with_the_talk(scene, sign_in, session_page):
    page = sign_in(INSPECTOR).get(f"{session_page}/score").text
    assert "9 分 12 秒" in page
    assert "倾听不打断" in page


def test_R28_what_a_member_typed_is_kept_by_button_by_script_and_when_it_comes_back_with_a_fault(scene, sign_in):
    page = _open_session(scene)
    browser = sign_in(INSPECTOR)
    form = f"{page}/score"
    assert (
        post(browser, f"{page}/draft", {"mark-rec_basic": "50", "remark-rec_basic": "写到一半"}, form).status_code
        == 303
    )
    shown = browser.get(form).text
    assert "写到一半" in shown
    revision = re.search(r'name="revision" value="(\d+)"', shown).group(1)
    answer = post(browser, f"{page}/draft", {"remark-rec_basic": "又写", "by_script": "1", "revision": revision}, form)
    assert int(answer.json["revision"]) > int(revision)
    answer = post(browser, f"{page}/draft", {"by_script": "1", "revision": revision}, form)
    assert answer.status_code == 409
    assert "error" in answer.json
    answer = post(browser, form, {**typed(), "remark-rec_5w1h": "", "remark-res_lesson": "教训太空"}, form)
    assert answer.status_code == 422
    assert "教训太空" in answer.text
    assert "教训太空" in browser.get(form).text
    assert "教训太空" not in sign_in(SECOND).get(form).text
    assert "继续评分" in browser.get(page).text
    assert post(browser, form, typed(), form).status_code == 303


@pytest.mark.parametrize("bad", ["x", "1e999999", "NaN", "-1", "周"])
def test_R28_no_mark_that_is_sent_to_a_session_breaks_it(scene, sign_in, bad):
    page = _open_session(scene)
    browser = sign_in(INSPECTOR)
    for where in ("score", "draft"):
        answer = post(browser, f"{page}/{where}", {**typed(), "mark-rec_basic": bad}, f"{page}/score")
        assert answer.status_code in (303, 422)


def test_R28_the_scoring_page_of_a_session_asks_a_bounded_number_of_times(scene, sign_in, app, session_page):
    browser = sign_in(INSPECTOR)
    browser.get(f"{session_page}/score")
    with statements(app) as sent:
        browser.get(f"{session_page}/score")
    assert len(sent) <= MOST_STATEMENTS


def test_R28_minutes_are_offered_once_the_session_is_closed(scene, sign_in):
    page = _open_session(scene)
    manager = sign_in(MANAGER)
    assert post(manager, f"{page}/minutes.pdf", {}, page).status_code == 409
    for code in (INSPECTOR, SECOND):
        post(sign_in(code), f"{page}/score", typed(), f"{page}/score")
    assert "minutes.pdf" not in manager.get(page).text
    assert post(manager, f"{page}/close", {**typed(), "discussion": "一致"}).status_code == 303
    assert "minutes.pdf" in manager.get(page).text
    answer = post(manager, f"{page}/minutes.pdf", {}, SESSIONS + "/call")
    assert answer.mimetype == "application/pdf"
    assert scene.play.number not in answer.headers["Content-Disposition"]


def test_R28_a_published_inspection_of_the_record_tells_members_nothing_either(scene, sign_in, session_page):
    browser = sign_in(SECOND)
    for number in scene.numbers:
        text = shown_text(browser.get(f"/inspection/{number}").text)
        assert scene.play.number not in text
        assert "卢向晨" not in text
    listed = shown_text(browser.get("/inspection/all").text)
    assert scene.play.number not in listed


def _open_session(scene):
    with scene.database.reading() as session:
        card_id = next(iter(service.cards(scene.work(session, MANAGER))))
    members = tuple(scene.play.staff(one) for one in (INSPECTOR, SECOND))
    facts = service.Call(scene.play.number, card_id, members, scene.at + timedelta(days=7))
    return f"{SESSIONS}/{scene.do(MANAGER, service.call, facts).number}"
