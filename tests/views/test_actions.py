"""The forms of actions: the right person's work, the wrong person's is refused, nothing typed is lost (R11, R14, R22)."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from backoffice.models.complaint import Complaint
from backoffice.models.handling import Attachment, Communication, Measure
from backoffice.models.history import Event
from backoffice.models.office import Department
from tests.support.forms import SAME_ORIGIN, token
from tests.support.played import Play

SHANGHAI = ZoneInfo("Asia/Shanghai")
ELEMENTS = {"element-customer_number": "KD1", "element-pre_check_result": "离线", "element-speed_test": "3.1",
            "element-device_model": "HG", "element-available_time": "18:00 后"}  # fmt: skip


class Case:
    """A complaint that is acted on by the forms of its page, each by a browser of its own."""

    def __init__(self, app, office, clock, sign_in) -> None:
        desk = app.extensions["desk"]
        self.play = Play(office, desk.keys, Path(desk.config["DATA_DIR"]) / "files")
        self.clock, self.sign_in = clock, sign_in

    @property
    def number(self) -> str:
        return self.play.number

    def played(self, *steps: str) -> Case:
        """As far as these scenes of a complaint's life lead."""
        for step in steps:
            getattr(self.play, step)()
        self.clock.at = self.play.at
        return self

    def soon(self, days: int = 3) -> str:
        return (self.clock.at + timedelta(days=days)).astimezone(SHANGHAI).strftime("%Y-%m-%dT%H:%M")

    def form(self, code: str, action: str):
        return self.sign_in(code).get(f"/complaints/{self.number}/{action}")

    def does(self, code: str, action: str, **values):
        self.clock.at += timedelta(minutes=40)
        self.play.at = self.clock.at
        browser = self.sign_in(code)
        page = browser.get(f"/complaints/{self.number}/{action}")
        revision = re.search(r'name="revision"[^>]*value="(\d+)"', page.text)
        data = {"csrf_token": token(browser, "/account"), "revision": revision[1] if revision else "", **values}
        return browser.post(f"/complaints/{self.number}/{action}", data=data, headers=SAME_ORIGIN)

    def row(self) -> Complaint:
        with self.play.database.reading() as session:
            return session.get(Complaint, self.play.complaint_id)

    def count(self, model) -> int:
        with self.play.database.reading() as session:
            return session.scalar(sa.select(sa.func.count()).select_from(model))


@pytest.fixture
def case(app, office, clock, sign_in) -> Case:
    return Case(app, office, clock, sign_in)


def facts(case):
    return {
        "facts": "属实", "root_cause": "拥塞", "cause_code": "network_capacity", "fault": "our_fault",
        "responsible_party": "技术支撑部",
    }  # fmt: skip


def plan(case):
    return {
        "root_cause": "拥塞", "measure_0_text": "分流", "measure_0_amount": "178.00", "measure_0_kind": "repair",
        "measure_1_text": "复测", "owner": str(case.play.staff("S016")), "expected_completion": case.soon(),
        "alternatives": "提速", "compensation_amount": "178.00", "improvements": "同批验收",
    }  # fmt: skip


def order(case):
    return {"department": str(case.play.department("technical_support")), "requirements": "查清", "deadline": case.soon(),
            "handover_reason": "需测试", "promised_time": case.soon(4), **ELEMENTS}  # fmt: skip


def answered(case):
    case.played("register", "dispatch")
    case.play.act("S016", "respond_first", way="phone", text="约定上门")
    case.play.act("S016", "record_evidence", evidence_type="system_record", text="97%")
    case.clock.at = case.play.at


def checked(case):
    case.played("register")
    case.play.act("S005", "start_check")


def accepted(case):
    checked(case)
    case.play.act("S005", "accept")


def sent(case):
    accepted(case)
    assert case.does("S008", "send_order", **order(case)).status_code == 302


def planned(case):
    answered(case)
    assert case.does("S016", "submit_facts", **facts(case)).status_code == 302


def proposed(case):
    planned(case)
    assert case.does("S016", "submit_plan", **plan(case)).status_code == 302


def told(case):
    case.played("register", "dispatch", "handle")


