"""What the fields of team, review, statements and corrective actions choose from (R16, R17, R30)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.models.office import Staff
from backoffice.models.teamwork import Statement
from backoffice.queries import eligible
from backoffice.services.core.corrective import corrective_rules
from backoffice.services.core.teamwork import PLANS, TEAMS, present_review
from policies.message import Message
from policies.vocabulary import label_key
from policies.vocabulary_teamwork import StatementState
from policies.workflow import Offer
from views.case.looking import Looked
from views.filters import named
from views.language import say

Pairs = list[tuple[str, Any]]
SHOWN = 40  # characters of a statement that tell it apart from others
_OPINION = {"text": "teamwork.field.opinion"}
LABELS: Mapping[str, Mapping[str, str]] = {
    "vote_on_plan": _OPINION, "record_expert_review": _OPINION, "approve_statement": _OPINION,
    "draft_statement": {"text": "teamwork.field.statement_text"},
    "take_charge": {"text": "teamwork.field.first_orders"},
}  # fmt: skip
"""An action → its fields that bear another name there than elsewhere, and the keys of these names."""


def own(session: Session, looked: Looked, offer: Offer) -> Mapping[str, Pairs]:
    """The choices of an action's fields by their codes; nothing is asked of the database for others."""
    codes = (*offer.required, *offer.optional)
    found: dict[str, Pairs] = {code: MAKERS[code](session, looked) for code in codes if code in MAKERS}
    if "statement" in codes:
        found["statement"] = [(str(row.id), _told(looked, row)) for row in statements_meant(looked, offer)]
    if {"corrective_action", "corrective_actions"} & set(codes):
        kinds = corrective_rules(looked.source.rules).types.values()
        found["corrective_type"] = [(kind.code, named(dict(kind.name))) for kind in kinds]
        found["corrective_owner"] = _people(session, eligible.in_service())
    return found


def likely(looked: Looked, offer: Offer) -> dict[str, Any]:
    """What these forms are filled with: the team as it is, to be changed; the only statement there is to choose."""
    meant = statements_meant(looked, offer)
    return {**_present_team(looked, offer), **({"statement": str(meant[0].id)} if len(meant) == 1 else {})}


def _present_team(looked: Looked, offer: Offer) -> dict[str, Any]:
    """Leader and members, ids as texts."""
    if offer.action != "change_team" or (team := looked.source.holdings.latest(*TEAMS)) is None:
        return {}
    _entry, values = team
    return {
        "task_force_leader": str(values.get("task_force_leader") or ""),
        "task_force_members": [str(one) for one in values.get("task_force_members") or ()],
    }


def _reviewers(session: Session, looked: Looked) -> Pairs:
    """Who may be named: whoever can open complaints, but not the plan's writer nor who is named already."""
    plan = looked.source.holdings.latest(*PLANS)
    without = {row.staff_id for row in present_review(looked.source.holdings)} | {plan[0].by_id if plan else None}
    return [pair for pair in _people(session, eligible.readers()) if int(pair[0]) not in without]


def _open_reviewers(session: Session, looked: Looked) -> Pairs:
    rows = present_review(looked.source.holdings)
    ids = [row.staff_id for row in rows if row.staff_id and row.vote is None and row.released_at is None]
    return _people(session, sa.select(Staff.id).where(Staff.id.in_(ids)))


def _people(session: Session, among: sa.Select[int]) -> Pairs:
    rows = session.scalars(sa.select(Staff).where(Staff.id.in_(among)).order_by(Staff.code))
    return [(str(row.id), f"{named(row)} {row.code}") for row in rows]


def _statements(state: StatementState) -> Callable[[Session, Looked], Pairs]:
    def pairs(_session: Session, looked: Looked) -> Pairs:
        return [(str(row.id), _told(looked, row)) for row in looked.source.holdings.statements if row.state is state]

    return pairs


def _told(looked: Looked, row: Statement) -> str:
    """A statement by its kind, its addressee and its beginning."""
    content = looked.source.opened(row.sealed, "statement")
    words = looked.source.veil.text(str(content.get("text") or ""))
    begin = words if len(words) <= SHOWN else f"{words[:SHOWN]}…"
    return " · ".join(
        (say(Message(label_key(row.kind))), looked.source.veil.text(str(content.get("addressee") or "")), begin)
    )


MAKERS: Mapping[str, Callable[[Session, Looked], Pairs]] = {
    "reviewers": _reviewers,
    "reviewer": _open_reviewers,
    "corrects": _statements(StatementState.PUBLISHED),
}
STATEMENT_IN = {"publish_statement": StatementState.APPROVED}
"""In which state a statement is for an action; for the others it waits for its decision."""


def statements_meant(looked: Looked, offer: Offer) -> list[Statement]:
    """The statements of which an action takes one, oldest first: who decides reads them in full before."""
    if "statement" not in offer.required:
        return []
    state = STATEMENT_IN.get(offer.action, StatementState.DRAFT)
    return [row for row in looked.source.holdings.statements if row.state is state]
