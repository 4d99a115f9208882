"""R34 over HTTP: planned, written up for many at once, ordered, coached, signed, printed, exported; nothing typed is lost."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import date

import pytest
import sqlalchemy as sa

from backoffice.models.configuration import Setting
from backoffice.models.history import AccessEvent
from backoffice.models.office import Staff
from backoffice.models.training import Attendance, Qualification, TrainingCourse, TrainingOrder, TrainingSession
from backoffice.services import training_plan
from backoffice.services.core import training_orders
from policies.vocabulary_appraisal import EffectKind
from tests.support.counting import statements
from tests.support.filled import faults, form_of, send
from tests.support.forms import SAME_ORIGIN, token
from tests.support.training import attended, newcomer, person, work_of

MANAGER, HANDLER, HEAD, STRANGER = "S024", "S013", "S012", "S005"


@pytest.fixture
def browser(sign_in):
    return sign_in(MANAGER)


def id_of(office, model, **by):
    with office.reading() as session:
        return session.scalars(sa.select(model.id).filter_by(**by)).one()


def post(browser, address, **said):
    """Posts what a button on one's own page posts."""
    return browser.post(address, data={**said, "csrf_token": token(browser, "/my-training")}, headers=SAME_ORIGIN)


def plan(browser, office, code="plan_and_compensation", people=(HANDLER, "S014"), **more):
    ids = [str(id_of(office, Staff, code=one)) for one in people]
    said = {
        "course_id": str(id_of(office, TrainingCourse, code=code)),
        "held_on": "2026-11-20",
        "hours": "4",
        "form": "classroom",
        "trainer": "外聘讲师",
        "people": ids,
    }
    return send(browser, "/training/sessions/new", **{**said, **more})


def test_R34_a_session_is_planned_and_written_up_for_everybody_on_one_page(browser, office):
    answer = plan(browser, office)
    assert answer.status_code == 303
    page = browser.get(answer.location).text
    assert "方案拟订与补偿尺度" in page
    first, second = id_of(office, Staff, code=HANDLER), id_of(office, Staff, code="S014")
    fields = form_of(page)
    assert fields[f"hours-{first}"] == ["4"]
    written = {**fields, f"score-{first}": "86.5", f"present-{first}": "y", "findings": "案例讨论充分"}
    written.pop(f"present-{second}", None)
    done = browser.post(answer.location + "/attendance", data=written, headers=SAME_ORIGIN)
    assert done.status_code == 303
    with office.reading() as session:
        found = {row.staff_id: (row.present, row.passed) for row in session.scalars(sa.select(Attendance))}
    assert found == {first: (True, True), second: (False, None)}
    assert "案例讨论充分" in browser.get(answer.location).text
    assert "外聘讲师" in browser.get("/training/sessions").text


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"held_on": "heute"}, "held_on"),
        ({"hours": "vier"}, "hours"),
        ({"hours": "1.555"}, "hours"),
        ({"hours": "999"}, "hours"),
        ({"people": []}, "people"),
        ({"course_id": "99999"}, "course_id"),
        ({"form": "telepathy"}, "form"),
    ],
)
def test_R34_a_refused_session_comes_back_as_typed(browser, office, more, field):
    answer = plan(browser, office, **more)
    assert answer.status_code == 422
    assert field in faults(answer.text)
    assert "外聘讲师" in answer.text


def test_R34_a_score_that_is_none_is_said_beside_its_field_and_the_rest_stays(browser, office):
    address = plan(browser, office).location
    first = id_of(office, Staff, code=HANDLER)
    fields = {**form_of(browser.get(address).text), f"score-{first}": "101", "findings": "写到一半"}
    answer = browser.post(address + "/attendance", data=fields, headers=SAME_ORIGIN)
    assert answer.status_code == 422
    assert f"score-{first}" in faults(answer.text)
    assert "写到一半" in answer.text
    assert 'value="101"' in answer.text


def test_R34_who_saw_an_older_list_is_told_before_it_is_overwritten(browser, office):
    address = plan(browser, office, code="monthly_meeting", people=("S005",), hours="2").location
    fields = form_of(browser.get(address).text)
    assert browser.post(address + "/attendance", data=fields, headers=SAME_ORIGIN).status_code == 303
    assert browser.post(address + "/attendance", data=fields, headers=SAME_ORIGIN).status_code == 409


def test_R34_people_are_added_and_a_session_is_called_off_with_a_reason(browser, office):
    address = plan(browser, office, held_on="2026-12-20").location
    extra = str(id_of(office, Staff, code="S016"))
    assert send(browser, address + "/people", people=[extra]).status_code == 303
    assert send(browser, address + "/cancel", reason=" ").status_code == 422
    assert send(browser, address + "/cancel", reason="讲师生病").status_code == 303
    with office.reading() as session:
        row = session.scalars(sa.select(TrainingSession)).one()
        assert (len(row.attendance), row.cancelled_at is not None) == (3, True)
    assert browser.get(address + "/cancel").status_code == 409