# action, how far the complaint has come, what is typed, whose it is, whose it is not with the answer, where it leads
TABLE = [
    ("acknowledge", lambda c: c.played("register"), lambda c: {"way": "phone", "text": "已告知"}, "S005", [("S006", 404), ("S003", 302), ("S011", 403)], "registered"),
    ("start_check", lambda c: c.played("register"), lambda c: {}, "S005", [("S016", 404), ("S029", 403), ("S001", 403)], "checking"),
    ("accept", checked, lambda c: {}, "S005", [("S006", 404), ("S011", 403)], "accepted"),
    ("refer_out", checked, lambda c: {"check_reason": "属房东"}, "S005", [("S022", 403)], "checking"),
    ("withdraw", checked, lambda c: {"closing_reason_text": "客户撤回"}, "S005", [("S022", 403), ("S013", 404)], "closed"),
    ("regrade", checked, lambda c: {"severity": "important", "regrade_reason": "十户以上", "confirmed": "1"}, "S008", [("S005", 403)], "checking"),
    ("send_order", accepted, order, "S008", [("S005", 403), ("S012", 404), ("S022", 403)], "dispatched"),
    ("appoint", sent, lambda c: {"owner": str(c.play.staff("S016"))}, "S015", [("S012", 404), ("S008", 403), ("S016", 404)], "investigating"),
    ("transfer", sent, lambda c: {"department": str(c.play.department("network")), "handover_reason": "网络侧"}, "S015", [("S012", 404), ("S008", 403)], "dispatched"),
    ("raise_dispute", sent, lambda c: {"handover_reason": "非本部门"}, "S015", [("S012", 404), ("S008", 403)], "dispatched"),
    ("note_progress", answered, lambda c: {"text": "已到现场"}, "S016", [("S005", 403), ("S013", 404)], "investigating"),
    ("urge", answered, lambda c: {}, "S005", [("S016", 403), ("S029", 403)], "investigating"),
    ("submit_facts", answered, facts, "S016", [("S013", 404), ("S005", 403), ("S008", 403)], "planning"),
    ("submit_plan", planned, plan, "S016", [("S013", 404), ("S005", 403)], "awaiting_approval"),
    ("approve", proposed, lambda c: {"approval_opinion_text": "同意"}, "S015", [("S016", 403), ("S012", 404), ("S008", 403)], "executing"),
    ("return_plan", proposed, lambda c: {"approval_opinion_text": "再议"}, "S015", [("S016", 403), ("S005", 403)], "planning"),
    ("confirm_satisfied", told, lambda c: {"callback_method": "phone", "resolved_flag": "yes", "satisfaction": "5"}, "S011", [("S016", 403), ("S005", 403), ("S008", 403)], "closed"),
    ("report_unsatisfied", told, lambda c: {"callback_method": "phone", "resolved_flag": "no", "satisfaction": "1", "dissatisfaction_reason": "没好", "new_demand": "修好"}, "S011", [("S016", 403)], "rework"),
    ("assign_callback", told, lambda c: {"caller_back": str(c.play.staff("S010"))}, "S011", [("S016", 403)], "awaiting_callback"),
    ("record_attempt", told, lambda c: {"callback_method": "phone"}, "S011", [("S016", 403)], "awaiting_callback"),
    ("record_evidence", answered, lambda c: {"evidence_type": "photo", "text": "照片"}, "S016", [("S029", 403), ("S013", 404)], "investigating"),
    ("attach", answered, lambda c: {"file": (io.BytesIO("来信".encode()), "letter.txt")}, "S016", [("S029", 403)], "investigating"),
]  # fmt: skip


@pytest.mark.parametrize(("action", "come", "typed", "right", "wrong", "status"), TABLE, ids=[row[0] for row in TABLE])
def test_R14_the_form_works_for_whose_it_is_and_is_refused_to_others(case, action, come, typed, right, wrong, status):
    come(case)
    for code, expected in wrong:
        if expected in (403, 404):
            before = case.row().revision
            assert case.form(code, action).status_code == expected, code
            assert case.does(code, action, **typed(case)).status_code == expected, code
            assert case.row().revision == before, code
    page = case.form(right, action)
    assert page.status_code == 200
    assert 'id="problems"' not in page.text
    answer = case.does(right, action, **typed(case))
    assert answer.status_code == 302, answer.text[answer.text.find("problems") :][:500]
    assert answer.location == f"/complaints/{case.number}"
    assert case.row().status == status


