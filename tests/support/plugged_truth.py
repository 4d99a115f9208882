"""What an office's database holds after the plug was pulled, set beside what its people were answered: nothing that was
answered is lost, nothing is there twice, nothing is there by half, and no number was left out.

The rows are read as they are, by plain SQL where that is enough; the services are asked nothing.
"""

from __future__ import annotations

import json
from base64 import b64decode
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import sqlalchemy as sa

from backoffice.database import Database
from backoffice.integrations import files
from backoffice.models.complaint import Complaint
from backoffice.models.handling import Attachment
from backoffice.models.history import Event
from backoffice.models.work import Outbox
from backoffice.sealing import CaseSeal
from policies.vocabulary import MessageState
from tests.support.plugged_desk import PluggedDesk
from tests.support.plugged_people import Fate, Journal, Sent

HALVES = {
    "a complaint without its chain": "SELECT c.number FROM complaint c LEFT JOIN chain_head h ON h.complaint_id = c.id WHERE h.complaint_id IS NULL",
    "a head that is not its last event": "SELECT h.complaint_id FROM chain_head h WHERE h.sequence <> (SELECT coalesce(max(e.sequence), 0) FROM event e WHERE e.complaint_id = h.complaint_id)",
    "events that do not follow one another": "SELECT complaint_id FROM event GROUP BY complaint_id HAVING count(*) <> max(sequence)",
    "a complaint without its registration": "SELECT c.number FROM complaint c WHERE NOT EXISTS (SELECT 1 FROM event e WHERE e.complaint_id = c.id AND e.sequence = 1 AND e.action = 'register')",
    "a complaint without clocks": "SELECT c.number FROM complaint c WHERE NOT EXISTS (SELECT 1 FROM clock k WHERE k.complaint_id = c.id)",
    "a complaint that cannot be searched": "SELECT c.number FROM complaint c WHERE NOT EXISTS (SELECT 1 FROM complaint_search s WHERE s.{row} = c.id)",
    "a complaint whose phone cannot be found": "SELECT c.number FROM complaint c WHERE NOT EXISTS (SELECT 1 FROM blind_index b WHERE b.complaint_id = c.id)",
    "a complaint that is nobody's": "SELECT c.number FROM complaint c WHERE NOT EXISTS (SELECT 1 FROM complaint_person p WHERE p.complaint_id = c.id)",
    "a complaint that is elsewhere than its last event says": "SELECT c.number FROM complaint c WHERE c.step <> (SELECT e.to_step FROM event e WHERE e.complaint_id = c.id AND e.to_step IS NOT NULL ORDER BY e.sequence DESC LIMIT 1)",
    "an event without what was entered": "SELECT e.complaint_id FROM event e WHERE e.action IN ('acknowledge', 'communicate', 'accept', 'send_order', 'appoint') GROUP BY e.complaint_id, e.action HAVING count(*) <> (SELECT count(*) FROM step_entry s WHERE s.complaint_id = e.complaint_id AND s.action = e.action)",
    "a talk too many or too few": "SELECT c.number FROM complaint c WHERE (SELECT count(*) FROM communication t WHERE t.complaint_id = c.id) <> (SELECT count(*) FROM event e WHERE e.complaint_id = c.id AND e.action IN ('acknowledge', 'communicate'))",
    "an acknowledgement without its message": "SELECT c.number FROM complaint c WHERE (SELECT count(*) FROM communication t JOIN outbox o ON o.id = t.outbox_id WHERE t.complaint_id = c.id AND o.way = 'sms') <> (SELECT count(*) FROM event e WHERE e.complaint_id = c.id AND e.action = 'acknowledge')",
    "an order too many or too few": "SELECT c.number FROM complaint c WHERE (SELECT count(*) FROM work_order w WHERE w.complaint_id = c.id) <> (SELECT count(*) FROM event e WHERE e.complaint_id = c.id AND e.action = 'send_order')",
    "an owner that no event appointed": "SELECT c.number FROM complaint c WHERE (c.owner_id IS NOT NULL) <> EXISTS (SELECT 1 FROM event e WHERE e.complaint_id = c.id AND e.action = 'appoint')",
    "an attached file without its evidence": "SELECT c.number FROM complaint c WHERE (SELECT count(*) FROM evidence v WHERE v.complaint_id = c.id AND v.attachment_id IS NOT NULL) <> (SELECT count(*) FROM event e WHERE e.complaint_id = c.id AND e.action = 'attach')",
    "a number that is there twice": "SELECT number FROM complaint GROUP BY number HAVING count(*) > 1",
    "a form that made two complaints": "SELECT submission FROM complaint GROUP BY submission HAVING count(*) > 1",
    "a message that is queued twice": "SELECT key FROM outbox WHERE key IS NOT NULL GROUP BY key HAVING count(*) > 1",
}  # fmt: skip
"""What must find nothing, by its name."""

