"""What came in by itself in the demonstration (R1), through the real service: drafts that wait for a clerk."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from backoffice.jobs.demonstration.told_cases import Player
from backoffice.models.arrival import ArrivedDraft
from backoffice.office import document
from backoffice.services.arrivals import Arrival, arrive, work_of_a_door
from policies.vocabulary import EntryWay


def play_arrivals(player: Player, present: datetime) -> None:
    """The drafts that wait at ``present`` (aware UTC); nothing where some came before."""
    with player.database.reading() as session:
        if session.scalar(sa.select(ArrivedDraft.id).limit(1)) is not None:
            return
    for row in document("demonstration")["arrivals"]:
        came = present - timedelta(minutes=row["minutes"])
        with player.database.writing() as session:
            arrival = Arrival(EntryWay(row["way"]), row["channel"], came, row["fields"])
            arrive(work_of_a_door(session, player.keys, came, player.files), arrival)
