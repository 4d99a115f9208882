"""R28, R29, R31 on the pages: figures with their intervals lead to lists that agree, within one's reach; a workbook."""

from __future__ import annotations

import html
import io
import re
from datetime import UTC, datetime

import pytest
from python_calamine import CalamineWorkbook

from backoffice.models.history import AccessEvent
from policies.vocabulary_inspection import AppealResult, InspectionStatus
from tests.support.counting import statements
from tests.support.forms import SAME_ORIGIN, token
from tests.support.inspected_past import SEPTEMBER, InspectedPast

QUALITY, INSPECTOR, HEAD, KNOWLEDGE, HANDLER = "S024", "S022", "S015", "S007", "S016"
PERIOD = "from=2026-09-01&to=2026-09-30"


@pytest.fixture
def past(office, clock):
    """September: twelve of the network department, three of technical support, one of them forged; one changed."""
    clock.at = datetime(2026, 10, 20, 1, 0, tzinfo=UTC)
    with office.writing() as session:
        past = InspectedPast(session)
        for number in range(12):
            past.inspection("90", {"rec_basic": (100, 50, 0)[number % 3], "rec_5w1h": 100})
        past.inspection(
            "0", {"rec_basic": 100}, of="technical_support", subject="S016", fatal=("fat_forged",), result="fail"
        )
        changed = past.inspection("80", {"rec_basic": 50}, of="technical_support", subject="S016")
        past.appeal(changed, AppealResult.UPHELD)
        past.inspection(
            "100", {"rec_basic": 100}, of="technical_support", subject="S016", status=InspectionStatus.PUBLISHED
        )
        past.inspection(
            None, of="technical_support", subject="S016", status=InspectionStatus.DRAWN, blind=True, final_at=SEPTEMBER
        )
        past.inspection(None, inspector="S023", status=InspectionStatus.DRAWN)
    return past


def addresses(page):
    return sorted({html.unescape(one) for one in re.findall(r'href="(/inspection/all\?[^"]+)"', page)})


def counted(page):
    return int(re.search(r"共 (\d+) 件", page)[1])


def test_R31_the_page_says_every_figure_with_its_interval_and_its_number(past, sign_in):
    page = sign_in(QUALITY).get(f"/inspection/statistics?{PERIOD}").text
    assert re.search(r"82\.86（.*–.*，n=14）", page)  # (12 × 90 + 0 + 80) ÷ 14
    assert "7.1 %（1.3–31.5 %，n=14）" in page  # one fatal in fourteen
    assert "66.7 %（39.1–86.2 %，n=12）" in page  # eight of twelve below full
    assert "件数少" in page  # technical support has but two


def test_R31_every_figure_leads_to_a_list_that_opens_and_the_cells_agree_with_it(past, sign_in):
    browser = sign_in(QUALITY)
    page = browser.get(f"/inspection/statistics?{PERIOD}").text
    links = addresses(page)
    assert len(links) > 15
    for address in links:
        assert browser.get(address).status_code == 200, address
    shares = re.findall(
        r'<a href="(/inspection/all[^"]+)">[\d.]+ %</a>.*?<span class="figure">([\d.]+) %（[\d.]+–[\d.]+ %，n=(\d+)）',
        page,
    )
    assert len(shares) == 5
    for quoted, percent, n in shares:
        address = html.unescape(quoted)
        expected = round(float(percent) * int(n) / 100) if "mark=below" in address else int(n)
        assert counted(browser.get(address).text) == expected, address


def test_R39_a_head_sees_the_own_department_alone(past, sign_in):
    page = sign_in(HEAD).get(f"/inspection/statistics?{PERIOD}").text
    assert "n=2）" in page
    assert "网络部" not in re.sub(r"<option.*?</option>", "", page)
    listed = sign_in(HEAD).get("/inspection/all").text
    assert counted(listed) == 3  # final and published ones, not the one that is only drawn
    assert "S012" not in listed


def test_R39_who_reads_statistics_without_judging_persons_finds_no_names(past, sign_in):
    page = sign_in(KNOWLEDGE).get(f"/inspection/statistics?{PERIOD}").text
    assert 'id="by-department"' in page
    for panel in ("by-person", "by-inspector"):
        assert f'id="{panel}"' not in page


