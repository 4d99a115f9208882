"""The editor of sampling plans (R27) over HTTP: from a draft to a plan in force, bad input, two editors, wrong roles."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from backoffice.models.history import ReferenceChange
from backoffice.models.sampling import SamplingPlan
from policies.vocabulary import VersionState
from tests.support.counting import statements
from tests.support.filled import SAME_ORIGIN, faults, form_of, send
from tests.support.forms import token

ADMINISTRATOR, MANAGER = "S030", "S024"
ROOT = "/settings/sampling_plans"


@pytest.fixture
def browser(sign_in):
    return sign_in(ADMINISTRATOR)


def plan(office, code="monthly_regular", number=1):
    with office.reading() as session:
        mine = sa.select(SamplingPlan).where(SamplingPlan.code == code, SamplingPlan.version == number)
        found = session.scalars(mine).one_or_none()
        if found is not None:
            session.expunge(found)
        return found


def press(browser, address, page, **fields):
    return browser.post(address, data={"csrf_token": token(browser, page), **fields}, headers=SAME_ORIGIN)


def drawn_up(browser, office, code="monthly_regular"):
    answer = send(browser, f"{ROOT}/draw_up/?id={plan(office, code).id}", reason="九月评审决定")
    assert answer.status_code == 303, answer.text
    return plan(office, code, 2)


def check(browser, draft, office):
    row = plan(office, draft.code, draft.version)
    return press(browser, f"{ROOT}/check/?id={row.id}", f"{ROOT}/details/?id={row.id}", revision=str(row.revision))


def test_R27_a_plan_is_drawn_up_changed_checked_and_put_into_force_by_the_quality_manager(browser, office, sign_in):
    draft = drawn_up(browser, office)
    assert (draft.state, draft.definition["share_percent"]) == (VersionState.DRAFT, 5)
    answer = send(browser, f"{ROOT}/edit/?id={draft.id}", share_percent="7.5", blind="y")
    assert answer.status_code == 303, faults(answer.text)
    changed = plan(office, number=2)
    assert (changed.definition["share_percent"], changed.definition["blind"]) == ("7.5", True)
    assert check(browser, draft, office).status_code == 303
    assert plan(office, number=2).state is VersionState.CHECKED
    page = browser.get(f"{ROOT}/details/?id={draft.id}").text
    assert "等待有权批准的人批准生效" in page
    assert f"{ROOT}/put_into_force/" not in page
    assert browser.get(f"{ROOT}/put_into_force/?id={draft.id}").status_code == 403
    browser = sign_in(MANAGER)
    assert f"{ROOT}/put_into_force/?id={draft.id}" in browser.get(f"{ROOT}/details/?id={draft.id}").text
    early = send(browser, f"{ROOT}/put_into_force/?id={draft.id}", valid_from="2026-11-01", reason="早了")
    assert (early.status_code, set(faults(early.text))) == (422, {"valid_from"})
    assert "早了" in early.text
    answer = send(browser, f"{ROOT}/put_into_force/?id={draft.id}", valid_from="2026-12-01", reason="十二月起")
    assert answer.status_code == 303, answer.text
    assert plan(office, number=2).state is VersionState.EFFECTIVE
    page = browser.get(f"{ROOT}/details/?id={draft.id}").text
    for word in ("7.5 %", "盲评", "待生效", "十二月起"):
        assert word in page
    assert f"{ROOT}/edit/" not in page
    assert "7.5 %" in browser.get(f"{ROOT}/compare/?id={draft.id}").text


@pytest.mark.parametrize(
    "code",
    [
        "monthly_regular", "monthly_calls", "new_staff", "not_established_check", "spot_check", "focus_category",
        "double_scoring", "lots_by_department",
    ],
)  # fmt: skip
def test_R27_the_form_of_a_plan_as_it_is_changes_nothing(browser, office, code):
    draft = drawn_up(browser, office, code)
    answer = send(browser, f"{ROOT}/edit/?id={draft.id}")
    assert answer.status_code == 303, faults(answer.text)
    after = plan(office, code, 2)
    assert after.definition == draft.definition
    assert after.revision == draft.revision


def test_R27_what_is_wrong_stands_on_the_page_and_the_draft_is_not_checked(browser, office, sign_in):
    draft = drawn_up(browser, office)
    send(browser, f"{ROOT}/edit/?id={draft.id}", share_percent="", scorecard="call_quality_card", due_working_days="90")
    assert check(browser, draft, office).status_code == 303
    page = browser.get(f"{ROOT}/details/?id={draft.id}").text
    assert "还没有写抽多少" in page
    assert "请选用于投诉的评分表" in page
    assert "1 到 60 个工作日" in page
    assert plan(office, number=2).state is VersionState.DRAFT
    manager = sign_in(MANAGER)
    refused = send(manager, f"{ROOT}/put_into_force/?id={draft.id}", valid_from="2026-12-01", reason="x")
    assert refused.status_code in (409, 422)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"share_percent": "viel"}, "share_percent"),
        ({"share_percent": "100.5"}, "share_percent"),
        ({"number": "-3"}, "number"),
        ({"period": "nie"}, "period"),
        ({"name_en": " "}, "name_en"),
        ({"note_zh": "长" * 401}, "note_zh"),
    ],
)
def test_R27_what_cannot_be_kept_comes_back_with_all_that_was_typed(browser, office, fields, field):
    draft = drawn_up(browser, office)
    answer = send(browser, f"{ROOT}/edit/?id={draft.id}", minimum_per_stratum="44", **fields)
    assert answer.status_code == 422
    assert field in faults(answer.text)
    assert form_of(answer.text)["minimum_per_stratum"] == ["44"]
    assert plan(office, number=2).definition == draft.definition


def test_R27_of_two_editors_the_second_is_told_and_loses_nothing(browser, office):
    draft = drawn_up(browser, office)
    old = str(draft.revision)
    assert send(browser, f"{ROOT}/edit/?id={draft.id}", share_percent="6").status_code == 303
    answer = send(browser, f"{ROOT}/edit/?id={draft.id}", revision=old, share_percent="9")
    assert answer.status_code == 409
    assert "其他人" in answer.text or "他人" in answer.text
    assert form_of(answer.text)["share_percent"] == ["9"]
    assert plan(office, number=2).definition["share_percent"] == 6


def test_R27_a_lot_plan_is_begun_filled_in_and_checked(browser, office):
    answer = send(
        browser,
        f"{ROOT}/new/",
        kind="lot",
        code="weekly_lots",
        name_zh="每周批次",
        name_en="Weekly lots",
        reason="试行",
    )
    assert answer.status_code == 303, faults(answer.text)
    draft = plan(office, "weekly_lots")
    page = browser.get(f"{ROOT}/details/?id={draft.id}").text
    assert "还没有写抽取对象" in page
    assert "接收质量限必须是表中的值" in page
    said = {
        "population_zh": "上周办结", "population_en": "Closed last week", "quality_limit": "2.5", "score_below": "80",
        "period": "previous_week", "draw_on": "monday", "scorecard": "record_process_card",
    }  # fmt: skip
    answer = send(browser, f"{ROOT}/edit/?id={draft.id}", **said)
    assert answer.status_code == 303, faults(answer.text)
    check(browser, draft, office)
    row = plan(office, "weekly_lots")
    assert row.state is VersionState.CHECKED
    assert row.definition["nonconforming_when"] == {"score_below": 80, "fatal": True}


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"kind": ""}, "kind"),
        ({"kind": "yearly"}, "kind"),
        ({"code": "Monthly Regular"}, "code"),
        ({"code": "monthly_regular"}, "code"),
        ({"name_en": ""}, "name_en"),
        ({"name_zh": "长" * 121}, "name_zh"),
        ({"reason": ""}, "reason"),
    ],
)
def test_R27_a_new_plan_that_will_not_do_is_refused_beside_its_field(browser, office, fields, field):
    whole = {"kind": "regular", "code": "extra", "name_zh": "加抽", "name_en": "Extra", "reason": "试行"}
    answer = send(browser, f"{ROOT}/new/", **{**whole, **fields})
    assert answer.status_code == 422
    assert set(faults(answer.text)) == {field}
    assert plan(office, "extra") is None


def test_R27_a_draft_is_thrown_away_and_what_holds_is_not(browser, office, sign_in):
    draft = drawn_up(browser, office)
    assert send(browser, f"{ROOT}/retire/?id={draft.id}", reason="不要了").status_code == 303
    assert plan(office, number=2).state is VersionState.RETIRED
    assert browser.get(f"{ROOT}/retire/?id={plan(office).id}").status_code == 403
    refused = send(sign_in(MANAGER), f"{ROOT}/retire/?id={plan(office).id}", reason="停")
    assert refused.status_code in (409, 422)
    assert plan(office).state is VersionState.EFFECTIVE
    assert press(browser, f"{ROOT}/edit/?id={plan(office).id}", f"{ROOT}/").status_code == 409


def test_R40_every_step_of_a_plan_is_logged_in_words(browser, office):
    draft = drawn_up(browser, office)
    send(browser, f"{ROOT}/edit/?id={draft.id}", share_percent="6", draw_on="working_day_3")
    with office.reading() as session:
        rows = session.scalars(sa.select(ReferenceChange).where(ReferenceChange.subject == "sampling_plan"))
        assert [row.action for row in rows] == ["create", "change"]
    page = browser.get(f"{ROOT}/details/?id={draft.id}").text
    assert "每月第 3 个工作日" in page
    assert "working_day_3" not in page
    assert "抽样方案" in browser.get("/settings/changes/").text


def test_R27_odd_addresses_are_not_found(browser):
    for address in ("details/?id=99999", "edit/?id=x", "compare/?id=1&with=77", "draw_up/", "retire/?id=-1"):
        assert browser.get(f"{ROOT}/{address}").status_code == 404, address


def test_R27_the_quality_manager_reads_and_approves_plans_and_edits_none(browser, office, sign_in):
    draft = drawn_up(browser, office)
    manager = sign_in(MANAGER)
    page = manager.get(f"{ROOT}/").text
    assert f"{ROOT}/new/" not in page
    assert f"{ROOT}/" in manager.get("/inspection/draws").text
    page = manager.get(f"{ROOT}/details/?id={draft.id}").text
    assert "草稿尚未通过检查" in page
    assert not [word for word in ("edit/", "draw_up/", "check/") if f"{ROOT}/{word}" in page]
    for address in ("new/", f"edit/?id={draft.id}", f"draw_up/?id={draft.id}", f"retire/?id={draft.id}"):
        assert manager.get(f"{ROOT}/{address}").status_code == 403
    seen = {"revision": str(draft.revision), "reason": "x"}
    for address in ("edit", "check", "draw_up", "retire"):
        assert press(manager, f"{ROOT}/{address}/?id={draft.id}", "/inspection", **seen).status_code == 403
    assert plan(office, number=2).state is VersionState.DRAFT


def test_R27_an_inspector_sees_no_plans_in_the_settings(sign_in):
    browser = sign_in("S022")
    for address in ("", "details/?id=1", "put_into_force/?id=1", "stop/?id=1"):
        assert browser.get(f"{ROOT}/{address}").status_code == 403


def test_R28_a_share_scored_twice_and_filters_are_said_in_the_form_and_shown_in_words(browser, office):
    draft = drawn_up(browser, office)
    said = {
        "double_share": "12.5",
        "filter_departments": "technical_support",
        "filter_categories": "network",
        "filter_severities": "major",
    }
    answer = send(browser, f"{ROOT}/edit/?id={draft.id}", **said)
    assert answer.status_code == 303, faults(answer.text)
    after = plan(office, number=2).definition
    assert after["double_share_percent"] == "12.5"
    assert after["filters"] == {
        "departments": ["technical_support"],
        "categories": ["network"],
        "severities": ["major"],
    }
    page = browser.get(f"{ROOT}/details/?id={draft.id}").text
    for words in ("12.5 %", "部门：技术支持与装维部", "严重程度：重大"):
        assert words in page
    assert "technical_support" not in page
    check(browser, draft, office)
    assert plan(office, number=2).state is VersionState.CHECKED


@pytest.mark.parametrize(
    ("fields", "field"),
    [({"double_share": "101"}, "double_share"), ({"filter_channels": "telex"}, "filter_channels")],
)
def test_R27_a_share_or_filter_that_is_none_comes_back(browser, office, fields, field):
    draft = drawn_up(browser, office)
    answer = send(browser, f"{ROOT}/edit/?id={draft.id}", **fields)
    assert (answer.status_code, field in faults(answer.text)) == (422, True)


def test_R27_a_plan_in_force_is_stopped_by_the_quality_manager(browser, office, sign_in):
    row = plan(office)
    assert browser.get(f"{ROOT}/stop/?id={row.id}").status_code == 403
    manager = sign_in(MANAGER)
    assert f"{ROOT}/stop/?id={row.id}" in manager.get(f"{ROOT}/details/?id={row.id}").text
    for day, reason, field in (("2026-11-01", "改由批次抽检", "stopped_from"), ("", "改由批次抽检", "stopped_from"),
                               ("bald", "改由批次抽检", "stopped_from"), ("2026-12-01", " ", "reason")):  # fmt: skip
        refused = send(manager, f"{ROOT}/stop/?id={row.id}", stopped_from=day, reason=reason)
        assert (refused.status_code, set(faults(refused.text))) == (422, {field}), day
    answer = send(manager, f"{ROOT}/stop/?id={row.id}", stopped_from="2026-11-30", reason="改由批次抽检")
    assert answer.status_code == 303, faults(answer.text)
    assert f"{plan(office).stopped_from}" == "2026-11-30"
    page = manager.get(f"{ROOT}/details/?id={row.id}").text
    for words in ("本方案自", "停用", "改由批次抽检"):
        assert words in page
    assert "已停用" not in manager.get(f"{ROOT}/").text
    with office.writing() as session:
        session.execute(sa.update(SamplingPlan).where(SamplingPlan.id == row.id).values(stopped_from=row.valid_from))
    assert "已停用" in manager.get(f"{ROOT}/").text
    assert send(manager, f"{ROOT}/stop/?id={row.id}", reason="再停").status_code == 409


def test_R27_pages_of_plans_ask_few_questions(browser, office, app):
    draft = drawn_up(browser, office)
    for address, most in (("", 14), (f"details/?id={draft.id}", 20), (f"edit/?id={draft.id}", 14)):
        with statements(app) as sent:
            assert browser.get(f"{ROOT}/{address}").status_code == 200
        assert len(sent) <= most, (address, len(sent))
