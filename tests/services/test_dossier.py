"""The dossier from its rows: everything that was written down is in it, veiled as the copy is, and the look is logged."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from backoffice.errors import DomainError
from backoffice.keys import Keys
from backoffice.models.complaint import Complaint
from backoffice.models.history import AccessEvent, Event
from backoffice.queries.verification import verify
from backoffice.reports import pdf
from backoffice.reports.blocks import Opinion
from backoffice.reports.dossier import DossierContent, sheets
from backoffice.sealing import CaseSeal
from backoffice.services.core.case import open_case
from backoffice.services.core.transition import bring_closed
from backoffice.services.dossier.commands import preview, take_copy
from policies.message import Message, Name
from policies.vocabulary import Outcome
from tests.support.grave import Grave
from tests.support.played import RECORDING, TEXTS, Play

NAME, PHONE, STREET = TEXTS["customer_name"], TEXTS["contact_phone"], "文三路"


@pytest.fixture
def play(office_database, tmp_path) -> Play:
    return Play(office_database, Keys.fresh(), tmp_path / "files")


@pytest.fixture
def can_print(monkeypatch) -> None:
    monkeypatch.setattr(pdf, "printing_available", lambda: None)


def words(thing: object) -> Iterator[str]:
    """Every text in a content, messages opened to their values."""
    if isinstance(thing, str):
        yield thing
    elif isinstance(thing, Message):
        yield from (word for value in thing.params.values() for word in words(value))
    elif isinstance(thing, Name):
        yield thing.zh
    elif isinstance(thing, tuple | list):
        yield from (word for item in thing for word in words(item))
    elif is_dataclass(thing):
        yield from (word for one in fields(thing) for word in words(getattr(thing, one.name)))


def text(content: object) -> str:
    return "\n".join(words(content))


def copy_of(play: Play, code: str, **how) -> DossierContent:
    with play.database.writing() as session:
        return take_copy(play.work(session, code), play.complaint_id, "zh_Hans", **how)


def preview_of(play: Play, code: str) -> DossierContent:
    with play.database.writing() as session:
        return preview(play.work(session, code), play.complaint_id, "zh_Hans")


def logged(play: Play) -> list[tuple[str, dict]]:
    with play.database.reading() as session:
        rows = session.scalars(sa.select(AccessEvent).order_by(AccessEvent.sequence))
        return [(row.kind, json.loads(row.body)["facts"]) for row in rows]


def shown(content: DossierContent) -> list[str]:
    return [sheet.part.code for sheet in sheets(content)]


def test_R22_a_played_complaint_leaves_a_full_dossier(play, can_print):
    play.whole_life()
    content = copy_of(play, "S028", full=True, reason="法院调取")
    assert shown(content) == [
        "handling_form", "original_record", "check_record", "acknowledgement", "work_order", "evidence", "investigation",
        "plan_drafts", "communications", "measures", "result_receipt", "call_back_record", "post_review", "lesson",
        "event_log", "attachment_list", "closing_statement",
    ]  # fmt: skip
    assert [part.absence for part in content.parts if part.absence] == []
    everything = text(content)
    for said in (
        NAME, PHONE, STREET, "zhou@example.com", "光猫 HG-6145F 频繁离线", "近 7 日离线 41 次", "已受理，联系人段维",
        "查清晚高峰掉线原因", "OLT-07 上联口流量 97%", "属实，晚高峰丢包 6.8%–11.2%", "上联 2×10GE 拥塞", "割接分流",
        "缺扩容安排，补后再报", "割接 64 户分流并扩容", "分流先行，扩容不得再延", "峰值降至 46%", "提速至 500M；未采用",
        "已割接并扩容", "晚上不掉了", "三户以上掉线先查上联，不先换光猫", "178.00",
    ):  # fmt: skip
        assert said in everything, said


def test_R16_the_handler_signs_the_handling_form_where_an_executive_tells_the_result(play, can_print):
    grave = Grave(play.database, play.keys, play.files)
    grave.to_close()
    form = next(part for part in preview_of(grave, "S028").parts if part.code == "handling_form")
    said = [text(block) for block in form.blocks if isinstance(block, Opinion)]
    assert len(said) == 1
    assert "双路由开通，测试正常" in said[0]
    assert "严冬青" in said[0]
    assert "顾承远" not in said[0]


def test_R22_it_carries_number_secrecy_retention_and_the_chain(play, can_print):
    play.whole_life()
    content = copy_of(play, "S028", full=True, reason="法院调取")
    assert content.archive_number == f"2026-technical_support-{play.number}"
    assert content.secrecy == Message("dossier.secrecy.internal")
    until = next(fact.value for fact in content.cover if fact.label == Message("dossier.field.retained_until"))
    assert (until.params["year"], until.params["month"], until.params["day"]) == (2031, 12, 31)
    assert Message("dossier.retention.standard", {"years": 5}) in [fact.value for fact in content.cover]
    with play.database.reading() as session:
        events = list(session.scalars(sa.select(Event).order_by(Event.sequence)))
    assert (content.chain.events, content.chain.last, content.chain.intact) == (len(events), events[-1].mac.hex(), True)
    log = next(part for part in content.parts if part.code == "event_log").blocks[0]
    assert [moment.check for moment in log.moments] == [event.mac.hex()[:16] for event in events]
    assert content.stamp is not None


def test_R40_an_event_that_was_changed_behind_the_desk_is_said_in_the_dossier(play, can_print):
    play.whole_life()
    with play.database.writing() as session:
        event = session.scalars(sa.select(Event).where(Event.action == "approve")).one()
        event.body = event.body.replace('"round":1', '"round":2')
    assert copy_of(play, "S028").chain.intact is False


def test_R39_a_masked_copy_shows_nothing_by_which_the_customer_is_found(play, can_print):
    play.whole_life()
    play.at += timedelta(days=3)
    play.act("S008", "add_supplement", title=f"客户来信 {NAME}", text=f"电话 {PHONE}")
    content = copy_of(play, "S016")
    everything = text(content)
    for secret in (NAME, PHONE, PHONE[3:7], STREET, "zhou@", "1102"):
        assert secret not in everything, secret
    assert "周**" in everything
    assert "浙江省杭州市西湖区***" in everything
    assert content.print_mark.masked
    assert [file.data for file in content.files] == [None]
    assert [file.not_embedded for file in content.files] == [Message("dossier.files.masked")]
    assert content.files[0].name == "周**来电录音.txt"


def test_R39_a_full_copy_holds_the_files_of_who_may_open_them(play, can_print):
    play.whole_life()
    content = copy_of(play, "S028", full=True, reason="法院调取")
    assert [file.data for file in content.files] == [RECORDING]
    assert content.files[0].original
    assert not content.print_mark.masked


def test_R22_a_file_that_is_gone_or_was_changed_is_listed_and_not_embedded(play, can_print):
    play.whole_life()
    for path in play.files.rglob("*"):
        if path.is_file():
            path.unlink()
    content = copy_of(play, "S028", full=True, reason="法院调取")
    assert [(file.data, file.not_embedded) for file in content.files] == [(None, Message("dossier.files.gone"))]


def test_R39_each_copy_is_numbered_and_logged_with_its_sealed_reason(play, can_print):
    play.whole_life()
    assert preview_of(play, "S028").print_mark.copy == 0
    assert copy_of(play, "S028").print_mark.copy == 1
    assert copy_of(play, "S028", full=True, reason="法院调取 周㛃敏 案").print_mark.copy == 2
    (preview_kind, _), (first, facts), (second, full) = logged(play)
    assert (preview_kind, first, second) == ("dossier_preview", "dossier_print", "dossier_print")
    assert facts == {"copy": 1, "full": False, "language": "zh_Hans"}
    assert (full["copy"], full["full"], len(full["files"])) == (2, True, 1)
    assert "周㛃敏" not in json.dumps(full, ensure_ascii=False)
    with play.database.reading() as session:
        complaint = session.get_one(Complaint, play.complaint_id)
        seal = CaseSeal(play.keys, complaint.sealed_key, complaint.number)
        assert seal.open_json(base64.b64decode(full["sealed_reason"]), "access") == {"reason": "法院调取 周㛃敏 案"}
        assert verify(session, play.keys.chain).broken == []


@pytest.mark.parametrize(
    ("code", "how", "key", "status"),
    [
        pytest.param(
            "S016", {"full": True, "reason": "要"}, "access.refused.permission", 403, id="a handler not in clear"
        ),
        pytest.param("S028", {"full": True}, "dossier.refusal.reason", 422, id="in clear not without a reason"),
        pytest.param("S028", {"full": True, "reason": "  "}, "dossier.refusal.reason", 422, id="blank is no reason"),
        pytest.param("S028", {"full": True, "reason": "长" * 401}, "dossier.refusal.long_reason", 422, id="no novel"),
        pytest.param("S013", {}, "complaint.refused.not_found", 404, id="a foreign handler does not learn of it"),
        pytest.param("S030", {}, "complaint.refused.not_found", 404, id="nor the administrator"),
    ],
)
def test_R39_who_may_not_print_is_refused_and_nothing_is_logged(play, can_print, code, how, key, status):
    play.register()
    play.dispatch()
    with pytest.raises(DomainError) as refused:
        copy_of(play, code, **how)
    assert [(refusal.key, refusal.status) for refusal in refused.value.refusals] == [(key, status)]
    assert logged(play) == []


def test_R22_where_nothing_can_be_printed_no_copy_is_counted(play, monkeypatch):
    play.register()
    monkeypatch.setattr(pdf, "printing_available", lambda: Message("print.missing.pango", {"packages": "x"}))
    with pytest.raises(DomainError) as refused:
        copy_of(play, "S028")
    assert refused.value.refusals[0].key == "print.missing.pango"
    assert logged(play) == []


def test_R22_an_open_complaint_says_which_parts_are_still_missing(play, can_print):
    play.register()
    content = preview_of(play, "S028")
    lacking = [part.code for part in content.parts if part.lacking]
    assert lacking == ["check_record", "acknowledgement", "communications", "lesson"]
    assert content.stamp is None
    assert content.closing == ()


def test_R22_a_complaint_that_does_not_stand_closes_with_its_reason(play, can_print):
    play.register()
    play.act("S005", "acknowledge", way="phone", text="已受理")
    play.act("S005", "start_check")
    play.act("S005", "find_not_established", check_reason="线路测试正常，系统无离线记录")
    play.act("S004", "review_check", text="同意")
    play.act("S005", "explain", check_decision="not_established", customer_opinion="接受")
    play.act("S028", "archive", lesson="先查离线记录")
    content = copy_of(play, "S028")
    assert "closing_reason" in shown(content)
    assert "work_order" not in shown(content)
    assert "call_back_record" not in shown(content)
    assert "线路测试正常，系统无离线记录" in text(content)
    assert Message("dossier.retention.short", {"years": 3}) in [fact.value for fact in content.cover]


def test_R22_a_later_paper_stands_apart_and_moves_nothing_archived(play, can_print):
    play.whole_life()
    before = copy_of(play, "S028", full=True, reason="一")
    play.at += timedelta(days=3)
    play.act("S008", "add_supplement", title="客户来信", text="致谢")
    after = copy_of(play, "S028", full=True, reason="二")
    assert [(one.heading, one.at) for one in after.additions] == [("客户来信", "2026-11-26 22:40")]
    assert before.additions == ()
    kept = {part.code: part for part in before.parts if part.code != "event_log"}
    assert {part.code: part for part in after.parts if part.code != "event_log"} == kept
    assert replace(after.chain, events=0, last="") == replace(before.chain, events=0, last="")
    assert (after.cover, after.closing, after.closing_date) == (before.cover, before.closing, before.closing_date)


def test_R39_on_a_confidential_case_others_see_nothing_of_the_customer(play, can_print):
    play.register(confidential=True)
    content = preview_of(play, "S028")
    assert content.secrecy == Message("dossier.secrecy.confidential")
    everything = text(content)
    for known in (NAME, "周**", "4172", "西湖区", "example.com"):
        assert known not in everything, known


def test_R39_after_erasure_the_dossier_still_tells_what_was_done_but_not_to_whom(play, can_print):
    play.whole_life()
    with play.database.writing() as session:
        complaint = session.get_one(Complaint, play.complaint_id)
        complaint.sealed_key, complaint.sealed_brief, complaint.sealed_record = None, None, None
        complaint.erased_at = play.at
    content = copy_of(play, "S028", full=True, reason="审计")
    everything = text(content)
    for gone in (NAME, PHONE, STREET, "割接 64 户分流并扩容"):
        assert gone not in everything
    assert content.chain.intact
    assert (
        len(next(part for part in content.parts if part.code == "event_log").blocks[1].moments) == content.chain.events
    )
    assert Message("dossier.form.erased") in [
        getattr(block, "text", None) for part in content.parts for block in part.blocks
    ]
    assert [file.not_embedded for file in content.files] == [Message("dossier.files.gone")]


def test_R22_a_case_brought_in_closed_does_not_claim_to_have_been_checked_here(play, can_print):
    play.register()
    with play.database.writing() as session:
        case = open_case(play.work(session, "S028"), play.complaint_id)
        bring_closed(case, Outcome.RESOLVED, play.at)
    content = copy_of(play, "S028")
    assert content.stamp is None
    assert [block.text for block in content.closing] == [Message("dossier.statement.brought_in")]
