"""Open the demonstration office: default office, sample staff, about 300 complaints of the last 90 days,
the told cases.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.database import Database
from backoffice.errors import DomainError
from backoffice.file_settings import files_of
from backoffice.jobs.demonstration.aftermath import play_aftermath
from backoffice.jobs.demonstration.appraising import play_appraisal
from backoffice.jobs.demonstration.cast import Cast
from backoffice.jobs.demonstration.doors import play_arrivals
from backoffice.jobs.demonstration.inspections import play_inspections
from backoffice.jobs.demonstration.knowledge import play_knowledge
from backoffice.jobs.demonstration.life import Plot, Stage, play
from backoffice.jobs.demonstration.material import Material
from backoffice.jobs.demonstration.notices import play_notices
from backoffice.jobs.demonstration.schooling import play_training
from backoffice.jobs.demonstration.told_cases import Player, told_cases
from backoffice.jobs.demonstration.told_inspections import play_told_inspections
from backoffice.keys import Keys
from backoffice.models.complaint import Complaint
from backoffice.models.configuration import Category
from backoffice.models.office import Department, Office, Staff
from backoffice.queries.rulebook import Rulebook
from backoffice.services.core.credentials import hash_password
from backoffice.services.office import load_default_office
from policies.message import Refusal

SEED = 20260101
COMPLAINTS = 300
DAYS = 90
RECENT_DAYS = 10
CHANNELS = ("hotline",) * 6 + ("website", "wechat", "mobile_app", "service_hall", "online_chat")
ENDINGS = ("handled",) * 11 + ("solved",) * 5 + ("rework",) * 2 + ("not_established", "withdrawn", "unsatisfied")
# an action that nobody has come to yet → how such a life would end; each is shown twice, from the last days
WAITING = {
    "start_check": "handled", "review_check": "not_established", "send_order": "handled", "appoint": "handled",
    "submit_facts": "handled", "submit_plan": "handled", "approve": "handled", "complete_measures": "handled",
    "tell_result": "handled", "confirm_satisfied": "handled", "carry_out_again": "rework", "archive": "handled",
}  # fmt: skip
WAITING_MINUTES = (4 * 24 * 60, 9 * 24 * 60)
Say = Callable[[str], object]


def open_demonstration(
    database: Database, keys: Keys, folder: Path, at: datetime, password: str, say: Say, *, complaints: int = COMPLAINTS
) -> bool:
    """Fill an empty database; False when the demonstration is there already. Every complaint is a transaction of its
    own,
    so that one which was stopped half way goes on where it stood at the next start."""
    with database.writing() as session:
        _refuse_real_office(session)
        load_default_office(session, at)
        if _count(session) >= complaints:
            return False
        _give_passwords(session, password)
    play_told_cases(database, keys, folder, at)
    play_told_inspections(Player(database, keys, files_of(folder)), at)
    plots = plan(database, at, complaints)
    stage = _stage(database, keys, at)
    with database.reading() as session:
        there = _count(session)
    for number, plot in enumerate(plots):
        if number < there:
            continue
        if number % 50 == 0:
            say(f"demonstration: {number} of {complaints} complaints")
        play(stage, plot)
    drawn = play_inspections(Player(database, keys, files_of(folder)), at)
    play_aftermath(Player(database, keys, files_of(folder)), at)
    play_training(Player(database, keys, files_of(folder)), at)
    play_notices(Player(database, keys, files_of(folder)), at)
    play_knowledge(Player(database, keys, files_of(folder)), at)
    play_arrivals(Player(database, keys, files_of(folder)), at)
    months = play_appraisal(Player(database, keys, files_of(folder)), folder, at)
    say(f"demonstration: {len(drawn)} inspections, {len(months)} months of the appraisal")
    return True


def _refuse_real_office(session: Session) -> None:
    """A real office is never filled with plays, and its people never get the password that everybody knows."""
    real = session.scalar(sa.select(Office.id).where(Office.demonstration.is_(False)).limit(1))
    if real is not None or (session.scalar(sa.select(Staff.id).limit(1)) and not session.scalar(sa.select(Office.id))):
        raise DomainError(Refusal("set_up.refused.real_office"))


def play_told_cases(database: Database, keys: Keys, folder: Path, at: datetime) -> list[str]:
    """The told cases as far as the processes reach; gives the codes of those that were played."""
    player, played = Player(database, keys, files_of(folder)), list[str]()
    with database.reading() as session:
        known = set(session.scalars(sa.select(Complaint.number)))
    for case in told_cases():
        if case["number"] in known or player.at(case["timeline"][-1]["at"]) > at:
            continue
        try:
            player.play(case)
        except DomainError:
            continue  # a told case that needs what the office has not got yet stays untold
        played.append(case["code"])
    return played


def plan(database: Database, at: datetime, complaints: int) -> list[Plot]:
    """What is to become of each complaint, in the order of receipt; the same for the same day."""
    chance = random.Random(SEED)  # noqa: S311 - a play is to be repeatable, not secret
    with database.reading() as session:
        leaves = _leaves(session)
        calendar = Rulebook(session).calendar()
    plots = []
    general = [pair for pair in leaves if pair[0].default_severity == "general"]
    for action, ending in (*WAITING.items(), *WAITING.items())[:complaints]:
        received = calendar.next_working_moment(at - timedelta(minutes=chance.randrange(*WAITING_MINUTES)))
        leaf, department = chance.choice(general)
        plots.append(
            Plot(received.replace(second=0, microsecond=0), "hotline", leaf, department, ending, False, action)
        )
    for _ in range(complaints - len(plots)):
        days = RECENT_DAYS if chance.random() < 0.3 else DAYS
        received = at - timedelta(minutes=chance.randrange(30, days * 24 * 60))
        channel = chance.choice(CHANNELS)
        if channel != "hotline":
            received = min(calendar.next_working_moment(received), at - timedelta(minutes=20))
        leaf, department = chance.choice(leaves)
        plots.append(
            Plot(received.replace(second=0, microsecond=0), channel, leaf, department, chance.choice(ENDINGS),
                 slow=chance.random() < 0.12)
        )  # fmt: skip
    return sorted(plots, key=lambda plot: plot.received_at)


def _stage(database: Database, keys: Keys, at: datetime) -> Stage:
    material = Material(random.Random(SEED))  # noqa: S311 - as above
    with database.reading() as session:
        cast = Cast(session)
        for code in cast.ids:
            cast.actor(code)
        calendar = Rulebook(session).calendar()
        codes = {row.id: row.code for row in session.execute(sa.select(Category.id, Category.code))}
        rows = session.execute(sa.select(Category.id, Category.path).where(Category.level == 3))
        trunks = {row.id: codes[int(row.path.split("/")[1])] for row in rows}
    return Stage(database, keys, cast, material, calendar, at, trunks)


def _leaves(session: Session) -> list[tuple[Category, str]]:
    """Leaves of departments that have a handler, with their department; first those of general severity."""
    statement = (
        sa.select(Category, Department.code)
        .join(Department, Department.id == Category.default_department_id)
        .where(Category.level == 3)
        .order_by(Category.id)
    )
    cast = Cast(session)
    found = [(leaf, code) for leaf, code in session.execute(statement).all() if cast.with_role("handler", code)]
    general = [pair for pair in found if pair[0].default_severity == "general"]
    return general * 4 + [pair for pair in found if pair[0].default_severity == "important"]


def _give_passwords(session: Session, password: str) -> None:
    """Everybody of the demonstration signs in with the same password, which nobody need change."""
    hashed = hash_password(password)
    session.execute(sa.update(Staff).values(password_hash=hashed, must_change_password=False))


def _count(session: Session) -> int:
    """How many complaints are there besides the told ones."""
    told = [case["number"] for case in told_cases()]
    statement = sa.select(sa.func.count()).select_from(Complaint).where(Complaint.number.not_in(told))
    return session.scalar(statement) or 0
