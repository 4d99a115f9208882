"""R28: agreement, drift and calibration sessions on the pages, with the wrong roles and with odd input."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa

from backoffice.models.calibration import Calibration
from backoffice.models.inspection import Inspection, InspectionMark
from backoffice.services import calibration as service
from policies.vocabulary_inspection import CalibrationState
from tests.support.browsing import text_of
from tests.support.counting import statements
from tests.support.forms import SAME_ORIGIN, token
from tests.support.inspections import (
    EXAMPLE,
    FATAL,
    HANDLER,
    INSPECTOR,
    KEYS,
    MANAGER,
    SECOND,
    Inspected,
    entered,
    put_keys,
    with_an_archived_complaint,
)

AGREEMENT, DRIFT, SESSIONS = "/inspection/agreement", "/inspection/drift", "/inspection/calibrations"


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


def mark(scene, number, **changes):
    with scene.database.writing() as session:
        row = session.scalars(sa.select(Inspection).where(Inspection.number == number)).one()
        for item, percent in {**EXAMPLE, **dict.fromkeys(FATAL, 100), **changes}.items():
            value = None if percent is None else Decimal(percent)
            session.add(InspectionMark(inspection_id=row.id, round=0, item=item, percent=value))


def twice(scene, scores=("84.24", "84.24"), key="a", at=None, **changes):
    first = scene.published(INSPECTOR, scores[0], unit_key=key, **({"scored_at": at} if at else {}))
    second = scene.published(SECOND, scores[1], unit_key=key, pair_of=first, **({"scored_at": at} if at else {}))
    mark(scene, first)
    mark(scene, second, **changes)
    return first, second


def post(browser, path, data, page=None):
    values = {"csrf_token": token(browser, page or path), **data}
    return browser.post(path, data=values, headers=SAME_ORIGIN)


def test_R28_each_rate_stands_with_its_interval_and_its_number(scene, sign_in):
    twice(scene, ("84.24", "80.98"), rec_5w1h=0)
    page = text_of(sign_in(MANAGER).get(AGREEMENT))
    # 16 of 17 items that both applied: 94.1 %, Wilson's interval 73.0 to 99.0.
    assert "94.1 %（73.0–99.0 %，n=17）" in page
    assert "0.0 %（0.0–79.3 %，n=1）" in page  # the one item of one record
    assert "达到目标" in page
    assert "不需要" in page


def test_R28_what_lies_apart_is_flagged_and_leads_to_a_session(scene, sign_in):
    _, second = twice(scene, ("84.24", "70.00"), rec_5w1h=0, pro_check=0, res_solved=0)
    page = sign_in(MANAGER).get(AGREEMENT).text
    assert "一致率过低" in page
    assert "总分相差过大" in page
    assert "-14.24" in page
    assert f"/inspection/calibrations/call?source={second}" in page


def test_R28_an_inspector_sees_the_own_records_and_the_quality_manager_all(scene, sign_in):
    first, _ = twice(scene)
    for who, sees in ((INSPECTOR, True), (SECOND, True), (MANAGER, True)):
        assert (first in sign_in(who).get(AGREEMENT).text) is sees
    with scene.database.writing() as session:
        other = scene.play.staff(MANAGER)
        for row in session.scalars(sa.select(Inspection).where(Inspection.pair_of_id.is_not(None))):
            row.inspector_id = other
    page = sign_in(SECOND).get(AGREEMENT).text
    assert first not in page
    assert "n=17" in page  # the items of all records are everybody's


@pytest.mark.parametrize(
    "query", ["", "?from=2026-01-01&to=2026-12-31", "?from=x&to=y", "?card=none&plan=none", "?card=record_process_card"]
)
def test_R28_an_empty_period_says_so_whatever_is_asked_for(scene, sign_in, query):
    answer = sign_in(INSPECTOR).get(AGREEMENT + query)
    assert answer.status_code == 200
    assert "本期没有双评记录" in answer.text


def test_R28_the_page_asks_no_more_for_many_records_than_for_one(scene, app, sign_in):
    browser = sign_in(MANAGER)
    twice(scene, ("84.24", "70"), key="a")
    browser.get(AGREEMENT)
    with statements(app) as few:
        browser.get(AGREEMENT)
    for number in range(4):
        twice(scene, ("84.24", "70"), key=f"b{number}")
    with statements(app) as many:
        assert "n=85" in browser.get(AGREEMENT).text
    assert len(many) == len(few)


@pytest.mark.parametrize("path", [AGREEMENT, DRIFT, SESSIONS, f"{SESSIONS}/call", f"{SESSIONS}/JZ2026-001"])
@pytest.mark.parametrize("code", [HANDLER, "S015", "S005", "S030"])
def test_R39_who_scores_no_inspections_opens_none_of_these_pages(scene, sign_in, path, code):
    assert sign_in(code).get(path).status_code == 403


def drifting(scene):
    """Two months in which the first inspector gives 70 or so and the others 90 or so."""
    for month in (10, 11):
        for number in range(6):
            at = datetime(2026, month, 3 + number, 2, tzinfo=UTC)
            scene.published(INSPECTOR, str(69 + number % 3), scored_at=at, unit_key=f"a{month}{number}")
            scene.published(SECOND, str(89 + number % 3), scored_at=at, unit_key=f"b{month}{number}")


def test_R28_drift_is_told_with_its_interval_and_each_sees_the_own_line(scene, sign_in):
    drifting(scene)
    page = text_of(sign_in(MANAGER).get(DRIFT))
    assert "连续两个月偏严" in page
    assert "连续两个月偏宽" in page  # with two inspectors the other is the milder one
    assert "-20.00（" in page
    mine = sign_in(INSPECTOR).get(DRIFT).text
    assert "连续两个月偏严" in mine
    assert "连续两个月偏宽" not in mine


@pytest.mark.parametrize("months", ["2", "12", "99", "x", "", "-1", "٣"])
def test_R28_any_number_of_months_opens_the_page(scene, sign_in, months):
    assert sign_in(MANAGER).get(f"{DRIFT}?months={months}").status_code == 200


# Calibration sessions


def called(scene, browser, **more):
    page = browser.get(f"{SESSIONS}/call").text
    card = re.search(r'<option value="(\d+)">投诉记录与过程评分表', page).group(1)
    due = (scene.at + timedelta(days=7)).strftime("%Y-%m-%dT%H:%M")
    members = [str(scene.play.staff(one)) for one in (INSPECTOR, SECOND)]
    values = {
        "complaint": scene.play.number,
        "card_id": card,
        "cause": "chosen",
        "due_at": due,
        "members": members,
        **more,
    }
    return post(browser, f"{SESSIONS}/call", values)


def typed(**changes):
    """A card's form as a browser sends it."""
    found = {}
    for item, one in entered(changes).marks.items():
        found[f"mark-{item}"] = "na" if one.percent is None else str(one.percent)
        found[f"remark-{item}"] = one.remark
    return found