def test_R34_training_is_ordered_shown_on_the_plan_and_called_off(browser, office):
    people = [str(id_of(office, Staff, code=HANDLER))]
    given = {"course_id": "", "hours": "8", "due": "2026-11-30", "people": people}
    answer = send(browser, "/training/orders/new", **given)
    assert answer.location.endswith("/training?month=2026-11")
    page = browser.get("/training?month=2026-11").text
    assert "补课" in page
    order = id_of(office, TrainingOrder, hours=8)
    assert "0 / 8" in browser.get(f"/training/orders/{order}").text
    assert send(browser, f"/training/orders/{order}/cancel", reason="已调岗").status_code == 303
    assert browser.get(f"/training/orders/{order}/cancel").status_code == 409
    assert send(browser, "/training/orders/new", **{**given, "due": "2026-11-01"}).status_code == 422


def test_R34_a_head_writes_up_a_coaching_and_looks_at_it_again(sign_in, office):
    with office.writing() as session:
        staff = person(session, HANDLER)
        row = TrainingOrder(
            staff_id=staff.id, department_id=staff.department_id, kind="coaching", hours=4,
            due=date(2026, 11, 30), source="appraisal", ordered_at=work_of(session).at,
        )  # fmt: skip
        session.add(row)
        session.flush()
        order = row.id
    head = sign_in(HEAD)
    said = {"held_on": "2026-11-20", "hours": "4", "problem": "告知生硬", "aim": "先致歉", "agreed": "听两通录音",
            "review_on": "2026-12-05"}  # fmt: skip
    assert send(head, f"/training/orders/{order}/coach", **{**said, "aim": ""}).status_code == 422
    assert send(head, f"/training/orders/{order}/coach", **said).status_code == 303
    page = head.get(f"/training/orders/{order}").text
    assert "听两通录音" in page
    assert post(head, f"/training/orders/{order}/review").status_code == 303
    own = sign_in(HANDLER)
    assert "听两通录音" in own.get(f"/training/orders/{order}").text
    assert own.get(f"/training/orders/{order}/coach").status_code == 403
    assert sign_in(STRANGER).get(f"/training/orders/{order}").status_code == 403


def test_R34_everybody_reads_and_signs_the_own_file_and_nobody_elses(sign_in, office):
    with office.writing() as session:
        staff = person(session, HANDLER)
        entry = attended(session, "plan_and_compensation", date(2026, 11, 20), staff.id, score=90).attendance[0].id
    own = sign_in(HANDLER)
    assert f"/my-training/{entry}/sign" in own.get("/my-training").text
    assert post(own, f"/my-training/{entry}/sign").status_code == 303
    assert f"/my-training/{entry}/sign" not in own.get("/my-training").text
    assert own.get(f"/training/people/{HANDLER}").status_code == 200
    assert own.get("/training/people/S005").status_code == 403
    assert own.get("/training").status_code == 403
    head = sign_in(HEAD)
    assert head.get(f"/training/people/{HANDLER}").status_code == 200
    assert head.get("/training/people/S005").status_code == 403
    assert post(head, f"/my-training/{entry}/sign").status_code == 403


def test_R34_a_head_sees_the_department_and_nobody_elses(sign_in, browser, office):
    with office.writing() as session:
        training_plan.plan_turns(work_of(session, None))
    everybody, own = browser.get("/training/people").text, sign_in(HEAD).get("/training/people").text
    assert "S005" in everybody
    assert "S005" not in own
    assert HANDLER in own


def test_R34_a_post_is_recognised_and_taken_away(browser, office):
    with office.writing() as session:
        newcomer(session, "handler")
    assert "未取得" in browser.get("/training/people/N001").text
    given = {"role_code": "handler", "from_day": "2026-11-01", "reason": "证书已核验"}
    assert send(browser, "/training/people/N001/qualify", **{**given, "reason": ""}).status_code == 422
    assert send(browser, "/training/people/N001/qualify", **given).status_code == 303
    row = id_of(office, Qualification, role_code="handler")
    assert send(browser, f"/training/qualifications/{row}/withdraw", reason="伪造").status_code == 303
    assert browser.get(f"/training/qualifications/{row}/withdraw").status_code == 409


def test_R34_who_is_not_fit_is_told_on_the_way_to_registering(sign_in, office):
    with office.writing() as session:
        newcomer(session, "intake_clerk")
    clerk = sign_in("N001")
    answer = clerk.get("/intake/new")
    assert answer.status_code == 403
    assert "上岗资格" in answer.text
    assert "上岗资格" in clerk.get("/", follow_redirects=True).text  # and is told at the start what is missing


def test_R34_the_line_on_every_page_goes_when_the_demand_is_switched_off_and_comes_with_an_exam_again(sign_in, office):
    with office.writing() as session:
        newcomer(session, "intake_clerk")
        handler = person(session, HANDLER).id
    new, old = sign_in("N001"), sign_in(HANDLER)
    assert "/my-training" in told(new)
    assert told(old) == ""
    with office.writing() as session:
        training_orders.order(
            work_of(session, None), handler, EffectKind.RETEST, None, date(2026, 11, 30), "appraisal", 1
        )
    assert "/my-training" in told(old)
    with office.writing() as session:
        rules = session.get_one(Setting, "training")
        rules.value = {**rules.value, "required": False}
    assert (told(new), told(old)) == ("", "")