WORDLESS = ("start_check", "appoint")


@dataclass
class Found:
    """What was found. ``wrong`` is empty where all is well."""

    complaints: int = 0
    events: int = 0
    acts: int = 0
    files: int = 0
    numbers: int = 0
    answered: int = 0
    there: int = 0
    open_done: int = 0
    open_not: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


def compare(desk: PluggedDesk, journal: Journal) -> Found:
    """The whole database against the whole journal."""
    found = Found()
    database = Database(desk.url)
    try:
        kept = _kept(database, desk, found)
        _halves(database, found)
        _numbers(database, found)
    finally:
        database.dispose()
    nonces = {one.nonce for one in journal.sent}
    found.wrong += [f"{nonce} is there, and nobody sent it" for nonce in kept if nonce not in nonces]
    for one in journal.sent:
        _told(one, kept.get(one.nonce, []), found)
    return found


def _told(one: Sent, places: list[tuple[str, str]], found: Found) -> None:
    """What one form became, beside what its sender was told."""
    if len(places) > 1:
        found.doubled.append(f"{one.action} {one.nonce}: {places}")
    right = [place for place in places if place[1] == one.action and one.number in ("", place[0])]
    if one.fate is Fate.DONE:
        found.answered += 1
        found.there += bool(right)
        if not right:
            found.lost.append(f"{one.action} {one.number} {one.nonce}: {places}")
    elif one.fate is Fate.OPEN:
        found.open_done += bool(right)
        found.open_not += not places
        if places and not right:
            found.wrong.append(f"{one.action} {one.number} {one.nonce} came to {places}")
    elif places:
        found.wrong.append(f"{one.action} {one.nonce} was refused and is there: {places}")


def _kept(database: Database, desk: PluggedDesk, found: Found) -> dict[str, list[tuple[str, str]]]:
    """Nonce → where it stands: (number of the complaint, action); sealed texts and files are opened."""
    kept: dict[str, list[tuple[str, str]]] = {}
    with database.reading() as session:
        seals = {}
        for row in session.execute(sa.select(Complaint.id, Complaint.number, Complaint.sealed_key)):
            seals[row.id] = (row.number, CaseSeal(desk.keys, row.sealed_key, row.number))
        found.complaints = len(seals)
        columns = (Event.complaint_id, Event.sequence, Event.action, Event.body)
        names = _names(session, desk, seals, found)
        for row in session.execute(sa.select(*columns).order_by(Event.complaint_id, Event.sequence)):
            number, seal = seals[row.complaint_id]
            body = json.loads(row.body)
            found.events += 1
            found.acts += row.action != "register"
            private = seal.open_json(b64decode(body["sealed"]), f"event:{row.sequence}") if "sealed" in body else {}
            if row.action in WORDLESS:
                kept.setdefault(f"{number}/{row.action}", []).append((number, row.action))
            for nonce in set(_nonces(private)) | {
                names[row.complaint_id, one] for one in body["facts"].get("files", ())
            }:
                kept.setdefault(nonce, []).append((number, row.action))
    return kept


