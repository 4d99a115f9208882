"""R8: notices on the pages: published and seen at once, offered while a complaint is typed, linked, answered from, lifted."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from backoffice.jobs.handlers import HANDLERS
from backoffice.jobs.running import Workshop, work_off
from backoffice.models.complaint import Complaint
from backoffice.models.fault_notice import FaultLink, FaultNotice
from policies.vocabulary import ContactWay
from tests.support.forms import SAME_ORIGIN, token
from tests.support.live import give_passwords
from tests.support.played import Play
from tests.views.test_drafts import keep, opened
from tests.views.test_intake import PAGE, TYPED
from tests.views.test_intake import register as register_complaint

EDITOR, CLERK, MANAGER = "S014", "S005", "S003"
NOTICE = {
    "kind": "known_fault", "title_zh": "城东光缆抢修", "title_en": "Cable repair in the east", "area": "云栖路 和风里",
    "categories": "net_broadband_slow", "since": "2026-11-23T08:10", "expected_at": "2026-11-23T18:00",
    "tell_zh": "光缆被挖断，正在抢修，请稍候", "tell_en": "A cable was cut and is being repaired.", "submission": "once",
}  # fmt: skip


def post(browser, address, **data):
    return browser.post(address, data={"csrf_token": token(browser, "/account"), **data}, headers=SAME_ORIGIN)


@pytest.fixture
def office(office_database):
    """On both databases."""
    give_passwords(office_database)
    return office_database


@pytest.fixture
def number(sign_in):
    """A notice that is in force."""
    answer = post(sign_in(EDITOR), "/notices/new", **NOTICE)
    assert answer.status_code == 303
    return answer.location.rpartition("/")[2]


@pytest.fixture
def play(app, office, clock):
    """A complaint of S005 that fits the notice."""
    desk = app.extensions["desk"]
    made = Play(office, desk.keys, Path(desk.config["DATA_DIR"]) / "files", clock.at - timedelta(minutes=5))
    made.register(uploads=())
    return made


def test_R8_a_published_notice_stands_at_once_where_intake_works(number, sign_in):
    clerk = sign_in(CLERK)
    home = clerk.get("/work/intake").text
    assert "城东光缆抢修" in home
    assert "1 条生效中" in home
    form = clerk.get("/intake/new").text
    assert "城东光缆抢修" in form
    assert 'name="notice" value="TB2026-001" form="intake"' in form
    page = clerk.get(f"/notices/{number}").text
    assert "光缆被挖断，正在抢修，请稍候" in page
    assert "/change" not in page


def test_R8_in_english_the_english_words_stand_there(number, sign_in):
    clerk = sign_in(CLERK)
    clerk.set_cookie("language", "en")
    assert "Cable repair in the east" in clerk.get("/work/intake").text
    assert "A cable was cut and is being repaired." in clerk.get(f"/notices/{number}").text


def test_R8_what_is_refused_comes_back_as_it_was_typed(sign_in, office):
    answer = post(sign_in(EDITOR), "/notices/new", **{**NOTICE, "tell_zh": "", "since": "2026-11-24T08:10"})
    assert answer.status_code == 422
    assert "写上对客户怎么说" in answer.text
    assert "开始时间不能晚于现在" in answer.text
    assert 'value="城东光缆抢修"' in answer.text
    with office.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(FaultNotice)) == 0


@pytest.mark.parametrize(
    ("typed", "fits"),
    [
        ({"category": "net_broadband_slow"}, True),
        ({"what": "和风里全断了，是不是光缆的事"}, True),
        ({"category": "net_sms_fail", "what": "收不到验证码"}, False),
        ({}, False),
    ],
)
def test_R8_while_a_complaint_is_typed_what_fits_by_category_or_words_is_marked(number, sign_in, typed, fits):
    answer = post(sign_in(CLERK), "/intake/beside", **typed)
    assert answer.status_code == 200
    assert "城东光缆抢修" in answer.text
    assert ("相符" in answer.text) is fits
    assert ("请稍候" in answer.text) is fits


def test_R8_a_complaint_is_linked_with_its_registration_and_a_failed_form_keeps_the_tick(number, sign_in, office):
    clerk = sign_in(CLERK)
    failed = register_complaint(clerk, notice=number, what="")
    assert failed.status_code == 422
    assert f'value="{number}" form="intake" checked' in failed.text
    for _ in range(2):
        assert register_complaint(clerk, notice=number, submission=TYPED["submission"]).status_code == 302
    with office.reading() as session:
        linked = session.execute(
            sa.select(Complaint.number, FaultNotice.linked)
            .join(FaultLink, FaultLink.complaint_id == Complaint.id)
            .join(FaultNotice)
        ).all()
    assert [tuple(row) for row in linked] == [("TS20261123-0001", 1)]


def test_R40_a_tick_beside_the_form_comes_back_with_its_draft(number, sign_in):
    clerk = sign_in(CLERK)
    keep(clerk, opened(clerk), [("what", "和风里全断了", "经过"), ("notice", number, "")])
    (link,) = re.findall(r'<a href="([^"]+)" data-draft-restore', clerk.get(PAGE).text)
    assert f'value="{number}" form="intake" checked' not in clerk.get(PAGE).text
    assert f'value="{number}" form="intake" checked' in clerk.get(link).text


def test_R8_on_its_page_a_complaint_is_linked_and_answered_with_the_words_of_the_notice(number, play, sign_in):
    clerk = sign_in(CLERK)
    address = f"/complaints/{play.number}"
    before = clerk.get(address).text
    assert "有 1 条可能相符" in before
    assert post(clerk, f"{address}/notices/link", notice=number).status_code == 303
    page = clerk.get(address).text
    assert f"{address}/tell_progress?notice={number}" in page
    form = clerk.get(f"{address}/tell_progress?notice={number}").text
    assert "光缆被挖断，正在抢修，请稍候</textarea>" in form
    assert "光缆被挖断" not in clerk.get(f"{address}/tell_progress?notice=TB2026-999").text
    assert "已关联故障通报" not in before
    assert "关联故障通报" in clerk.get(f"{address}?tab=history").text
    assert post(clerk, f"{address}/notices/loose", notice=number).status_code == 303
    assert "有 1 条可能相符" in clerk.get(address).text


def test_R8_a_notice_that_is_not_there_is_said_and_nothing_breaks(number, play, sign_in):
    clerk = sign_in(CLERK)
    address = f"/complaints/{play.number}"
    for act in ("link", "loose", "called"):
        assert post(clerk, f"{address}/notices/{act}", notice="TB2026-999").status_code == 303
    assert "没有这条通报" in clerk.get(address).text
    assert clerk.get("/notices/TB2026-999").status_code == 404


def test_R8_lifted_it_tells_everybody_linked_and_lists_who_is_to_be_called(number, play, app, clock, sign_in):
    clerk, editor = sign_in(CLERK), sign_in(EDITOR)
    post(clerk, f"/complaints/{play.number}/notices/link", notice=number)
    outdated = post(editor, f"/notices/{number}/lift", lifted_at="2026-11-23T09:50", happened="熔接完成", version="7")
    assert outdated.status_code == 409
    assert "熔接完成" in outdated.text
    assert (
        post(editor, f"/notices/{number}/lift", lifted_at="2026-11-23T09:50", happened="", version="1").status_code
        == 422
    )
    done = post(editor, f"/notices/{number}/lift", lifted_at="2026-11-23T09:50", happened="熔接完成", version="1")
    assert done.status_code == 303
    desk = app.extensions["desk"]
    work_off(Workshop(desk.database, desk.keys, clock, Path(desk.config["DATA_DIR"])), HANDLERS)
    calls = clerk.get(f"/notices/{number}?list=to_call").text
    assert play.number in calls
    assert "客户希望电话或当面" in calls
    assert play.number not in editor.get(f"/notices/{number}").text  # of another department (R39)
    empty = post(clerk, f"/complaints/{play.number}/notices/called", notice=number, said=" ")
    assert empty.status_code == 422
    assert "写下与客户说了什么" in empty.text
    assert post(clerk, f"/complaints/{play.number}/notices/called", notice=number, said="已告知恢复").status_code == 303
    assert play.number not in clerk.get(f"/notices/{number}?list=to_call").text
    assert "已回电告知" in clerk.get(f"/notices/{number}").text


def test_R39_the_customer_of_a_confidential_complaint_stays_veiled_on_the_notice(number, app, office, clock, sign_in):
    desk = app.extensions["desk"]
    hidden = Play(office, desk.keys, Path(desk.config["DATA_DIR"]) / "files", clock.at - timedelta(minutes=5))
    hidden.register(uploads=(), confidential=True, preferred_contact=ContactWay.SMS)
    post(sign_in(CLERK), f"/complaints/{hidden.number}/notices/link", notice=number)
    page = sign_in(MANAGER).get(f"/notices/{number}").text
    assert hidden.number in page
    assert "139****4172" not in page
    assert "139****4172" in sign_in(CLERK).get(f"/notices/{number}").text


def beside_notices(browser):
    """The count that stands in the menu beside the notices."""
    line = re.search(r'<a[^>]*href="/notices".*?</a>', browser.get("/account").text, re.DOTALL).group(0)
    count = re.search(r">\s*(\d+\+?)\s*<", line)
    return count and count.group(1)


def test_R8_the_menu_says_how_many_notices_are_in_force(sign_in):
    clerk, editor = sign_in(CLERK), sign_in(EDITOR)
    assert beside_notices(clerk) is None
    numbers = [post(editor, "/notices/new", **{**NOTICE, "submission": f"form {n}"}).location for n in range(2)]
    assert beside_notices(clerk) == "2"
    ended = {"lifted_at": "2026-11-23T10:00", "happened": "熔接完成", "version": "1"}
    assert post(editor, f"{numbers[0]}/lift", **ended).status_code == 303
    assert beside_notices(clerk) == "1"


def test_R8_areas_of_earlier_notices_are_offered_and_any_other_is_taken(sign_in):
    editor = sign_in(EDITOR)
    for n, area in enumerate(("和平路 电信大楼", "云栖路", "云栖路")):
        post(editor, "/notices/new", **{**NOTICE, "area": area, "submission": f"form {n}"})
    offered = re.search(r'<datalist id="areas">(.*?)</datalist>', editor.get("/notices/new").text).group(1)
    assert re.findall('value="([^"]+)"', offered) == ["云栖路", "和平路 电信大楼"]
    assert 'list="areas"' in editor.get("/notices/new").text
    refused = post(editor, "/notices/new", **{**NOTICE, "area": "", "submission": "new"})
    assert '<option value="云栖路">' in refused.text
