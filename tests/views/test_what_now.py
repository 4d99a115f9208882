"""R33, R34: what of appraisal and training waits for somebody stands on their home page; counts agree with the lists."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa

from backoffice.models.appraisal import AppraisalAppeal, AppraisalSheet
from backoffice.models.office import Staff
from backoffice.models.training import TrainingOrder
from backoffice.queries import what_now as queries
from backoffice.services import appraisal, appraisal_appeal
from backoffice.services.core import training_orders
from backoffice.services.core.appraisal_sheets import asker_of, facts_of, look_around
from policies.appraisal_course import SheetAct, refuse_act, refuse_person
from policies.vocabulary_appraisal import EffectKind, SheetStatus
from tests.support.appraised import ANALYST, COMPUTED, HEAD, MONTH, QUALITY, SENIOR, Month, Told, worked_example
from tests.support.counting import statements
from tests.support.offices import actor_of

HR, CLERK, HANDLER = "S025", "S005", "S013"
SAID = "2026年9月"
STATUS = {SheetAct.CHECK: SheetStatus.COMPUTED, SheetAct.PUBLISH: SheetStatus.CHECKED,
          SheetAct.APPROVE: SheetStatus.ACKNOWLEDGED}  # fmt: skip


@pytest.fixture
def month(office, app, clock, tmp_path, monkeypatch) -> Month:
    """The worked example's month, not computed yet; the desk's clock is the month's."""
    told = Told().patch(monkeypatch)
    clock.at = COMPUTED
    made = Month(office, app.extensions["desk"].keys, tmp_path / "desk", clock, told=told)
    for sheet in worked_example():
        for row in sheet["rows"]:
            told.add_whole(row["indicator"], made.staff(sheet["staff"]), row)
    return made


def panel(page: str) -> dict[str, tuple[str, str]]:
    """Words → number and address of the items on a home page."""
    found = re.search(r'id="what-now".*?</dl>', page, re.DOTALL)
    if found is None:
        return {}
    rows = re.findall(r'<dt>([^<]+).*?</dt><dd><a href="([^"]+)"[^>]*>([^<]+)</a>', found[0], re.DOTALL)
    return {name.strip(): (count, address.replace("&amp;", "&")) for name, address, count in rows}


def home(sign_in, code: str) -> dict[str, tuple[str, str]]:
    return panel(sign_in(code).get("/", follow_redirects=True).text)


def listed(sign_in, code: str, address: str) -> list[str]:
    """Numbers of the sheets on the list behind a count."""
    page = sign_in(code).get(address).text
    return sorted(set(re.findall(r"KH\d{6}-\d{4}", page.partition('id="sheets"')[2] or page)))


def test_R33_whoever_computes_is_told_of_the_month_that_is_over_until_it_is_computed(sign_in, month):
    assert home(sign_in, ANALYST)[f"{SAID}考核待计算"][1] == "/appraisal"
    assert home(sign_in, HANDLER) == {}
    month.compute()
    assert f"{SAID}考核待计算" not in home(sign_in, ANALYST)


def test_R33_each_count_leads_to_a_list_of_so_many_sheets(sign_in, month):
    month.compute()
    for name, code in (("待复核的考核表", QUALITY),):
        count, address = home(sign_in, code)[f"{SAID}{name}"]
        assert len(listed(sign_in, code, address)) == int(count) > 0
    month.all(QUALITY, SheetAct.CHECK)
    count, address = home(sign_in, QUALITY)[f"{SAID}待公布的考核表"]
    assert len(listed(sign_in, QUALITY, address)) == int(count) > 0
    month.publish()
    count, address = home(sign_in, HANDLER)["待确认的本人考核表"]
    assert (count, address) == ("1", "/my-appraisal")
    assert month.sheet(HANDLER).number in sign_in(HANDLER).get(address).text
    month.keep_silent()
    assert "待确认的本人考核表" not in home(sign_in, HANDLER)
    for code in (HEAD, SENIOR):
        count, address = home(sign_in, code)[f"{SAID}待批准的考核表"]
        assert len(listed(sign_in, code, address)) == int(count) > 0
    assert sign_in(HEAD).get(f"/appraisal/{MONTH}?waits=nonsense").status_code == 200


