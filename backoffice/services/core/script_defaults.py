"""The default office's intake scripts as first versions (R7); what is there already stays."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.models.script import IntakeScript
from backoffice.office import document

COMMON = ("closing", "listening_rules")
"""What the default office says once for all its scripts; each version carries it, and is edited by itself."""


def load_scripts(session: Session) -> None:
    """The office's scripts, each a version of its own."""
    known = set(session.scalars(sa.select(IntakeScript.code)))
    content = document("scripts")
    common = {part: content[part] for part in COMMON}
    session.add_all(
        IntakeScript(
            code=row["code"],
            version=row["version"],
            category=row["category"],
            name_zh=row["name"]["zh"],
            name_en=row["name"]["en"],
            valid_from=date.fromisoformat(row["valid_from"]),
            definition={**row, **common},
        )
        for row in content["scripts"]
        if row["code"] not in known
    )
