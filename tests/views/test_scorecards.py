"""The editor of scorecards (R28) over HTTP: from a draft to a card in force, preview, files, bad input, two editors."""

from __future__ import annotations

import io

import pytest
import sqlalchemy as sa
import yaml

from backoffice.models.history import ReferenceChange
from backoffice.models.inspection import Scorecard
from policies.card_check import check_card
from policies.vocabulary import VersionState
from tests.support.counting import statements
from tests.support.filled import SAME_ORIGIN, faults, form_of, send
from tests.support.forms import token

ADMINISTRATOR = "S030"
ROOT = "/settings/scorecards"
RECORD, CALLS = "record_process_card", "call_quality_card"


@pytest.fixture
def browser(sign_in):
    return sign_in(ADMINISTRATOR)


def card(office, code=RECORD, number=1):
    with office.reading() as session:
        found = session.scalars(
            sa.select(Scorecard).where(Scorecard.code == code, Scorecard.version == number)
        ).one_or_none()
        if found is not None:
            session.expunge(found)
        return found


def press(browser, draft, act, **fields):
    page = f"{ROOT}/details/?id={draft.id}"
    return browser.post(
        f"{ROOT}/{act}/?id={draft.id}", data={"csrf_token": token(browser, page), **fields}, headers=SAME_ORIGIN
    )


def drawn_up(browser, office, code=RECORD):
    answer = send(browser, f"{ROOT}/draw_up/?id={card(office, code).id}", reason="评审会决定")
    assert answer.status_code == 303, answer.text
    return card(office, code, 2)


def weights(row):
    return {item["code"]: item["weight"] for item in row.definition["items"]}


def test_R28_a_card_is_drawn_up_changed_checked_and_put_into_force(browser, office):
    draft = drawn_up(browser, office)
    answer = send(browser, f"{ROOT}/item/?id={draft.id}&item=rec_basic", weight="5", judge_zh="姓名电话一致")
    assert answer.status_code == 303, faults(answer.text)
    changed = card(office, number=2)
    assert weights(changed)["rec_basic"] == 5
    press(browser, changed, "check", revision=str(changed.revision))
    page = browser.get(f"{ROOT}/details/?id={draft.id}").text
    assert card(office, number=2).state is VersionState.DRAFT
    assert "各项合计 19" in page
    assert "记录准确”权重 20，其中各项合计 19" in page
    send(browser, f"{ROOT}/item/?id={draft.id}&item=rec_5w1h", weight="7")
    changed = card(office, number=2)
    press(browser, changed, "check", revision=str(changed.revision))
    assert card(office, number=2).state is VersionState.CHECKED
    early = send(browser, f"{ROOT}/put_into_force/?id={draft.id}", valid_from="2026-11-01", reason="早了")
    assert (early.status_code, set(faults(early.text))) == (422, {"valid_from"})
    assert (
        send(browser, f"{ROOT}/put_into_force/?id={draft.id}", valid_from="2026-12-01", reason="十二月起").status_code
        == 303
    )
    row = card(office, number=2)
    assert (row.state, check_card(row.definition)) == (VersionState.EFFECTIVE, [])
    page = browser.get(f"{ROOT}/details/?id={draft.id}").text
    assert "十二月起" in page
    assert f"{ROOT}/item/" not in page
    compared = browser.get(f"{ROOT}/compare/?id={draft.id}").text
    assert "姓名电话一致" in compared
    assert "客户与时间信息准确" in compared
    assert card(office).definition["items"][0]["weight"] == 6  # what is in force is never changed


@pytest.mark.parametrize("code", [RECORD, CALLS])
def test_R28_the_forms_of_a_card_as_it_is_change_nothing(browser, office, code):
    draft = drawn_up(browser, office, code)
    for item in draft.definition["items"]:
        answer = send(browser, f"{ROOT}/item/?id={draft.id}&item={item['code']}")
        assert answer.status_code == 303, faults(answer.text)
    assert send(browser, f"{ROOT}/edit/?id={draft.id}").status_code == 303
    after = card(office, code, 2)
    assert (after.definition, after.revision) == (draft.definition, draft.revision)
    with office.reading() as session:
        lines = session.scalars(sa.select(ReferenceChange.action).where(ReferenceChange.subject == "scorecard")).all()
    assert lines == ["create"]