def told(browser) -> str:
    """The line about missing training on somebody's home page."""
    page = browser.get("/", follow_redirects=True).text
    found = re.search(r'<p class="alert alert-warning">[^<]*上岗资格.*?</p>', page, re.DOTALL)
    return found[0] if found else ""


def test_R34_the_file_is_printed_with_room_to_sign_and_logged(browser, office):
    with office.writing() as session:
        staff = person(session, HANDLER)
        attended(session, "plan_and_compensation", date(2026, 11, 20), staff.id, score=90)
    answer = post(browser, f"/training/people/{HANDLER}/file.pdf")
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    assert answer.data.startswith(b"%PDF")
    with office.reading() as session:
        event = session.scalars(sa.select(AccessEvent).order_by(AccessEvent.id.desc())).first()
        assert event.kind == "training_file_print"


def test_R34_records_leave_as_a_workbook_or_csv_with_numbers_as_text_and_are_logged(browser, office):
    with office.writing() as session:
        staff = person(session, HANDLER)
        attended(session, "plan_and_compensation", date(2026, 11, 20), staff.id, score=90)
    answer = post(browser, "/training/records.xlsx", **{"from": "2026-11-01"})
    with zipfile.ZipFile(io.BytesIO(answer.data)) as book:
        cells = book.read("xl/worksheets/sheet1.xml").decode()
    assert re.search(r'<c r="G2"[^>]*><v>4</v>', cells)
    assert re.search(r'<c r="I2"[^>]*><v>90</v>', cells)
    assert HANDLER in cells
    text = post(browser, "/training/records.csv").get_data(as_text=True)
    assert "方案拟订与补偿尺度" in text
    assert post(browser, "/training/records.csv", **{"from": "x"}).status_code == 200
    with office.reading() as session:
        kinds = session.scalars(sa.select(AccessEvent.kind).where(AccessEvent.kind == "export")).all()
        assert len(kinds) == 3


def test_R34_courses_and_the_demands_are_kept_by_who_manages_training(browser, sign_in, office):
    assert "岗前考试" in browser.get("/settings/training_courses/").text
    given = {"code": "phone_manners", "name_zh": "电话礼仪", "name_en": "On the phone", "kind": "course",
             "form": "practice", "hours": "1.5", "every": "quarter", "position": "40"}  # fmt: skip
    assert send(browser, "/settings/training_courses/new/", **{**given, "hours": "0"}).status_code == 422
    assert send(browser, "/settings/training_courses/new/", **given).status_code == 303
    course = id_of(office, TrainingCourse, code="phone_manners")
    assert send(browser, f"/settings/training_courses/edit/?id={course}", hours="2").status_code == 303
    assert send(browser, f"/settings/training_courses/retire/?id={course}", reason="并入例会").status_code == 303
    exam = id_of(office, TrainingCourse, code="entry_exam")
    refused = send(browser, f"/settings/training_courses/retire/?id={exam}", reason="x")
    assert refused.status_code in (409, 422)
    assert send(browser, "/settings/training_rules/", exam_pass="0").status_code == 422
    assert send(browser, "/settings/training_rules/", exam_pass="85", required=None).status_code == 303
    assert 'value="85"' in browser.get("/settings/training_rules/").text
    assert sign_in(HANDLER).get("/settings/training_rules/").status_code == 403


def test_R34_pages_ask_the_same_number_of_questions_however_much_there_is(browser, office, app):
    with office.writing() as session:
        training_plan.plan_turns(work_of(session, None))
    pages = ("/training", "/training?list=all&month=2026-11", "/training/people", "/training/sessions", "/my-training")
    few = {}
    for page in pages:
        with statements(app) as sent:
            assert browser.get(page).status_code == 200
        few[page] = len(sent)
    with office.writing() as session:
        ids = session.scalars(sa.select(Staff.id)).all()
        for day in (18, 19, 20):
            attended(session, "privacy_refresh", date(2026, 11, day), *ids)
        training_plan.plan_turns(work_of(session, None))
    for page in pages:
        with statements(app) as sent:
            assert browser.get(page).status_code == 200
        assert len(sent) <= few[page] + 4, page


@pytest.mark.parametrize(
    "address",
    [
        "/training?month=2026-13", "/training?month=x&list=y&page=0", "/training?page=99999999999999999999",
        "/training/sessions?page=-1", "/training/people?page=x", "/training/sessions/new?course=x&person=x",
        "/training/orders/new?course=99999&person=x",
    ],
)  # fmt: skip
def test_R34_no_odd_address_breaks_a_page(browser, address):
    assert browser.get(address).status_code == 200


@pytest.mark.parametrize("address", ["/training/sessions/9", "/training/orders/9", "/training/people/none"])
def test_R34_what_is_not_there_is_not_there(browser, address):
    assert browser.get(address).status_code == 404