@pytest.mark.parametrize("address", ["/inspection/statistics", "/inspection/fatal", "/inspection/all"])
def test_R39_who_holds_neither_statistics_nor_inspection_is_refused(sign_in, address):
    assert sign_in(HANDLER).get(address).status_code == 403


def test_R28_fatal_faults_are_listed_with_what_follows(past, sign_in):
    page = sign_in(QUALITY).get(f"/inspection/fatal?{PERIOD}").text
    assert "尚无整改" in page
    assert "7.1 %（1.3–31.5 %，n=14）" in page
    assert "这段时间没有致命差错" in sign_in(QUALITY).get("/inspection/fatal?from=2026-01-01&to=2026-01-31").text


def test_R28_a_blind_sample_shows_its_inspector_no_name_and_no_filter_tells_it(past, sign_in, office):
    browser = sign_in(INSPECTOR)
    page = browser.get("/inspection/all?status=drawn").text
    assert "盲评中，不显示" in page
    department = re.search(r'<option value="(\d+)">技术支持与装维部', page)[1]
    assert "没有符合条件的质检" in browser.get(f"/inspection/all?status=drawn&department={department}").text
    assert counted(sign_in(QUALITY).get(f"/inspection/all?status=drawn&department={department}").text) == 1


def test_R28_who_still_has_to_score_a_record_sees_nobody_elses_score_of_it(past, sign_in):
    """All of the scene's inspections are of one record; S022 scored it, and S023 has it still to score."""
    assert "90.00" in sign_in(INSPECTOR).get("/inspection/all").text
    assert "90.00" in sign_in(QUALITY).get("/inspection/all").text
    second = sign_in("S023").get("/inspection/all").text
    assert counted(second) == 17
    assert "90.00" not in second
    assert "没有符合条件的质检" in sign_in("S023").get("/inspection/all?result=good").text


def test_R28_who_still_has_to_score_a_record_does_not_read_of_its_fatal_fault(past, sign_in):
    assert 'href="/my-inspections/QI2026-0013"' in sign_in(QUALITY).get(f"/inspection/fatal?{PERIOD}").text
    assert "QI2026-0013" not in sign_in("S023").get(f"/inspection/fatal?{PERIOD}").text


def test_R28_the_list_leads_each_reader_to_what_is_open_to_them(past, sign_in):
    """An inspector scores, a head reads what is published, and who is to score the record unseen gets no link."""
    assert 'href="/my-inspections/QI2026-0013"' in sign_in(HEAD).get("/inspection/all").text
    assert re.search(r'href="/(inspection|my-inspections)/QI2026-0013"', sign_in(INSPECTOR).get("/inspection/all").text)
    waiting = sign_in("S023").get("/inspection/all").text
    assert "QI2026-0013" in waiting
    assert not re.search(r'href="[^"]*QI2026-0013"', waiting)


@pytest.mark.parametrize("query", ["from=x&to=y", "card=%2e%2e&plan=../../x", "department=99999999999999999999", "status=nonsense&when=never",
                                   "item=rec_basic&mark=below", "in_time=any&when=due", "subject=7&fatal=1", "before=abc", "from=2026-13-01",
                                   "from=0001-01-01&to=9999-12-31", "seconds=only&appeal=any&result=%27"])  # fmt: skip
def test_R39_no_address_breaks_a_page(past, sign_in, query):
    browser = sign_in(QUALITY)
    for page in ("statistics", "fatal", "all"):
        assert browser.get(f"/inspection/{page}?{query}").status_code == 200, page


def test_R31_the_page_asks_a_bounded_number_of_statements(past, sign_in, app):
    browser = sign_in(QUALITY)
    for address, most in (
        (f"/inspection/statistics?{PERIOD}", 34),
        ("/inspection/all", 22),
        (f"/inspection/fatal?{PERIOD}", 22),
    ):
        browser.get(address)
        with statements(app) as sent:
            browser.get(address)
        assert len(sent) <= most, (address, len(sent))


def test_R31_an_empty_office_says_so_and_shows_no_broken_figure(sign_in):
    page = sign_in(QUALITY).get("/inspection/statistics").text
    assert "这段时间没有已定案的质检" in page
    assert "无样本（n=0）" in page
    assert "还没有质检" in sign_in(QUALITY).get("/inspection/all").text


