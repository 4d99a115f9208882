"""R7: a script is drawn up, edited, checked and put into force; a complaint keeps the version by which it was asked."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from backoffice.errors import DomainError
from backoffice.keys import Keys
from backoffice.models.script import IntakeScript, ScriptWay
from backoffice.queries.rulebook import Rulebook
from backoffice.services import script
from backoffice.services.core.script_ways import AskedScript
from policies.script import Given, fitting
from policies.vocabulary import VersionState
from tests.support.played import Play

KEYS = Keys.fresh()
SLOW = "script_net_broadband_slow"
EDITOR = "S007"
BOTH = {"zh": "客户自己能测速吗？", "en": "Can the customer test?"}


@pytest.fixture
def play(office_database, tmp_path):
    return Play(office_database, KEYS, tmp_path / "files")


def the(session, version=1):
    found = sa.select(IntakeScript).where(IntakeScript.code == SLOW, IntakeScript.version == version)
    return session.scalars(found).one()


def drawn_up(play, ask=BOTH, answers=None):
    """A second version whose first question says otherwise, checked where it has no fault; the faults."""
    with play.database.writing() as session:
        actor = play.work(session, EDITOR).actor
        base = the(session)
        draft = script.SCRIPTS.draw_up(session, actor, play.at, base.id, "改问法")
        said = {**base.definition["questions"][0], "ask": ask, **({"answers": answers} if answers else {})}
        script.change_question(session, actor, play.at, draft.id, draft.revision, "q1", said)
        return script.SCRIPTS.check(session, actor, play.at, draft.id, draft.revision)


def in_force(play, day):
    with play.database.writing() as session:
        row, actor = the(session, 2), play.work(session, EDITOR).actor
        script.SCRIPTS.put_into_force(session, actor, play.at, row.id, row.revision, day, "上线")


def test_R7_a_checked_version_holds_from_its_day_and_not_before(play):
    assert drawn_up(play) == []
    today = play.at.date()
    in_force(play, today + timedelta(days=2))
    with play.database.reading() as session:
        rules = Rulebook(session)
        held = [fitting(rules.scripts_on(today + timedelta(days=n)), "net_broadband_slow", None).id for n in (1, 2)]
        assert held == [the(session).id, the(session, 2).id]


def test_R7_a_draft_with_a_fault_is_not_put_into_force(play):
    found = drawn_up(play, answers=[{"code": "q1a1", "answer": BOTH, "next": "q9"}])
    assert ("script.fault.next", "question-q1") in [(one.key, one.field) for one in found]
    with pytest.raises(DomainError) as refused:
        in_force(play, play.at.date())
    assert [one.key for one in refused.value.refusals] == ["process.refused.not_checked"]


def test_R7_a_complaint_keeps_the_version_by_which_its_customer_was_asked(play):
    with play.database.reading() as session:
        asked = AskedScript(the(session).id, {"q1": Given("q1a1")})
    play.register(script=asked)
    assert drawn_up(play) == []
    in_force(play, play.at.date())
    with play.database.reading() as session:
        (way,) = session.scalars(sa.select(ScriptWay))
        assert way.script_id == the(session).id
        assert Rulebook(session).script(way.script_id).find("q1").ask.zh == "用网线直连光猫测速是多少？"


def test_R7_of_two_who_change_a_draft_the_second_is_told(play):
    drawn_up(play)
    with play.database.writing() as session:
        row = the(session, 2)
        with pytest.raises(DomainError) as refused:
            script.drop_question(session, play.work(session, EDITOR).actor, play.at, row.id, row.revision - 1, "q2")
    assert refused.value.refusals[0].key == "process.refused.changed_meanwhile"


def test_R7_R39_who_may_not_edit_knowledge_draws_nothing_up(play):
    with play.database.writing() as session:
        with pytest.raises(DomainError) as refused:
            script.SCRIPTS.draw_up(session, play.work(session, "S005").actor, play.at, the(session).id, "x")
        assert refused.value.status == 403


def test_R7_a_new_script_begins_without_questions_and_is_not_asked_before_it_holds(play):
    with play.database.writing() as session:
        actor = play.work(session, EDITOR).actor
        name = {"zh": "漫游", "en": "Roaming"}
        row = script.begin(session, actor, play.at, "script_roaming", "net_roaming", name, "缺脚本")
        assert row.state is VersionState.DRAFT
        assert "script.fault.no_questions" in {
            one.key for one in script.SCRIPTS.check(session, actor, play.at, row.id, row.revision)
        }
        assert fitting(Rulebook(session).scripts_on(play.at.date()), "net_roaming", None) is None
