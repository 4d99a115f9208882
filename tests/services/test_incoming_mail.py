"""R1: an e-mail becomes a draft, or goes to the complaint that it answers where its sender is that complaint's; once."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from backoffice.errors import DomainError
from backoffice.integrations.store import StoreError, unreachable
from backoffice.keys import Keys
from backoffice.models.arrival import ArrivedDraft, ArrivedFile
from backoffice.models.complaint import Complaint
from backoffice.models.configuration import Channel, Setting
from backoffice.models.handling import Attachment, Evidence
from backoffice.models.incoming_mail import IncomingMail
from backoffice.models.work import Outbox
from backoffice.queries import mailbox
from backoffice.queries.verification import verify
from backoffice.sealing import CaseSeal, open_for_office
from backoffice.services import incoming_mail as service
from backoffice.services.core.work import Work
from backoffice.services.incoming_mail import Came, NoChannelError, PutAsideError
from policies.access import SYSTEM
from policies.incoming_mail import KEPT_SENDERS, MOST_FROM_ONE, MailState, MailWay, PutAside
from policies.mail_message import LONGEST_TEXT_PART
from policies.message import Refusal
from policies.vocabulary import ContactWay, EntryWay
from tests.support.mails import CUSTOMER, PNG, letter
from tests.support.played import Play
from views.language import say

KEYS = Keys.fresh()
NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
STRANGER = "nobody@example.org"


@pytest.fixture
def desk(office_database, tmp_path):
    with office_database.writing() as session:
        session.merge(Setting(key="delivery_email", value={"host": "x", "sender": "complaints@example.com"}))
    return Desk(office_database, tmp_path)


class Desk:
    """What came in, and what became of it."""

    def __init__(self, database, files):
        self.database, self.files = database, files

    def take_in(self, raw, at=LATER, received=NOW):
        with self.database.writing() as session:
            came = Came(raw, MailWay.DELIVERED, received)
            row, known = service.take_in(Work(session, KEYS, SYSTEM, at, at, self.files), came, say)
            return row.state, row.reason, row.complaint_id, known

    def drafts(self):
        with self.database.reading() as session:
            rows = session.scalars(sa.select(ArrivedDraft).order_by(ArrivedDraft.id)).all()
            return [json.loads(open_for_office(KEYS, row.sealed, "arrived_draft")) for row in rows]

    def count(self, table):
        with self.database.reading() as session:
            return session.scalar(sa.select(sa.func.count()).select_from(table))

    def played(self, **more):
        play = Play(self.database, KEYS, self.files)
        play.register(**more)
        return play


def test_R1_an_email_becomes_a_draft_with_its_files_and_when_it_was_received(desk):
    raw = letter(
        text="家里断网三天。电话 13900004172",
        files=(("照片.png", PNG), ("病毒.exe", b"MZ\x90\0\0"), ("照片2.png", PNG)),
    )
    assert desk.take_in(raw) == (MailState.DRAFTED, "", None, False)
    (draft,) = desk.drafts()
    assert draft["channel"] == "email"
    assert draft["what"].startswith("宽带又断了\n\n家里断网三天。")
    assert "病毒.exe" in draft["what"], "what was not taken is named for the clerk"
    assert (draft["customer_name"], draft["email"]) == ("周晓", CUSTOMER)
    assert draft["contact_phone"] == "13900004172"
    with desk.database.reading() as session:
        row = session.scalars(sa.select(ArrivedDraft)).one()
        assert (row.way, row.received_at) == (EntryWay.EMAIL, NOW)
        assert [one.media_type for one in session.scalars(sa.select(ArrivedFile))] == ["image/png"]


def test_R1_one_message_is_one_draft_however_often_and_by_whatever_way_it_comes(desk):
    raw = letter()
    assert desk.take_in(raw)[3] is False
    assert desk.take_in(raw)[3] is True
    assert desk.take_in(b"Return-Path: <x@example.com>\n" + raw.replace(b"\n", b"\r\n"))[3] is True
    assert (desk.count(ArrivedDraft), desk.count(IncomingMail)) == (1, 1)
    assert desk.take_in(letter(text="同一个编号，另一封信"))[3] is False
    assert desk.count(ArrivedDraft) == 2


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({"Auto_Submitted": "auto-replied"}, "auto_reply"),
        ({"Return_Path": "<>"}, "bounce"),
        ({"List_Id": "<x>"}, "bulk"),
        ({"sender": "complaints@example.com"}, "own"),
    ],
)
def test_R1_what_a_machine_wrote_makes_no_draft_and_its_reason_is_kept(desk, headers, reason):
    assert desk.take_in(letter(**headers))[:2] == (MailState.IGNORED, reason)
    assert desk.count(ArrivedDraft) == 0
    with desk.database.reading() as session:
        assert mailbox.lately(session, LATER).counts == (("ignored", reason, 1),)


def test_R1_an_answer_of_the_customer_is_put_to_the_open_complaint_and_moves_nothing(desk):
    play = desk.played()
    play.dispatch()
    with desk.database.reading() as session:
        before = session.get_one(Complaint, play.complaint_id)
        stood = (before.step, before.round, before.status, before.next_due_at)
    raw = letter(
        subject=f"Re: 投诉 {play.number}",
        text="又断了\n\n在 2026年11月23日，客服 写道：\n> 您好",
        files=(("照片.png", PNG),),
    )
    assert desk.take_in(raw) == (MailState.ADDED, "", play.complaint_id, False)
    assert desk.take_in(raw)[3] is True
    assert desk.count(ArrivedDraft) == 0
    with desk.database.reading() as session:
        complaint = session.get_one(Complaint, play.complaint_id)
        assert (complaint.step, complaint.round, complaint.status, complaint.next_due_at) == stood
        (added,) = session.scalars(sa.select(Evidence).where(Evidence.type == "customer_document"))
        text = CaseSeal(KEYS, complaint.sealed_key, complaint.number).open_json(added.sealed, "evidence")["text"]
        assert "又断了" in text
        assert "您好" not in text, "what is repeated is taken off"
        assert "未经核实" in text.partition("\n")[0] or "not verified" in text.partition("\n")[0]
        assert session.get_one(Attachment, added.attachment_id).media_type == "image/png"
        told = session.scalars(sa.select(Outbox).where(Outbox.template == "incoming_mail")).all()
        assert [row.staff_id for row in told] == [play.staff("S016")], "who has it in hand is told"
        assert verify(session, KEYS.chain).broken == []


def test_R1_nobody_gets_at_a_complaint_by_guessing_its_number_or_the_id_of_a_message(desk):
    play = desk.played()
    play.act("S005", "acknowledge", way=ContactWay.EMAIL)
    with desk.database.reading() as session:
        sent = session.scalars(sa.select(Outbox).where(Outbox.complaint_id == play.complaint_id)).one()
        ours = f"message-{sent.id}.{sent.created_at:%Y%m%d%H%M%S}@example.com"
    for number, more in enumerate(({"subject": f"Re: {play.number}"}, {"answers": ours}), 1):
        state = desk.take_in(letter(sender=STRANGER, number=number, **more))
        assert state == (MailState.DRAFTED, "stranger", None, False)
        assert play.number in desk.drafts()[-1]["what"], "the clerk is told which complaint it names"
    assert desk.take_in(letter(number=3, answers=ours))[:3] == (MailState.ADDED, "", play.complaint_id)
    elsewhere = ours.replace("example.com", "example.org")
    assert desk.take_in(letter(number=4, answers=elsewhere))[0] is MailState.DRAFTED


def test_R1_an_answer_to_a_closed_complaint_is_a_clerks_to_decide(desk):
    play = desk.played()
    play.act("S005", "acknowledge", way=ContactWay.PHONE, text="已受理")
    play.act("S005", "start_check")
    play.act("S005", "withdraw", closing_reason_text="客户撤诉")
    with desk.database.reading() as session:
        assert not session.get_one(Complaint, play.complaint_id).open
    assert desk.take_in(letter(subject=play.number)) == (MailState.DRAFTED, "closed", None, False)
    assert play.number in desk.drafts()[0]["what"]


def refusing(error):
    def act(*_arguments, **_more):
        raise error

    return act


def test_R1_what_a_complaint_refuses_is_a_draft_that_says_why_in_the_words_of_the_refusal(desk, monkeypatch):
    play = desk.played()
    no = DomainError(Refusal("files.refused.empty", {"name": "照片.png"}))
    monkeypatch.setattr(service.handling, "act", refusing(no))
    assert desk.take_in(letter(subject=play.number)) == (MailState.DRAFTED, "refused", None, False)
    said = desk.drafts()[0]["what"]
    assert "“照片.png”是空的" in said or "“照片.png” is empty" in said
    assert "已关闭" not in said
    assert "closed" not in said


def test_R1_an_outage_of_the_file_store_is_no_refusal_and_the_message_comes_again(desk, monkeypatch):
    play = desk.played()
    with monkeypatch.context() as patched:
        patched.setattr(service.handling, "act", refusing(unreachable("away")))
        with pytest.raises(StoreError):
            desk.take_in(letter(subject=play.number))
    assert (desk.count(IncomingMail), desk.count(ArrivedDraft)) == (0, 0)
    assert desk.take_in(letter(subject=play.number))[0] is MailState.ADDED


def test_R1_an_answer_in_the_thread_of_an_earlier_message_is_recognised(desk):
    assert desk.take_in(letter(number=1))[0] is MailState.DRAFTED
    assert (
        desk.take_in(letter(number=2, text="补充：仍未恢复", answers="customer-1@mail.example.net"))[0]
        is MailState.DRAFTED
    )
    assert "此前的来信" in desk.drafts()[1]["what"] or "earlier e-mail" in desk.drafts()[1]["what"]
    play = desk.played()
    with desk.database.writing() as session:  # a clerk made a complaint of the first
        session.execute(sa.update(ArrivedDraft).where(ArrivedDraft.id == 1).values(complaint_id=play.complaint_id))
    again = letter(number=3, subject="还有一事", text="请回电", answers="customer-1@mail.example.net")
    assert desk.take_in(again)[:3] == (MailState.ADDED, "", play.complaint_id)


def test_R1_a_machine_that_answers_a_machine_is_stopped(desk):
    for number in range(MOST_FROM_ONE):
        desk.take_in(letter(number=number))
    with pytest.raises(PutAsideError) as told:
        desk.take_in(letter(number=99))
    assert told.value.reason is PutAside.FLOOD
    assert desk.take_in(letter(number=99), at=LATER + timedelta(hours=2))[0] is MailState.DRAFTED
    with desk.database.writing() as session:
        service.forget_senders(session, LATER + KEPT_SENDERS + timedelta(days=1))
        assert session.scalar(sa.select(sa.func.count(IncomingMail.sender_token))) == 0


def test_R1_a_text_longer_than_a_record_comes_whole_as_a_file(desk):
    desk.take_in(letter(text="长" * 6000))
    assert len(desk.drafts()[0]["what"]) <= 4000
    with desk.database.reading() as session:
        row = session.scalars(sa.select(ArrivedFile)).one()
        assert open_for_office(KEYS, row.sealed, "arrived_file").decode().count("长") == 6000


def test_R1_what_is_too_long_even_to_be_read_comes_whole_as_a_file(desk):
    text = "长" * LONGEST_TEXT_PART + "到此为止"
    desk.take_in(letter(text=text))
    with desk.database.reading() as session:
        row = session.scalars(sa.select(ArrivedFile)).one()
        assert open_for_office(KEYS, row.sealed, "arrived_file").decode().replace("\n", "") == text


def test_R1_what_is_no_message_is_put_aside_and_without_a_channel_nothing_is_taken(desk):
    with pytest.raises(PutAsideError) as told:
        desk.take_in(b"\n\nno headers")
    assert told.value.reason is PutAside.UNREADABLE
    with desk.database.writing() as session:
        session.execute(sa.update(Channel).where(Channel.entry_way == "email").values(retired_at=NOW))
    with pytest.raises(NoChannelError):
        desk.take_in(letter())
    assert desk.count(IncomingMail) == 0
