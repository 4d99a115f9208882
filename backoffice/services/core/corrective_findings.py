"""What an inspection found becomes a corrective action (R28, R30): by rule on a fatal hit or a score below the figure.

The rule: it is assigned to the head of the inspected's department (of the one above it where the head is inspected),
of the kind training, urgent on a fatal hit, with the kind's usual date. What must hold is said by the scorecard's own
words; root cause and expected effect are written by the head who accepts it. Whoever may assign opens others by hand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from backoffice.models.inspection import Inspection, InspectionMark
from backoffice.models.teamwork import CorrectiveAction
from backoffice.queries import recipients
from backoffice.queries.inspection_rules import inspection_figures
from backoffice.queries.rulebook import Rulebook
from backoffice.services.core.corrective import (
    FROM_INSPECTION,
    Origin,
    case_of,
    corrective_rules,
    nearest_head,
    note,
    note_in_history,
    open_action,
    tell,
)
from backoffice.services.core.places import Style
from backoffice.services.core.training_follow import follow
from backoffice.services.core.work import Work
from policies.card import parse_card
from policies.corrective import WHOLE, opens_by_rule
from policies.corrective_course import NOT_DONE
from policies.vocabulary_teamwork import CorrectiveLevel, CorrectiveStatus

LONGEST_TITLE, MOST_NAMED = 200, 3
"""A title names the gravest items alone; the finding beneath it lists them all."""
RELEASED = "corrective_released"


def open_for_inspection(
    work: Work, inspection: Inspection, items: Sequence[str] | None = None
) -> CorrectiveAction | None:
    """The corrective action of a published inspection, where the rule asks for one; that of an earlier call if any.

    ``items``: codes of the scorecard's items that were not met, the gravest first; None: those of its marks.
    """
    if not _asked_for(work, inspection):
        return None
    if items is None:
        items = unmet(work, inspection)
    there = _of(work, inspection)
    if there is not None:
        return there
    owner = _owner(work, inspection)
    if owner is None:
        return None
    rules = Rulebook(work.session)
    style = Style(rules, rules.office().language)
    found = [item for code in items if (item := _item(inspection, code)) is not None]
    listed = style.format("list_separator").join(str(item["name"][style.short]) for item in found[:MOST_NAMED])
    listed += "…" if len(found) > MOST_NAMED else ""
    row = {
        "title": (listed or str(inspection.number))[:LONGEST_TITLE],
        "type": corrective_rules(rules).after_finding.code,
        "level": CorrectiveLevel.URGENT.value if inspection.fatal else CorrectiveLevel.NORMAL.value,
        "owner": owner,
        "finding": "\n".join(_said(style, item) for item in found),
    }
    origin = Origin(FROM_INSPECTION, None, inspection.complaint, inspection.id, items[0] if items else None)
    one = open_action(work, row, origin)
    case = case_of(work, one.complaint_id)
    note_in_history(case, one, "corrective_opened")
    return one


def withdraw_for_inspection(work: Work, inspection: Inspection) -> None:
    """Let fall what a rule opened, where an appeal has raised the score and nobody has finished it yet."""
    one = _of(work, inspection)
    if one is None or one.assigned_by_id is not None or one.status not in NOT_DONE or _asked_for(work, inspection):
        return
    one.status, one.cancelled_at, one.revision = CorrectiveStatus.CANCELLED, work.at, one.revision + 1
    note(work, one, "cancel", {"by_appeal": True})
    case = case_of(work, one.complaint_id)
    note_in_history(case, one, "corrective_cancelled")
    tell(work, one, RELEASED, [one.owner_id], case=case)
    follow(work, one)


def unmet(work: Work, inspection: Inspection) -> list[str]:
    """Codes of the items that were not met fully: fatal hits first, then by the weight that was lost."""
    mine = sa.select(InspectionMark).where(InspectionMark.inspection_id == inspection.id)
    newest = {row.item: row for row in work.session.scalars(mine.order_by(InspectionMark.round))}
    card = parse_card(inspection.card.definition)
    lost = {
        code: (row.fatal, Decimal(item.weight) * (WHOLE - (row.percent if row.percent is not None else WHOLE)))
        for code, row in newest.items()
        if (item := card.find(code)) is not None
    }
    return sorted((code for code, one in lost.items() if one > (False, Decimal(0))), key=lambda code: lost[code])[::-1]


def _asked_for(work: Work, inspection: Inspection) -> bool:
    below = inspection_figures(Rulebook(work.session)).corrective_action_below
    return opens_by_rule(inspection.score, inspection.fatal, Decimal(below))


def _of(work: Work, inspection: Inspection) -> CorrectiveAction | None:
    mine = sa.select(CorrectiveAction).where(
        CorrectiveAction.inspection_id == inspection.id,
        CorrectiveAction.source == FROM_INSPECTION,
        CorrectiveAction.assigned_by_id.is_(None),
        CorrectiveAction.status != CorrectiveStatus.CANCELLED,
    )
    return work.session.scalars(mine.order_by(CorrectiveAction.id).with_for_update()).first()


def _owner(work: Work, inspection: Inspection) -> int | None:
    """The nearest head who is not inspected here; else a complaints manager, else nobody."""
    head = nearest_head(work.session, inspection.department_id, inspection.subject_id)
    if head is not None:
        return head
    managers = recipients.of_roles(work.session, [recipients.MANAGER])
    return next((one for one in managers if one != inspection.subject_id), None)


def _item(inspection: Inspection, code: str) -> Mapping[str, Any] | None:
    return next((one for one in inspection.card.definition["items"] if one["code"] == code), None)


def _said(style: Style, item: Mapping[str, Any]) -> str:
    """An item with what it asks for, one line each."""
    name, judge = str(item["name"][style.short]), item.get("judge") or {}
    asked = str(judge.get(style.short) or "")
    return f"{name} — {asked}" if asked else name