def state(scene):
    with scene.database.reading() as session:
        return session.scalars(sa.select(Calibration.state).order_by(Calibration.id.desc())).first()


def test_R28_a_session_from_its_call_to_its_standard(scene, sign_in, app):
    manager, one, other = sign_in(MANAGER), sign_in(INSPECTOR), sign_in(SECOND)
    answer = called(scene, manager)
    assert answer.status_code == 303
    page = answer.headers["Location"]
    assert "待您评分" in one.get(SESSIONS).text
    assert "待您评分" not in manager.get(SESSIONS).text
    assert post(one, f"{page}/score", typed()).status_code == 303
    assert "84.24" in one.get(page).text
    for unseen in (other, manager):
        assert "84.24" not in unseen.get(page).text
        assert "录音 02:40" not in unseen.get(page).text
    assert post(other, f"{page}/score", typed(rec_5w1h=100)).status_code == 303
    for reader in (one, other, manager):
        laid_open = text_of(reader.get(page))
        assert "84.24" in laid_open
        assert "87.5" in laid_open
        assert "有分歧" in laid_open
        assert "录音 02:40" in laid_open
    answer = post(manager, f"{page}/close", {**typed(rec_5w1h=0), "discussion": "缺两项不得分"})
    assert answer.status_code == 303
    closed = text_of(one.get(page))
    assert "80.98" in closed
    assert "缺两项不得分" in closed
    assert "与标准相差 +3.26" in closed  # 84.24 less 80.98
    assert state(scene) is CalibrationState.CLOSED


def test_R28_a_call_that_is_refused_comes_back_as_it_was_typed(scene, sign_in):
    answer = called(scene, sign_in(MANAGER), complaint="TS1", members=[str(scene.play.staff(INSPECTOR))])
    assert answer.status_code == 422
    assert 'value="TS1"' in answer.text
    assert "没有该编号的已办结投诉" in answer.text


