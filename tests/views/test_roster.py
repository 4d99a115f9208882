"""R13, R26: the pages of the roster and of absences, who is on duty on the home pages, warnings on a complaint."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from backoffice.jobs import warnings_out
from backoffice.jobs.running import Workshop
from backoffice.models.duty import Absence, Duty
from backoffice.models.office import Staff
from tests.support.browsing import text_of
from tests.support.counting import statements
from tests.support.filled import faults, send
from tests.support.forms import post
from tests.support.played import Play

MANAGER, HEAD, HANDLER, INTAKE = "S003", "S012", "S013", "S005"


@pytest.fixture
def ids(office):
    with office.reading() as session:
        return dict(session.execute(sa.select(Staff.code, Staff.id)).all())


def rows(office, model):
    with office.reading() as session:
        return session.scalars(sa.select(model).where(model.withdrawn_at.is_(None))).all()


def turn(ids, who="S009", begins="2026-11-23T18:00", ends="2026-11-24T08:30", kind="manager"):
    return {"kind": kind, "staff_id": str(ids.get(who, who)), "begins_at": begins, "ends_at": ends}


def test_R13_the_manager_keeps_the_roster_and_everybody_reads_it(sign_in, office, ids):
    browser = sign_in(MANAGER)
    assert "还没有排班" in text_of(browser.get("/duty"))
    answer = send(browser, "/duty/add", **turn(ids))
    assert answer.status_code == 303, faults(answer.text)
    assert "邹亦凡" in text_of(sign_in(INTAKE).get("/duty?day=2026-11-23"))
    (row,) = rows(office, Duty)
    assert post(browser, f"/duty/{row.id}/remove", page="/duty").status_code == 303
    assert rows(office, Duty) == []


def test_R13_a_refused_turn_comes_back_as_it_was_typed(sign_in, ids, office):
    browser = sign_in(MANAGER)
    answer = send(browser, "/duty/add", **turn(ids, ends="2026-11-23T17:00"))
    assert answer.status_code == 422
    assert set(faults(answer.text)) == {"ends_at"}
    assert 'value="2026-11-23T17:00"' in answer.text
    assert rows(office, Duty) == []


@pytest.mark.parametrize(
    "typed",
    [
        {"staff_id": "4711"},
        {"staff_id": "'; DROP TABLE duty"},
        {"kind": "pope"},
        {"begins_at": "tomorrow"},
        {"begins_at": "0001-01-01T00:00", "ends_at": "9999-12-31T23:59"},
        {"begins_at": "", "ends_at": ""},
    ],
)
def test_R13_whatever_is_typed_ends_in_a_sentence(sign_in, ids, office, typed):
    answer = send(sign_in(MANAGER), "/duty/add", **{**turn(ids), **typed})
    assert answer.status_code == 422
    assert faults(answer.text)
    assert rows(office, Duty) == []


@pytest.mark.parametrize("day", ["", "2026-11-23", "x", "0001-01-01", "9999-12-31", "2026-13-45"])
def test_R13_any_week_can_be_asked_for(sign_in, day):
    assert sign_in(INTAKE).get("/duty", query_string={"day": day}).status_code == 200


def test_R13_somebody_enters_an_own_absence_and_takes_it_back(sign_in, office, ids):
    browser = sign_in(HANDLER)
    answer = send(browser, "/absences/add", stand_in_id=str(ids["S014"]), begins_at="2026-11-24T08:30",
                  ends_at="2026-11-27T18:00", reason="外出学习")  # fmt: skip
    assert answer.status_code == 303, faults(answer.text)
    (row,) = rows(office, Absence)
    assert (row.staff_id, row.stand_in_id) == (ids[HANDLER], ids["S014"])
    assert "丁海澜" in text_of(browser.get("/account"))
    assert "您代班的人员" in text_of(sign_in("S014").get("/absences"))
    assert post(browser, f"/absences/{row.id}/remove", page="/absences").status_code == 303
    assert rows(office, Absence) == []


def test_R13_a_handler_is_offered_nobody_else_and_a_forged_one_is_refused(sign_in, office, ids):
    browser = sign_in(HANDLER)
    answer = send(browser, "/absences/add", staff_id=str(ids["S014"]), begins_at="2026-11-24T08:30",
                  ends_at="2026-11-27T18:00")  # fmt: skip
    assert answer.status_code == 422
    assert rows(office, Absence) == []


def test_R13_a_head_plans_for_the_department_and_sees_its_absences(sign_in, office, ids):
    browser = sign_in(HEAD)
    answer = send(browser, "/absences/add", staff_id=str(ids[HANDLER]), begins_at="2026-11-24T08:30",
                  ends_at="2026-11-27T18:00")  # fmt: skip
    assert answer.status_code == 303, faults(answer.text)
    assert "严冬青" in text_of(browser.get("/absences"))
    assert "严冬青" not in text_of(sign_in("S015").get("/absences"))
    (row,) = rows(office, Absence)
    assert post(sign_in("S015"), f"/absences/{row.id}/remove", page="/absences").status_code == 403
    assert post(browser, "/absences/4711/remove", page="/absences").status_code == 404


def test_R13_who_is_on_duty_now_stands_on_the_home_pages_of_intake_and_management(sign_in, office, ids, clock):
    for code, page in ((INTAKE, "intake"), (MANAGER, "management")):
        assert "值班表上此刻没有人" in text_of(sign_in(code).get(f"/work/{page}"))
    with office.writing() as session:
        session.add(
            Duty(kind="manager", staff_id=ids["S009"], begins_at=clock.at, ends_at=clock.at + timedelta(hours=8))
        )
    for code, page in ((INTAKE, "intake"), (MANAGER, "management")):
        assert "邹亦凡" in text_of(sign_in(code).get(f"/work/{page}"))
    assert "邹亦凡" not in text_of(sign_in(HANDLER).get("/work/handling"))


def test_R26_the_page_of_a_complaint_says_which_warnings_went_out_to_whom_and_which_comes_next(
    app, sign_in, office, clock, tmp_path
):
    keys = app.extensions["desk"].keys
    play = Play(office, keys, tmp_path / "desk" / "files")
    play.register()
    page = text_of(sign_in(MANAGER).get(f"/complaints/{play.number}"))
    assert "预警：已发 0 条。 下一条：" in page
    clock.at += timedelta(hours=25)
    warnings_out.send_due(Workshop(office, keys, clock, tmp_path / "desk"))
    browser = sign_in(MANAGER)
    with statements(app) as sent:
        page = text_of(browser.get(f"/complaints/{play.number}"))
    assert "时限已用 50%" in page
    assert "到期后 1 小时" in page
    assert "发给 方知微、陆小满" in page
    assert len([one for one in sent if "clock_warning" in one]) == 1