def test_R28_items_are_added_moved_and_removed(browser, office):
    draft = drawn_up(browser, office)
    said = {
        "name_zh": "首问负责", "name_en": "First asked", "judge_zh": "谁接谁负责", "judge_en": "Who takes it answers",
        "weight": "5", "kind": "deduction", "percent_per_fault": "25", "attributed_to": "handler", "rules": "r12，R13",
        "evidence": ["progress"],
    }  # fmt: skip
    answer = send(browser, f"{ROOT}/new_item/?id={draft.id}&group=tone", **said)
    assert answer.status_code == 303, faults(answer.text)
    row = card(office, number=2)
    item = next(one for one in row.definition["items"] if one["code"] == "tone_1")
    assert (item["kind"], item["percent_per_fault"], item["rules"], item["evidence"]) == (
        "deduction", 25, ["R12", "R13"], ["progress"],
    )  # fmt: skip
    press(browser, row, "move", item="tone_1", by="up", revision=str(row.revision))
    order = [one["code"] for one in card(office, number=2).definition["items"] if one["group"] == "tone"]
    assert order == ["ton_written", "tone_1", "ton_progress"]
    row = card(office, number=2)
    press(browser, row, "drop", item="ton_written", revision=str(row.revision))
    assert [one.key for one in check_card(card(office, number=2).definition)] == []  # 5 left, 5 came
    assert press(browser, row, "drop", item="nowhere", revision=str(row.revision + 1)).status_code == 404


def test_R28_the_groups_are_changed_and_their_weights_must_sum(browser, office):
    draft = drawn_up(browser, office)
    fields = {"group-0-weight": "25", "group-5-name_zh": "附加", "group-5-name_en": "More", "group-5-weight": "1",
              "group-4-dropped": "y"}  # fmt: skip
    assert send(browser, f"{ROOT}/edit/?id={draft.id}", **fields).status_code == 303
    row = card(office, number=2)
    assert [(group["code"], group["weight"]) for group in row.definition["groups"]] == [
        ("record", 25), ("process", 30), ("time", 25), ("result", 15), ("group_1", 1),
    ]  # fmt: skip
    page = browser.get(f"{ROOT}/details/?id={draft.id}").text
    assert "合计 96，应为 100" in page
    assert "没有组的项目" in page


def test_R28_two_who_edit_one_draft_are_told_and_lose_nothing(browser, office):
    draft = drawn_up(browser, office)
    address = f"{ROOT}/item/?id={draft.id}&item=rec_basic"
    mine = form_of(browser.get(address).text)
    send(browser, address, weight="4")
    answer = browser.post(address, data={**mine, "weight": "3", "judge_zh": "我写的话"}, headers=SAME_ORIGIN)
    assert answer.status_code == 409
    assert "我写的话" in answer.text
    assert weights(card(office, number=2))["rec_basic"] == 4


def test_R28_the_preview_reckons_trial_marks_and_writes_nothing(browser, office):
    row = card(office)
    address = f"{ROOT}/preview/?id={row.id}"
    example = {
        "rec_basic": "100", "rec_5w1h": "50", "rec_class": "100", "rec_read_back": "na", "pro_check": "100",
        "pro_elements": "100", "pro_no_reverse": "na", "pro_investigate": "50", "pro_plan": "100", "tim_ack": "100",
        "tim_steps": "50", "tim_resolve": "100", "res_solved": "100", "res_lesson": "50", "ton_written": "100",
        "ton_progress": "100",
    }  # fmt: skip
    marks = {f"mark-{item}": level for item, level in example.items()}
    remarks = {f"remark-{item}": "见记录" for item, level in example.items() if level == "50"}
    with office.reading() as session:
        before = session.scalar(sa.select(sa.func.count()).select_from(ReferenceChange))
    answer = send(browser, address, **marks, **remarks)
    assert answer.status_code == 200
    assert ">84.24<" in answer.text
    assert "7750" in answer.text
    without = send(browser, address, **marks)
    assert without.status_code == 422
    assert without.text.count("请写明理由") == 2 * 4  # above, and beside each of the four items
    with office.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(ReferenceChange)) == before


def test_R28_a_card_goes_out_as_a_file_and_comes_in_as_the_next_version(browser, office):
    text = browser.get(f"{ROOT}/download/?id={card(office).id}").text
    changed = yaml.safe_load(text)
    changed["items"][0]["name"]["zh"] = "客户信息无误"
    upload = {"file": (io.BytesIO(yaml.safe_dump(changed, allow_unicode=True).encode()), "card.yaml")}
    page = f"{ROOT}/file/"
    fields = {"csrf_token": token(browser, page), "reason": "外部修订", "text": ""}
    answer = browser.post(page, data={**fields, **upload}, headers=SAME_ORIGIN, content_type="multipart/form-data")
    assert answer.status_code == 303, answer.text
    assert card(office, number=2).definition["items"][0]["name"]["zh"] == "客户信息无误"
    changed["code"] = "own_card"
    answer = send(browser, page, reason="新表", text=yaml.safe_dump(changed))
    assert answer.status_code == 303
    assert card(office, "own_card").state is VersionState.DRAFT


