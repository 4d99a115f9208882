"""R12, R13, R40: one act on many complaints; each is asked by itself and says what came of it."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from pypdf import PdfReader

from backoffice.jobs import many as doing
from backoffice.jobs.running import Workshop, work_off
from backoffice.models.complaint import Complaint
from backoffice.models.history import AccessEvent, Event
from backoffice.models.many import ManyRun
from policies.vocabulary import ContactWay
from tests.support.forms import SAME_ORIGIN, token
from tests.views.test_drafts import keep, opened
from tests.views.test_lists import Day
from views import language

BEFORE = "这张表单先前已经办理成功，没有重复办理。"


@pytest.fixture
def day(app, office, clock) -> Day:
    return Day(app, office, clock)


def ticks(browser, code: str) -> list[str]:
    text = browser.get(f"/complaints?list={code}&sort=received").text
    return re.findall(r'name="item" value="([^"]+)"', text)


def send(browser, address: str, **data):
    return browser.post(address, data={"csrf_token": token(browser, "/account"), **data}, headers=SAME_ORIGIN)


def carried_out(browser, action: str, items: list[str], **values):
    """The form of an act for these, filled in and sent."""
    page = send(browser, "/complaints/many", action=action, item=items)
    assert page.status_code == 200, page.text
    submission = re.search(r'name="submission"[^>]*value="([^"]+)"', page.text)[1]
    return send(browser, "/complaints/many/do", action=action, item=items, submission=submission, **values)


def outcomes(text: str) -> dict[str, str]:
    """What came of each, by its number, from the page of the result."""
    rows = re.findall(r'class="no" href="/complaints/(TS[\d-]+)".*?</tr>', text, re.DOTALL)
    found = {}
    for number in rows:
        row = re.search(rf'href="/complaints/{number}".*?</tr>', text, re.DOTALL)[0]
        found[number] = "done" if "已办" in row else re.sub(r"<[^>]+>|\s", "", row.split("未办")[1])
    return found


def acts_of(office, number: str, action: str) -> int:
    with office.reading() as session:
        rows = sa.select(sa.func.count()).select_from(Event).join(Complaint, Complaint.id == Event.complaint_id)
        return session.scalar(rows.where(Complaint.number == number, Event.action == action))


def test_R5_many_are_acknowledged_by_one_form_each_with_an_event_of_its_own(day, sign_in, office):
    numbers = []
    for _n in range(3):
        numbers.append(day.play().number)
        day.begin += timedelta(minutes=3)
    browser = sign_in("S005")
    answer = carried_out(browser, "acknowledge", ticks(browser, "to_acknowledge"), way="phone")
    assert answer.status_code == 303
    assert outcomes(browser.get(answer.location).text) == dict.fromkeys(numbers, "done")
    assert [acts_of(office, number, "acknowledge") for number in numbers] == [1, 1, 1]


def test_R40_what_was_changed_meanwhile_is_refused_and_holds_no_other_up_and_is_to_be_looked_at_first(
    day, sign_in, office
):
    first, second = day.play(), day.play()
    browser = sign_in("S005")
    seen = ticks(browser, "to_acknowledge")
    first.act("S005", "start_check")
    day.clock.at = first.at
    browser = sign_in("S005")
    page = browser.get(carried_out(browser, "acknowledge", seen, way="phone").location).text
    found = outcomes(page)
    assert found[second.number] == "done"
    assert "已被他人更新" in found[first.number]
    assert 'name="item"' not in page
    assert f'href="/complaints/{first.number}"' in page


def test_R13_what_was_refused_can_be_ticked_again(day, sign_in):
    one, other = day.at("at_network"), day.play()
    head = sign_in("S005")
    items = [*ticks(head, "watch"), *ticks(head, "to_acknowledge")]
    page = head.get(carried_out(head, "urge", items).location).text
    assert outcomes(page)[one.number] == "done"
    again = re.findall(r'name="item" value="([^"]+)"', page)
    assert [number.partition(":")[0] for number in again] == [other.number]
    page = head.get(carried_out(head, "acknowledge", again, way="phone").location).text
    assert outcomes(page) == {other.number: "done"}


ELEMENTS = {
    "element-customer_number": "KD13900004172", "element-pre_check_result": "近 7 日离线 41 次",
    "element-speed_test": "3.1 Mbps", "element-device_model": "HG-6145F", "element-available_time": "晚上",
}  # fmt: skip


def ordered(day, browser, office, *plays) -> str:
    """The address of what came of one order form for these, which lacks what each of them must carry."""
    with office.reading() as session:
        seen = {row.number: row.revision for row in session.scalars(sa.select(Complaint))}
    ahead = [f"{(day.clock.at + timedelta(days=days, hours=8)):%Y-%m-%d %H:%M}" for days in (4, 5)]
    return carried_out(
        browser, "send_order", [f"{play.number}:{seen[play.number]}" for play in plays],
        department=str(plays[0].department("technical_support")), requirements="查清掉线原因",
        handover_reason="需上门测试", deadline=ahead[0], promised_time=ahead[1],
    ).location  # fmt: skip


def fields_of(text: str) -> dict[str, str]:
    """What a form holds as it is shown: its lines, words and choices."""
    form = text[text.index("data-begin") :]
    found = dict(re.findall(r'<input(?![^>]*checkbox)[^>]*? name="([^"]+)"[^>]*? value="([^"]*)"', form))
    found |= {name: words.strip() for name, words in re.findall(r'<textarea[^>]*? name="([^"]+)"[^>]*>([^<]*)<', form)}
    for name, options in re.findall(r'<select[^>]*? name="([^"]+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'<option selected value="([^"]*)"', options)
        found[name] = chosen[1] if chosen else ""
    return found


def test_R10_orders_that_lack_elements_are_filled_in_one_by_one_with_what_was_typed_for_all(day, sign_in, office):
    first, second, early = day.at("accepted"), day.at("accepted"), day.play()
    day.clock.at = max(one.at for one in (first, second, early)) + timedelta(hours=1)
    browser = sign_in("S008")
    result = ordered(day, browser, office, first, second, early)
    page = browser.get(result).text
    assert "逐件补齐（2）" in page
    assert page.count("派单要件不全：业务号码、预处理结果、测速结果、终端型号、可上门时间。请先补齐。") == 3
    links = [
        link.replace("&amp;", "&") for link in re.findall(r'href="(/complaints/TS[\d-]+/send_order\?many=\d+)"', page)
    ]
    assert [re.search(r"TS[\d-]+", link)[0] for link in links] == [first.number, first.number, second.number]
    text = browser.get(links[0]).text
    held = fields_of(text)
    assert (held["requirements"], held["handover_reason"]) == ("查清掉线原因", "需上门测试")
    assert held["department"] == str(first.department("technical_support"))
    assert "待补齐 2 件" in text
    for name in ELEMENTS:
        assert f'<a href="#{name}">' in text
    lacking = send(browser, links[0], **held)
    assert (lacking.status_code, fields_of(lacking.text)["requirements"]) == (422, "查清掉线原因")
    answer = send(browser, links[0], **{**held, **ELEMENTS})
    assert answer.location == links[2]
    text = browser.get(answer.location).text
    assert f"{first.number} 已办" in text
    assert "待补齐 1 件" in text
    answer = send(browser, answer.location, **{**fields_of(text), **ELEMENTS})
    assert answer.location == result
    page = browser.get(result).text
    assert "需补齐的都已办完" in page
    assert "办成 2 件" in page
    found = outcomes(page)
    assert (found[first.number], found[second.number]) == ("done", "done")
    assert found[early.number] != "done"
    assert [acts_of(office, one.number, "send_order") for one in (first, second, early)] == [1, 1, 0]


def test_R40_what_was_filled_in_and_comes_again_leads_to_the_result(day, sign_in, office):
    one = day.at("accepted")
    day.clock.at = one.at + timedelta(hours=1)
    browser = sign_in("S008")
    result = ordered(day, browser, office, one)
    form = f"/complaints/{one.number}/send_order?many={result.rpartition('/')[2]}"
    held = fields_of(browser.get(form).text) | ELEMENTS
    assert send(browser, form, **held).location == result
    assert send(browser, form, **held).location == result
    assert acts_of(office, one.number, "send_order") == 1


def sends(browser, day, play) -> None:
    """The order of one of them is sent on its own form."""
    form = f"/complaints/{play.number}/send_order"
    ahead = [f"{(day.clock.at + timedelta(days=days)):%Y-%m-%d %H:%M}" for days in (4, 5)]
    typed = {
        **fields_of(browser.get(form).text), "department": str(play.department("technical_support")),
        "requirements": "另行查清", "handover_reason": "需上门", "deadline": ahead[0], "promised_time": ahead[1],
    }  # fmt: skip
    answer = send(browser, form, **{**typed, **ELEMENTS})
    assert answer.status_code == 302, answer.text


def test_R40_what_was_filled_in_elsewhere_waits_no_more_and_holds_nobody_up(day, sign_in, office):
    first, second, third = (day.at("accepted") for _n in range(3))
    day.clock.at = max(one.at for one in (first, second, third)) + timedelta(hours=1)
    browser = sign_in("S008")
    result = ordered(day, browser, office, first, second, third)
    run = result.rpartition("/")[2]
    opened_before = browser.get(f"/complaints/{first.number}/send_order?many={run}")
    day.clock.at += timedelta(minutes=5)
    browser = sign_in("S008")
    sends(browser, day, first)
    page = browser.get(result).text
    assert "逐件补齐（2）" in page
    assert f"/complaints/{first.number}/send_order" not in page
    answer = browser.get(f"/complaints/{first.number}/send_order?many={run}")
    assert answer.status_code == 303
    assert answer.location == f"/complaints/{second.number}/send_order?many={run}"
    text = browser.get(answer.location).text
    assert f"{first.number} 已不能补齐" in text
    assert "待补齐 2 件" in text
    typed = {name: said for name, said in fields_of(opened_before.text).items() if name != "csrf_token"} | ELEMENTS
    late = send(browser, f"/complaints/{first.number}/send_order?many={run}", **typed)
    assert late.status_code == 409
    assert f'href="{result}"' in late.text
    sends(browser, day, third)
    assert browser.get(f"/complaints/{third.number}/send_order?many={run}").location == result
    answer = send(browser, f"/complaints/{second.number}/send_order?many={run}", **{**fields_of(text), **ELEMENTS})
    assert answer.location == result
    page = browser.get(result).text
    assert "需补齐的都已办完" in page
    assert "逐件补齐" not in page


def test_R40_a_complaint_that_was_only_added_to_still_waits(day, sign_in, office):
    one = day.at("accepted")
    day.clock.at = one.at = one.at + timedelta(hours=1)
    browser = sign_in("S008")
    result = ordered(day, browser, office, one)
    one.act("S005", "tell_progress", way=ContactWay.PHONE, text="客户来电催问")
    assert "逐件补齐（1）" in browser.get(result).text
    text = browser.get(f"/complaints/{one.number}/send_order?many={result.rpartition('/')[2]}").text
    assert "待补齐 1 件" in text
    assert fields_of(text)["requirements"] == "查清掉线原因"


def test_R40_the_draft_of_a_form_that_is_filled_in_is_that_of_the_form_itself(day, sign_in, office):
    one = day.at("accepted")
    day.clock.at = one.at + timedelta(hours=1)
    browser = sign_in("S008")
    run = ordered(day, browser, office, one).rpartition("/")[2]
    plain = f"/complaints/{one.number}/send_order"
    draft = opened(browser, f"{plain}?many={run}")
    assert keep(browser, draft, [("requirements", "先查线路", "要求")]).status_code == 200
    assert "data-draft-restore" in browser.get(plain).text


def test_R39_what_was_typed_for_all_fills_nobody_elses_form(day, sign_in, office):
    one, other = day.at("accepted"), day.at("accepted")
    day.clock.at = max(one.at, other.at) + timedelta(hours=1)
    run = ordered(day, sign_in("S008"), office, one).rpartition("/")[2]
    form = f"/complaints/{one.number}/send_order?many="
    for code, address in (
        ("S009", form + run), ("S008", form + "99"), ("S008", form + "x"), ("S008", form + "9" * 30),
        ("S008", f"/complaints/{other.number}/send_order?many={run}"),
    ):  # fmt: skip
        answer = sign_in(code).get(address)
        assert answer.status_code == 200
        assert "查清掉线原因" not in answer.text
        assert "待补齐" not in answer.text


def test_R40_a_form_that_is_open_no_more_says_why_and_keeps_what_was_typed(day, sign_in, office):
    one = day.play()
    browser = sign_in("S005")
    seen = ticks(browser, "to_acknowledge")
    one.act("S005", "acknowledge", way=ContactWay.PHONE)
    day.clock.at = one.at
    answer = carried_out_with(sign_in("S005"), "acknowledge", seen, "late", way="phone", text="明早回电")
    assert answer.status_code == 409
    assert "没有办理" in answer.text
    assert "明早回电" in answer.text
    assert acts_of(office, one.number, "acknowledge") == 1
    with office.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(ManyRun)) == 0


def test_R40_a_form_that_was_carried_out_is_known_though_its_act_is_open_no_more(day, sign_in, office):
    one = day.play()
    browser = sign_in("S005")
    seen = ticks(browser, "to_acknowledge")
    first = carried_out_with(browser, "acknowledge", seen, "known", way="phone")
    again = carried_out_with(browser, "acknowledge", seen, "known", way="phone")
    assert (again.status_code, again.location) == (303, first.location)
    assert BEFORE in browser.get(again.location).text
    assert acts_of(office, one.number, "acknowledge") == 1


def test_R13_whoever_has_two_unfinished_orders_gets_the_form_back_with_all_that_was_chosen(day, sign_in):
    day.at("at_network")
    browser = sign_in("S003")
    items = ticks(browser, "all")
    for form in ("one", "two"):
        assert carried_out_with(browser, "print_dossier", items, form).status_code == 303
    answer = carried_out_with(browser, "print_dossier", items, "three")
    assert answer.status_code == 409
    assert "2 个批量办理尚未完成" in answer.text
    assert re.findall(r'name="item" value="([^"]+)"', answer.text) == items


def test_R39_nobody_does_to_many_what_they_could_not_do_to_one(day, sign_in, office):
    mine, registered = day.at("at_network"), day.at("registered")
    with office.reading() as session:
        seen = {row.number: row.revision for row in session.scalars(sa.select(Complaint))}
    items = [
        f"{mine.number}:{seen[mine.number]}",
        f"{registered.number}:{seen[registered.number]}",
        "TS20991231-0001:0",
    ]
    head = sign_in("S012")  # the head of network, to which only the first was sent
    page = head.get(carried_out(head, "appoint", items, owner=str(mine.staff("S013"))).location).text
    found = outcomes(page)
    assert found[mine.number] == "done"
    assert found[registered.number] == found["TS20991231-0001"] != "done"  # foreign is as if it were not there
    assert acts_of(office, registered.number, "appoint") == 0
    refused = send(sign_in("S016"), "/complaints/many", action="appoint", item=items)
    assert refused.status_code == 403


def test_R40_the_same_form_sent_twice_is_done_once(day, sign_in, office):
    one = day.at("at_network")
    browser = sign_in("S005")
    items = ticks(browser, "watch")
    first = carried_out_with(browser, "urge", items, "the-same-form")
    again = carried_out_with(browser, "urge", items, "the-same-form")
    assert first.location == again.location
    assert acts_of(office, one.number, "urge") == 1
    with office.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(ManyRun)) == 1


def carried_out_with(browser, action: str, items: list[str], submission: str, **values):
    return send(browser, "/complaints/many/do", action=action, item=items, submission=submission, **values)


def test_R39_what_came_of_it_is_shown_to_whoever_asked_alone(day, sign_in):
    day.at("at_network")
    browser = sign_in("S005")
    location = carried_out(browser, "urge", ticks(browser, "watch")).location
    assert sign_in("S005").get(location).status_code == 200
    assert sign_in("S004").get(location).status_code == 404


@pytest.mark.parametrize(
    ("data", "status"),
    [
        ({"action": "urge"}, 422),
        ({"action": "gone", "item": ["TS1:0"]}, 422),
        ({"item": ["TS1:0"]}, 422),
        ({"action": "urge", "item": [f"TS{n}:0" for n in range(201)]}, 422),
        ({"action": "appoint", "item": ["TS1:0"]}, 403),
        ({"action": "urge", "item": ["TS1:0", "🙈:1", "x" * 500]}, 200),
        ({"action": "urge", "all": "1", "list": "gone"}, 422),
    ],
)
def test_R39_what_cannot_be_begun_says_why(day, sign_in, data, status):
    answer = send(sign_in("S005"), "/complaints/many", **data)
    assert answer.status_code == status
    assert "alert" in answer.text


def shop_of(app, clock) -> Workshop:
    desk = app.extensions["desk"]
    return Workshop(desk.database, desk.keys, clock, Path(desk.config["DATA_DIR"]), language.say)


def test_R13_more_than_a_page_are_done_in_the_background_with_progress(day, sign_in, app, clock, office):
    for _n in range(21):
        day.play()
    browser = sign_in("S005")
    page = send(browser, "/complaints/many", action="acknowledge", all="1", list="to_acknowledge", sort="received")
    items = re.findall(r'name="item" value="([^"]+)"', page.text)
    assert len(items) == 21
    assert "后台" in page.text
    location = carried_out(browser, "acknowledge", items, way="phone").location
    going_on = browser.get(location).text
    assert "已处理 0 / 21" in going_on
    assert "watching.js" in going_on
    assert '<noscript><meta http-equiv="refresh" content="5"></noscript>' in going_on
    assert 'name="item"' not in going_on
    assert work_off(shop_of(app, clock), {doing.KIND: doing.go_through}).done == 1
    text = browser.get(location).text
    assert "办成 21 件" in text
    assert "watching.js" not in text
    assert "http-equiv" not in text
    assert set(outcomes(text).values()) == {"done"}


def test_R22_R39_dossiers_of_many_are_one_zip_each_copy_logged_and_the_rest_told_why(day, sign_in, app, clock, office):
    own, foreign = day.at("at_network"), day.at("registered")
    head = sign_in("S012")
    answer = carried_out(head, "print_dossier", [f"{own.number}:0", f"{foreign.number}:0"])
    assert work_off(shop_of(app, clock), {doing.KIND: doing.go_through}).done == 1
    page = head.get(answer.location).text
    assert outcomes(page)[own.number] == "done"
    assert outcomes(page)[foreign.number] != "done"
    fetched = send(head, f"{answer.location}/dossiers")
    with zipfile.ZipFile(io.BytesIO(fetched.data)) as archive:
        assert archive.namelist() == [f"{own.number}.pdf"]
        assert archive.read(archive.namelist()[0]).startswith(b"%PDF")
    whole = send(head, f"{answer.location}/dossiers", form="pdf")
    assert whole.mimetype == "application/pdf"
    assert whole.headers["Content-Disposition"].endswith('.pdf"')
    assert [str(one.title) for one in PdfReader(io.BytesIO(whole.data)).outline if not isinstance(one, list)] == [
        own.number
    ]
    papers = Path(app.extensions["desk"].config["DATA_DIR"]) / "appraisal_papers"
    assert not any(b"%PDF" in file.read_bytes() for file in papers.rglob("*") if file.is_file())
    with office.reading() as session:
        kinds = list(session.scalars(sa.select(AccessEvent.kind).order_by(AccessEvent.sequence)))
    assert kinds == ["dossier_print", "dossiers_take", "dossiers_take"]
    clock.at += timedelta(days=8)
    doing.clear(shop_of(app, clock), None)
    assert not any(file.is_file() for file in papers.rglob("*"))
    assert send(sign_in("S012"), f"{answer.location}/dossiers").status_code == 404


def test_R39_a_copy_is_not_fetched_that_could_not_be_printed_so_any_more(day, sign_in, app, clock, office):
    kept, hidden = day.at("at_network"), day.at("disputed")
    items = [f"{kept.number}:0", f"{hidden.number}:0"]

    def print_them():
        location = carried_out(sign_in("S012"), "print_dossier", items).location
        assert work_off(shop_of(app, clock), {doing.KIND: doing.go_through}).done == 1
        return location

    def fetched(location):
        head = sign_in("S012")
        answer = send(head, f"{location}/dossiers")
        with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
            return set(archive.namelist()), head.get(location).text

    both = {f"{kept.number}.pdf", f"{hidden.number}.pdf"}
    first = print_them()
    names, text = fetched(first)
    assert names == both
    assert "未放入文件" not in text
    with office.writing() as session:
        changed = sa.update(Complaint).where(Complaint.number == hidden.number)
        session.execute(changed.values(confidential=True))
    names, text = fetched(first)
    assert names == {f"{kept.number}.pdf"}
    assert f"未放入文件：{hidden.number}" in text
    whole = PdfReader(io.BytesIO(send(sign_in("S012"), f"{first}/dossiers", form="pdf").data))
    assert [str(one.title) for one in whole.outline if not isinstance(one, list)] == [kept.number]
    assert not any(hidden.number in sheet.extract_text() for sheet in whole.pages)
    with office.reading() as session:
        facts = session.scalars(sa.select(AccessEvent).order_by(AccessEvent.sequence.desc())).first()
    assert hidden.number in str(facts.body)
    assert fetched(print_them())[0] == both  # printed anew with nothing of the customer
