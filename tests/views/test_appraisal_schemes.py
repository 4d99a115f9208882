"""The editor of appraisal schemes and of their shared rules (R32) over HTTP: drafts, faults, examples, two editors."""

from __future__ import annotations

import copy

import pytest
import sqlalchemy as sa

from backoffice.models.appraisal import AppraisalRules, AppraisalScheme
from policies.vocabulary import VersionState
from tests.support.counting import statements
from tests.support.filled import SAME_ORIGIN, faults, form_of, send
from tests.support.forms import token

ADMINISTRATOR, MANAGER, ANALYST = "S030", "S024", "S023"
ROOT, RULES = "/settings/appraisal_schemes", "/settings/appraisal_rules"
SCHEMES = ["intake_2026", "handler_2026", "dispatcher_2026", "callback_2026", "inspector_2026", "department_2026"]
PARTS = ["days", "grades", "rewards", "penalties", "vetoes", "adjustments", "consecutive_rules"]


@pytest.fixture
def browser(sign_in):
    return sign_in(ADMINISTRATOR)


def version(office, code="handler_2026", number=1, model=AppraisalScheme):
    with office.reading() as session:
        found = session.scalars(sa.select(model).where(model.code == code, model.version == number)).one_or_none()
        if found is not None:
            session.expunge(found)
        return found


def shared(office, number=1):
    return version(office, "appraisal_default", number, AppraisalRules)


def press(browser, address, page, **fields):
    return browser.post(address, data={"csrf_token": token(browser, page), **fields}, headers=SAME_ORIGIN)


def drawn_up(browser, office, code="handler_2026"):
    answer = send(browser, f"{ROOT}/draw_up/?id={version(office, code).id}", reason="十月评审决定")
    assert answer.status_code == 303, answer.text
    return version(office, code, 2)


def rules_drawn_up(browser, office):
    answer = send(browser, f"{RULES}/draw_up/?id={shared(office).id}", reason="职工代表大会通过")
    assert answer.status_code == 303, answer.text
    return shared(office, 2)


def check(browser, root, row):
    return press(browser, f"{root}/check/?id={row.id}", f"{root}/details/?id={row.id}", revision=str(row.revision))


def test_R32_a_scheme_is_drawn_up_changed_checked_and_put_into_force(browser, office):
    draft = drawn_up(browser, office)
    said = {"items-0-weight": "20", "items-2-weight": "25", "items-1-target": "92.5"}
    answer = send(browser, f"{ROOT}/edit/?id={draft.id}", **said)
    assert answer.status_code == 303, faults(answer.text)
    items = version(office, number=2).definition["items"]
    assert [row["weight"] for row in items] == [20, 15, 25, 5, 20, 10, 5]
    assert items[1]["target"] == 92.5
    assert check(browser, ROOT, version(office, number=2)).status_code == 303
    assert version(office, number=2).state is VersionState.CHECKED
    answer = send(browser, f"{ROOT}/put_into_force/?id={draft.id}", valid_from="2026-12-15", reason="中旬")
    assert (answer.status_code, set(faults(answer.text))) == (422, {"valid_from"})
    answer = send(browser, f"{ROOT}/put_into_force/?id={draft.id}", valid_from="2027-01-01", reason="明年起")
    assert answer.status_code == 303, answer.text
    assert version(office, number=2).state is VersionState.EFFECTIVE
    page = browser.get(f"{ROOT}/details/?id={draft.id}").text
    for word in ("客户满意度", "92.5 %", "权重合计 100", "待生效", "明年起"):
        assert word in page
    assert f"{ROOT}/edit/" not in page
    compared = browser.get(f"{ROOT}/compare/?id={draft.id}").text
    assert "权重 25；目标 98 %" in compared
    assert "权重 20；目标 98 %" in compared


