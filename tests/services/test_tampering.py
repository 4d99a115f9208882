"""R40: whoever changes a history behind the desk's back is found: changed, removed, reordered, cut off, moved, laid to
another; and the right history is never suspected.
"""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from backoffice.errors import DomainError
from backoffice.keys import Keys
from backoffice.models.complaint import Complaint, WorkOrder
from backoffice.models.handling import Communication, Evidence, StepEntry
from backoffice.models.history import Event
from backoffice.queries.verification import verify
from backoffice.services.core import transition
from tests.support.played import Play

KEYS = Keys.fresh()


@pytest.fixture
def plays(office_database, tmp_path):
    """Two complaints, the first one in its handler's hands."""
    first, second = (Play(office_database, KEYS, tmp_path / "files") for _ in range(2))
    first.register()
    first.dispatch()
    second.register(texts={"contact_phone": "13800000000"}, uploads=())
    return first, second


def broken(play):
    with play.database.reading() as session:
        return [one.number for one in verify(session, KEYS.chain).broken]


def change(play, *statements):
    with play.database.writing() as session:
        for statement in statements:
            session.execute(sa.text(statement), {"id": play.complaint_id})


MINE = "complaint_id = :id"
TAMPERED = {
    "a word changed": [f"UPDATE event SET body = replace(body, 'appoint', 'transfer') WHERE sequence = 6 AND {MINE}"],
    "a column laid to another": [f"UPDATE event SET actor_id = actor_id + 1 WHERE sequence = 3 AND {MINE}"],
    "a column with another action": [f"UPDATE event SET action = 'urge' WHERE sequence = 3 AND {MINE}"],
    "a column with another step": [f"UPDATE event SET to_step = 'archive' WHERE sequence = 4 AND {MINE}"],
    "one removed": [f"DELETE FROM event WHERE sequence = 3 AND {MINE}"],
    "one removed and the rest moved up": [
        f"DELETE FROM event WHERE sequence = 3 AND {MINE}",
        f"UPDATE event SET sequence = 3 WHERE sequence = 4 AND {MINE}",
        f"UPDATE event SET sequence = 4 WHERE sequence = 5 AND {MINE}",
        f"UPDATE event SET sequence = 5 WHERE sequence = 6 AND {MINE}",
    ],
    "two reordered": [
        f"UPDATE event SET sequence = 99 WHERE sequence = 3 AND {MINE}",
        f"UPDATE event SET sequence = 3 WHERE sequence = 4 AND {MINE}",
        f"UPDATE event SET sequence = 4 WHERE sequence = 99 AND {MINE}",
    ],
    "the end cut off": [f"DELETE FROM event WHERE sequence = 6 AND {MINE}"],
    "the end cut off with its head set back": [
        f"DELETE FROM event WHERE sequence = 6 AND {MINE}",
        f"UPDATE chain_head SET sequence = 5 WHERE {MINE}",
    ],
    "all events gone": [f"DELETE FROM event WHERE {MINE}"],
    "the head gone": [f"DELETE FROM chain_head WHERE {MINE}"],
}


@pytest.mark.parametrize("statements", TAMPERED.values(), ids=TAMPERED)
def test_R40_what_was_done_behind_the_desks_back_is_found_and_only_there(plays, statements):
    first, _second = plays
    assert broken(first) == []
    change(first, *statements)
    assert broken(first) == [first.number]


def test_R40_an_event_of_another_complaint_does_not_fit(plays):
    first, second = plays
    change(
        first,
        f"UPDATE event SET complaint_id = {second.complaint_id}, sequence = 2 WHERE sequence = 2 AND {MINE}",
    )
    assert broken(first) == [first.number, second.number]


def test_R40_a_chain_made_with_another_key_is_not_taken_for_ours(plays):
    with plays[0].database.reading() as session:
        found = verify(session, Keys.fresh().chain)
    assert [one.number for one in found.broken] == [play.number for play in plays]


def test_R14_a_fault_in_the_middle_of_an_action_leaves_everything_as_it_was(plays, monkeypatch):
    play = plays[0]
    models = (Event, StepEntry, Communication, Evidence, WorkOrder)

    def state():
        with play.database.reading() as session:
            row = session.get(Complaint, play.complaint_id)
            counts = [session.scalar(sa.select(sa.func.count()).select_from(model)) for model in models]
            return row.step, row.status, row.revision, row.owner_id, row.next_due_at, counts

    def breaks(*_args):
        raise RuntimeError("the power is gone")

    before = state()
    monkeypatch.setattr(transition, "apply", breaks)
    with pytest.raises(RuntimeError):
        play.act("S016", "respond_first", way="phone", text="约定上门")
    assert state() == before
    assert broken(play) == []
    monkeypatch.undo()
    play.act("S016", "respond_first", way="phone", text="约定上门")
    assert state() != before


@pytest.mark.parametrize("department", ["technical_support", "dispatch_desk", "network"])
def test_R11_no_order_goes_back_whoever_asks_the_service(office_database, tmp_path, department):
    """Sent to network, passed on to technical support: not back, not to the desk, not on once more."""
    play = Play(office_database, KEYS, tmp_path / "files")
    play.register(uploads=())
    play.dispatch()  # appointed at technical support
    for code in ("S015", "S003", "S008", "S012"):
        for action in ("transfer", "send_order", "accept", "start_check", "raise_dispute"):
            with pytest.raises(DomainError):
                play.act(code, action, department=play.department(department), handover_reason="退回")
    with play.database.reading() as session:
        row = session.get(Complaint, play.complaint_id)
        assert (row.step, row.department_id) == ("investigate", play.department("technical_support"))
        assert session.scalar(sa.select(sa.func.count(WorkOrder.id))) == 1
