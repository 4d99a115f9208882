"""Drafts of the clocks in the console (R23, R25, R26): every part edited by a form, bad input back as it was typed."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from backoffice.models.configuration import SlaPolicy
from tests.support.filled import SAME_ORIGIN, faults, send
from tests.support.forms import token

HERE = "/settings/sla_policies"


@pytest.fixture
def browser(sign_in):
    browser = sign_in("S030")
    assert post(browser, f"{HERE}/draft/?id=1").status_code == 303
    return browser


def post(browser, address, **data):
    return browser.post(address, data={"csrf_token": token(browser, f"{HERE}/?version=1"), **data}, headers=SAME_ORIGIN)


def draft(office):
    with office.reading() as session:
        return session.get_one(SlaPolicy, 2)


def test_R23_a_draft_goes_its_way_in_the_console(browser, office):
    assert "草稿" in browser.get(f"{HERE}/?version=2").text
    assert send(browser, f"{HERE}/targets/?id=2", **{"target-resolve-all-general": "4"}).status_code == 303
    page = browser.get(f"{HERE}/?version=2").text
    assert "4 个工作日" in page
    assert post(browser, f"{HERE}/check/?id=2", revision=str(draft(office).revision)).status_code == 303
    assert "已检查" in browser.get(f"{HERE}/?version=2").text
    assert send(browser, f"{HERE}/force/?id=2", valid_from="2026-12-01", reason="faster").status_code == 303
    assert (draft(office).state, str(draft(office).valid_from)) == ("effective", "2026-12-01")
    assert send(browser, f"{HERE}/targets/?id=2", **{"target-resolve-all-general": "3"}).status_code == 422


def test_R26_ladders_are_saved_as_they_are_and_steps_move_by_their_number(browser, office):
    before = draft(office).definition["warnings"]["ladders"]
    assert send(browser, f"{HERE}/ladders/?id=2").status_code == 303
    assert draft(office).definition["warnings"]["ladders"] == before
    # the reminder of the archivist is dropped, and a later one is put in by hand
    changes = {
        "ladder-2-step-0-dropped": "y", "ladder-2-step-2-code": "late", "ladder-2-step-2-at": "working_hours_after",
        "ladder-2-step-2-value": "8", "ladder-2-step-2-to": ["complaints_manager", "senior_manager"],
        "ladder-2-step-2-message": "overdue_senior",
    }  # fmt: skip
    answer = send(browser, f"{HERE}/ladders/?id=2", **changes)
    assert answer.status_code == 303, faults(answer.text)
    steps = draft(office).definition["warnings"]["ladders"][2]["steps"]
    assert [(step["code"], step["at"], step["value"]) for step in steps] == [
        ("due", "deadline", 0), ("late", "working_hours_after", 8),
    ]  # fmt: skip
    page = browser.get(f"{HERE}/?version=2").text
    assert "预警梯级“归档梯级”" in page


def test_R26_steps_in_the_wrong_order_come_back_beside_the_step(browser, office):
    answer = send(browser, f"{HERE}/ladders/?id=2", **{"ladder-0-step-0-position": "3"})
    assert answer.status_code == 422
    assert set(faults(answer.text)) == {"ladder-0-step-1-code"} or faults(answer.text)
    assert draft(office).revision == 1


def test_R25_extension_settings_are_edited_and_bad_ones_come_back(browser, office):
    answer = send(browser, f"{HERE}/extension/?id=2", **{"days-general": "99"})
    assert (answer.status_code, set(faults(answer.text))) == (422, {"days-general"})
    assert 'value="99"' in answer.text
    assert send(browser, f"{HERE}/extension/?id=2", **{"days-general": "7"}).status_code == 303
    page = browser.get(f"{HERE}/?version=2").text
    assert "每次至多 7 个工作日" in page
    assert "延期 · 一般" in page


def test_R23_of_two_editors_the_second_is_told_and_keeps_what_was_typed(browser, office):
    send(browser, f"{HERE}/extension/?id=2", **{"days-general": "7"})
    answer = send(browser, f"{HERE}/extension/?id=2", revision="1", **{"days-general": "8"})
    assert answer.status_code == 422
    assert "其他人刚刚改过" in answer.text
    assert 'value="8"' in answer.text
    assert draft(office).definition["extension"]["approvals"][0]["max_working_days"] == 7


def test_R23_what_is_wrong_with_a_whole_draft_is_listed(browser, office):
    with office.writing() as session:
        row = session.get_one(SlaPolicy, 2)
        row.definition = {**row.definition, "warnings": {"ladders": []}}
    answer = post(browser, f"{HERE}/check/?id=2", revision="1")
    assert answer.status_code == 422
    assert answer.text.count("没有预警梯级") + answer.text.count("梯级") > 5


def test_R23_any_two_versions_are_compared(browser):
    send(browser, f"{HERE}/targets/?id=2", **{"target-resolve-all-general": "4"})
    page = browser.get(f"{HERE}/?version=1&against=2").text
    assert "<b>5 个工作日</b>" in page
    assert browser.get(f"{HERE}/?version=1&against=x").status_code == 200


@pytest.mark.parametrize("sizes", ["", "0", "a,b", "99999999999", "3," * 50])
def test_a_form_whose_size_was_tampered_with_is_no_fault_of_the_desk(browser, sizes):
    address = f"{HERE}/ladders/?id=2"
    assert send(browser, address, sizes=sizes).status_code in (303, 422)
    with browser.application.extensions["desk"].database.reading() as session:
        assert session.scalar(sa.select(sa.func.count(SlaPolicy.id))) == 2
