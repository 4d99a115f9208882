"""R33 over HTTP: each sheet of somebody who moved says which of them bears the month."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa

from backoffice.models.appraisal import AppraisalSheet, StaffPost
from tests.support.appraised import COMPUTED, QUALITY, Month, Told

MOVER, STAYER = "S013", "S014"


def test_R33_the_page_says_which_sheet_bears_the_month_of_who_moved_and_nothing_to_others(
    sign_in, office, app, clock, tmp_path, monkeypatch
):
    clock.at = COMPUTED
    keys, told = app.extensions["desk"].keys, Told().patch(monkeypatch)
    month = Month(office, keys, tmp_path / "desk", clock, told=told)
    staff, home, front = month.staff(MOVER), month.department("network"), month.department("front_desk")
    with office.writing() as session:
        said = {"staff_id": staff, "roles": ["handler"]}
        session.add(StaffPost(**said, department_id=home, from_day=date(2019, 7, 1), until_day=date(2026, 9, 20)))
        session.add(StaffPost(**said, department_id=front, from_day=date(2026, 9, 21)))
    month.compute()
    with office.reading() as session:
        mine = sa.select(AppraisalSheet.number).where(AppraisalSheet.staff_id == staff)
        longer, shorter = session.scalars(mine.order_by(AppraisalSheet.from_day))
    quality = sign_in(QUALITY)
    assert "计在本表" in quality.get(f"/appraisal/sheets/{longer}").text
    assert f"计在考核表 {longer}" in quality.get(f"/appraisal/sheets/{shorter}").text
    assert "几张考核表" not in quality.get(f"/appraisal/sheets/{month.sheet(STAYER).number}").text
