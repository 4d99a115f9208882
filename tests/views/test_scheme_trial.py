"""A scheme tried on a past month (R32): grades and cost before and after, who moves; nothing is written."""

from __future__ import annotations

import copy
import hashlib
import re
from decimal import Decimal

import pytest
import sqlalchemy as sa

from backoffice.models.appraisal import AppraisalRules, AppraisalScheme, AppraisalSheet
from backoffice.models.base import Base
from policies.vocabulary import VersionState
from policies.vocabulary_appraisal import PeriodState, SheetStatus, SubjectKind
from tests.support.counting import statements
from tests.support.worked_sheets import lock_worked_month

ADMINISTRATOR, MANAGER, ANALYST = "S030", "S024", "S023"
ROOT = "/settings/appraisal_schemes"


def changed(office, code, change, number=2, model=AppraisalScheme):
    """A draft that says something else than the version in force."""
    with office.writing() as session:
        base = session.scalars(sa.select(model).where(model.code == code, model.version == 1)).one()
        definition = copy.deepcopy(base.definition)
        definition["version"] = number
        change(definition)
        said = {"subject": base.subject} if model is AppraisalScheme else {}
        session.add(
            model(code=code, version=number, name_zh=base.name_zh, name_en=base.name_en, valid_from=base.valid_from,
                  state=VersionState.DRAFT, definition=definition, **said)
        )  # fmt: skip


def locked(office, **said):
    with office.writing() as session:
        lock_worked_month(session, **said)


def item(definition, indicator):
    return next(row for row in definition["items"] if row["indicator"] == indicator)


def easier_intake(definition):
    """S005 worked by hand: (4.2 − 1) ÷ 3.5 = 91.43 for satisfaction, 80.4348 ÷ 80 = 100 for first contact.

    9131.9 + 15 × (91.43 − 80) + 20 × (100 − 94.63) = 9410.75, that is 94.11, and 95.11 with the letter of praise: A.
    """
    item(definition, "satisfaction_score")["scoring"]["floor"] = 1
    item(definition, "first_contact_rate")["target"] = 80


def harder_handlers(definition):
    """S013 worked by hand: 77.49, 73.49 and 87.14 where 92.98, 94.70 and 93.57 stood: 9362.25 − 907.90 = 8454.35."""
    item(definition, "satisfaction_score")["target"] = 4.8
    item(definition, "on_time_rate")["scoring"]["per_point"] = 10
    item(definition, "resolution_rate")["scoring"]["per_point"] = 6


def words_of(page):
    return " ".join(re.sub(r"<[^>]+>", " ", page[page.index("<main") :]).split())


@pytest.mark.parametrize("code", ["intake_2026", "handler_2026", "callback_2026"])
def test_R32_the_scheme_in_force_tried_on_its_own_month_changes_nothing(sign_in, office, code):
    locked(office)
    page = words_of(sign_in(MANAGER).get(f"{ROOT}/{code}/1/try?all=1").text)
    assert "等级不变 1 张" in page
    assert "等级上升 0" in page
    assert "等级下降 0" in page


def test_R32_who_moves_up_is_shown_with_scores_grades_and_what_it_costs(sign_in, office):
    locked(office)
    changed(office, "intake_2026", easier_intake)
    page = words_of(sign_in(MANAGER).get(f"{ROOT}/intake_2026/2/try").text)
    assert "92.32 95.11 +2.79 B → A 上升" in page
    assert "等级上升 1" in page
    assert "奖金合计 200.00 元 原来 0.00 元" in page
    assert "奖金增减 +200" in page
    assert "A 0 1 +1 B 1 0 −1" in page


def test_R32_who_moves_down_is_shown(sign_in, office):
    locked(office)
    changed(office, "handler_2026", harder_handlers)
    page = words_of(sign_in(ANALYST).get(f"{ROOT}/handler_2026/2/try").text)
    assert "93.62 84.54 −9.08 B → C 下降" in page


def test_R32_a_veto_of_that_month_caps_the_grade_in_a_trial_too(sign_in, office):
    locked(office)
    page = words_of(sign_in(MANAGER).get(f"{ROOT}/callback_2026/1/try?all=1").text)
    assert "97.78 97.78 0.00 D → D" in page


def test_R32_an_indicator_that_the_sheets_lack_is_counted_from_the_records(sign_in, office):
    """Without any inspection in September, the inspection score has no figure and its weight is spread."""
    locked(office)

    def with_inspections(definition):
        item(definition, "call_quality_score")["indicator"] = "inspection_score"

    changed(office, "intake_2026", with_inspections)
    page = words_of(sign_in(MANAGER).get(f"{ROOT}/intake_2026/2/try?all=1").text)
    # (9131.9 − 25 × 91.38) ÷ 75 = 91.30, and 92.30 with the letter
    assert "92.32 92.30" in page
    assert "那个月没有数的指标：质检得分" in page


def test_R32_other_rules_can_be_tried_along(sign_in, office):
    locked(office)

    def stricter(definition):
        definition["grades"][1]["from_score"] = 93
        definition["grades"][2]["effects"] = ["bonus_top"]

    changed(office, "appraisal_default", stricter, model=AppraisalRules)
    with office.reading() as session:
        rules = session.scalars(sa.select(AppraisalRules.id).where(AppraisalRules.version == 2)).one()
    page = words_of(sign_in(MANAGER).get(f"{ROOT}/intake_2026/1/try?rules={rules}").text)
    assert "92.32 92.32 0.00 B → C 下降" in page
    assert "奖金增减 +200" in page


