"""R33 on paper: the sheet shows the told figures to the last digit, on one page, and says when it is not locked."""

from __future__ import annotations

import io
import re
from decimal import Decimal

import pytest
import sqlalchemy as sa
from pypdf import PdfReader

from backoffice.errors import DomainError
from backoffice.models.history import AccessEvent
from backoffice.reports.appraisal_sheet import print_appraisal
from backoffice.reports.sheet import print_sheet
from backoffice.services.appraisal_papers.sheet import take_sheet
from backoffice.services.appraisal_papers.summary import take_summary
from policies.vocabulary_appraisal import SheetStatus
from tests.support.appraisal_papers import ANALYST, HR, MONTH, PHONE, SENIOR, Papers, full_marks, worked_example
from tests.support.databases import with_default_office
from tests.support.inspections import KEYS
from views.language import say

TOLD = {sheet["staff"]: sheet for sheet in worked_example()}
NUMBERS = {"S005": "KH202609-001", "S013": "KH202609-002", "S011": "KH202609-003", "network": "KH202609-004"}


@pytest.fixture
def scene(templates, tmp_path):
    """On one database: what is asked of it is asked elsewhere on both."""
    with templates.copy("sqlite", with_default_office, tmp_path) as database:
        made = Papers(database, KEYS, tmp_path / "files")
        made.month()
        yield made


def printed(scene, code, number, language="zh_Hans"):
    paper = scene.do(code, take_sheet, number, language)
    return print_appraisal(paper, lambda message: say(message, language))


def words(text):
    return set(text.split())


@pytest.mark.parametrize("language", ["zh_Hans", "en"])
@pytest.mark.parametrize("staff", sorted(TOLD))
def test_R33_the_paper_of_a_told_sheet_shows_every_told_figure_on_one_page(scene, printing, read_back, staff, language):
    told, paper = TOLD[staff], printed(scene, HR, NUMBERS[staff], language)
    text = read_back(paper.data, "-layout")
    found = words(text)
    assert paper.pages == 1
    for row in told["rows"]:
        value = f"{Decimal(str(row['value'])):.4f}"
        assert {value, f"{value}%"} & found, (row["indicator"], value)
        if row["rated"]:
            assert f"{row['score']:.2f}" in found, row["indicator"]
            assert f"{row['contribution']:f}".rstrip("0").rstrip(".") in {one.rstrip("0").rstrip(".") for one in found}
    for figure in (f"{told['base_score']:.2f}", f"{told['final_score']:.2f}", told["grade"]):
        assert figure in found, figure
    assert NUMBERS[staff] in text


def test_R33_an_indicator_below_its_minimum_is_marked_and_has_no_score(scene, printing, read_back):
    text = read_back(printed(scene, HR, NUMBERS["S011"]).data, "-layout")
    assert "不计分" in text
    assert re.search(r"70\s*/\s*100", text)


def test_R33_a_locked_sheet_carries_its_stamp_its_hash_and_who_signed(scene, printing, read_back):
    text = read_back(printed(scene, HR, NUMBERS["S013"]).data, "-layout")
    for said in ("已锁定", "5e90c2b7a41f8d33", "温以澄", "顾承远", "严冬青", "S013", "网络", "视为确认", "未提出申诉"):
        assert said in text, said
    assert "未锁定" not in text


def test_R33_what_was_written_about_a_customer_is_masked_on_paper(scene, printing, read_back):
    text = read_back(printed(scene, HR, NUMBERS["S005"]).data)
    assert "客户表扬信并核实" in text.replace("\n", "")
    assert PHONE not in text


def test_R33_a_sheet_that_is_not_locked_says_so(templates, tmp_path, printing, read_back):
    with templates.copy("sqlite", with_default_office, tmp_path) as database:
        scene = Papers(database, KEYS, tmp_path, status=SheetStatus.COMPUTED)
        scene.month()
        text = read_back(printed(scene, ANALYST, NUMBERS["S005"]).data, "-layout")
    assert "未锁定" in text
    assert "尚未批准" in text


