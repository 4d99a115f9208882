"""R40: two people edit the same thing; the second is shown both versions and what happened meanwhile."""

from __future__ import annotations

import html
import re
from datetime import timedelta

import pytest
import sqlalchemy as sa

from backoffice.models.office import Department
from backoffice.services.handling import act
from tests.support.forms import SAME_ORIGIN, token
from tests.views.test_actions import Case, facts
from tests.views.test_reference_forms import ADMINISTRATOR
from views.drafting import comparing
from views.drafting.markup import forms_of

DUTY = "duty_zh"


@pytest.fixture
def case(app, office, clock, sign_in) -> Case:
    return Case(app, office, clock, sign_in)


class Window:
    """A form that somebody has open."""

    def __init__(self, browser, address) -> None:
        self.browser, self.address = browser, address
        self.read(browser.get(address))

    def read(self, answer) -> None:
        """The form as an answer shows it."""
        wanted = self.address.partition("?")[0]
        forms = [one for one in forms_of(answer.text) if one.attributes.get("action", "").startswith(wanted)]
        self.values, self.markup, self.page = forms[0].values(), forms[0].markup, answer.text

    def send(self, **typed):
        """Sent with what was typed over what stands in it; read again where it comes back."""
        values = {**self.values, **{name: [value] for name, value in typed.items()}}
        answer = self.browser.post(self.address, data=values, headers=SAME_ORIGIN)
        if answer.status_code >= 400:
            self.read(answer)
        return answer

    def compared(self):
        """The rows of the table of both versions: label, at opening, theirs, mine, what the form holds now."""
        rows = re.findall(r"<tr><th scope=\"row\">(.*?)</tr>", self.markup, re.DOTALL)
        cells = [re.split(r"</t[hd]>\s*<td[^>]*>", row) for row in rows]
        return [[html.unescape(re.sub(r"<[^>]+>", "", cell)).strip() for cell in row] for row in cells]


@pytest.fixture
def department(office):
    with office.reading() as session:
        return session.scalars(sa.select(Department).where(Department.code == "network")).one()


def the(office, row):
    with office.reading() as session:
        return session.get(Department, row.id)


def test_R40_two_edit_a_department_and_the_second_is_shown_both_versions(sign_in, office, clock, department):
    address = f"/settings/departments/edit/?id={department.id}"
    first, second = Window(sign_in(ADMINISTRATOR), address), Window(sign_in(ADMINISTRATOR), address)
    clock.at += timedelta(minutes=5)
    assert first.send(name_en="Networks A", duty_zh="甲写的").status_code == 303
    clock.at += timedelta(minutes=5)
    answer = second.send(name_en=department.name_en, duty_zh="乙写的")
    assert answer.status_code == 409
    assert the(office, department).duty_zh == "甲写的"  # nothing was written over
    rows = {row[0]: row[1:] for row in second.compared()}
    english, duty = rows.values()
    assert english[:3] == [department.name_en, "Networks A", department.name_en]
    assert duty[1:3] == ["甲写的", "乙写的"]
    assert second.values["name_en"] == ["Networks A"]  # I had not changed it: theirs stays
    assert second.values[DUTY] == ["乙写的"]
    assert second.send().status_code == 303
    after = the(office, department)
    assert (after.name_en, after.duty_zh) == ("Networks A", "乙写的")


def test_R40_a_third_change_after_the_comparison_is_shown_again(sign_in, office, clock, department):
    address = f"/settings/departments/edit/?id={department.id}"
    first, second = Window(sign_in(ADMINISTRATOR), address), Window(sign_in(ADMINISTRATOR), address)
    clock.at += timedelta(minutes=5)
    first.send(duty_zh="甲写的")
    assert second.send(duty_zh="乙写的").status_code == 409
    third = Window(sign_in(ADMINISTRATOR), address)
    clock.at += timedelta(minutes=5)
    third.send(duty_zh="丙写的")
    assert second.send().status_code == 409
    assert [row[1:4] for row in second.compared()] == [["甲写的", "丙写的", "乙写的"]]


def test_R40_an_act_that_comes_after_anothers_shows_what_happened_since_it_was_opened(case, clock):
    case.played("register", "dispatch")
    mine = Window(case.sign_in("S016"), f"/complaints/{case.number}/submit_facts")
    clock.at += timedelta(minutes=5)
    case.play.at = clock.at
    with case.play.database.writing() as session:
        act(case.play.work(session, "S015"), case.play.complaint_id, "note_progress", {"text": "已约上门"})
    answer = mine.send(**{**facts(case), "facts": "写了很久的事实"})
    assert answer.status_code == 409
    both = re.search(r'<section class="draft-both".*?</section>', mine.markup, re.DOTALL)[0]
    with case.play.database.reading() as session:
        name = session.execute(sa.text("SELECT name_zh FROM staff WHERE code = 'S015'")).scalar_one()
    assert name in both
    assert "进展" in both
    assert both.count("<li>") == 1  # not what happened before it was opened
    assert mine.values["facts"] == ["写了很久的事实"]
    assert mine.send().status_code in (302, 303)


def test_R40_an_act_that_has_no_form_any_more_shows_what_happened_and_what_was_typed(case, clock):
    case.played("register", "dispatch")
    mine = Window(case.sign_in("S016"), f"/complaints/{case.number}/submit_facts")
    case.does("S016", "submit_facts", **facts(case))
    fresh = case.sign_in("S016")  # the session of before has run out
    data = {**mine.values, "facts": "写了很久的事实", "csrf_token": token(fresh, "/account")}
    answer = fresh.post(mine.address, data=data, headers=SAME_ORIGIN)
    assert answer.status_code == 409
    assert "写了很久的事实" in answer.text
    assert "您打开表单以后的变动" in answer.text
    assert "写了很久的事实" in fresh.get("/drafts").text  # kept, too


def test_R40_a_corrected_record_shows_both_versions(case, sign_in, clock):
    case.played("register", "dispatch")
    address = f"/complaints/{case.number}/correct"
    first, second = Window(sign_in("S005"), address), Window(sign_in("S003"), address)
    clock.at += timedelta(minutes=5)
    assert first.send(where="公司里", reason="客户更正").status_code in (302, 303)
    clock.at += timedelta(minutes=5)
    answer = second.send(where="地下室", reason="客户更正")
    assert answer.status_code == 409
    assert [row[1:4] for row in second.compared()] == [["家中", "公司里", "地下室"]]
    assert second.send().status_code in (302, 303)


@pytest.mark.parametrize("text", ["", "x", "eJw=", "A" * 50_000, comparing.packed({"a": ["b"]})[:-8]])
def test_R40_what_stood_in_a_form_and_cannot_be_read_is_as_if_it_were_not_there(text):
    assert comparing.unpacked(text) is None


def test_R40_what_stood_in_a_form_comes_back_as_it_was():
    values = {"duty_zh": ["一\n二"], "tick": ["1", "2"], "csrf_token": ["t"], "revision": ["4"]}
    assert comparing.unpacked(comparing.packed(values)) == {"duty_zh": ["一\n二"], "tick": ["1", "2"]}