def _names(session, desk, seals, found) -> dict[tuple[int, str], str]:
    """(complaint, SHA-256) → the nonce in a file's name; each file lies whole on the disk."""
    names = {}
    for row in session.execute(sa.select(Attachment.complaint_id, Attachment.sha256, Attachment.sealed_name)):
        _number, seal = seals[row.complaint_id]
        names[row.complaint_id, row.sha256] = str(seal.open_text(row.sealed_name, f"file-name:{row.sha256}"))[:-4]
        content = files.load(
            desk.folder / "files", row.sha256, row.complaint_id,
            lambda sealed, seal=seal, sha256=row.sha256: bytes(seal.open(sealed, f"file:{sha256}")),
        )  # fmt: skip
        found.files += 1
        if not isinstance(content, bytes):
            found.wrong.append(f"the file {row.sha256} of {_number}: {content.key}")
    return names


def _nonces(private: object) -> Iterator[str]:
    """Every nonce in the texts of an event."""
    if isinstance(private, dict):
        for value in private.values():
            yield from _nonces(value)
    elif isinstance(private, str) and "plug-" in private:
        yield private[(at := private.index("plug-")) : at + len("plug-") + 12]


def _halves(database: Database, found: Found) -> None:
    row = "rowid" if database.dialect == "sqlite" else "complaint_id"
    with database.reading() as session:
        for name, statement in HALVES.items():
            rows = session.execute(sa.text(statement.format(row=row))).all()
            found.wrong += [f"{name}: {one[0]}" for one in rows[:5]]
        if database.dialect == "sqlite":
            found.wrong += [one[0] for one in session.execute(sa.text("PRAGMA integrity_check")) if one[0] != "ok"]
            found.wrong += [f"an orphan: {tuple(one)}" for one in session.execute(sa.text("PRAGMA foreign_key_check"))]


def _numbers(database: Database, found: Found) -> None:
    """R1: by day the numbers run from 1 without a gap, and the counter stands at the last one; so do the orders'."""
    with database.reading() as session:
        for series, table in (("complaint", "complaint"), ("order", "work_order")):
            given: dict[str, list[int]] = {}
            for number in session.scalars(sa.text(f"SELECT number FROM {table}")):
                day, _dash, place = number[2:].partition("-")
                given.setdefault(day, []).append(int(place))
            rows = session.execute(
                sa.text("SELECT slot, value FROM counter WHERE series = :series"), {"series": series}
            )
            counted = {row.slot: row.value for row in rows}
            for day, places in given.items():
                found.numbers += len(places)
                if sorted(places) != list(range(1, len(places) + 1)):
                    found.wrong.append(f"{series} numbers of {day} have a gap: {len(places)} up to {max(places)}")
                if counted.get(day) != len(places):
                    found.wrong.append(f"the counter of {series} {day} stands at {counted.get(day)}, not {len(places)}")


@dataclass
class Messages:
    """What became of the messages: how many arrived, how many the desk says are sent, uncertain or waiting."""

    arrived: int = 0
    states: Counter[str] = field(default_factory=Counter)
    twice: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


def messages(desk: PluggedDesk, arrived: list[str]) -> Messages:
    """What the gateway took (by the messages' references), beside the outbox: none twice, none said to be sent that
    did not arrive. One that was on its way when the plug was pulled may have arrived and is not sent again.
    """
    told = Messages(arrived=len(arrived))
    taken = Counter(arrived)
    told.twice = [one for one, times in taken.items() if times > 1]
    known = {one.removeprefix("message-").partition(".")[0] for one in taken}
    database = Database(desk.url)
    with database.reading() as session:
        for row in session.execute(sa.select(Outbox.id, Outbox.state).where(Outbox.way == "sms")):
            told.states[row.state.value] += 1
            if row.state is MessageState.SENT and str(row.id) not in known:
                told.wrong.append(f"message {row.id} is said to be sent and did not arrive")
    database.dispose()
    return told