def test_R11_a_decision_that_names_the_desk_is_refused_beside_its_field_and_the_reason_stays(case):
    sent(case)
    with case.play.database.writing() as session:  # an office may let its desk take orders of its own
        session.execute(sa.update(Department).where(Department.code == "dispatch_desk").values(receives_orders=True))
    assert case.does("S015", "raise_dispute", handover_reason="非本部门").status_code == 302
    assert case.does("S015", "record_evidence", evidence_type="department_opinion", text="属网络侧").status_code == 302
    desk = str(case.play.department("dispatch_desk"))
    answer = case.does("S003", "decide_dispute", department=desk, decision_reason="写了很久的理由")
    assert answer.status_code == 409
    assert 'id="department-error"' in answer.text
    assert "工单不得退回派单台" in answer.text
    assert "写了很久的理由" in answer.text
    network = str(case.play.department("network"))
    assert case.does("S003", "decide_dispute", department=network, decision_reason="端口归网络部").status_code == 302
    assert case.row().step == "appoint"


def test_R40_a_form_that_was_open_while_another_changed_the_complaint_is_told_so_and_loses_nothing(case):
    answered(case)
    browser = case.sign_in("S016")
    address = f"/complaints/{case.number}/submit_facts"
    revision = re.search(r'name="revision"[^>]*value="(\d+)"', browser.get(address).text)[1]
    case.play.act("S008", "regrade", severity="important", regrade_reason="十户以上")
    case.clock.at = case.play.at
    browser = case.sign_in("S016")  # forty minutes later the session has run out
    data = {"csrf_token": token(browser, "/account"), "revision": revision, **facts(case), "facts": "写了很久的事实"}
    answer = browser.post(address, data=data, headers=SAME_ORIGIN)
    assert answer.status_code == 409
    assert "写了很久的事实" in answer.text
    assert case.row().status == "investigating"
    again = re.search(r'name="revision"[^>]*value="(\d+)"', answer.text)[1]
    assert int(again) > int(revision)
    after = browser.post(address, data={**data, "revision": again}, headers=SAME_ORIGIN)
    assert after.status_code == 422  # up to date now; the process of important complaints asks for more


@pytest.mark.parametrize("revision", ["", "x", "-1", "\u0663", "9" * 30])
def test_R40_a_form_that_does_not_say_what_it_saw_changes_nothing_and_loses_nothing(case, revision):
    answered(case)
    answer = case.does("S016", "communicate", way="phone", text="写了很久的话", revision=revision)
    assert answer.status_code == 409
    assert "写了很久的话" in answer.text
    assert f'value="{case.row().revision}"' in answer.text
    before = case.row().revision
    browser = case.sign_in("S005")
    told = {"csrf_token": token(browser, "/account")}
    assert browser.post(f"/complaints/{case.number}/urge", data=told, headers=SAME_ORIGIN).status_code == 409
    assert case.row().revision == before


def test_R22_an_archived_complaint_refuses_every_action_but_additions(case):
    told(case)
    case.play.close()
    case.clock.at = case.play.at
    before = case.count(Event)
    for action, *_ in TABLE:
        for code in ("S003", "S016", "S008", "S011", "S005"):
            assert case.form(code, action).status_code in (403, 409), (action, code)
            assert case.does(code, action, text="x", way="phone").status_code in (403, 409), (action, code)
    assert case.count(Event) == before
    assert case.does("S028", "add_supplement", title="客户来信", text="致谢").status_code == 302
    assert case.row().status == "archived"


def test_R14_what_is_missing_is_said_beside_each_field_and_the_rest_is_kept(case):
    planned(case)
    answer = case.does("S016", "submit_plan", **{**plan(case), "alternatives": "", "improvements": ""})
    assert answer.status_code == 422
    assert 'id="alternatives-error"' in answer.text
    assert 'id="improvements-error"' in answer.text
    assert 'value="分流"' in answer.text
    assert 'value="复测"' in answer.text
    assert 'value="178.00"' in answer.text
    assert re.search(r'<option selected value="repair"', answer.text)
    assert case.row().status == "planning"


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [("compensation_amount", "much", "50.00"), ("compensation_amount", "-5", "50.00"), ("measure_0_amount", "1e9", "50.00"),
     ("expected_completion", "soon", "2026-09-24 18:00"), ("alternatives", "字" * 4001, "4000"), ("owner", "999999", "主办人"),
     ("owner", "' OR 1=1", "主办人")],
)  # fmt: skip
def test_R14_what_cannot_be_read_is_said_and_changes_nothing(case, field, value, said):
    planned(case)
    answer = case.does("S016", "submit_plan", **{**plan(case), field: value})
    assert answer.status_code == 422
    assert said in answer.text[answer.text.index('id="problems"') :]
    assert case.row().status == "planning"
    assert case.count(Measure) == 0


