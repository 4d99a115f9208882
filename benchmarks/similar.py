"""Similar complaints while one is typed (R38), in an office that is there: the search alone and the whole answer.

    python -m benchmarks.similar --data DIR [--url URL] [--now 2026-11-23T02:00+00:00]

Asked with the texts, leaves and callers of complaints of the last sixty days, as who sees everything and as a clerk
who sees what is their own. Milliseconds by the clock, the median and the worst; the limit is 200 (``LIMIT``).
"""

from __future__ import annotations

import argparse
import logging
import statistics
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.clock import SetClock
from backoffice.database import Database
from backoffice.keys import Keys
from backoffice.models.complaint import Complaint
from backoffice.models.configuration import Category
from backoffice.models.office import Staff
from backoffice.queries.actor import load_actor
from backoffice.queries.similar import Written, similar_to
from backoffice.sealing import CaseSeal
from backoffice.services import office_keys
from benchmarks.many.__main__ import PASSWORD
from tests.support.browsing import Browser
from views.app import create_app

LIMIT = 200
ASKED = 24
ROUNDS = 3
DAYS = 60
PEOPLE = {"manager": "S003", "clerk": "S005"}


@dataclass(frozen=True)
class Typed:
    """What a clerk typed, as another customer said it before."""

    what: str
    phone: str
    category: str
    demand: str


def main() -> None:
    """Measure and print one line a person."""
    options = _options()
    database = Database(options.url or f"sqlite:///{Path(options.data) / 'office.db'}")
    keys = office_keys.open_for(database, Path(options.data) / "keys")
    with database.reading() as session:
        newest = session.scalar(sa.select(sa.func.max(Complaint.received_at)))
        now = options.now or newest
        texts = _texts(session, keys, now)
    print("| database | person | texts | shown | search: median, worst ms | whole answer: median, worst ms |")
    print("| --- | --- | ---: | ---: | ---: | ---: |")
    app = create_app({"DATA_DIR": options.data, "DATABASE_URL": database.url, "CLOCK": SetClock(now)})
    logging.getLogger("desk").setLevel(logging.ERROR)
    for name, code in PEOPLE.items():
        shown, alone = _searched(database, keys, code, texts, now)
        with database.reading() as session:
            login = session.scalars(sa.select(Staff.login).where(Staff.code == code)).one()
        browser = Browser(app)
        browser.sign_in(login, PASSWORD)
        token = browser.token("/intake/new")
        whole = [_asked(browser, token, one) for one in texts * ROUNDS]
        print(f"| {database.dialect} | {name} | {len(texts)} | {shown} | {_said(alone)} | {_said(whole)} |", flush=True)


def _searched(database: Database, keys: Keys, code: str, texts: list[Typed], now: datetime) -> tuple[int, list[float]]:
    shown, spent = 0, []
    for one in texts * ROUNDS:
        written = Written(one.what, one.phone, one.category, (one.demand,))
        with database.reading() as session:
            actor = load_actor(session, session.scalars(sa.select(Staff.id).where(Staff.code == code)).one())
            assert actor is not None
            began = time.perf_counter()
            shown += len(similar_to(session, keys, actor, written, now))
            spent.append((time.perf_counter() - began) * 1000)
    return shown // ROUNDS, spent


def _asked(browser: Browser, token: str, one: Typed) -> float:
    said = {"csrf_token": token, "what": one.what, "contact_phone": one.phone, "category": one.category,
            "demand": one.demand}  # fmt: skip
    began = time.perf_counter()
    answer = browser.send("/intake/beside", said)
    spent = (time.perf_counter() - began) * 1000
    assert answer.status_code == 200, answer.status_code
    return spent


def _texts(session: Session, keys: Keys, now: datetime) -> list[Typed]:
    """Spread evenly over the last weeks."""
    recent = sa.select(Complaint.id).where(Complaint.received_at > now - timedelta(days=DAYS)).order_by(Complaint.id)
    ids = list(session.scalars(recent))
    found = []
    for one in ids[:: max(1, len(ids) // ASKED)][:ASKED]:
        row = session.get_one(Complaint, one)
        record = CaseSeal(keys, row.sealed_key, row.number).open_json(row.sealed_record, "record")
        code = session.scalars(sa.select(Category.code).where(Category.id == row.category_id)).one()
        said = (str(record.get(name) or "") for name in ("what", "contact_phone"))
        found.append(Typed(*said, code, str(record.get("demand") or "")))
    return found


def _said(spent: list[float]) -> str:
    return f"{statistics.median(spent):.0f}, {max(spent):.0f}"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, help="the data directory of the office")
    parser.add_argument("--url", help="its database, where that is not office.db in its directory")
    parser.add_argument(
        "--now", type=datetime.fromisoformat, help="the moment it is there; else the newest complaint's"
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