@pytest.mark.parametrize("language", ["zh_Hans", "en"])
def test_R33_the_longest_scheme_with_many_lines_still_fits_one_page(scene, printing, language):
    points = [("lesson_adopted", Decimal(1)), ("commendation_letter", Decimal(1)), ("drill_excellent", Decimal(1)),
              ("corrective_overdue", Decimal(-2))]  # fmt: skip
    number = scene.sheet("billing", "department_2026", full_marks("department_2026"), points, ["veto_data_leak"])
    assert printed(scene, HR, number, language).pages == 1


def test_R33_the_sheet_is_an_archival_pdf_with_a_bookmark(scene, printing):
    reader = PdfReader(io.BytesIO(printed(scene, HR, NUMBERS["S005"]).data))
    assert [one.title for one in reader.outline] == ["陆小满 S005"]
    assert "pdfaid" in reader.xmp_metadata.stream.get_data().decode()


@pytest.mark.parametrize(
    ("code", "staff", "may"),
    [
        ("S005", "S005", True),
        ("S005", "S013", False),
        ("S006", "S005", False),
        ("S012", "S013", True),
        ("S012", "S005", False),
        ("S012", "network", True),
        ("S004", "S005", True),
        (HR, "S013", True),
        (ANALYST, "S011", True),
        (SENIOR, "S011", True),
        ("S029", "S005", False),
        ("S030", "S005", False),
    ],
)
def test_R33_own_sheets_those_of_ones_department_and_those_in_reach_are_printed(scene, printing, code, staff, may):
    if may:
        assert scene.do(code, take_sheet, NUMBERS[staff], "zh_Hans").number == NUMBERS[staff]
        return
    with pytest.raises(DomainError) as refused:
        scene.do(code, take_sheet, NUMBERS[staff], "zh_Hans")
    assert refused.value.status == 404


def test_R33_nobody_prints_the_own_sheet_before_it_is_published(templates, tmp_path, printing):
    with templates.copy("sqlite", with_default_office, tmp_path) as database:
        scene = Papers(database, KEYS, tmp_path, status=SheetStatus.CHECKED)
        scene.month()
        number = scene.sheet(ANALYST, "inspector_2026", {})
        for code, mine in (("S005", NUMBERS["S005"]), (ANALYST, number)):
            with pytest.raises(DomainError):
                scene.do(code, take_sheet, mine, "zh_Hans")


def test_R40_each_print_is_in_the_access_chain(scene, printing):
    scene.do("S005", take_sheet, NUMBERS["S005"], "en")
    scene.do(HR, take_summary, MONTH, "en")
    with scene.database.reading() as session:
        kinds = list(session.scalars(sa.select(AccessEvent.kind).order_by(AccessEvent.sequence)))
    assert kinds == ["appraisal_sheet_print", "appraisal_summary_print"]


# The summary


def summary_text(scene, read_back, code, language="zh_Hans"):
    paper = scene.do(code, take_summary, MONTH, language)
    return read_back(print_sheet(paper, lambda message: say(message, language)).data, "-layout")


def test_R33_the_summary_sums_and_ranks_by_post_and_department(scene, printing, read_back):
    scene.sheet("S014", "handler_2026", {})  # nothing was counted: not rated, not ranked
    scene.rank()
    text = summary_text(scene, read_back, HR)
    assert re.search(r"1\s*/\s*1\s+严冬青\s+S013\s+网络\S*\s+93.62\s+B", text), text
    assert re.search(r"–\s+丁海澜\s+S014\s+网络\S*\s+–\s+不评级", text), text
    assert re.search(r"合计\s+4\s+B\s*2\s*·\s*D\s*1\s+\+200.00", text), text
    for scheme in ("受理员考核方案", "承办人考核方案", "回访员考核方案"):
        assert scheme in text


def test_R33_equal_scores_share_a_rank_on_the_summary(scene, printing, read_back):
    for code in ("S016", "S018"):
        scene.sheet(code, "handler_2026", full_marks("handler_2026"))
    scene.rank()
    text = summary_text(scene, read_back, HR)
    assert len(re.findall(r"1\s*/\s*3\s+\S+\s+S01[68]", text)) == 2
    assert re.search(r"3\s*/\s*3\s+严冬青", text)


def test_R33_a_head_gets_the_summary_of_the_own_department_only(scene, printing, read_back):
    text = summary_text(scene, read_back, "S012")
    assert "严冬青" in text
    assert "陆小满" not in text
    assert "本部门" in text
