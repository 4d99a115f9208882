"""R27: the pages of draws: who draws, what a draw shows, drawing again and comparing, taking the population along."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from backoffice.models.complaint import Complaint
from backoffice.models.history import AccessEvent
from backoffice.models.inspection import Inspection
from backoffice.models.sampling import Draw, SamplingPlan
from backoffice.services import sampling
from backoffice.services.core.work import Work
from backoffice.services.sampling import Order
from policies.access import SYSTEM
from policies.vocabulary_inspection import DrawState, InspectionStatus
from tests.support.closed import Office, put_in, september
from tests.support.counting import statements
from tests.support.forms import SAME_ORIGIN, token
from tests.support.taken import rows_of

OCTOBER_9 = datetime(2026, 10, 9, 2, 0, tzinfo=UTC)
NEW = "/inspection/draws/new"
SPOT = {"plan": "spot_check", "first": "2026-09-01", "last": "2026-09-30", "reason": "客户来信反映扩容拖延"}


@pytest.fixture
def september_closed(app, office, clock):
    """A hundred complaints closed in September; it is the second working day of October."""
    put_in(office, september(Office(office), 100))
    clock.at = OCTOBER_9
    return app


@pytest.fixture
def drawn(september_closed, office):
    """The regular draw of September; its id."""
    keys = september_closed.extensions["desk"].keys
    return sampling.draw(
        office, lambda session: Work(session, keys, SYSTEM, OCTOBER_9, OCTOBER_9), Order("monthly_regular")
    )


def post(browser, address=NEW, **values):
    return browser.post(address, data={"csrf_token": token(browser, NEW), **values}, headers=SAME_ORIGIN)


def draws(office):
    with office.reading() as session:
        return list(session.scalars(sa.select(Draw).order_by(Draw.id)))


def test_R27_an_inspector_draws_a_spot_check_and_sees_all_of_it(september_closed, office, sign_in):
    browser = sign_in("S022")
    answer = post(browser, **SPOT, number="12")
    (draw,) = draws(office)
    assert (answer.status_code, answer.location) == (303, f"/inspection/draws/{draw.id}")
    page = browser.get(answer.location).text
    for shown in (
        draw.population_sha256,
        draw.nonce,
        draw.seed,
        draw.result_sha256,
        SPOT["reason"],
        "技术支持与装维部",
    ):
        assert shown in page
    with office.reading() as session:
        numbers = session.scalars(sa.select(Inspection.number)).all()
    assert len(numbers) == 12
    assert all(number in page for number in numbers)
    assert draw.by_id == Office(office).staff["S022"]
    assert "随机飞检" in browser.get("/inspection/draws").text


def test_R27_counting_first_draws_nothing(september_closed, office, sign_in):
    answer = post(sign_in("S022"), **SPOT, number="12", act="preview")
    assert answer.status_code == 200
    assert "总体 100 件，将抽 12 件" in answer.text
    assert SPOT["reason"] in answer.text
    assert draws(office) == []


REFUSED = {
    "no reason": ({"reason": " "}, "id=\"reason-error\""),
    "no days": ({"first": "", "last": ""}, "id=\"first-error\""),
    "a day that is none": ({"first": "2026-13-40"}, "id=\"first-error\""),
    "days turned round": ({"first": "2026-09-30", "last": "2026-09-01"}, "id=\"last-error\""),
    "no plan": ({"plan": ""}, "id=\"plan-error\""),
    "a plan that is none": ({"plan": "x"}, "id=\"plan-error\""),
    "no number": ({"number": "zwölf"}, "id=\"number-error\""),
    "number nought": ({"number": "0"}, "id=\"number-error\""),
    "a department that is none": ({"departments": "nowhere"}, "id=\"departments-error\""),
    "narrowing a regular plan": ({"plan": "monthly_regular", "channels": "hotline"}, "id=\"plan-error\""),
}  # fmt: skip


@pytest.mark.parametrize("act", ["preview", "draw"])
@pytest.mark.parametrize(("values", "fault"), REFUSED.values(), ids=REFUSED.keys())
def test_R27_what_is_refused_says_why_beside_its_field_and_nothing_typed_is_lost(
    september_closed, office, sign_in, values, fault, act
):
    answer = post(sign_in("S022"), **{**SPOT, "act": act, **values})
    assert (answer.status_code, fault in answer.text) == (422, True)
    assert all(typed in answer.text for name, typed in SPOT.items() if name not in values and name != "plan")
    assert draws(office) == []


def test_R27_a_regular_plan_is_not_drawn_twice_for_a_period(drawn, office, sign_in):
    answer = post(sign_in("S022"), plan="monthly_regular")
    assert (answer.status_code, len(draws(office))) == (409, 1)
    assert "每期只抽一次" in answer.text


def test_R27_drawing_again_says_equal_and_after_a_change_what_differs(drawn, office, sign_in):
    browser = sign_in("S022")
    assert "重抽结果一致" in browser.get(f"/inspection/draws/{drawn}/again").text
    with office.writing() as session:
        session.execute(sa.text("UPDATE draw SET nonce = 'abc'"))
    page = browser.get(f"/inspection/draws/{drawn}/again").text
    assert "重抽结果不一致" in page
    assert "“随机码”与签名时不同" in page


def test_R27_the_numbers_taken_along_have_the_hash_that_the_draw_names(drawn, office, sign_in):
    browser = sign_in("S022")
    (draw,) = draws(office)
    text = post(browser, f"/inspection/draws/{drawn}/numbers.txt")
    assert hashlib.sha256(text.data).hexdigest() == draw.population_sha256
    table = post(browser, f"/inspection/draws/{drawn}/population.csv").data.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(table)))
    assert len(rows) == 101
    book = rows_of(post(browser, f"/inspection/draws/{drawn}/population.csv", **{"as": "xlsx"}))
    assert [row[0] for row in book] == [row[0] for row in rows]
    assert {row[1] for row in rows[1:]} == {"1", "2", "3"}
    assert "S016" not in table
    by_hand = sorted((row[0] for row in rows[1:] if row[1] == "1"),
                     key=lambda number: hashlib.sha256(f"{draw.seed}/{number}".encode()).hexdigest())[:3]  # fmt: skip
    with office.reading() as session:
        first = sa.select(Inspection.unit_key).where(Inspection.stratum == "S016").order_by(Inspection.position)
        assert list(session.scalars(first)) == by_hand
        logged = session.scalars(sa.select(AccessEvent).where(AccessEvent.kind == "export")).all()
        assert len(logged) == 3  # each taking along


def test_R27_a_draw_that_was_broken_off_goes_on_by_a_button(september_closed, office, sign_in):
    keys = september_closed.extensions["desk"].keys
    draw_id = sampling.freeze(
        office, lambda session: Work(session, keys, SYSTEM, OCTOBER_9, OCTOBER_9), Order("monthly_regular")
    )
    browser = sign_in("S022")
    assert "继续抽样" in browser.get(f"/inspection/draws/{draw_id}").text
    assert browser.get(f"/inspection/draws/{draw_id}/again").status_code == 404
    assert post(browser, f"/inspection/draws/{draw_id}/go-on").status_code == 303
    assert draws(office)[0].state is DrawState.DRAWN
    assert post(browser, f"/inspection/draws/{draw_id}/go-on").status_code == 303


def test_R28_of_a_blind_draw_its_inspector_learns_neither_handler_nor_department_nor_number(
    september_closed, office, sign_in
):
    post(sign_in("S024"), **SPOT, number="9", blind="y")
    (draw,) = draws(office)
    page = sign_in("S022").get(f"/inspection/draws/{draw.id}").text
    with office.reading() as session:
        rows = session.execute(sa.select(Inspection.unit_key, Inspection.sort_key)).all()
    keys = [text[:12] for row in rows for text in row]
    main = page[page.index("<main") :]
    assert not [word for word in ("技术支持与装维部", "S016", *keys) if word in main]
    assert post(sign_in("S022"), f"/inspection/draws/{draw.id}/numbers.txt").status_code == 403


def test_R27_whom_nobody_may_inspect_is_shown_with_the_reason(september_closed, office, sign_in):
    with office.writing() as session:
        home = Office(office).departments["quality_management"]
        session.execute(sa.update(Complaint).values(department_id=home))
    post(sign_in("S022"), **SPOT, number="2")
    page = sign_in("S022").get("/inspection/draws/1").text
    assert page.count("3 人与被检部门同属一个部门") == 2


def test_R27_leaves_with_many_repeats_are_suggested_for_a_focused_sample(app, office, clock, sign_in):
    row = Office(office).row
    clock.at = OCTOBER_9
    put_in(office, (row(f"TS{n}", nth_complaint=2 if n < 2 else 1, received_at=datetime(2026, 9, 20, tzinfo=UTC),
                        closed_at=datetime(2026, 9, 22, tzinfo=UTC)) for n in range(10)))  # fmt: skip
    browser = sign_in("S022")
    page = browser.get(NEW).text
    assert "重复 2 件" in page
    address = re.search(r'href="(/inspection/draws/new\?plan=focus_category[^"]+)"', page)[1].replace("&amp;", "&")
    chosen = browser.get(address).text
    assert re.search(r'checked[^>]*value="net_broadband_slow"', chosen)
    answer = post(browser, plan="focus_category", first="2026-09-09", last="2026-10-08", reason="重复率偏高",
                  categories="net_broadband_slow")  # fmt: skip
    assert (answer.status_code, draws(office)[0].population_count) == (303, 10)


def test_R27_the_pages_ask_a_bounded_number_of_questions(drawn, september_closed, office, sign_in):
    browser = sign_in("S022")
    browser.get("/inspection/draws")
    asked = {}
    for _ in range(2):
        for address in ("/inspection/draws", f"/inspection/draws/{drawn}", NEW):
            with statements(september_closed) as sent:
                assert browser.get(address).status_code == 200
            asked.setdefault(address, []).append(len(sent))
        post(browser, **SPOT, number="40")
    assert all(later <= first + 2 for first, later in asked.values()), asked
    assert max(later for _first, later in asked.values()) <= 30, asked


@pytest.mark.parametrize("address", ["/inspection/draws/999", "/inspection/draws/999/again"])
def test_R27_a_draw_that_is_not_there_is_not_found(app, sign_in, address):
    assert sign_in("S022").get(address).status_code == 404


@pytest.mark.parametrize("path", ["go-on", "numbers.txt", "population.csv"])
def test_R27_acts_on_a_draw_that_is_not_there_are_not_found(app, sign_in, path):
    assert post(sign_in("S022"), f"/inspection/draws/999/{path}").status_code == 404


def test_R27_a_draw_whose_condition_nobody_can_read_any_more_is_still_shown(drawn, office, sign_in):
    with office.writing() as session:
        session.execute(sa.update(Draw).values(query={"kind": "closed_complaint"}, strata=[]))
    browser = sign_in("S022")
    assert browser.get(f"/inspection/draws/{drawn}").status_code == 200
    assert "重抽结果不一致" in browser.get(f"/inspection/draws/{drawn}/again").text


def test_R27_the_quality_manager_cancels_a_draw_that_nobody_has_begun(drawn, office, sign_in):
    address = f"/inspection/draws/{drawn}/cancel"
    assert sign_in("S022").get(address).status_code == 403
    assert post(sign_in("S022"), address, reason="换一批").status_code == 403
    manager = sign_in("S024")
    assert address in manager.get(f"/inspection/draws/{drawn}").text
    refused = post(manager, address, reason=" ")
    assert (refused.status_code, 'id="reason-error"' in refused.text) == (422, True)
    answer = post(manager, address, reason="总体条件有误")
    assert (answer.status_code, answer.location) == (303, f"/inspection/draws/{drawn}")
    page = manager.get(f"/inspection/draws/{drawn}").text
    assert "取消质检任务 9 件" in page
    assert "总体条件有误" in page
    assert address not in page
    assert "重抽结果一致" in manager.get(f"/inspection/draws/{drawn}/again").text
    assert post(manager, address, reason="再来").status_code == 409
    assert post(manager, "/inspection/draws/999/cancel", reason="x").status_code == 404


def test_R27_once_somebody_has_begun_a_draw_is_not_cancelled_and_the_reason_typed_stays(drawn, office, sign_in):
    with office.writing() as session:
        session.execute(sa.update(Inspection).values(status=InspectionStatus.IN_PROGRESS))
    manager = sign_in("S024")
    assert f"/inspection/draws/{drawn}/cancel" not in manager.get(f"/inspection/draws/{drawn}").text
    answer = post(manager, f"/inspection/draws/{drawn}/cancel", reason="总体条件有误")
    assert (answer.status_code, "总体条件有误" in answer.text) == (409, True)
    assert "已有 9 件开始评分" in answer.text
    assert "已有 9 件开始评分" in manager.get(f"/inspection/draws/{drawn}/cancel").text


def test_R28_the_page_of_a_draw_shows_what_is_scored_twice(september_closed, office, sign_in):
    with office.writing() as session:
        row = session.scalars(sa.select(SamplingPlan).where(SamplingPlan.code == "spot_check")).one()
        row.definition = {**row.definition, "double_share_percent": "12.5"}
    browser = sign_in("S022")
    answer = post(browser, **SPOT, number="16")
    page = browser.get(answer.location).text
    assert "抽中总数的 12.5 %" in page
    assert page.count(">双评</span>") == 2
    (draw,) = draws(office)
    assert draw.drawn_count == 16


def test_R27_of_a_blind_record_that_nobody_may_inspect_an_inspector_learns_no_department(
    september_closed, office, sign_in
):
    with office.writing() as session:
        home = Office(office).departments["quality_management"]
        session.execute(sa.update(Complaint).values(department_id=home))
    post(sign_in("S024"), **SPOT, number="2", blind="y")
    for code, told in (("S022", "盲评不显示原因"), ("S024", "3 人与被检部门同属一个部门")):
        page = sign_in(code).get("/inspection/draws/1").text
        assert page.count(told) == 2, code
        if code == "S022":
            main = page[page.index("<main") :]
            assert not [word for word in ("同属一个部门", "质量", "S016") if word in main.replace("质量经理", "")]


@pytest.mark.parametrize(
    "days", [("0001-01-01", "0001-01-02"), ("9999-12-30", "9999-12-31"), ("1969-12-30", "1969-12-31")]
)
def test_R27_a_period_before_or_after_all_records_is_refused_beside_its_fields(september_closed, sign_in, days):
    answer = post(sign_in("S022"), **{**SPOT, "first": days[0], "last": days[1]})
    assert answer.status_code == 422
    assert days[0] in answer.text
