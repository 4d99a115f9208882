"""R1: e-mail that was turned away is counted once an offer, and forgotten once e-mail is taken in again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from backoffice.queries import health
from backoffice.queries import turned_away as standing
from backoffice.services import turned_away
from policies.turned_away import TurnedAway, Why

AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def told(database):
    with database.reading() as session:
        return standing.told(session, AT + HOUR)


def test_R1_every_offer_that_is_turned_away_is_counted_by_its_reason(office_database):
    assert told(office_database) == ()
    for why, at in ((Why.FLOOD, AT), (Why.NO_CHANNEL, AT), (Why.FLOOD, AT + HOUR)):
        with office_database.writing() as session:
            turned_away.count(session, why, at)
    flood, none = TurnedAway(Why.FLOOD, 2, AT, AT + HOUR), TurnedAway(Why.NO_CHANNEL, 1, AT, AT)
    assert told(office_database) == (none, flood)
    with office_database.reading() as session:
        head = health.glance(session, AT, ())[0]
        assert health.look(session, session.get_bind().dialect.name, head, AT + HOUR, ()).turned_away == (none, flood)
    with office_database.writing() as session:
        turned_away.count(session, Why.FAULT, AT)
        turned_away.mended(session)
    assert told(office_database) == (TurnedAway(Why.FAULT, 1, AT, AT), flood)