def test_R18_a_code_that_is_in_no_list_is_as_good_as_none(case):
    answered(case)
    refused = case.does("S016", "submit_facts", **{**facts(case), "cause_code": "bad_luck"})
    assert refused.status_code == 422
    assert 'id="cause_code-error"' in refused.text
    assert case.does("S016", "record_evidence", evidence_type="rumour", text="听说").status_code == 422
    assert case.row().status == "investigating"


def test_R10_the_order_form_knows_its_elements_and_says_which_are_missing(case):
    accepted(case)
    page = case.form("S008", "send_order").text
    assert set(re.findall(r'id="element-(\w+?)"', page)) >= {
        "customer_number",
        "pre_check_result",
        "speed_test",
        "device_model",
    }
    lacking = {name: text for name, text in order(case).items() if name != "element-speed_test"}
    answer = case.does("S008", "send_order", **lacking)
    assert answer.status_code == 422
    assert answer.text.count('class="error"') >= 1
    assert 'value="KD1"' in answer.text
    unknown = {**lacking, "element-speed_test-unknown": "1"}
    assert case.does("S008", "send_order", **unknown).status_code == 422  # a reason goes with it
    assert case.does("S008", "send_order", **unknown, **{"element-speed_test-reason": "客户不在家"}).status_code == 302


def test_R40_an_order_that_came_too_late_shows_the_elements_that_were_typed(case):
    accepted(case)
    browser = case.sign_in("S008")
    page = browser.get(f"/complaints/{case.number}/send_order").text
    revision = re.search(r'name="revision"[^>]*value="(\d+)"', page)[1]
    assert case.does("S008", "send_order", **order(case)).status_code == 302
    browser = case.sign_in("S008")
    typed = {**order(case), "element-pre_check_result": "近 7 日离线 41 次", "element-speed_test": "",
             "element-speed_test-unknown": "1", "element-speed_test-reason": "客户不在家"}  # fmt: skip
    data = {"csrf_token": token(browser, "/account"), "revision": revision, **typed}
    late = browser.post(f"/complaints/{case.number}/send_order", data=data, headers=SAME_ORIGIN)
    assert late.status_code == 409
    shown = dict(re.findall(r"<dt>([^<]*)</dt><dd[^>]*>([^<]*)</dd>", late.text[late.text.index('id="typed"') :]))
    assert shown["预处理结果"] == "近 7 日离线 41 次"
    assert shown["测速结果：不知道的原因"] == "客户不在家"
    assert "查清" in shown.values()


def test_R12_only_people_of_the_department_that_investigate_can_be_appointed(case):
    sent(case)
    page = case.form("S015", "appoint").text
    owners = re.search(r'<select[^>]*name="owner".*?</select>', page, re.DOTALL)[0]
    assert "S016" in owners
    assert not any(code in owners for code in ("S013", "S011", "S008", "S030"))
    for code in ("S013", "S030"):
        assert case.does("S015", "appoint", owner=str(case.play.staff(code))).status_code == 422
    assert case.row().owner_id is None


def test_R21_who_handled_it_is_not_offered_for_the_call_back(case):
    told(case)
    callers = re.search(
        r'<select[^>]*name="caller_back".*?</select>', case.form("S011", "assign_callback").text, re.DOTALL
    )[0]
    assert "S011" in callers
    assert "S016" not in callers


