"""A published inspection as its reader may see it (R29, R39): the card with its marks, remarks veiled, the appeal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

import sqlalchemy as sa

from backoffice.models.inspection import Inspection, InspectionAppeal, InspectionMark
from backoffice.models.office import Staff
from backoffice.queries.my_inspections import sees_whole
from backoffice.queries.scope import reaches
from backoffice.services.core.appeals import Appealing
from backoffice.services.core.inspections import look_at_inspection
from backoffice.services.core.work import Work
from backoffice.services.dossier.veil import Copy, Veil
from policies.access import Actor, CustomerView, Permission, customer_view
from policies.card import Item, Mark
from policies.evidence_kept import read_evidence
from policies.inspection_evidence import ItemEvidence
from policies.message import Name
from policies.vocabulary_inspection import AppealResult
from views.filters import named


@dataclass(frozen=True)
class FileShown:
    """A file of an appeal."""

    id: int
    name: str
    size_kb: int


@dataclass(frozen=True)
class AppealShown:
    """The appeal as it is read: by whom, against what, why; and the decision when there is one."""

    by: Staff
    submitted_at: datetime
    items: tuple[Name, ...]
    reasons: str
    files: tuple[FileShown, ...]
    decide_due_at: datetime
    decider: Staff | None
    decided_at: datetime | None
    result: AppealResult | None
    ground: str
    old_score: Decimal
    new_score: Decimal | None


@dataclass(frozen=True)
class Shown:
    """An inspection for one reader. ``whole``: score and every mark, not only the reader's own ones; ``marks``: as they
    hold now, remarks veiled; ``before``: those that the appeal changed, as the inspector gave them; ``evidence``: what
    the system showed beside them; ``people``: whose indicator an item counts for.
    """

    one: Appealing
    whole: bool
    marks: dict[str, Mark]
    before: dict[str, Mark]
    evidence: dict[str, ItemEvidence]
    people: dict[str, str]
    appeal: AppealShown | None
    summary: str
    opens_complaint: bool

    @property
    def items(self) -> tuple[str, ...]:
        """Codes of the items that the reader sees."""
        return tuple(self.marks)

    @property
    def contested(self) -> tuple[Item, ...]:
        """The items before the decider."""
        items = self.one.appeal.items if self.one.appeal is not None else []
        return tuple(item for item in self.one.card.items if item.code in items)

    @property
    def inspection(self) -> Inspection:
        return self.one.inspection

    @property
    def result(self) -> Name | None:
        """What the score is called."""
        band = self.one.scoring.band(self.inspection.result)
        return band.name if band is not None else None


def look(work: Work, number: str) -> Appealing:
    """An inspection with its appeal, nothing locked."""
    return Appealing(look_at_inspection(work, number))


def shown(one: Appealing, actor: Actor) -> Shown:
    """What this reader gets to see of it."""
    whole = sees_whole(actor, one.inspection)
    veil = _veil(one, actor)
    row = one.inspection
    seen = {item for item, mark in one.first.items() if whole or mark.staff_id == actor.staff_id}
    return Shown(
        one=one,
        whole=whole,
        marks=_marks(one, veil, {item: row for item, row in one.present.items() if item in seen}),
        before=_marks(one, veil, {item: row for item, row in one.first.items() if item in seen & _changed(one)}),
        evidence={item: read_evidence(row.evidence) for item, row in one.first.items() if item in seen},
        people=_people(one),
        appeal=_appeal(one, veil, actor) if one.appeal is not None else None,
        summary=veil.text(one.of.texts.get("summary", "")) if whole else "",
        opens_complaint=reaches(one.of.work.session, actor, Permission.COMPLAINT_VIEW, row.complaint_id),
    )


def _veil(one: Appealing, actor: Actor) -> Veil:
    hidden = customer_view(actor, one.of.case.subject) is CustomerView.HIDDEN
    return Veil(Copy.HIDDEN if hidden else Copy.MASKED, one.of.case.record)


def _marks(one: Appealing, veil: Veil, rows: Mapping[str, InspectionMark]) -> dict[str, Mark]:
    return {item: replace(mark, remark=veil.text(mark.remark)) for item, mark in one.marks(rows).items()}


def _changed(one: Appealing) -> set[str]:
    """The items that have another mark after the appeal."""
    return {item for item, row in one.second.items() if row.percent != one.first[item].percent}


def _people(one: Appealing) -> dict[str, str]:
    ids = {mark.staff_id for mark in one.first.values() if mark.staff_id is not None}
    rows = one.of.work.session.scalars(sa.select(Staff).where(Staff.id.in_(sorted(ids))))
    names = {row.id: named(row) for row in rows}
    return {item: names[mark.staff_id] for item, mark in one.first.items() if mark.staff_id is not None}


def _appeal(one: Appealing, veil: Veil, actor: Actor) -> AppealShown | None:
    row = one.appeal
    if row is None:
        return None
    texts = one.texts
    return AppealShown(
        by=row.by,
        submitted_at=row.submitted_at,
        items=tuple(found.name for code in row.items if (found := one.card.find(code)) is not None),
        reasons=veil.text(texts.get("reasons", "")),
        files=_files(one, veil) if opens_files(row, actor) else (),
        decide_due_at=row.decide_due_at,
        decider=row.decider,
        decided_at=row.decided_at,
        result=row.result,
        ground=veil.text(texts.get("ground", "")),
        old_score=row.old_score,
        new_score=row.new_score,
    )


def opens_files(appeal: InspectionAppeal, actor: Actor) -> bool:
    """Files cannot be masked: they are for the appellant who sent them and for those who decide."""
    return appeal.by_id == actor.staff_id or actor.scope(Permission.APPEAL_DECIDE).width > 0


def _files(one: Appealing, veil: Veil) -> tuple[FileShown, ...]:
    return tuple(FileShown(row.id, veil.text(one.file_name(row)), max(1, row.size // 1024)) for row in one.files)
