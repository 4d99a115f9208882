"""The figures of the office's rules: read, and changed with a line in the log (R3, R6, R11, R16, R21).

They hold from the moment of their change, for every decision taken after it; what was decided stays.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.errors import DomainError
from backoffice.models.configuration import Setting
from backoffice.services.core import upkeep
from backoffice.services.core.reference import log_change
from policies.access import Actor
from policies.figures import FIGURES, read_figures, refuse_figures
from policies.message import Refusal

SUBJECT = "figures"


def figures(session: Session) -> dict[str, int]:
    """The office's figures by their codes."""
    names = {figure.setting for figure in FIGURES}
    return read_figures(
        {row.key: row.value for row in session.scalars(sa.select(Setting).where(Setting.key.in_(names)))}
    )


def change_figures(
    session: Session,
    actor: Actor,
    at: datetime,
    values: Mapping[str, int | None],
    seen: Mapping[str, int] | None = None,
) -> bool:
    """Set the figures; says whether one changed. Raises ``DomainError`` with everything that makes no sense.

    ``seen`` are the figures that the person saw: where somebody else changed one meanwhile, that is said first.
    """
    upkeep.begin(session, actor)
    before = figures(session)
    if seen is not None and dict(seen) != before:
        raise DomainError(Refusal("figures.refused.changed_meanwhile", status=409))
    upkeep.ensure(refuse_figures(values))
    changed = {figure: value for figure in FIGURES if (value := values[figure.code]) != before[figure.code]}
    if not changed:
        return False
    for figure, value in changed.items():
        row = session.get(Setting, figure.setting)
        if row is None:
            row = Setting(key=figure.setting, value={})
            session.add(row)
        row.value = {**(row.value or {}), figure.name: value}
    said = {figure.code: (before[figure.code], value) for figure, value in changed.items()}
    log_change(session, actor, at, SUBJECT, SUBJECT, "change", said)
    upkeep.count_change(session)
    return True