@pytest.mark.parametrize(
    "wrong",
    [{"card_id": "x"}, {"members": ["99999999999999999999"]}, {"due_at": "soon"}, {"cause": "bad"}, {"members": []}],
)
def test_R28_odd_calls_are_refused_beside_their_fields(scene, sign_in, wrong):
    assert called(scene, sign_in(MANAGER), **wrong).status_code == 422


def begun(scene):
    number = re.search(r"JZ\d+-\d+", scene.do(MANAGER, service.call, _facts(scene)).number).group()
    return f"{SESSIONS}/{number}"


def _facts(scene):
    with scene.database.reading() as session:
        card_id = next(iter(service.cards(scene.work(session, MANAGER))))
    members = tuple(scene.play.staff(one) for one in (INSPECTOR, SECOND))
    return service.Call(scene.play.number, card_id, members, scene.at + timedelta(days=7))


def test_R28_marks_that_are_refused_come_back_as_they_were_given(scene, sign_in):
    page = begun(scene)
    values = {**typed(), "remark-rec_5w1h": "", "remark-res_lesson": "教训太空"}
    answer = post(sign_in(INSPECTOR), f"{page}/score", values)
    assert answer.status_code == 422
    assert "教训太空" in answer.text
    assert 'id="remark-rec_5w1h-error-1"' in answer.text


@pytest.mark.parametrize(("code", "path"), [(MANAGER, "score"), (SECOND, "close")])
def test_R28_the_form_is_not_there_for_who_may_not(scene, sign_in, code, path):
    page = begun(scene)
    assert sign_in(code).get(f"{page}/{path}").status_code == 403
    assert post(sign_in(code), f"{page}/{path}", typed(), page=SESSIONS + "/call").status_code == 403


def test_R28_ending_and_cancelling_ask_for_a_reason_and_keep_what_was_typed(scene, sign_in):
    page = begun(scene)
    manager = sign_in(MANAGER)
    assert post(manager, f"{page}/cancel", {"reason": " "}, page=page).status_code == 422
    answer = post(manager, f"{page}/end-scoring", {"reason": "有人请假"}, page=page)
    assert answer.status_code == 409
    assert "有人请假" in answer.text
    assert "至少需要 2 份评分" in answer.text
    assert post(sign_in(INSPECTOR), f"{page}/cancel", {"reason": "改期"}, page=page + "/score").status_code == 403
    assert post(manager, f"{page}/cancel", {"reason": "改期"}, page=page).status_code == 303
    assert "改期" in manager.get(page).text
    assert state(scene) is CalibrationState.CANCELLED


def test_R28_a_session_called_from_two_scorings_needs_neither_record_nor_card(scene, sign_in):
    _, second = twice(scene, ("84.24", "60"))
    browser = sign_in(INSPECTOR)
    form = browser.get(f"{SESSIONS}/call?source={second}").text
    assert 'name="complaint"' not in form
    due = (scene.at + timedelta(days=7)).strftime("%Y-%m-%dT%H:%M")
    members = [str(scene.play.staff(one)) for one in (INSPECTOR, SECOND)]
    answer = post(browser, f"{SESSIONS}/call?source={second}", {"due_at": due, "members": members})
    assert answer.status_code == 303
    listed = browser.get(AGREEMENT).text
    assert answer.headers["Location"] in listed
    assert f"source={second}" not in listed


@pytest.mark.parametrize(
    "path", ["/call?source=NO-1", "/JZ2026-999", "/JZ2026-999/score", "?before=x", "?before=99999999999999999999"]
)
def test_R28_odd_addresses_never_break(scene, sign_in, path):
    assert sign_in(MANAGER).get(SESSIONS + path).status_code in (200, 404, 409)


def test_R39_a_blind_record_is_not_led_to(scene, sign_in):
    first = scene.published(INSPECTOR, blind=True)
    second = scene.published(SECOND, "60", pair_of=first, blind=True)
    browser = sign_in(INSPECTOR)
    due = (scene.at + timedelta(days=7)).strftime("%Y-%m-%dT%H:%M")
    members = [str(scene.play.staff(one)) for one in (INSPECTOR, SECOND)]
    page = post(browser, f"{SESSIONS}/call?source={second}", {"due_at": due, "members": members}).headers["Location"]
    for path in (page, f"{page}/score"):
        assert f"/complaints/{scene.play.number}" not in browser.get(path).text
