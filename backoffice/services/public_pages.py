"""The pages for customers, switched on and set (R1): kept with a line in the log, in force with the next request."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from backoffice.models.configuration import Setting
from backoffice.queries import public_pages
from backoffice.queries.public_pages import SETTING
from backoffice.services.core import upkeep
from backoffice.services.core.reference import log_change
from policies.access import Actor
from policies.public_pages import PublicPages, as_data, check, read, refused

SUBJECT = "public_pages"


def save(session: Session, actor: Actor, at: datetime, settings: PublicPages) -> bool:
    """Keep the settings; says whether one changed. Raises ``DomainError`` with everything that makes no sense."""
    upkeep.begin(session, actor)
    unknown = (
        [refused("unknown_category", "unsure_category")]
        if settings.unsure_category and not public_pages.is_leaf(session, settings.unsure_category)
        else []
    )
    has_channel = public_pages.channel_of(session) is not None
    upkeep.ensure(check(settings, has_channel=has_channel), unknown)
    row = session.get(Setting, SETTING)
    before, after = as_data(read(row.value if row is not None else None)), as_data(settings)
    changes = {name: (before[name], value) for name, value in after.items() if value != before[name]}
    if not changes:
        return False
    if row is None:
        session.add(Setting(key=SETTING, value=after))
    else:
        row.value = after
    log_change(
        session, actor, at, SUBJECT, SUBJECT, "change", {f"public_{name}": pair for name, pair in changes.items()}
    )
    upkeep.count_change(session)
    return True
