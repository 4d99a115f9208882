"""The lots of the departments (R27) over HTTP: figures and switches shown, reach, a stopped department resumed."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa

from backoffice.models.office import Department
from backoffice.models.sampling import InspectionLot, LotImprovement
from backoffice.models.teamwork import CorrectiveAction
from policies.vocabulary_teamwork import CorrectiveLevel, CorrectiveStatus
from tests.support.counting import statements
from tests.support.filled import faults, form_of, send
from tests.support.lots import AT, decided, draw_lots, inspect
from tests.support.offices import actor_of
from tests.support.played import Play

MANAGER, HEAD, CLERK = "S024", "S015", "S005"
TECH, BILLING = "technical_support", "billing"
PAGE = "/inspection/lots"


@pytest.fixture
def lots(office, app, tmp_path):
    """A stopped department, one that is open, one record to inspect."""
    desk = app.extensions["desk"]
    Play(office, desk.keys, tmp_path / "files").register()
    with office.writing() as session:
        for _ in range(7):
            decided(session, TECH, 15)
        draw = draw_lots(session, {BILLING: 30})
        inspect(session, draw, BILLING, ["90.00", None])
    return office


def text_of(page):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def verified(office, number="CA202603-0001", status=CorrectiveStatus.VERIFIED):
    with office.writing() as session:
        department = session.scalars(sa.select(Department.id).where(Department.code == TECH)).one()
        session.add(CorrectiveAction(
            number=number, source="inspection", type="process_change", level=CorrectiveLevel.NORMAL, status=status,
            verification="sample_check", department_id=department, owner_id=actor_of(session).staff_id,
            assigned_at=AT, due_on=AT.date(), due_at=AT, first_due_on=AT.date(), sealed=b"",
        ))  # fmt: skip


def newest_lot(office):
    with office.reading() as session:
        mine = sa.select(InspectionLot.id).join(Department).where(Department.code == TECH)
        return session.scalars(mine.order_by(InspectionLot.id.desc())).first()


def test_R27_the_page_says_how_each_department_is_inspected_and_why(sign_in, lots):
    page = text_of(sign_in(MANAGER).get(PAGE).text)
    assert "停止抽样" in page
    assert "加严后累计五批不接收" in page
    assert "连续五批或更少批中有两批不接收" in page
    assert "D 按表改用 E" in page  # a lot of 30 at 4.0 %
    assert "质检中 1 / 2" in page
    assert "接收质量限 4.0 %" in page


def test_R27_an_office_without_lots_is_told_so(sign_in, office):
    assert "还没有批次" in sign_in(MANAGER).get(PAGE).text


def test_R27_a_lot_whose_sample_is_short_says_what_it_waits_for(sign_in, lots):
    assert "样本有 11 件取消质检，不足以判定接收" in text_of(sign_in(MANAGER).get(PAGE).text)  # 2 of a sample of 13


def test_R39_a_head_sees_the_lots_of_the_own_department_alone(sign_in, lots):
    page = sign_in(HEAD).get(PAGE).text
    assert "技术支持" in page
    assert "停止抽样" in page
    assert "质检中 1 / 2" not in page
    assert "恢复抽样" not in page


def test_R39_who_neither_inspects_nor_reads_figures_sees_no_lots(sign_in, lots):
    assert sign_in(CLERK).get(PAGE).status_code == 403
    assert sign_in(HEAD).get(f"{PAGE}/{newest_lot(lots)}/improvement").status_code == 403


def test_R27_a_department_is_chosen_and_an_odd_choice_is_none(sign_in, lots):
    browser = sign_in(MANAGER)
    with lots.reading() as session:
        billing = session.scalars(sa.select(Department.id).where(Department.code == BILLING)).one()
    assert text_of(browser.get(f"{PAGE}?department={billing}").text).count("不接收") < 5
    for odd in ("plan=none", "department=x", "department=99999999999999999999"):
        assert browser.get(f"{PAGE}?{odd}").status_code == 200


def test_R27_sampling_is_resumed_with_a_verified_corrective_action(sign_in, lots):
    browser, address = sign_in(MANAGER), f"{PAGE}/{newest_lot(lots)}/improvement"
    verified(lots, status=CorrectiveStatus.DONE)
    early = send(browser, address, action_number="CA202603-0001", reason="整改完成")
    assert early.status_code == 422
    assert "还没有验证" in faults(early.text)["action_number"]
    assert form_of(early.text)["reason"] == ["整改完成"]
    verified(lots, "CA202603-0002")
    assert send(browser, address, action_number="CA202603-0002", reason="整改完成").status_code == 303
    page = text_of(browser.get(PAGE).text)
    assert "整改已验证，恢复抽样" in page
    with lots.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(LotImprovement)) == 1
    again = send(browser, address, action_number="CA202603-0002", reason="再来")
    assert again.status_code == 409
    assert "不需要恢复" in again.text


def test_R27_the_page_asks_few_questions_however_many_lots(sign_in, lots, app):
    browser = sign_in(MANAGER)
    with statements(app) as sent:
        assert browser.get(PAGE).status_code == 200
    assert len(sent) <= 20, len(sent)
