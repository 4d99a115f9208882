"""Notices of the demonstration (R8), through the real services: two faults in force, a suggestion, a lifted one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from backoffice.errors import DomainError
from backoffice.jobs.demonstration.told_cases import Player
from backoffice.models.complaint import Complaint
from backoffice.models.configuration import Category
from backoffice.models.fault_notice import FaultNotice
from backoffice.office import document
from backoffice.services import fault_notices as service
from policies.fault_notice import LiftFacts, NoticeFacts
from policies.vocabulary_notice import NoticeKind

LINKER = "S003"


def play_notices(player: Player, present: datetime) -> None:
    """What of notices there is at ``present`` (aware UTC); nothing where some are there already."""
    with player.database.reading() as session:
        if session.scalar(sa.select(FaultNotice.id).limit(1)) is not None:
            return
    for row in document("demonstration")["notices"]:
        _play(player, row, present)


def _play(player: Player, row: Mapping[str, Any], present: datetime) -> None:
    since = present - timedelta(hours=row["hours"])
    facts = NoticeFacts(
        kind=NoticeKind(row["kind"]), title_zh=row["title"]["zh"], title_en=row["title"]["en"], area=row["area"],
        tell_zh=row["tell"]["zh"], tell_en=row["tell"]["en"], categories=tuple(row["categories"]), since=since,
        expected_at=present + timedelta(hours=row["expected_in"]) if "expected_in" in row else None,
    )  # fmt: skip
    published = since + timedelta(minutes=20)
    with player.database.writing() as session:
        number = service.publish(player.work(session, row["by"], published), facts).number
    for complaint in _fitting(player, row):
        _link(player, complaint, number, present)
    if "lifted_after" in row:
        at = since + timedelta(hours=row["lifted_after"])
        with player.database.writing() as session:
            service.lift(player.work(session, row["by"], present), number, LiftFacts(at, row["happened"]), None)


def _fitting(player: Player, row: Mapping[str, Any]) -> list[str]:
    """The newest open complaints of its categories."""
    wanted = (
        sa.select(Complaint.number)
        .join(Category, Category.id == Complaint.category_id)
        .where(Complaint.open.is_(True), Category.code.in_(row["categories"]))
        .order_by(Complaint.id.desc())
        .limit(row["links"])
    )
    with player.database.reading() as session:
        return list(session.scalars(wanted))


def _link(player: Player, complaint: str, notice: str, at: datetime) -> None:
    try:
        with player.database.writing() as session:
            service.link(player.work(session, LINKER, at), complaint, notice)
    except DomainError:  # a complaint that nobody may speak to its customer about any more stays without
        return
