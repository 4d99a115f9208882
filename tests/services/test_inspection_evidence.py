"""What the told cases' records show beside a card (R28): suggested marks against the told ones, and whose work it is."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa

from backoffice.jobs.demonstration.told_cases import Player, told_cases
from backoffice.keys import Keys
from backoffice.models.handling import CallBack, Communication
from backoffice.models.inspection import Scorecard
from backoffice.models.office import Staff
from backoffice.services import inspection
from backoffice.services.core.case import look_at
from backoffice.services.core.inspection_evidence import attributed, evidence_for
from policies.evidence_kept import read_evidence
from policies.message import Message, Name
from tests.support.counting import statements_of
from tests.support.inspections import HANDLER, INSPECTOR, KEYS, Inspected, entered
from tests.support.played import Play

CASES = {case["code"].removeprefix("case_")[:2]: case for case in told_cases() if "inspection" in case}
BY_RECORD = {
    "rec_5w1h", "rec_read_back", "pro_elements", "pro_no_reverse", "tim_ack", "tim_steps", "tim_resolve", "res_solved",
    "ton_progress",
}  # fmt: skip
"""Items of which the told cases judge by what the record says."""
PERSONS = {"02": ("S005", "S008", "S013", "S008"), "10": ("S005", "S009", "S031", "S009")}
"""Told: who took it, sent it, handled it, archived it."""


def card_of(case, session, code="record_process_card"):
    return case.rules.card(session.scalars(sa.select(Scorecard.id).where(Scorecard.code == code)).one())


@pytest.mark.parametrize("number", ["02", "10"])
def test_R28_the_record_suggests_what_the_told_inspection_gave(office_database, tmp_path, number):
    player = Player(office_database, Keys.fresh(), tmp_path / "files")
    complaint_id = player.play(CASES[number])
    with office_database.reading() as session:
        case = look_at(player.work(session, "system", player.at("2026-10-20T09:00")), complaint_id)
        found = evidence_for(case, card_of(case, session))
        persons = attributed(case)
        codes = dict(session.execute(sa.select(Staff.id, Staff.code)).all())
        names = [text for row in session.scalars(sa.select(Staff)) for text in (row.name_zh, row.name_en) if text]
    levels = CASES[number]["inspection"]["levels"]
    suggested = {item: evidence.suggested for item, evidence in found.items() if evidence.suggested is not None}
    assert {item: None if mark.percent is None else int(mark.percent) for item, mark in suggested.items()
            if item in BY_RECORD} == {item: levels[item] for item in BY_RECORD}  # fmt: skip
    # beyond these only the plan is suggested, and it too was told so
    assert {item: int(mark.percent) for item, mark in suggested.items() if item not in BY_RECORD} == {"pro_plan": 100}
    assert levels["pro_plan"] == 100
    functions = ("intake_clerk", "dispatcher", "handler", "archivist")
    assert tuple(codes[persons[function]] for function in functions) == PERSONS[number]
    said = " ".join(text for evidence in found.values() for fact in evidence.facts for text in texts(fact.text))
    assert [name for name in names if re.search(re.escape(name), said)] == []  # a blind inspection shows it too


def texts(value):
    """Everything in a message that is not a figure or a moment."""
    if isinstance(value, Message):
        return [value.key] + [text for one in value.params.values() for text in texts(one)]
    if isinstance(value, Name):
        return list(value)
    if isinstance(value, tuple):
        return [text for one in value for text in texts(one)]
    return [str(value)]


def test_R28_evidence_asks_the_database_a_bounded_number_of_questions(office_database, tmp_path):
    play = Play(office_database, Keys.fresh(), tmp_path / "files")
    play.whole_life()
    with office_database.reading() as session:
        case = look_at(play.work(session, "S022"), play.complaint_id)
        card = card_of(case, session)
        with statements_of(office_database.engine) as asked:
            evidence_for(case, card)
    assert len(asked) <= 32


def test_R31_a_talk_counts_for_the_person_who_spoke(office_database, tmp_path):
    play = Play(office_database, Keys.fresh(), tmp_path / "files")
    play.whole_life()
    with office_database.reading() as session:
        case = look_at(play.work(session, "S022"), play.complaint_id)
        talk = session.scalars(sa.select(Communication).where(Communication.complaint_id == play.complaint_id)).first()
        call = session.scalars(sa.select(CallBack).where(CallBack.complaint_id == play.complaint_id)).first()
        speakers = [
            attributed(case, unit).get("speaker")
            for unit in ("", "intake", f"talk:{talk.id}", f"call_back:{call.id}", "talk:999")
        ]
    assert speakers == [None, play.staff("S005"), talk.by_id, play.staff("S011"), None]


def test_R28_of_an_erased_record_the_clocks_still_speak(office_database, tmp_path):
    play = Play(office_database, Keys.fresh(), tmp_path / "files")
    play.whole_life()
    with office_database.writing() as session:
        case = look_at(play.work(session, "S022"), play.complaint_id)
        case.complaint.sealed_record = case.complaint.sealed_key = None
        case.complaint.erased_at = play.at
    with office_database.reading() as session:
        case = look_at(play.work(session, "S022"), play.complaint_id)
        assert evidence_for(case, card_of(case, session))["tim_ack"].facts


def test_R28_R31_a_mark_keeps_what_was_shown_beside_it_and_whose_work_it_is(archived_database, tmp_path):
    scene = Inspected(archived_database, KEYS, tmp_path).resumed()
    scene.drawn()
    scene.do(INSPECTOR, inspection.score, scene.number, entered())
    with scene.database.reading() as session:
        marks = scene.look(session, INSPECTOR).marks()
        codes = dict(session.execute(sa.select(Staff.id, Staff.code)).all())
    whose = {item: codes.get(mark.staff_id) for item, mark in marks.items()}
    assert {item: whose[item] for item in ("rec_basic", "pro_elements", "pro_plan", "res_lesson", "fat_leak")} == {
        "rec_basic": "S005", "pro_elements": "S008", "pro_plan": HANDLER, "res_lesson": "S028", "fat_leak": HANDLER,
    }  # fmt: skip
    shown = read_evidence(marks["tim_ack"].evidence)
    assert [fact.text.key for fact in shown.facts] == ["inspection_evidence.clock_met"]
    assert shown.suggested.percent == 100
