"""R7 on both databases: answers to a script are sealed with the complaint, fill its elements, keep their version."""

from __future__ import annotations

import json

import pytest
import sqlalchemy as sa

from backoffice.errors import DomainError
from backoffice.keys import Keys
from backoffice.models.complaint import Complaint
from backoffice.models.configuration import ConfigurationDocument
from backoffice.models.history import Event
from backoffice.models.script import IntakeScript, ScriptWay
from backoffice.office import document
from backoffice.services.core.case import open_case
from backoffice.services.core.script_ways import AskedScript, way_of
from backoffice.services.dossier.intake import original_record
from backoffice.services.dossier.source import Source
from backoffice.services.dossier.veil import Copy
from backoffice.services.new_defaults import take_new_defaults
from policies.script import Given
from policies.vocabulary_script import ScriptEnd
from tests.support.played import Play

KEYS = Keys.fresh()
SAID = "测得只有 3 兆，机主许青禾 13912345678"


@pytest.fixture
def play(office_database, tmp_path):
    return Play(office_database, KEYS, tmp_path / "files")


def version(database, code="script_net_broadband_slow"):
    with database.reading() as session:
        return session.scalars(sa.select(IntakeScript.id).where(IntakeScript.code == code)).one()


def asked(database, answers, code="script_net_broadband_slow", language="zh"):
    given = {question: Given(*one) if isinstance(one, tuple) else Given(one) for question, one in answers.items()}
    return AskedScript(version(database, code), given, language)


TO_DISPATCH = {"q1": ("q1a2", SAID), "q3": "q3a2", "q4": ("q4a1", "工作日 19 点后")}


def test_R7_the_default_office_has_the_twelve_scripts_each_with_closing_and_listening_rules(office_database):
    with office_database.reading() as session:
        rows = list(session.scalars(sa.select(IntakeScript)))
    paper = document("scripts")
    assert {row.code for row in rows} == {row["code"] for row in paper["scripts"]}
    assert len(rows) == 12
    assert all(row.definition["closing"] == paper["closing"] for row in rows)
    assert all(row.definition["listening_rules"] == paper["listening_rules"] for row in rows)


def test_R7_an_office_that_was_set_up_before_gets_the_scripts_once(office_database):
    with office_database.writing() as session:
        session.execute(sa.delete(IntakeScript))
    for _time in range(2):
        with office_database.writing() as session:
            take_new_defaults(session)
            assert session.scalar(sa.select(sa.func.count()).select_from(IntakeScript)) == 12


def test_R7_answers_are_kept_with_the_version_and_the_end_and_what_the_customer_said_is_sealed(play):
    play.register(script=asked(play.database, TO_DISPATCH))
    with play.database.reading() as session:
        (way,) = session.scalars(sa.select(ScriptWay))
        assert (way.complaint_id, way.script_id, way.end) == (
            play.complaint_id, version(play.database), ScriptEnd.DISPATCH,
        )  # fmt: skip
        assert SAID.encode() not in way.sealed
        event = session.scalars(sa.select(Event).where(Event.action == "register")).one()
        facts = json.loads(event.body)["facts"]
        assert (facts["script"], facts["script_version"], facts["script_end"]) == (
            "script_net_broadband_slow", 1, "dispatch",
        )  # fmt: skip
        assert SAID not in event.body
    with play.database.writing() as session:
        case = open_case(play.work(session, "S005"), play.complaint_id)
        script, found = way_of(case, session.scalars(sa.select(ScriptWay)).one())
        assert script.version == 1
        assert [(step.question.code, step.answer.code, step.note) for step in found.steps] == [
            ("q1", "q1a2", SAID), ("q3", "q3a2", ""), ("q4", "q4a1", "工作日 19 点后"),
        ]  # fmt: skip


def test_R7_R10_answers_fill_the_elements_of_the_order_and_what_was_handed_in_stands_before_them(play):
    play.register(script=asked(play.database, TO_DISPATCH), elements={"available_time": "随时"})
    with play.database.writing() as session:
        case = open_case(play.work(session, "S005"), play.complaint_id)
        assert case.record["elements"] == {"speed_test": f"低于签约; {SAID}; 不达标", "available_time": "随时"}


def test_R7_a_script_without_answers_leaves_nothing(play):
    play.register(script=asked(play.database, {}))
    with play.database.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(ScriptWay)) == 0


@pytest.mark.parametrize(
    ("code", "state", "key"),
    [
        ("script_net_mobile_slow", "effective", "script.refused.other_category"),
        ("script_net_broadband_slow", "draft", "script.refused.unknown"),
        ("no such", "effective", "script.refused.unknown"),
    ],
)
def test_R7_answers_of_another_leaf_of_a_draft_or_of_nothing_are_refused_and_nothing_is_registered(
    play, code, state, key
):
    found = (
        AskedScript(999_999, {"q1": Given("q1a1")}) if code == "no such" else asked(play.database, TO_DISPATCH, code)
    )
    with play.database.writing() as session:
        session.execute(sa.update(IntakeScript).values(state=state))
    with pytest.raises(DomainError) as refused:
        play.register(script=found)
    assert [one.key for one in refused.value.refusals] == [key]
    with play.database.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Complaint)) == 0


@pytest.mark.parametrize("copy", list(Copy))
def test_R7_R22_the_original_record_of_the_dossier_says_what_was_asked_and_masks_what_was_said(play, copy):
    play.register(script=asked(play.database, TO_DISPATCH))
    with play.database.writing() as session:
        case = open_case(play.work(session, "S005"), play.complaint_id)
        text = str(original_record(Source(case, copy)))
    assert "用网线直连光猫测速是多少？" in text
    assert "低于签约" in text
    assert ("13912345678" in text) is (copy is Copy.FULL)
    assert "label.script_end.dispatch" in text


def test_R7_the_paper_of_an_older_office_is_left_as_it_is(office_database):
    with office_database.reading() as session:
        paper = session.scalars(sa.select(ConfigurationDocument).where(ConfigurationDocument.code == "scripts")).one()
    assert paper.content == document("scripts")
