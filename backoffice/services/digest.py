"""The daily digest (R26): once a working day everybody who has something to see to is told what, in the console and by
e-mail where an address is on file.
"""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.models.office import Staff
from backoffice.queries import recipients
from backoffice.queries.actor import load_actor
from backoffice.queries.digest import Digest, DigestLine, digest_of
from backoffice.queries.rulebook import Rulebook
from backoffice.queries.worklist import Asking
from backoffice.services.core import templates
from backoffice.services.core.places import Style
from backoffice.services.core.staff_messages import tell_staff
from backoffice.services.core.work import Work

TEMPLATE = "daily_digest"


def send(work: Work, staff_id: int, day: str) -> bool:
    """Tell one person what the day (ISO date, local) holds; says whether there was anything to tell.

    Nobody away is told, nor is a stand-in: it is about one's own work. With the same day it happens once.
    """
    session = work.session
    actor = load_actor(session, staff_id)
    if actor is None or staff_id in recipients.absent_at(session, work.at):
        return False
    rules = Rulebook(session)
    found = digest_of(session, Asking(actor, work.at, rules.zone()))
    if found.is_empty:
        return False
    templates.bring(session, TEMPLATE)

    def fill(language: str) -> Mapping[str, str]:
        return _places(Style(rules, language), rules, work, found)

    return bool(tell_staff(work, TEMPLATE, [staff_id], fill, key=f"digest:{day}"))


def next_people(session: Session, after: int, most: int) -> list[int]:
    """Ids of the next members of staff in service, by id."""
    people = sa.select(Staff.id).where(Staff.retired_at.is_(None), Staff.id > after)
    return list(session.scalars(people.order_by(Staff.id).limit(most)))


def _places(style: Style, rules: Rulebook, work: Work, digest: Digest) -> Mapping[str, str]:
    return {
        "digest_date": style.day(work.at),
        "due_count": str(digest.due),
        "overdue_count": str(digest.overdue),
        "waiting_count": str(digest.waiting),
        "digest_lines": "\n".join([*(_line(style, line) for line in digest.lines), *_put_right(style, digest)]),
        "office_name": style.name(rules.office()),
    }


def _line(style: Style, line: DigestLine) -> str:
    if line.due_at is None or line.clock is None:
        return style.format("digest_line_open").format(number=line.number, category=style.name(line))
    return style.format("digest_line").format(
        number=line.number,
        category=style.name(line),
        clock=style.clock(line.sla_id, line.clock),
        due=style.moment(line.due_at),
    )


def _put_right(style: Style, digest: Digest) -> list[str]:
    """One line of the corrective actions that wait (R30)."""
    parts = [style.format(f"digest_corrective_{which}").format(n=count) for which, count in digest.put_right.items()]
    return [style.format("digest_corrective").format(parts=style.format("list_separator").join(parts))] if parts else []
