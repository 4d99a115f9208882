"""The told inspections of the office (``inspection`` and ``appeal`` in ``office/inspection_cases.yaml``), through
the real services: drawn by a spot check, scored, published, appealed against, decided, final.

What is told without words (a remark beside a mark below the full one, the ground of a decision) is said in the words of
the card and of the case.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from backoffice.jobs.demonstration.told_cases import Player, told_cases
from backoffice.models.complaint import Complaint
from backoffice.models.inspection import Inspection
from backoffice.office import document
from backoffice.queries.populations import Filters
from backoffice.queries.rulebook import Rulebook
from backoffice.services import appeals, inspection
from backoffice.services.core.inspections import open_inspection
from backoffice.services.core.work import Work
from backoffice.services.sampling import Order, draw
from policies.access import SYSTEM
from policies.card import Card, Mark, marks_of
from policies.vocabulary_inspection import AppealResult, InspectionStatus

MANAGER = "S024"
"""Who draws, and publishes what a spot check found."""
PLAN = "spot_check"
LONGEST_TO_APPEAL = timedelta(days=14)  # three working days, whatever holidays lie between
DRAWN_BEFORE, SCORED_BEFORE = timedelta(days=3), timedelta(hours=1)


def last_moment(case: Mapping[str, Any]) -> datetime:
    """By when what is told of a case's inspection is surely over, the time to appeal included, in local time."""
    told = case["inspection"]
    decided = told.get("appeal", {}).get("decided_at")
    return _time(decided) if decided else _time(told["published_at"]) + LONGEST_TO_APPEAL


def play_inspection(player: Player, case: Mapping[str, Any], *, until: str = "") -> str:
    """Play the told inspection of a told case that was played already; gives its number.

    ``until``: ``published`` or ``appealed`` stops there. What is not appealed against becomes final when the time to
    appeal is over. Raises ``DomainError`` where a rule says no.
    """
    told = case["inspection"]
    published = player.at(_time(told["published_at"]))
    number = _drawn(player, case, published)
    _scored(player, case, number, published - SCORED_BEFORE)
    with player.database.writing() as session:
        inspection.publish(player.work(session, MANAGER, published), number)
    if until != "published":
        _ended(player, told, number, until)
    return number


def play_told_inspections(player: Player, present: datetime) -> list[str]:
    """Those that were over by ``present`` (aware UTC), of told cases that are there; gives their numbers.

    One that was played already is left alone.
    """
    numbers = []
    for case in told_cases():
        if "inspection" not in case or player.at(last_moment(case)) > present or not _is_there(player, case):
            continue
        if not is_played(player, case):
            numbers.append(play_inspection(player, case))
    return numbers


def _is_there(player: Player, case: Mapping[str, Any]) -> bool:
    with player.database.reading() as session:
        closed = sa.select(Complaint.id).where(Complaint.number == case["number"], Complaint.closed_at.is_not(None))
        return session.scalar(closed) is not None


def is_played(player: Player, case: Mapping[str, Any]) -> bool:
    """Whether this case's complaint has an inspection already."""
    there = sa.select(Inspection.id).join(Complaint, Complaint.id == Inspection.complaint_id)
    with player.database.reading() as session:
        return session.scalar(there.where(Complaint.number == case["number"]).limit(1)) is not None


def _drawn(player: Player, case: Mapping[str, Any], published: datetime) -> str:
    """A spot check of the day on which the complaint was closed, narrowed down to its leaf, so that it is drawn."""
    at = published - DRAWN_BEFORE
    with player.database.reading() as session:
        complaint = session.scalars(sa.select(Complaint).where(Complaint.id == _complaint(player, case))).one()
        if complaint.closed_at is None:
            raise LookupError(case["code"])
        day = complaint.closed_at.astimezone(Rulebook(session).zone()).date()
        complaint_id, leaf = complaint.id, complaint.category.code
    order = Order(PLAN, day, day, Filters(categories=(leaf,)), reason=case["title"]["zh"])
    draw_id = draw(player.database, lambda session: player.work(session, MANAGER, at), order)
    with player.database.reading() as session:
        mine = sa.select(Inspection).where(Inspection.draw_id == draw_id, Inspection.complaint_id == complaint_id)
        row = session.scalars(mine).one()
        number, given = row.number, row.inspector_id
    told = player.staff_id(case["inspection"]["inspector"])
    if given != told:
        with player.database.writing() as session:
            inspection.hand_on(player.work(session, MANAGER, at), number, told, case["title"]["zh"])
    return number


def _complaint(player: Player, case: Mapping[str, Any]) -> int:
    with player.database.reading() as session:
        by_number = sa.select(Complaint.id).where(Complaint.number == case["number"])
        return session.scalars(by_number).one()


def _scored(player: Player, case: Mapping[str, Any], number: str, at: datetime) -> None:
    told = case["inspection"]
    with player.database.writing() as session:
        work = player.work(session, told["inspector"], at)
        one = open_inspection(work, number)
        card = one.rules.card(one.inspection.card_id)
        marks = _with_remarks(card, marks_of(card, told["levels"], told["fatal_hits"]))
        inspection.score(work, number, inspection.Entered(marks, case["lesson"]["zh"]))


def _with_remarks(card: Card, marks: Mapping[str, Mark]) -> dict[str, Mark]:
    """What is below the full mark says against what it was judged."""
    words = document("demonstration")["inspection"]
    return {
        code: Mark(mark.percent, mark.value, words["remark"].format(judge=card.item(code).judge.zh))
        if mark.percent is not None and mark.percent < 100
        else mark
        for code, mark in marks.items()
    }


def _ended(player: Player, told: Mapping[str, Any], number: str, until: str) -> None:
    appeal = told.get("appeal")
    if appeal is None:
        _becomes_final(player, number)
        return
    contested = [item for item in told["levels"] if item in appeal["reason"]["zh"]]
    with player.database.writing() as session:
        work = player.work(session, appeal["by"], player.at(_time(appeal["at"])))
        appeals.submit(work, number, contested, appeal["reason"]["zh"])
    if until == "appealed":
        return
    with player.database.writing() as session:
        work = player.work(session, appeal["decided_by"], player.at(_time(appeal["decided_at"])))
        card = open_inspection(work, number).rules.card(_card(work, number))
        names = ", ".join(card.item(item).name.zh for item in contested)
        ground = document("demonstration")["inspection"]["ground_dismissed"].format(item=names)
        percents = marks_of(card, told["levels"])
        appeals.decide(
            work, number, AppealResult(appeal["result"]), ground, {item: percents[item] for item in contested}
        )


def _card(work: Work, number: str) -> int:
    return work.session.scalars(sa.select(Inspection.card_id).where(Inspection.number == number)).one()


def _becomes_final(player: Player, number: str) -> None:
    with player.database.writing() as session:
        row = session.scalars(sa.select(Inspection).where(Inspection.number == number)).one()
        if row.status is InspectionStatus.PUBLISHED and row.appeal_until is not None:
            at = row.appeal_until + timedelta(hours=1)
            inspection.finalise(Work(session, player.keys, SYSTEM, at, at, player.files), row.id)


def _time(told: str | datetime) -> datetime:
    return told if isinstance(told, datetime) else datetime.fromisoformat(told)