def test_R20_a_measure_is_chosen_by_its_words_and_ticked_with_its_result(case):
    proposed(case)
    assert case.does("S015", "approve", approval_opinion_text="同意").status_code == 302
    with case.play.database.reading() as session:
        first, second = session.scalars(sa.select(Measure.id).order_by(Measure.id))
    page = case.sign_in("S016").get(f"/complaints/{case.number}/tick_measure?measure={second}").text
    measures = re.search(r'<select[^>]*name="measure".*?</select>', page, re.DOTALL)[0]
    assert re.search(rf'<option value="{first}">分流 178.00 元</option>', measures)
    assert re.search(rf'<option selected value="{second}">复测</option>', measures)
    assert case.does("S016", "tick_measure", measure="999999").status_code == 422
    assert case.does("S016", "tick_measure", measure=str(first), result="已分流").status_code == 302
    assert case.does("S016", "tick_measure", measure=str(first), result="again").status_code in (409, 422)


def test_R3_regrading_begins_with_the_present_grade_and_changes_something(case):
    checked(case)
    page = case.form("S008", "regrade").text
    severities = re.search(r'<select[^>]*name="severity".*?</select>', page, re.DOTALL)[0]
    assert re.search(r'<option selected value="(\w+)"', severities)[1] == "general"
    assert case.does("S008", "regrade", severity="general", regrade_reason="x").status_code == 422
    wrong_leaf = {"category": "net_broadband_down", "regrade_reason": "实为断网"}
    assert case.does("S008", "regrade", severity="general", **wrong_leaf).status_code == 302
    assert case.row().step == "check"
    assert re.search(r'<option selected value="net_broadband_down"', case.form("S008", "regrade").text)


def test_R8_a_complaint_is_merged_into_another_by_its_number(case, app, office, clock, sign_in):
    other = Case(app, office, clock, sign_in).played("register")
    checked(case)
    wrong = case.does("S005", "merge", merged_into="TS20261123-0999", check_reason="同一件")
    assert wrong.status_code == 422
    assert 'id="merged_into-error"' in wrong.text
    assert case.does("S005", "merge", merged_into=case.number, check_reason="同一件").status_code in (409, 422)
    assert case.does("S005", "merge", merged_into=f" {other.number.lower()} ", check_reason="同一件").status_code == 302
    assert case.row().merged_into_id == other.play.complaint_id


def test_R13_urging_is_one_press_and_is_seen_in_the_history(case):
    answered(case)
    browser = case.sign_in("S005")
    page = browser.get(f"/complaints/{case.number}").text
    assert f'<form class="inline-form" method="post" action="/complaints/{case.number}/urge">' in page
    assert f'<input type="hidden" name="revision" value="{case.row().revision}">' in page
    assert case.does("S005", "urge").status_code == 302
    with case.play.database.reading() as session:
        assert session.scalars(sa.select(Event.action).order_by(Event.id.desc())).first() == "urge"
    assert case.form("S005", "urge").status_code == 200  # and by its address there is a form with a word to add


def test_R2_a_file_that_is_refused_is_said_beside_its_field_and_nothing_is_kept(case):
    answered(case)
    answer = case.does("S016", "attach", file=(io.BytesIO(b"MZ" + b"\x00" * 99), "photo.png"))
    assert answer.status_code == 422
    assert 'id="file-error"' in answer.text
    assert case.does("S016", "attach").status_code == 422
    assert case.count(Attachment) == 1  # the recording of the call


def test_R13_what_happened_earlier_keeps_its_own_time(case):
    answered(case)
    at = case.clock.at.astimezone(SHANGHAI)
    earlier = (at - timedelta(minutes=30)).strftime("%Y-%m-%dT%H:%M")
    assert case.does("S016", "communicate", way="phone", text="昨天的电话", at=earlier).status_code == 302
    with case.play.database.reading() as session:
        kept = session.scalars(sa.select(Communication.at).order_by(Communication.id.desc())).first()
    assert kept == datetime.strptime(earlier, "%Y-%m-%dT%H:%M").replace(tzinfo=SHANGHAI).astimezone(UTC)
    assert case.does("S016", "communicate", way="phone", text="明天", at=case.soon()).status_code == 422


@pytest.mark.parametrize("action", ["reveal_all", "bring_closed", "register", "print_dossier", "open_attachment", "x"])
def test_R14_what_is_no_action_of_a_form_is_not_there(case, action):
    case.played("register")
    assert case.form("S003", action).status_code == 404
    assert case.does("S003", action).status_code == 404
