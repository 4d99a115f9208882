"""R1: one form makes one complaint, also when it is sent twice at the same moment."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier, BrokenBarrierError

import sqlalchemy as sa

from backoffice.keys import Keys
from backoffice.models.complaint import Complaint
from backoffice.services import intake
from tests.support.played import Play

KEYS = Keys.fresh()


def test_R1_a_form_sent_twice_at_the_same_moment_makes_one_complaint(office_database, tmp_path, monkeypatch):
    both_looked = Barrier(2)
    looked = intake.registered_before

    def look_together(work, registration):
        found = looked(work, registration)
        with suppress(BrokenBarrierError):  # both go on when both have looked, unless one makes the other wait
            both_looked.wait(timeout=1)
        return found

    monkeypatch.setattr(intake, "registered_before", look_together)

    def send(_copy):
        play = Play(office_database, KEYS, tmp_path)
        play.register(submission="one-form", uploads=())
        return play.number

    with ThreadPoolExecutor(2) as sending:
        first, second = sending.map(send, (1, 2))
    assert first == second
    with office_database.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Complaint)) == 1
