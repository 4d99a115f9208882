"""Articles and cases of the demonstration (R38), through the real service: written by one, released by another."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from backoffice.errors import DomainError
from backoffice.jobs.demonstration.told_cases import Player
from backoffice.models.complaint import Complaint
from backoffice.models.configuration import Category
from backoffice.models.knowledge import Knowledge
from backoffice.office import document
from backoffice.services import knowledge as service
from policies.knowledge import KnowledgeFacts
from policies.vocabulary import ComplaintStatus


def play_knowledge(player: Player, present: datetime) -> None:
    """What is known at ``present`` (aware UTC); nothing where something is written already."""
    with player.database.reading() as session:
        if session.scalar(sa.select(Knowledge.id).limit(1)) is not None:
            return
    for row in document("demonstration")["knowledge"]:
        _play(player, row, present - timedelta(days=row["days"]))


def _play(player: Player, row: Mapping[str, Any], at: datetime) -> None:
    source, categories = "", tuple(row["categories"])
    if "case_of" in row:
        found = _archived(player, row["case_of"], at)
        if found is None:  # a small play has no such complaint yet
            return
        source, categories = found[0], (found[1],)
    texts = {f"{part}_{language}": row[part][language] for part in ("title", "body") for language in ("zh", "en")}
    facts = KnowledgeFacts(**texts, categories=categories)
    try:
        with player.database.writing() as session:
            number = service.write(player.work(session, row["by"], at), facts, source=source).number
        if "released" in row:
            with player.database.writing() as session:
                work = player.work(session, row["released"], at + timedelta(hours=3))
                service.release(work, number, None, checked=True)
    except DomainError:  # a case whose text happens to name its customer stays unwritten or unreleased
        return


def _archived(player: Player, codes: list[str], at: datetime) -> tuple[str, str] | None:
    """The newest complaint of these leaves that was archived by then, with its leaf."""
    wanted = (
        sa.select(Complaint.number, Category.code)
        .join(Category, Category.id == Complaint.category_id)
        .where(Complaint.status == ComplaintStatus.ARCHIVED, Complaint.archived_at < at, Category.code.in_(codes))
        .order_by(Complaint.id.desc())
        .limit(1)
    )
    with player.database.reading() as session:
        row = session.execute(wanted).first()
    return (row.number, row.code) if row else None