@pytest.mark.parametrize("code", SCHEMES)
def test_R32_the_form_of_a_scheme_as_it_is_changes_nothing(browser, office, code):
    draft = drawn_up(browser, office, code)
    answer = send(browser, f"{ROOT}/edit/?id={draft.id}")
    assert answer.status_code == 303, faults(answer.text)
    after = version(office, code, 2)
    assert (after.definition, after.revision) == (draft.definition, draft.revision)


def test_R32_a_new_scheme_for_a_department_is_begun_filled_in_and_checked(browser, office):
    said = {
        "subject": "department",
        "code": "branch_2027",
        "name_zh": "分公司考核",
        "name_en": "Branch",
        "reason": "试行",
    }
    answer = send(browser, f"{ROOT}/new/", **said)
    assert answer.status_code == 303, faults(answer.text)
    draft = version(office, "branch_2027")
    page = browser.get(f"{ROOT}/details/?id={draft.id}").text
    assert "还没有指标。请至少加一项" in page
    assert "还没有选适用部门" in page
    said = {
        "departments": "archive", "items-0-indicator": "answer_rate", "items-0-weight": "60", "items-0-target": "98",
        "items-0-kind": "ratio_to_target", "items-1-indicator": "hotline_answer_seconds", "items-1-weight": "40",
        "items-1-target": "20", "items-1-kind": "bands", "items-1-bands": "20 | 100\n40 | 60\n* | 0",
    }  # fmt: skip
    free = free_department(office)
    answer = send(browser, f"{ROOT}/edit/?id={draft.id}", **{**said, "departments": free})
    assert answer.status_code == 303, faults(answer.text)
    after = version(office, "branch_2027")
    assert after.definition["items"][1]["scoring"] == {
        "kind": "bands", "bands": [{"up_to": 20, "score": 100}, {"up_to": 40, "score": 60}, {"up_to": None, "score": 0}],
    }  # fmt: skip
    assert check(browser, ROOT, after).status_code == 303
    assert version(office, "branch_2027").state is VersionState.CHECKED


def free_department(office):
    from backoffice.models.office import Department

    with office.reading() as session:
        held = set(version(office, "department_2026").definition["departments"])
        return next(code for code in session.scalars(sa.select(Department.code)) if code not in held)


def test_R32_every_fault_stands_on_the_page_and_beside_its_field(browser, office):
    draft = drawn_up(browser, office)
    said = {
        "items-0-weight": "35", "items-0-floor": "4.8", "items-1-target": "", "items-5-kind": "ratio_to_target",
        "items-7-indicator": "training_completion", "items-7-weight": "5", "items-7-kind": "bands",
        "items-7-bands": "90 | 100\n95 | 50",
    }  # fmt: skip
    answer = send(browser, f"{ROOT}/edit/?id={draft.id}", **said)
    assert answer.status_code == 303, faults(answer.text)
    assert check(browser, ROOT, version(office, number=2)).status_code == 303
    assert version(office, number=2).state is VersionState.DRAFT
    page = browser.get(f"{ROOT}/details/?id={draft.id}").text
    assert "权重合计为 115，必须等于 100" in page
    assert f"/settings/appraisal_schemes/edit/?id={draft.id}&amp;faults=1#items-0-floor" in page
    beside = faults(browser.get(f"{ROOT}/edit/?id={draft.id}&faults=1").text)
    assert set(beside) == {"items-0-floor", "items-1-target", "items-5-kind", "items-7-bands", "items-7-weight"}
    assert "越低越好，不能按达标比例计分" in beside["items-5-kind"]
    assert "最后一档要接住其余所有的值" in beside["items-7-bands"]


def test_R32_nobody_is_appraised_by_two_schemes(browser, office):
    draft = drawn_up(browser, office, "callback_2026")
    with_handlers = form_of(browser.get(f"{ROOT}/edit/?id={draft.id}").text)["roles"] + ["handler"]
    answer = send(browser, f"{ROOT}/edit/?id={draft.id}", roles=with_handlers)
    assert answer.status_code == 303, faults(answer.text)
    check(browser, ROOT, version(office, "callback_2026", 2))
    page = browser.get(f"{ROOT}/details/?id={draft.id}").text
    assert "“承办人”已由“承办人考核方案”考核" in page
    assert version(office, "callback_2026", 2).state is VersionState.DRAFT