def test_R32_who_is_no_longer_appraised_by_it_is_told(sign_in, office):
    locked(office)
    changed(office, "handler_2026", lambda definition: definition.update(roles=["account_manager"]))
    page = words_of(sign_in(MANAGER).get(f"{ROOT}/handler_2026/2/try").text)
    assert "B → 不再适用" in page


def test_R32_a_department_s_sheet_is_tried_by_a_department_s_scheme(sign_in, office):
    with office.writing() as session:
        period = lock_worked_month(session)
        sheet = session.scalars(sa.select(AppraisalSheet)).first()
        scheme = session.scalars(sa.select(AppraisalScheme).where(AppraisalScheme.code == "department_2026")).one()
        session.add(
            AppraisalSheet(
                number="D", period=period, subject=SubjectKind.DEPARTMENT, department_id=sheet.department_id,
                scheme=scheme, from_day=sheet.from_day, until_day=sheet.until_day, status=SheetStatus.LOCKED,
                rated_weight=Decimal(0), weighted_sum=Decimal(0), grade=None, computed_at=sheet.computed_at,
                body="{}", sha256="0" * 64,
            )
        )  # fmt: skip
    page = words_of(sign_in(MANAGER).get(f"{ROOT}/department_2026/1/try?all=1").text)
    assert "不评等级 1 1 0" in page


def test_R32_a_trial_writes_nothing(sign_in, office):
    locked(office)
    changed(office, "handler_2026", harder_handlers)
    browser = sign_in(MANAGER)
    before = digest(office)
    for query in ("", "?all=1", "?month=2026-09", "?page=2"):
        assert browser.get(f"{ROOT}/handler_2026/2/try{query}").status_code == 200
    assert browser.get(f"{ROOT}/try").status_code == 200
    assert digest(office) == before


def digest(office):
    """Every row of every table but the sessions, which note when somebody was last there."""
    with office.reading() as session:
        rows = [
            (table.name, sorted(str(tuple(row)) for row in session.execute(sa.select(table))))
            for table in Base.metadata.sorted_tables
            if "session" not in table.name
        ]
    return hashlib.sha256(repr(rows).encode()).hexdigest()


@pytest.mark.parametrize(("code", "sees"), [(MANAGER, True), (ANALYST, True), (ADMINISTRATOR, False)])
def test_R39_names_are_for_who_may_see_all_sheets(sign_in, office, code, sees):
    locked(office)
    changed(office, "handler_2026", harder_handlers)
    page = sign_in(code).get(f"{ROOT}/handler_2026/2/try?all=1").text
    from backoffice.models.office import Staff

    with office.reading() as session:
        name = session.scalars(sa.select(Staff.name_zh).where(Staff.code == "S013")).one()
    main = page[page.index("<main") :]
    assert (name in main) == sees
    assert ("逐人的结果只给能看全部考核表的人看" in main) != sees
    assert "等级下降" in main


@pytest.mark.parametrize("code", ["S013", "S015", "S022", "S028"])
def test_R39_others_do_not_open_a_trial(sign_in, office, code):
    locked(office)
    browser = sign_in(code)
    assert browser.get(f"{ROOT}/handler_2026/1/try").status_code == 403
    assert browser.get(f"{ROOT}/try").status_code == 403


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("handler_2026/9/try", 404), ("unheard_of/1/try", 404), ("handler_2026/99999999999999999999/try", 404),
        ("handler_2026/1/try?month=2026-13", 404), ("handler_2026/1/try?month=%00", 400),
        ("handler_2026/1/try?rules=0", 404), ("handler_2026/1/try?rules=x", 404), ("handler_2026/1/try?page=-5", 200),
        ("handler_2026/1/try?page=99999999999999999999", 200), ("handler_2026/0/try", 404),
    ],
)  # fmt: skip
def test_R32_odd_addresses_break_nothing(sign_in, office, address, status):
    locked(office)
    assert sign_in(MANAGER).get(f"{ROOT}/{address}").status_code == status


def test_R32_without_a_computed_month_the_page_says_what_to_do(sign_in, office):
    page = sign_in(MANAGER).get(f"{ROOT}/handler_2026/1/try").text
    assert "先在“考核”里计算一个月的考核表" in page


def test_R32_a_draft_that_cannot_be_reckoned_says_so(sign_in, office):
    locked(office)
    changed(office, "handler_2026", lambda definition: item(definition, "on_time_rate")["scoring"].pop("per_point"))
    assert "这一版现在算不出来" in sign_in(MANAGER).get(f"{ROOT}/handler_2026/2/try").text


def test_R32_the_locked_month_is_tried_first(sign_in, office):
    locked(office)
    locked(office, month="2026-11", state=PeriodState.COMPUTED)
    page = sign_in(MANAGER).get(f"{ROOT}/handler_2026/1/try").text
    assert '<option value="2026-09" selected>' in page


def test_R32_a_trial_asks_few_questions(sign_in, office, app):
    locked(office)
    browser = sign_in(MANAGER)
    browser.get(f"{ROOT}/handler_2026/1/try")
    with statements(app) as asked:
        browser.get(f"{ROOT}/handler_2026/1/try?all=1")
    assert len(asked) <= 26, len(asked)