@pytest.mark.parametrize("text", [
    "", "7", "[1]", "code: x", "a: &b 1", "code: x\nname: {zh: a, en: b}\napplies_to: dinner\ngroups: []\nitems: []",
    "code: x\nname: {zh: a, en: b}\napplies_to: closed_complaint\ngroups: []\nitems: [7]",
    "code: X Y\nname: {zh: a, en: b}\napplies_to: closed_complaint\ngroups: []\nitems: []", "{" * 3000,
])  # fmt: skip
def test_R28_a_file_that_cannot_be_read_is_refused_and_comes_back(browser, office, text):
    answer = send(browser, f"{ROOT}/file/", reason="试", text=text)
    assert answer.status_code == 422
    assert "试" in answer.text


@pytest.mark.parametrize(("field", "typed"), [
    ("weight", "-1"), ("weight", "九"), ("weight", ""), ("percent_per_fault", "1e9"), ("max_points", "NaN"),
    ("remark_below", "101"), ("name_zh", "x" * 200), ("judge_en", "\x07"), ("kind", "stars"), ("group", "nowhere"),
    ("evidence", "tea_leaves"), ("levels", "y" * 90),
])  # fmt: skip
def test_R28_odd_input_is_refused_beside_its_field(browser, office, field, typed):
    draft = drawn_up(browser, office)
    answer = send(browser, f"{ROOT}/item/?id={draft.id}&item=rec_basic", **{field: typed})
    assert answer.status_code == 422
    assert card(office, number=2).definition == draft.definition


def test_R28_levels_that_are_no_numbers_are_kept_in_the_draft_and_named_by_its_check(browser, office):
    draft = drawn_up(browser, office)
    assert send(browser, f"{ROOT}/item/?id={draft.id}&item=rec_basic", levels="100, half, 0").status_code == 303
    page = browser.get(f"{ROOT}/details/?id={draft.id}").text
    assert "客户与时间信息准确”的档位" in page
    preview = browser.get(f"{ROOT}/preview/?id={draft.id}")
    assert preview.status_code == 409
    assert send(browser, f"{ROOT}/item/?id={draft.id}&item=rec_basic").status_code == 303


@pytest.mark.parametrize("path", ["edit/?id={}", "item/?id={}&item=rec_basic", "new_item/?id={}"])
def test_R28_what_is_in_force_has_no_form(browser, office, path):
    assert browser.get(f"{ROOT}/{path.format(card(office).id)}").status_code == 409


@pytest.mark.parametrize("path", ["details", "edit", "item", "preview", "compare", "download", "draw_up", "retire"])
def test_R28_what_is_not_there_is_not_found(browser, office, path):
    for key in ("", "0", "99999", "x", "-1", "9" * 40):
        assert browser.get(f"{ROOT}/{path}/?id={key}").status_code == 404


def test_R28_a_new_card_begins_empty_and_says_what_it_lacks(browser, office):
    answer = send(
        browser,
        f"{ROOT}/new/",
        applies_to="call_or_chat",
        code="chats",
        name_zh="会话表",
        name_en="Chats",
        reason="试行",
    )
    assert answer.status_code == 303, faults(answer.text)
    row = card(office, "chats")
    page = browser.get(f"{ROOT}/details/?id={row.id}").text
    assert "评分表没有分组" in page
    taken = send(
        browser,
        f"{ROOT}/new/",
        applies_to="call_or_chat",
        code="chats",
        name_zh="会话表",
        name_en="Chats",
        reason="试行",
    )
    assert (taken.status_code, set(faults(taken.text))) == (422, {"code"})


def test_R28_the_pages_ask_the_database_a_bounded_number_of_questions(app, browser, office):
    browser.get(f"{ROOT}/")
    for path, most in (
        (f"{ROOT}/", 14),
        (f"{ROOT}/details/?id={card(office).id}", 18),
        (f"{ROOT}/preview/?id={card(office).id}", 14),
    ):
        with statements(app) as asked:
            browser.get(path)
        assert len(asked) <= most, path