def test_R32_of_two_schemes_the_taking_one_waits_for_the_giving_one(browser, office):
    """Handlers move to another scheme from January: checked once the old one gives them up, in force no sooner."""
    giving = drawn_up(browser, office)
    roles = {"roles": "knowledge_editor"}
    assert send(browser, f"{ROOT}/edit/?id={giving.id}", **roles).status_code == 303
    check(browser, ROOT, version(office, number=2))
    said = {"valid_from": "2027-01-01", "reason": "移交"}
    assert send(browser, f"{ROOT}/put_into_force/?id={giving.id}", **said).status_code == 303
    taking = drawn_up(browser, office, "callback_2026")
    assert send(browser, f"{ROOT}/edit/?id={taking.id}", roles=["callback_clerk", "handler"]).status_code == 303
    check(browser, ROOT, version(office, "callback_2026", 2))
    assert version(office, "callback_2026", 2).state is VersionState.CHECKED
    early = send(browser, f"{ROOT}/put_into_force/?id={taking.id}", valid_from="2026-12-01", reason="早")
    assert early.status_code == 422
    assert "已由“承办人考核方案”考核" in early.text
    assert send(browser, f"{ROOT}/put_into_force/?id={taking.id}", **said).status_code == 303


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"items-0-weight": "zwanzig"}, "items-0-weight"),
        ({"items-0-target": "1e99"}, "items-0-target"),
        ({"items-0-target": "NaN"}, "items-0-target"),
        ({"items-1-per_point": "1.234"}, "items-1-per_point"),
        ({"items-3-bands": "gut\nschlecht"}, "items-3-bands"),
        ({"items-0-indicator": "made_up"}, "items-0-indicator"),
        ({"items-0-kind": "made_up"}, "items-0-kind"),
        ({"maximum_score": "200"}, "maximum_score"),
        ({"name_en": ""}, "name_en"),
        ({"note_zh": "长" * 401}, "note_zh"),
        ({"roles": "made_up"}, "roles"),
    ],
)
def test_R32_what_cannot_be_kept_comes_back_with_all_that_was_typed(browser, office, fields, field):
    draft = drawn_up(browser, office)
    answer = send(browser, f"{ROOT}/edit/?id={draft.id}", **{"items-5-per_point": "44", **fields})
    assert answer.status_code == 422
    assert field in faults(answer.text) or f'id="{field}-error"' in answer.text
    assert form_of(answer.text)["items-5-per_point"] == ["44"]
    assert version(office, number=2).definition == draft.definition


def test_R32_of_two_editors_the_second_is_told_and_loses_nothing(browser, office):
    draft = drawn_up(browser, office)
    old = str(draft.revision)
    assert send(browser, f"{ROOT}/edit/?id={draft.id}", **{"items-0-target": "4.6"}).status_code == 303
    answer = send(browser, f"{ROOT}/edit/?id={draft.id}", revision=old, **{"items-0-target": "4.7"})
    assert answer.status_code == 409
    assert form_of(answer.text)["items-0-target"] == ["4.7"]
    assert version(office, number=2).definition["items"][0]["target"] == 4.6


def test_R32_what_is_in_force_has_no_form(browser, office):
    assert browser.get(f"{ROOT}/edit/?id={version(office).id}").status_code == 409
    assert browser.get(f"{RULES}/edit/?id={shared(office).id}").status_code == 409


# --- the example --------------------------------------------------------------------------------------------------


def handlers_of_september(page):
    """The values of S013's sheet in the office's worked example."""
    values = {
        "items-0-value": "4.3947", "items-1-value": "92.8571", "items-2-value": "95.3488", "items-3-value": "97.6744",
        "items-4-value": "90.2467", "items-5-value": "7.3171", "items-6-value": "9.5238",
    }  # fmt: skip
    return {**form_of(page), **values}


