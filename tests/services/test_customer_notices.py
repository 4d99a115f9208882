"""R4, R5, R13, R15, R16, R21: what a customer is told by a message: the office's text for the act, without a gap."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from backoffice.errors import DomainError
from backoffice.keys import Keys
from backoffice.models.complaint import Complaint
from backoffice.models.configuration import MessageTemplate
from backoffice.models.work import Outbox
from backoffice.sealing import CaseSeal
from policies.vocabulary import ContactWay, MessageState
from tests.support.played import RECEIVED, Play

KEYS = Keys.fresh()
SMS, EMAIL, PHONE = ContactWay.SMS, ContactWay.EMAIL, ContactWay.PHONE


@pytest.fixture
def play(office_database, tmp_path):
    play = Play(office_database, KEYS, tmp_path)
    play.register()
    return play


def newest(play):
    """The newest message to the customer: its template, its content and where it stands."""
    with play.database.reading() as session:
        row = session.scalars(sa.select(Outbox).where(Outbox.staff_id.is_(None)).order_by(Outbox.id.desc())).first()
        if row is None:
            return None, None
        complaint = session.get(Complaint, play.complaint_id)
        assert row.state is MessageState.WAITING
        seal = CaseSeal(KEYS, complaint.sealed_key, complaint.number)
        return row.template, seal.open_json(row.sealed, "outbox")


def solved(play):
    play.dispatch()
    play.handle()


@pytest.mark.parametrize(
    ("way", "template", "to"), [(SMS, "ack_sms", "13900004172"), (EMAIL, "ack_email", "zhou@example.com")]
)
def test_R5_the_acknowledgement(play, way, template, to):
    play.act("S005", "acknowledge", way=way)
    assert newest(play)[0] == template
    assert newest(play)[1]["to"] == to
    assert play.number in newest(play)[1]["text"]


def test_R17_of_a_major_complaint_the_text_for_major_ones(office_database, tmp_path):
    play = Play(office_database, KEYS, tmp_path)
    play.register(severity="major", texts={"severity_reason": "群体性"})
    play.act("S003", "acknowledge", way=SMS)
    assert newest(play)[0] == "major_ack_sms"


@pytest.mark.parametrize(("way", "template"), [(SMS, "progress_sms"), (EMAIL, "progress_email")])
def test_R13_progress_and_delay(play, way, template):
    play.dispatch()
    play.act("S016", "tell_progress", way=way, text="正在现场测试")
    assert newest(play)[0] == template
    play.act("S016", "tell_delay", way=way, text="台风", promised_time=play.at + timedelta(days=9))
    assert newest(play)[0] == template.replace("progress", "delay")
    assert "台风" in newest(play)[1]["text"]


@pytest.mark.parametrize(("way", "template"), [(SMS, "result_sms"), (EMAIL, "result_email")])
def test_R15_the_result_says_what_was_done_and_not_what_the_customer_said_of_it(play, way, template, monkeypatch):
    usual = Play.act

    def act(self, code, action, **values):
        usual(self, code, action, **{**values, **({"result_channel": way} if action == "tell_result" else {})})

    monkeypatch.setattr(Play, "act", act)
    solved(play)
    assert newest(play)[0] == template
    assert "晚高峰丢包 0.1%" in newest(play)[1]["text"]
    if way is EMAIL:
        assert "补偿 178.00 元" in newest(play)[1]["text"]
        assert "复核" in newest(play)[1]["text"]


def explained(play, decision, **values):
    play.act("S005", "acknowledge", way=PHONE, text="已受理")
    play.act("S005", "start_check")
    action = {"not_established": "find_not_established", "referred_out": "refer_out"}[decision]
    play.act("S005", action, check_reason="支付环节由支付平台收取")
    if decision == "not_established":
        play.act("S004", "review_check", text="同意")
    play.act("S005", "explain", check_decision=decision, customer_opinion="接受", **values)


def test_R4_what_does_not_stand_is_explained_by_message_when_the_act_says_so(play):
    explained(play, "not_established", way=EMAIL)
    assert newest(play)[0] == "not_established_email"
    assert "支付环节由支付平台收取" in newest(play)[1]["text"]


def test_R4_who_was_spoken_to_gets_no_message_besides(play):
    explained(play, "not_established")
    assert newest(play) == (None, None)


def test_R4_what_is_anothers_matter_says_whose(play):
    explained(play, "referred_out", way=SMS, referred_to="支付平台客服")
    assert newest(play)[0] == "referred_out_sms"
    assert "支付平台客服" in newest(play)[1]["text"]


def test_R4_without_whose_matter_it_is_no_message_goes_with_a_gap(play):
    with pytest.raises(DomainError) as error:
        explained(play, "referred_out", way=SMS)
    assert error.value.refusals[0].key == "message.refused.empty_places"
    assert error.value.refusals[0].params["places"] == "referred_to"


def test_R16_an_apology_by_sms(play):
    play.dispatch()
    play.act("S016", "apologise", way=SMS, text="未及时联系给您带来不便")
    assert newest(play)[0] == "apology_sms"


def test_R21_closing_although_unsatisfied_tells_the_customer_by_mail_when_asked(play):
    solved(play)
    play.act(
        "S011", "report_unsatisfied", callback_method=PHONE, resolved_flag=False, satisfaction=2,
        dissatisfaction_reason="仍掉线", new_demand="换线路",
    )  # fmt: skip
    play.act("S016", "communicate", way=PHONE, text="问清诉求")
    play.act("S003", "close_unsatisfied", closing_reason_text="已三次上门，诉求超出规定", way=EMAIL)
    template, content = newest(play)
    assert template == "closed_unsatisfied_email"
    assert "已三次上门，诉求超出规定" in content["text"]


def test_R5_the_newest_text_in_use_is_taken_and_one_without_a_language_speaks_the_other(play):
    with play.database.writing() as session:
        old = session.scalars(sa.select(MessageTemplate).where(MessageTemplate.code == "ack_sms")).one()
        for code, retired in (("ack_sms_2", None), ("ack_sms_3", RECEIVED)):
            session.add(
                MessageTemplate(
                    code=code, name_zh="新", name_en="new", kind=old.kind, occasion="ack", audience="customer",
                    channel="sms", body_zh="", body_en="Accepted: {complaint_number}", placeholders=[],
                    retired_at=retired,
                )
            )  # fmt: skip
    play.act("S005", "acknowledge", way=SMS)
    template, content = newest(play)
    assert template == "ack_sms_2"
    assert content["text"] == f"Accepted: {play.number}"
    assert content["note"] == "other_language"
