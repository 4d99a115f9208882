"""R27–R29, R31 on paper: the inspection sheet and the month report, who gets them, and that each print is logged."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pytest
import sqlalchemy as sa

from backoffice.errors import DomainError
from backoffice.models.history import AccessEvent
from backoffice.queries.rulebook import Rulebook
from backoffice.reports.blocks import Grid
from backoffice.reports.sheet import print_sheet
from backoffice.services import appeals, inspection
from backoffice.services.inspection import Entered
from backoffice.services.inspection_report import Month, month_report, take_report
from backoffice.services.inspection_sheet import take_sheet
from policies.card import Mark
from policies.vocabulary_inspection import AppealResult
from tests.support.inspections import (
    HANDLER,
    HEAD,
    INSPECTOR,
    KEYS,
    MANAGER,
    SECOND,
    Inspected,
    with_an_archived_complaint,
)
from tests.support.scenes import staff
from views.language import say

EXAMPLE = {
    "rec_basic": 100, "rec_5w1h": 50, "rec_class": 100, "rec_read_back": None, "pro_check": 100, "pro_elements": 100,
    "pro_no_reverse": None, "pro_investigate": 50, "pro_plan": 100, "tim_ack": 100, "tim_steps": 50, "tim_resolve": 100,
    "res_solved": 100, "res_lesson": 50, "ton_written": 100, "ton_progress": 100,
}  # fmt: skip
"""office/scorecards.yaml, record_card_example: 7750 ÷ 92 = 84.24."""


@pytest.fixture
def scene(templates, tmp_path):
    """On one database: what is asked of it is asked elsewhere on both."""
    with templates.copy("sqlite", with_an_archived_complaint, tmp_path) as database:
        yield Inspected(database, KEYS, tmp_path / "files").resumed()


def scored(scene, number):
    with scene.database.reading() as session:
        card = Rulebook(session).card(scene.row(number).card_id)
    remark = "查周㛃敏电话 13900004172 的录音"
    marks = {
        code: Mark(None if percent is None else Decimal(percent), remark="" if percent in (100, None) else remark)
        for code, percent in EXAMPLE.items()
    }
    marks |= {item.code: Mark(Decimal(100)) for item in card.fatal}
    scene.do(INSPECTOR, inspection.score, number, Entered(marks, "整体较好"))


def sheet(scene, code, number, language="zh_Hans"):
    return scene.do(code, take_sheet, number, language)


def words(paper, read):
    printed = print_sheet(paper, lambda message: say(message, paper.language))
    return printed, read(printed.data, "-layout")


def test_R28_the_sheet_shows_draw_marks_evidence_and_the_reckoning_on_paper(scene, printing, read_back):
    number = scene.drawn()
    scored(scene, number)
    printed, text = words(sheet(scene, INSPECTOR, number), read_back)
    for said in (
        "质检评分单",
        number,
        "monthly_regular/2026-11",
        "84.24",
        "7750",
        "92",
        "部分符合 50",
        "不适用",
        "未命中",
        "整体较好",
        "质检员",
        "签名",
    ):
        assert said in text, said
    assert "13900004172" not in text
    assert "周㛃敏" not in text
    assert printed.data.startswith(b"%PDF-")
    assert printed.pages <= 2
    _, english = words(sheet(scene, INSPECTOR, number, "en"), read_back)
    assert "Inspection sheet" in english
    assert "Partly met" in english


def test_R29_the_sheet_shows_an_appeal_its_decision_and_both_scores(scene, printing, read_back):
    """Upheld on one item of weight 9: (7750 + 9 × 50) ÷ 92 = 89.13."""
    number = scene.drawn()
    scored(scene, number)
    scene.do(MANAGER, inspection.publish, number)
    scene.do(HANDLER, appeals.submit, number, ["tim_steps"], "首次响应在时限内，周㛃敏 13900004172 可证")
    _, waiting = words(sheet(scene, HANDLER, number), read_back)
    assert "尚未裁定" in waiting
    assert "84.24" in waiting
    marks = {"tim_steps": Mark(Decimal(100), remark="系统录入延后")}
    scene.do(SECOND, appeals.decide, number, AppealResult.UPHELD, "查系统日志，在时限内", marks)
    _, text = words(sheet(scene, HANDLER, number), read_back)
    for said in ("84.24 → 89.13", "首次响应在时限内", "查系统日志", "系统录入延后", "裁定于", "8200"):
        assert said in text, said
    for customer in ("13900004172", "周㛃敏"):
        assert customer not in text


def test_R40_each_print_is_in_the_access_chain(scene, printing):
    number = scene.drawn()
    scored(scene, number)
    sheet(scene, INSPECTOR, number)
    with scene.database.reading() as session:
        [event] = session.scalars(sa.select(AccessEvent).where(AccessEvent.kind == "inspection_print"))
    assert number in str(event.body)
    assert event.complaint_id == scene.row(number).complaint_id


def refused(scene, code, number):
    with pytest.raises(DomainError) as error:
        sheet(scene, code, number)
    return error.value.refusals[0].key.rpartition(".")[2], error.value.status


def test_R39_who_may_have_a_sheet_depends_on_its_state_and_the_reach(scene, printing):
    number = scene.drawn()
    assert refused(scene, INSPECTOR, number) == ("not_scored", 409)
    scored(scene, number)
    assert refused(scene, HANDLER, number)[1] == 404
    assert refused(scene, HEAD, number)[1] == 404
    assert refused(scene, SECOND, number) == ("score_first", 409)  # not published: nobody else's to see
    scene.do(MANAGER, inspection.publish, number)
    for code in (HANDLER, HEAD, SECOND, MANAGER):
        assert sheet(scene, code, number).file_stem.startswith(number)
    assert refused(scene, "S013", number)[1] == 404  # another department's head sees nothing of it


def test_R28_who_still_has_to_score_the_record_gets_no_sheet_of_another(scene, printing):
    number = scene.drawn()
    scored(scene, number)
    scene.do(MANAGER, inspection.publish, number)
    scene.drawn(SECOND, pair_of=number, plan="double_scoring")
    assert refused(scene, SECOND, number) == ("score_first", 409)


def test_R28_a_blind_inspection_is_printed_without_handler_and_department_until_it_is_published(
    scene, printing, read_back
):
    number = scene.drawn(blind=True)
    scored(scene, number)
    _, blind = words(sheet(scene, INSPECTOR, number), read_back)
    with scene.database.reading() as session:
        handler = staff(session, HANDLER).name_zh
    assert handler not in blind
    assert "盲评" in blind
    scene.do(MANAGER, inspection.publish, number)
    _, open_one = words(sheet(scene, INSPECTOR, number), read_back)
    assert handler in open_one


def report(scene, code, month=date(2026, 12, 1)):
    with scene.database.reading() as session:
        return month_report(scene.work(session, code), Month(month), "zh_Hans")


def test_R31_the_month_report_counts_what_happened_and_is_printed_and_logged(scene, printing, read_back):
    number = scene.drawn()
    scored(scene, number)
    scene.do(MANAGER, inspection.publish, number)
    scene.later(days=12)
    with scene.database.writing() as session:
        assert inspection.finalise(scene.work(session, MANAGER), scene.row(number).id)
    month = Month(scene.row(number).final_at.date().replace(day=1))
    paper = scene.do(MANAGER, take_report, month, "zh_Hans")
    printed, text = words(paper, read_back)
    for said in (
        "质检月报",
        "概况",
        "84.24（仅一件，n=1）",
        "0.0 %（0.0–79.3 %，n=1）",
        "技术支持与装维部",
        "抽样剔除",
        "申诉改判",
    ):
        assert said in text, said
    assert printed.pages <= 3
    with scene.database.reading() as session:
        assert (
            session.scalar(
                sa.select(sa.func.count()).select_from(AccessEvent).where(AccessEvent.kind == "inspection_report_print")
            )
            == 1
        )


def test_R31_a_month_without_anything_says_so_on_both_databases(archived_database, tmp_path):
    paper = report(Inspected(archived_database, KEYS, tmp_path).resumed(), MANAGER, date(2026, 2, 1))
    assert not [block for part in paper.parts for block in part.blocks if isinstance(block, Grid)]


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (date(2026, 1, 1), date(2026, 1, 31)),
        (date(2026, 12, 1), date(2026, 12, 31)),
        (date(2028, 2, 1), date(2028, 2, 29)),
    ],
)
def test_R31_a_month_ends_on_its_last_day(first, last):
    assert Month(first).last == last
    assert datetime.fromisoformat(Month(first).next.isoformat()).day == 1