def test_R32_an_example_is_reckoned_by_the_server_and_nothing_is_written(browser, office):
    draft = drawn_up(browser, office)
    said = handlers_of_september(browser.get(f"{ROOT}/edit/?id={draft.id}").text)
    answer = browser.post(f"{ROOT}/example/?id={draft.id}", data=said, headers=SAME_ORIGIN)
    assert answer.status_code == 200
    for score in ("92.98", "93.57", "94.70", "99.35", "90.25", "95.37", "96.95", "93.62"):
        assert score in answer.text
    assert "等级 B（良好）" in answer.text
    assert "加 5 积分" in answer.text
    assert version(office, number=2).definition == draft.definition


def test_R32_without_a_script_the_button_reckons_the_example_and_keeps_what_was_typed(browser, office):
    draft = drawn_up(browser, office)
    said = {
        **handlers_of_september(browser.get(f"{ROOT}/edit/?id={draft.id}").text),
        "name_zh": "还没存",
        "example": "1",
    }
    answer = browser.post(f"{ROOT}/edit/?id={draft.id}", data=said, headers=SAME_ORIGIN)
    assert answer.status_code == 200
    assert "93.62" in answer.text
    assert form_of(answer.text)["name_zh"] == ["还没存"]
    assert version(office, number=2).definition == draft.definition


def test_R32_a_value_left_empty_is_below_its_sample_and_its_weight_is_spread(browser, office):
    draft = drawn_up(browser, office)
    said = handlers_of_september(browser.get(f"{ROOT}/edit/?id={draft.id}").text)
    said = {**said, "items-4-value": "", "items-2-value": "", "items-1-value": ""}
    answer = browser.post(f"{ROOT}/example/?id={draft.id}", data=said, headers=SAME_ORIGIN)
    assert "计分权重只有 45，不评等级" in answer.text


def test_R32_an_example_that_cannot_be_reckoned_says_what_to_mend(browser, office):
    draft = drawn_up(browser, office)
    said = {**form_of(browser.get(f"{ROOT}/edit/?id={draft.id}").text), "items-2-target": ""}
    answer = browser.post(f"{ROOT}/example/?id={draft.id}", data=said, headers=SAME_ORIGIN)
    assert answer.status_code == 200
    assert "请写“处理及时率”的目标" in answer.text


@pytest.mark.parametrize("rows", ["0", "-1", "999999", "x"])
def test_R32_odd_numbers_of_rows_break_nothing(browser, office, rows):
    draft = drawn_up(browser, office)
    said = {**form_of(browser.get(f"{ROOT}/edit/?id={draft.id}").text), "rows": rows}
    assert browser.post(f"{ROOT}/example/?id={draft.id}", data=said, headers=SAME_ORIGIN).status_code == 200
    assert browser.post(f"{ROOT}/edit/?id={draft.id}", data=said, headers=SAME_ORIGIN).status_code in (303, 422)


def test_R32_rows_are_taken_out_and_put_in_another_order(browser, office):
    draft = drawn_up(browser, office)
    said = {"items-0-dropped": "y", "items-6-position": "1", "items-1-position": "9"}
    assert send(browser, f"{ROOT}/edit/?id={draft.id}", **said).status_code == 303
    assert [row["indicator"] for row in version(office, number=2).definition["items"]] == [
        "rework_rate", "on_time_rate", "first_response_rate", "inspection_score", "repeat_rate", "resolution_rate",
    ]  # fmt: skip


# --- the shared rules ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("part", PARTS)
def test_R32_the_form_of_a_part_of_the_rules_as_it_is_changes_nothing(browser, office, part):
    draft = rules_drawn_up(browser, office)
    answer = send(browser, f"{RULES}/edit/?id={draft.id}&part={part}")
    assert answer.status_code == 303, faults(answer.text)
    after = shared(office, 2)
    assert {key: value for key, value in after.definition.items() if value != draft.definition[key]} == {}
    assert after.revision == draft.revision


