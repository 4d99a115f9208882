"""The default office's schemes and the rules they share, as first versions (R31, R32); what is there already stays."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.models.appraisal import AppraisalRules, AppraisalScheme
from backoffice.office import document
from policies.vocabulary_appraisal import SubjectKind

NOT_RULES = ("meta", "schemes", "worked_example")


def rules_of(document: Mapping[str, Any]) -> dict[str, Any]:
    """The shared rules as a definition of their own: the head of the document, and all but schemes and examples."""
    meta = document["meta"]
    head = {"code": meta["code"], "version": meta["version"], "name": meta["title"], "note": meta["note"]}
    return {**head, **{key: part for key, part in document.items() if key not in NOT_RULES}}


def load_appraisal(session: Session) -> None:
    """The office's appraisal schemes, each a version of its own, and their common rules."""
    whole = document("appraisal")
    meta = whole["meta"]
    if session.scalar(sa.select(AppraisalRules.id).where(AppraisalRules.code == meta["code"])) is None:
        session.add(
            AppraisalRules(
                code=meta["code"],
                version=meta["version"],
                name_zh=meta["title"]["zh"],
                name_en=meta["title"]["en"],
                valid_from=date.fromisoformat(meta["valid_from"]),
                definition=rules_of(whole),
            )
        )
    known = set(session.scalars(sa.select(AppraisalScheme.code)))
    session.add_all(
        AppraisalScheme(
            code=row["code"],
            version=row["version"],
            name_zh=row["name"]["zh"],
            name_en=row["name"]["en"],
            subject=SubjectKind(row["subject"]),
            valid_from=date.fromisoformat(row["valid_from"]),
            definition=row,
        )
        for row in whole["schemes"]
        if row["code"] not in known
    )