def exported(browser, **filters):
    form = {"csrf_token": token(browser, "/inspection/all"), **filters}
    answer = browser.post("/inspection/export.xlsx", data=form, headers=SAME_ORIGIN)
    assert answer.status_code == 200
    assert answer.mimetype.endswith("spreadsheetml.sheet")
    return CalamineWorkbook.from_filelike(io.BytesIO(answer.data))


def test_R31_the_workbook_holds_what_the_list_holds_typed_and_is_logged(past, sign_in, office):
    book = exported(sign_in(QUALITY), status="final")
    assert book.sheet_names == ["质检", "各项评分", "抽样与分层"]
    rows = book.get_sheet_by_name("质检").to_python()
    head, cells = rows[0], [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]
    assert len(cells) == 14
    assert len(head) == 19
    first = cells[-1]
    assert (first["得分"], first["工号"], first["状态"], first["版本"]) == (90.0, "S012", "已定案", 1.0)
    assert first["公布时间"] == datetime(2026, 9, 12, 12, 0, tzinfo=UTC).replace(tzinfo=None)  # noon in Shanghai
    assert [row["致命"] for row in cells].count("是") == 1
    marks = book.get_sheet_by_name("各项评分").to_python()
    assert len(marks) - 1 == 12 * 2 + 3
    assert {row[4] for row in marks[1:]} == {0.0, 0.5, 1.0}
    draws = book.get_sheet_by_name("抽样与分层").to_python()
    assert draws[1][4] == "monthly_regular/2026-08/1/0a1b2c3d"
    with office.reading() as session:
        bodies = [row.body for row in session.query(AccessEvent).filter(AccessEvent.kind == "export")]
    assert len(bodies) == 1
    assert "inspections" in str(bodies[0])


def test_R39_who_exports_gets_what_that_reaches_and_an_inspector_may_not_export(past, sign_in):
    rows = exported(sign_in(HEAD)).get_sheet_by_name("质检").to_python()
    assert {row[7] for row in rows[1:]} == {"技术支持与装维部"}
    assert len(rows) - 1 == 3
    browser = sign_in(INSPECTOR)
    assert "export.xlsx" not in browser.get("/inspection/all").text
    form = {"csrf_token": token(browser, "/inspection/all")}
    assert browser.post("/inspection/export.xlsx", data=form, headers=SAME_ORIGIN).status_code == 403


def test_R31_the_trend_of_the_mean_stands_as_a_picture_whose_words_and_table_say_the_same(past, sign_in, office):
    page = sign_in(QUALITY).get(f"/inspection/statistics?{PERIOD}").text
    assert 'class="chart"' not in page  # one month is no trend
    with office.writing() as session:
        past.session = session
        for _ in range(3):
            past.inspection("96", final_at=datetime(2026, 7, 10, 4, 0, tzinfo=UTC))
    page = sign_in(QUALITY).get(f"/inspection/statistics?{PERIOD}").text
    picture = re.search(r'<svg[^>]*class="chart".*?</svg>', page, re.DOTALL)[0]
    assert 'role="img"' in picture
    assert "2026年7月：96.00" in picture
    assert "2026年9月：82.86" in picture
    assert picture.count('class="mark s0"') == 2  # nothing in August
    assert 'class="line' not in picture  # so that no line leads over the gap
    assert "style=" not in picture


def test_R27_R31_the_month_report_says_why_records_were_left_out_and_a_head_s_counts_the_own_department(past, sign_in):
    whole = sign_in(QUALITY).get("/inspection/report?month=2026-09").text
    assert re.search(r"<dt>办理结果不在范围</dt><dd[^>]*>3 ?</dd>", whole)
    assert re.search(r"<dt>剔除合计</dt><dd[^>]*>3 ?</dd>", whole)
    mine = sign_in(HEAD).get("/inspection/report?month=2026-09").text
    assert "抽样剔除不分部门统计" in mine
    assert "办理结果不在范围" not in mine
    said = {name: int(count) for name, count in re.findall(r"<dt>([^<]+)</dt><dd[^>]*>(\d+) ?</dd>", mine)}
    everywhere = {name: int(count) for name, count in re.findall(r"<dt>([^<]+)</dt><dd[^>]*>(\d+) ?</dd>", whole)}
    assert (said["本月定案"], everywhere["本月定案"]) == (2, 14)