def test_R32_grades_and_days_are_changed_checked_and_put_into_force(browser, office):
    draft = rules_drawn_up(browser, office)
    page = f"{RULES}/edit/?id={draft.id}"
    assert send(browser, f"{page}&part=grades", **{"grades-0-from_score": "96"}).status_code == 303
    assert send(browser, f"{page}&part=days", submit_working_days="4", day_acknowledged="4").status_code == 303
    said = {"rewards-0-amount": "250.50", "rewards-0-amount_ceiling": "300"}
    assert send(browser, f"{page}&part=rewards", **said).status_code == 303
    after = shared(office, 2).definition
    assert (after["grades"][0]["from_score"], after["appeal"]["submit_working_days"]) == (96, 4)
    assert after["sign_off"][3] == {**shared(office).definition["sign_off"][3], "by": "4_working_days_after_published"}
    assert (after["rewards"][0]["amount"], after["rewards"][0]["amount_ceiling"]) == (250.5, 300)
    assert check(browser, RULES, shared(office, 2)).status_code == 303
    assert shared(office, 2).state is VersionState.CHECKED, browser.get(f"{RULES}/details/?id={draft.id}").text
    answer = send(browser, f"{RULES}/put_into_force/?id={draft.id}", valid_from="2026-12-01", reason="公示期满")
    assert answer.status_code == 303, answer.text
    compared = browser.get(f"{RULES}/compare/?id={draft.id}").text
    assert "96 分起" in compared
    assert "250.5 元" in compared


def test_R32_wages_are_deducted_only_after_the_legal_confirmation(browser, office):
    draft = rules_drawn_up(browser, office)
    rows = draft.definition["penalties"]
    n = next(n for n, row in enumerate(rows) if row["code"] == "wage_deduction")
    page = f"{RULES}/edit/?id={draft.id}&part=penalties"
    assert "直接扣工资或罚款缺乏一般法律依据" in browser.get(page).text
    said = {f"penalties-{n}-enabled": "y", f"penalties-{n}-amount": "100"}
    assert send(browser, page, **said).status_code == 303
    check(browser, RULES, shared(office, 2))
    assert shared(office, 2).state is VersionState.DRAFT
    shown = browser.get(f"{RULES}/details/?id={draft.id}").text
    assert "请确认已有生效的规章制度、本人确认和法律意见" in shown
    assert f"penalties-{n}-legal_confirmed" in faults(browser.get(f"{page}&faults=1").text)
    assert send(browser, page, **{f"penalties-{n}-legal_confirmed": "y"}).status_code == 303
    check(browser, RULES, shared(office, 2))
    assert shared(office, 2).state is VersionState.CHECKED


def test_R32_grades_that_overlap_or_leave_low_scores_without_one_are_told(browser, office):
    draft = rules_drawn_up(browser, office)
    page = f"{RULES}/edit/?id={draft.id}&part=grades"
    assert send(browser, page, **{"grades-1-from_score": "95", "grades-4-from_score": "10"}).status_code == 303
    beside = faults(browser.get(f"{page}&faults=1").text)
    assert "B 级与 A 级的起始分相同" in beside["grades-1-from_score"]
    assert "最低的等级要从 0 分起" in beside["grades-4-from_score"]


def test_R32_a_penalty_that_a_grade_brings_cannot_be_taken_out_unnoticed(browser, office):
    draft = rules_drawn_up(browser, office)
    page = f"{RULES}/edit/?id={draft.id}&part=penalties"
    assert send(browser, page, **{"penalties-1-dropped": "y"}).status_code == 303
    check(browser, RULES, shared(office, 2))
    assert "没有“coaching_4h”这项奖励或处罚" in browser.get(f"{RULES}/details/?id={draft.id}").text