@pytest.mark.parametrize("stage", list(STATUS))
def test_R33_what_waits_for_somebody_is_what_the_rules_let_them_do(office, month, stage):
    """For everybody in the office: the list in SQL is the list by the rules, but for what still has open lines."""
    month.compute()
    if stage is not SheetAct.CHECK:
        month.all(QUALITY, SheetAct.CHECK)
        month.all(SENIOR, SheetAct.CHECK)
    if stage is SheetAct.APPROVE:
        month.all(QUALITY, SheetAct.PUBLISH)
        month.all(SENIOR, SheetAct.PUBLISH)
        month.keep_silent()
    with office.reading() as session:
        sheets = list(session.scalars(sa.select(AppraisalSheet).where(AppraisalSheet.status == STATUS[stage])))
        assert sheets
        around = look_around(session, sheets)
        for code in session.scalars(sa.select(Staff.code)):
            actor = actor_of(session, code)
            found = set(session.scalars(sa.select(AppraisalSheet.number).where(queries.waits_for(actor, stage))))
            allowed = {
                sheet.number
                for sheet in sheets
                if refuse_act(stage, facts_of(sheet, around), asker_of(actor, sheet), month.clock.now()) is None
                and sheet.staff_id != actor.staff_id  # nobody opens an own sheet before it is published
            }
            assert found == allowed, code
            assert dict(queries.sheets_waiting(session, actor).get(stage, [])).get(MONTH, 0) == len(found)


def test_R33_an_appeal_waits_for_whoever_decides_it_and_for_nobody_else(office, sign_in, month):
    month.compute()
    month.publish()
    item = worked_example()[1]["rows"][0]["indicator"]
    month.do(HANDLER, appraisal_appeal.submit, month.sheet(HANDLER).number, [item], "两件系客户改约")
    month.do(CLERK, appraisal_appeal.submit, month.sheet(CLERK).number,
             [worked_example()[0]["rows"][0]["indicator"]], "复核时看错了一件", against_check=True)  # fmt: skip
    for code, expected in ((QUALITY, HANDLER), (SENIOR, CLERK)):
        count, address = home(sign_in, code)["待裁定的考核申诉"]
        assert (count, listed(sign_in, code, address)) == ("1", [month.sheet(expected).number])
    assert "待裁定的考核申诉" not in home(sign_in, HEAD)
    with office.reading() as session:
        rows = session.scalars(sa.select(AppraisalSheet).join(AppraisalAppeal)).all()
        around = look_around(session, rows)
        for code in session.scalars(sa.select(Staff.code)):
            actor = actor_of(session, code)
            theirs = [
                row for row in rows
                if refuse_person(SheetAct.DECIDE, facts_of(row, around), asker_of(actor, row)) is None
            ]  # fmt: skip
            assert queries.to_decide(session, actor) >= len(theirs), code
    answer = appraisal_appeal.Decision(appraisal_appeal.SheetAppealResult.DISMISSED, "维持原分，依据见记录")
    month.do(QUALITY, appraisal_appeal.decide, month.sheet(HANDLER).number, answer)
    assert "待裁定的考核申诉" not in home(sign_in, QUALITY)


def test_R34_training_that_is_due_stands_on_the_home_page_and_what_is_late_with_who_follows_it(
    office, clock, sign_in, month
):
    today = clock.now().date()
    with office.writing() as session:
        work = month.work(session, HR)
        for days in (-3, 9, 60):
            training_orders.order(
                work, month.staff(HANDLER), EffectKind.TRAINING, 8, today + timedelta(days=days), "new_rule", None
            )
    count, address = home(sign_in, HANDLER)["本月底前到期的本人培训"]
    assert (count, address) == ("2", "/my-training#open")
    page = sign_in(HANDLER).get("/my-training").text.partition('id="open"')[2].partition("</table>")[0]
    assert page.count('scope="row"') == 3  # the last of them is due after the month
    for code in (HR, HEAD):
        count, address = home(sign_in, code)["逾期未完成的培训"]
        page = sign_in(code).get(address).text
        assert count == "1"
        with office.reading() as session:
            late = session.scalars(sa.select(TrainingOrder.id).where(TrainingOrder.due < today)).one()
        assert f"/training/orders/{late}" in page
    assert "逾期未完成的培训" not in home(sign_in, CLERK)


def test_the_home_page_asks_the_same_number_of_questions_whatever_waits(app, sign_in, month):
    browser = sign_in(QUALITY)
    month.compute()
    address = browser.get("/").location
    browser.get(address)  # what is kept in memory is read once
    with statements(app) as few:
        assert browser.get(address).status_code == 200
    month.publish()
    month.do(HANDLER, appraisal.act, month.sheet(HANDLER).number, SheetAct.ACKNOWLEDGE, None)
    with statements(app) as more:
        assert browser.get(address).status_code == 200
    assert abs(len(more) - len(few)) <= 2
