"""R8: a notice reaches intake, complaints are linked to it, and when it is lifted every linked customer is told once."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
import sqlalchemy as sa

from backoffice.errors import DomainError
from backoffice.jobs.handlers import HANDLERS
from backoffice.jobs.running import Workshop, work_off
from backoffice.keys import Keys
from backoffice.models.fault_notice import FaultLink, FaultNotice, FaultNoticeVersion
from backoffice.models.handling import Communication
from backoffice.models.history import AccessEvent, Event
from backoffice.models.work import Outbox
from backoffice.services import fault_notices as service
from backoffice.services.core.case import open_case
from policies.fault_notice import LiftFacts, NoticeFacts
from policies.vocabulary import ContactWay
from policies.vocabulary_notice import CallReason, LinkState, NoticeKind, NoticeState
from tests.support.played import RECEIVED, Play

KEYS = Keys.fresh()
EDITOR, CLERK = "S014", "S005"
FACTS = NoticeFacts(
    kind=NoticeKind.KNOWN_FAULT, title_zh="城东光缆抢修", title_en="cable repair in the east", area="云栖苑",
    tell_zh="光缆被挖断，正在抢修", tell_en="", categories=("net_broadband_slow",), since=RECEIVED - timedelta(hours=2),
    expected_at=RECEIVED + timedelta(hours=8),
)  # fmt: skip


@pytest.fixture
def shop(office_database, clock, tmp_path):
    clock.at = RECEIVED + timedelta(hours=1)
    return Workshop(office_database, KEYS, clock, tmp_path)


@pytest.fixture
def desk(shop):
    return Play(shop.database, KEYS, shop.folder, RECEIVED + timedelta(hours=1))


def does(desk, code, command, *said):
    with desk.database.writing() as session:
        return command(desk.work(session, code), *said)


def published(desk, **changes):
    return does(desk, EDITOR, service.publish, NoticeFacts(**{**FACTS.__dict__, **changes})).number


def complaint(shop, way=ContactWay.SMS, **texts):
    play = Play(shop.database, KEYS, shop.folder, RECEIVED)
    play.register(uploads=(), preferred_contact=way, texts=texts)
    return play


def refusal(desk, code, command, *said):
    with pytest.raises(DomainError) as raised:
        does(desk, code, command, *said)
    return [one.key.rpartition(".")[2] for one in raised.value.refusals]


def rows(desk, statement):
    with desk.database.reading() as session:
        return list(session.execute(statement).all())


def links(desk):
    return [
        tuple(row)
        for row in rows(
            desk, sa.select(FaultLink.state, FaultLink.way, FaultLink.call_reason).order_by(FaultLink.complaint_id)
        )
    ]


def counts(desk):
    ((linked, told, to_call, done),) = rows(
        desk, sa.select(FaultNotice.linked, FaultNotice.told, FaultNotice.to_call, FaultNotice.told_all_at)
    )
    return linked, told, to_call, done is not None


def customers_texts(desk, *plays):
    found = []
    with desk.database.reading() as session:
        for play in plays:
            case = open_case(play.work(session, "S003"), play.complaint_id)
            mine = Outbox.complaint_id == play.complaint_id, Outbox.staff_id.is_(None)
            rows = session.scalars(sa.select(Outbox).where(*mine)).all()
            opened = [(row.way, case.seal.open_json(row.sealed, "outbox")) for row in rows]
            found += [(way, content["to"], content["text"]) for way, content in opened]
    return found


def lift(desk, number, **more):
    return does(desk, EDITOR, service.lift, number, LiftFacts(desk.at, "熔接完成，业务恢复", **more), None)


def test_R8_only_who_may_publish_publishes_and_the_same_form_twice_is_one_notice(desk):
    assert refusal(desk, CLERK, service.publish, FACTS) == ["permission"]
    first = does(desk, EDITOR, service.publish, FACTS, "a-form").number
    assert does(desk, EDITOR, service.publish, FACTS, "a-form").number == first == "TB2026-001"
    assert published(desk) == "TB2026-002"


def test_R8_R40_each_change_is_a_version_and_stands_in_the_offices_chain(desk):
    number = published(desk)
    does(desk, EDITOR, service.change, number, FACTS, 1)  # nothing changed
    later = NoticeFacts(**{**FACTS.__dict__, "tell_zh": "预计晚十点恢复"})
    does(desk, EDITOR, service.change, number, later, 1)
    assert refusal(desk, EDITOR, service.change, number, FACTS, 1) == ["changed_meanwhile"]
    lift(desk, number)
    assert refusal(desk, EDITOR, service.change, number, FACTS, 3) == ["lifted"]
    kept = rows(
        desk,
        sa.select(FaultNoticeVersion.act, FaultNoticeVersion.content, FaultNoticeVersion.access_sequence).order_by(
            FaultNoticeVersion.version
        ),
    )
    assert [row[0] for row in kept] == ["published", "changed", "lifted"]
    chain = dict(
        tuple(row)
        for row in rows(desk, sa.select(AccessEvent.sequence, AccessEvent.body).where(AccessEvent.kind == "notice"))
    )
    assert [json.loads(chain[row[2]])["facts"]["content"] for row in kept] == [row[1] for row in kept]
    assert kept[0][1]["tell_zh"] == "光缆被挖断，正在抢修"
    assert kept[1][1]["tell_zh"] == "预计晚十点恢复"


def test_R8_a_complaint_is_linked_once_and_loosed_again_with_its_history(desk, shop):
    number, play = published(desk), complaint(shop)
    for _ in range(2):
        does(desk, CLERK, service.link, play.number, number)
    assert counts(desk) == (1, 0, 0, False)
    does(desk, CLERK, service.loose, play.number, number)
    assert counts(desk) == (0, 0, 0, False)
    assert refusal(desk, CLERK, service.loose, play.number, number) == ["not_linked"]
    said = [
        row[0]
        for row in rows(desk, sa.select(Event.action).where(Event.complaint_id == play.complaint_id).order_by(Event.id))
    ]
    assert said == ["register", "link_notice", "loose_notice"]
    with pytest.raises(DomainError) as raised:  # a handler of another department does not see it at all (R39)
        does(desk, "S013", service.link, play.number, number)
    assert raised.value.status == 404


def test_R8_when_it_is_lifted_each_is_told_their_own_way_exactly_once_and_the_rest_are_called(desk, shop):
    number = published(desk)
    by_sms, by_mail = complaint(shop), complaint(shop, ContactWay.EMAIL)
    by_phone, nowhere = complaint(shop, ContactWay.PHONE), complaint(shop, contact_phone="0571-88881234转802", email="")
    for play in (by_sms, by_mail, by_phone, nowhere):
        does(desk, CLERK, service.link, play.number, number)
    assert rows(desk, sa.select(Outbox.id).where(Outbox.staff_id.is_(None))) == []
    lift(desk, number)
    for _ in range(2):
        assert work_off(shop, HANDLERS).failed == 0
    assert links(desk) == [
        (LinkState.TOLD, "sms", None),
        (LinkState.TOLD, "email", None),
        (LinkState.TO_CALL, "", CallReason.WISHED),
        (LinkState.TO_CALL, "", CallReason.NO_ADDRESS),
    ]
    assert counts(desk) == (4, 2, 2, True)
    (sms, mail) = customers_texts(desk, by_sms, by_mail)
    assert sms[:2] == ("sms", "13900004172")
    assert "城东光缆抢修已于11月23日11:00恢复" in sms[2]
    assert by_sms.number in sms[2]
    assert mail[:2] == ("email", "zhou@example.com")
    assert customers_texts(desk, by_phone, nowhere) == []
    talks = rows(desk, sa.select(Communication.kind, Communication.way).order_by(Communication.complaint_id))
    assert [tuple(row) for row in talks] == [("result", "sms"), ("result", "email")]


def test_R8_whom_no_message_reaches_is_ticked_off_after_the_call_and_once(desk, shop):
    number, play = published(desk), complaint(shop, ContactWay.PHONE)
    does(desk, CLERK, service.link, play.number, number)
    lift(desk, number)
    work_off(shop, HANDLERS)
    assert refusal(desk, CLERK, service.called, play.number, number, " ") == ["said"]
    does(desk, CLERK, service.called, play.number, number, "已电话告知恢复")
    assert links(desk) == [(LinkState.CALLED, "phone", CallReason.WISHED)]
    assert counts(desk) == (1, 1, 0, True)
    assert refusal(desk, CLERK, service.called, play.number, number, "再次") == ["not_to_call"]


def test_R8_a_lifted_notice_takes_no_more_complaints_and_a_registration_is_not_held_up_by_it(desk, shop):
    number, play = published(desk), complaint(shop)
    lift(desk, number)
    assert refusal(desk, CLERK, service.link, play.number, number) == ["lifted"]
    with desk.database.writing() as session:
        case = open_case(desk.work(session, CLERK), play.complaint_id)
        said = service.link_new(case, [number, "TB2026-999"])
    assert [one.key for one in said] == ["fault_notices.lifted_meanwhile"]
    assert rows(desk, sa.select(FaultLink)) == []


def test_R8_several_notices_of_one_registration_are_locked_in_one_order_whatever_was_ticked_first(
    desk, shop, monkeypatch
):
    first, second = published(desk), published(desk, title_zh="城西光缆抢修")
    play, linked, link = complaint(shop), [], service.fault_links.link

    def noted(case, notice_id):
        linked.append(link(case, notice_id).number)

    monkeypatch.setattr(service.fault_links, "link", noted)
    with desk.database.writing() as session:
        assert service.link_new(open_case(desk.work(session, CLERK), play.complaint_id), [second, first, second]) == []
    assert linked == [first, second]


def test_R8_a_suggestion_of_many_is_answered_to_all_of_them(desk, shop):
    number = published(desk, kind=NoticeKind.SUGGESTION, title_zh="营业厅延长营业", area="")
    plays = [complaint(shop, contact_phone=f"1390000000{n}") for n in range(3)]
    for play in plays:
        does(desk, CLERK, service.link, play.number, number)
    assert refusal(desk, EDITOR, service.lift, number, LiftFacts(desk.at, "例会决定"), None) == ["answer"]
    lift(desk, number, answer_zh="下月起营业到晚八点")
    work_off(shop, HANDLERS)
    texts = customers_texts(desk, *plays)
    assert [to for _way, to, _text in texts] == ["13900000000", "13900000001", "13900000002"]
    assert all("营业厅延长营业：下月起营业到晚八点" in text for _way, _to, text in texts)
    assert rows(desk, sa.select(FaultNotice.state)) == [(NoticeState.LIFTED,)]


def test_R39_of_an_erased_complaint_nobody_is_told_and_nobody_is_called(desk, shop):
    number, play = published(desk), complaint(shop)
    does(desk, CLERK, service.link, play.number, number)
    with desk.database.writing() as session:
        case = open_case(desk.work(session, "S003"), play.complaint_id)
        case.complaint.sealed_key, case.complaint.erased_at = None, desk.at
    lift(desk, number)
    work_off(shop, HANDLERS)
    assert links(desk) == [(LinkState.LEFT_OUT, "", None)]
    assert counts(desk) == (1, 0, 0, True)


def test_R8_a_worker_that_is_killed_between_two_customers_tells_nobody_twice(desk, shop, monkeypatch):
    number = published(desk)
    plays = [complaint(shop, contact_phone=f"1390000000{n}") for n in range(3)]
    for play in plays:
        does(desk, CLERK, service.link, play.number, number)
    lift(desk, number)
    tell, told = service.tell_one, []

    def stops(work, notice_id, complaint_id):
        if len(told) == 1:
            told.append(complaint_id)
            raise RuntimeError("the worker is gone")
        told.append(complaint_id)
        return tell(work, notice_id, complaint_id)

    monkeypatch.setattr(service, "tell_one", stops)
    assert work_off(shop, HANDLERS).failed == 1
    assert counts(desk) == (3, 1, 0, False)
    shop.clock.at += timedelta(hours=1)
    assert work_off(shop, HANDLERS).failed == 0
    assert counts(desk) == (3, 3, 0, True)
    assert [to for _way, to, _text in customers_texts(desk, *plays)] == ["13900000000", "13900000001", "13900000002"]