@pytest.mark.parametrize(
    ("part", "fields", "field"),
    [
        ("grades", {"grades-0-from_score": "101"}, "grades-0-from_score"),
        ("grades", {"grades-0-code": "一级"}, "grades-0-code"),
        ("rewards", {"rewards-0-amount": "zwei"}, "rewards-0-amount"),
        ("rewards", {"rewards-0-name_en": ""}, "rewards-0-name_en"),
        ("adjustments", {"adjustments-0-code": "Not A Code"}, "adjustments-0-code"),
        ("days", {"submit_working_days": "x"}, "submit_working_days"),
        ("consecutive_rules", {"consecutive_rules-0-within": "nie"}, "consecutive_rules-0-within"),
    ],
)
def test_R32_a_part_that_cannot_be_kept_comes_back(browser, office, part, fields, field):
    draft = rules_drawn_up(browser, office)
    answer = send(browser, f"{RULES}/edit/?id={draft.id}&part={part}", **fields)
    assert (answer.status_code, field in faults(answer.text)) == (422, True)
    assert shared(office, 2).definition == draft.definition


def test_R32_a_part_that_there_is_not_is_not_found(browser, office):
    draft = rules_drawn_up(browser, office)
    assert browser.get(f"{RULES}/edit/?id={draft.id}&part=secrets").status_code == 404


# --- who, and how much --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [MANAGER, ANALYST, "S013"])
def test_R32_only_who_keeps_the_configuration_edits_schemes(sign_in, office, code):
    other = sign_in(code)
    row = version(office)
    for address in (f"{ROOT}/", f"{ROOT}/details/?id={row.id}", f"{ROOT}/new/", f"{RULES}/", f"{RULES}/edit/?id=1"):
        assert other.get(address).status_code == 403, address


def test_R32_pages_of_schemes_ask_few_questions(browser, office, app):
    draft = drawn_up(browser, office)
    rules = rules_drawn_up(browser, office)
    for address, most in (
        (f"{ROOT}/", 16), (f"{ROOT}/details/?id={draft.id}", 24), (f"{ROOT}/edit/?id={draft.id}", 20),
        (f"{RULES}/", 14), (f"{RULES}/details/?id={rules.id}", 24), (f"{RULES}/edit/?id={rules.id}&part=penalties", 16),
    ):  # fmt: skip
        with statements(app) as sent:
            assert browser.get(address).status_code == 200
        assert len(sent) <= most, (address, len(sent))


def test_a_draft_keeps_what_its_form_does_not_ask(browser, office):
    draft = rules_drawn_up(browser, office)
    before = copy.deepcopy(draft.definition)
    assert (
        send(browser, f"{RULES}/edit/?id={draft.id}&part=vetoes", **{"vetoes-0-name_en": "Forged record"}).status_code
        == 303
    )
    after = shared(office, 2).definition
    assert after["vetoes"][0] == {**before["vetoes"][0], "name": {**before["vetoes"][0]["name"], "en": "Forged record"}}
    assert after["indicators"] == before["indicators"]


def test_R31_the_office_sets_from_which_sample_an_indicator_is_scored_as_a_version(browser, office):
    draft = rules_drawn_up(browser, office)
    before = copy.deepcopy(draft.definition)
    address = f"{RULES}/edit/?id={draft.id}&part=indicators"
    page = browser.get(address).text
    assert "处理及时率" in page
    assert send(browser, address, **{"indicators-0-minimum_sample": "12"}).status_code == 303
    after = shared(office, 2).definition
    assert after["indicators"] == [{**before["indicators"][0], "minimum_sample": 12}, *before["indicators"][1:]]
    assert {key: after[key] for key in after if key != "indicators"} == {
        key: before[key] for key in before if key != "indicators"
    }
    assert shared(office, 1).definition["indicators"][0]["minimum_sample"] == 5
    page = browser.get(f"{RULES}/details/?id={draft.id}").text
    assert "至少 12 个样本才计分" in page
    assert send(browser, address, **{"indicators-0-minimum_sample": "-1"}).status_code == 422
