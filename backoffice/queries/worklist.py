"""Lists of complaints (R13): what waits for whom, filters and search, page by page along an index, counted
up to a bound.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.keys import Keys
from backoffice.models.base import UtcDateTime
from backoffice.models.complaint import BlindIndex, Complaint, ComplaintPerson
from backoffice.models.configuration import Category
from backoffice.models.extension import Extension
from backoffice.models.regrade import RegradeProposal
from backoffice.queries import search
from backoffice.queries.awaited import VOTERS, follow_up_before, waits_for_opinion
from backoffice.queries.customer import phone_tokens
from backoffice.queries.scope import untaken, visible
from backoffice.sealing import blind
from policies.access import Actor, Permission, may, may_any
from policies.masking import normalise_phone
from policies.vocabulary import CaseFunction, ComplaintStatus, ExtensionState, Priority, ProposalState, Severity

Condition = sa.ColumnElement[bool]
COUNTED = 1000
GLANCED = 99
"""How far a home and the menu count: more than that is "99+", and the list behind says the rest."""
PAGE = 20
S = ComplaintStatus
P = Permission
IN_HAND = (S.DISPATCHED, S.INVESTIGATING, S.PLANNING, S.AWAITING_APPROVAL, S.EXECUTING, S.REWORK)


@dataclass(frozen=True)
class Asking:
    """Who asks and when: the person, the moment, the office's time zone."""

    actor: Actor
    at: datetime
    zone: ZoneInfo

    @property
    def end_of_today(self) -> datetime:
        """The first moment that is not today any more, in the office's time."""
        tomorrow = self.at.astimezone(self.zone).date() + timedelta(days=1)
        return datetime.combine(tomorrow, time.min, self.zone)


class AtAnyTime:
    """Who asks, with places for the moments instead of moments (``at``, ``end_of_today``): making a statement costs
    more than running it, hence those that every page asks are made once and kept.
    """

    def __init__(self, actor: Actor, zone: ZoneInfo | None = None) -> None:
        self.actor = actor
        self.at: Any = sa.bindparam("at", type_=UtcDateTime)
        self.end_of_today: Any = sa.bindparam("end_of_today", type_=UtcDateTime)
        self.zone: Any = zone


@dataclass(frozen=True)
class WorkList:
    """A list by its code: whom it is for (any of the permissions), which complaints, in which order.

    ``current``: it holds nothing that is archived. ``first``: the condition for one who wants so many rows at most and
    may not see all, where that costs less.
    """

    code: str
    permissions: tuple[Permission, ...]
    condition: Callable[[Asking], Condition]
    sort: str = "due"
    current: bool = True
    first: Callable[[Asking, int], Condition] | None = None

    def seen(self, asking: Asking, most: int | None = None) -> list[Condition]:
        """What of it this person sees; ``most``: how many rows are wanted, the first in its order, None for any."""
        if self.first is not None and most is not None:
            return [self.first(asking, most)]
        seen = visible(asking.actor, P.COMPLAINT_VIEW, current=self.current)
        return [seen] if self.code == "all" else [seen, self.condition(asking)]


def _status(*statuses: ComplaintStatus) -> Callable[[Asking], Condition]:
    """What has one of these; one alone as an equality: then the rows come in the order of the index."""
    found = Complaint.status == statuses[0] if len(statuses) == 1 else Complaint.status.in_(statuses)
    return lambda asking: found


def _step(code: str) -> Callable[[Asking], Condition]:
    return lambda asking: sa.and_(Complaint.open.is_(True), Complaint.step == code)


def _mine(function: CaseFunction) -> Callable[[Asking], Condition]:
    def condition(asking: Asking) -> Condition:
        ids = sa.select(ComplaintPerson.complaint_id).where(
            ComplaintPerson.staff_id == asking.actor.staff_id, ComplaintPerson.function == function,
            ComplaintPerson.current.is_(True),
        )  # fmt: skip
        return Complaint.id.in_(ids)

    return condition


def _both(*conditions: Callable[[Asking], Condition]) -> Callable[[Asking], Condition]:
    return lambda asking: sa.and_(*(condition(asking) for condition in conditions))


def _extension_to_decide(asking: Asking) -> Condition:
    """Extensions that wait for a role that one holds, and not one's own (R25)."""
    waits = sa.select(Extension.complaint_id).where(
        Extension.state == ExtensionState.REQUESTED,
        Extension.approver_role.in_(sorted(asking.actor.roles)),
        sa.or_(Extension.asked_by_id.is_(None), Extension.asked_by_id != asking.actor.staff_id),
    )
    return Complaint.id.in_(waits)


def _my_department(asking: Asking) -> Condition:
    return Complaint.department_id.in_(sorted(asking.actor.departments))


def _not_acknowledged(_asking: Asking) -> Condition:
    return sa.and_(Complaint.open.is_(True), Complaint.acknowledged_at.is_(None))


def _proposed_lower(_asking: Asking) -> Condition:
    """What somebody proposes to regrade and another must approve (R3)."""
    waiting = sa.select(RegradeProposal.complaint_id).where(RegradeProposal.state == ProposalState.OPEN)
    return Complaint.id.in_(waiting)


def _registered_here(asking: Asking) -> Condition:
    """What is open that one registered oneself, or one's department where one looks after it."""
    own = sa.and_(Complaint.open.is_(True), Complaint.registered_by_id == asking.actor.staff_id)
    if may(asking.actor, P.NOTICE_PUBLISH) or may(asking.actor, P.CHECK_APPROVE):
        here = Complaint.registered_department_id.in_(sorted(asking.actor.departments))
        return sa.or_(own, sa.and_(Complaint.open.is_(True), here))
    return own


def _finished(_asking: Asking) -> Condition:
    """Closed or archived, said as what it is not: nearly everything is, so that no index of the status is of any use,
    and a database that is told of none goes along the order instead of sorting a million rows.
    """
    return Complaint.status.not_in([one for one in S if one not in (S.CLOSED, S.ARCHIVED)])


# the lists of what one has to do oneself; what is due today is looked for in these
OWN = (
    "to_acknowledge", "to_take", "to_check", "to_review", "watch", "to_dispatch", "to_appoint", "to_decide",
    "to_regrade", "mine", "helping", "department", "to_approve", "to_call_back", "to_archive", "extensions",
)  # fmt: skip


def _due_before(asking: Asking, moment: datetime) -> Condition:
    """What is due and this person has to see to: their own lists; a manager, an inspector or an auditor looks after
    everything. Each list is asked by itself, so that each is found by its own index.
    """
    own = _own_due(asking, moment)
    return Complaint.id.in_(sa.union_all(*own)) if own else Complaint.next_due_at < moment


def _first_due_before(asking: Asking, moment: datetime, most: int) -> Condition:
    """The same of what they may see: of ``most`` rows in all no list has to give more than so many."""
    seen = visible(asking.actor, P.COMPLAINT_VIEW, current=True)
    own = _own_due(asking, moment)
    if not own:
        return sa.and_(seen, Complaint.next_due_at < moment)
    firsts = (one.where(seen).order_by(Complaint.next_due_at, Complaint.id).limit(most).subquery() for one in own)
    return Complaint.id.in_(sa.union_all(*(sa.select(first.c.id) for first in firsts)))


def _own_due(asking: Asking, moment: datetime) -> list[sa.Select[Any]]:
    """Ids of what is due, list by list; none for who looks after everything."""
    if may(asking.actor, P.COMPLAINT_CLOSE_UNSATISFIED):
        return []
    own = [LISTS[code].condition(asking) for code in OWN if may_any(asking.actor, LISTS[code].permissions)]
    return [sa.select(Complaint.id).where(Complaint.next_due_at < moment, one).correlate(None) for one in own]


LISTS: Mapping[str, WorkList] = {
    one.code: one
    for one in (
        WorkList("all", (P.COMPLAINT_VIEW,), lambda asking: sa.true(), "received", current=False),
        WorkList("open", (P.COMPLAINT_VIEW,), lambda asking: Complaint.open.is_(True)),
        WorkList(
            "due", (P.COMPLAINT_VIEW,), lambda asking: _due_before(asking, asking.end_of_today),
            first=lambda asking, most: _first_due_before(asking, asking.end_of_today, most),
        ),
        WorkList(
            "overdue", (P.COMPLAINT_VIEW,), lambda asking: _due_before(asking, asking.at),
            first=lambda asking, most: _first_due_before(asking, asking.at, most),
        ),
        WorkList("to_acknowledge", (P.COMPLAINT_ACKNOWLEDGE,), _both(_registered_here, _not_acknowledged)),
        WorkList(
            "to_take", (P.COMPLAINT_TAKE,),
            lambda asking: sa.and_(untaken(), visible(asking.actor, P.COMPLAINT_TAKE, current=True)), "received",
        ),
        WorkList("to_check", (P.COMPLAINT_CHECK,), _both(_registered_here, _status(S.REGISTERED, S.CHECKING))),
        WorkList("to_review", (P.CHECK_APPROVE,), _step("explain")),
        WorkList("watch", (P.ORDER_URGE,), _both(_registered_here, _status(*IN_HAND))),
        WorkList("to_dispatch", (P.ORDER_SEND,), _status(S.ACCEPTED)),
        WorkList("to_appoint", (P.ORDER_APPOINT,), _both(_step("appoint"), _my_department)),
        WorkList("to_decide", (P.DISPUTE_DECIDE,), _step("dispute")),
        WorkList("extensions", (P.EXTENSION_APPROVE,), _extension_to_decide, current=False),
        WorkList("to_regrade", (P.DISPUTE_DECIDE,), _proposed_lower, current=False),
        WorkList(
            "mine", (P.INVESTIGATION_RECORD,),
            lambda asking: sa.and_(
                Complaint.owner_id == asking.actor.staff_id, Complaint.open.is_(True), Complaint.status.in_(IN_HAND)
            ),
        ),
        WorkList("helping", (P.INVESTIGATION_RECORD,), _both(_mine(CaseFunction.CO_HANDLER), _status(*IN_HAND))),
        WorkList(
            "department", (P.ORDER_APPOINT,),
            lambda asking: sa.and_(Complaint.open.is_(True), _my_department(asking)),
        ),
        WorkList("to_approve", (P.PLAN_APPROVE,), _status(S.AWAITING_APPROVAL)),
        WorkList("to_vote", VOTERS, lambda asking: waits_for_opinion(asking.actor.staff_id)),
        WorkList("to_call_back", (P.CALLBACK_RECORD,), _status(S.AWAITING_CALLBACK)),
        WorkList(
            "follow_ups", (P.CALLBACK_RECORD,), lambda asking: follow_up_before(asking.end_of_today), "received",
            current=False,
        ),
        WorkList(
            "follow_ups_late", (P.CALLBACK_RECORD,), lambda asking: follow_up_before(asking.at), "received",
            current=False,
        ),
        WorkList("rework", (P.COMPLAINT_CLOSE_UNSATISFIED,), _status(S.REWORK)),
        WorkList("to_archive", (P.COMPLAINT_ARCHIVE,), _status(S.CLOSED)),
        WorkList("finished", (P.INSPECTION_SCORE,), _finished, "received", current=False),
    )
}  # fmt: skip


@dataclass(frozen=True)
class Filters:
    """What a list is narrowed to; nothing named, nothing narrowed. Days are local."""

    text: str = ""
    status: ComplaintStatus | None = None
    severity: Severity | None = None
    priority: Priority | None = None
    category: str = ""
    channel_id: int | None = None
    department_id: int | None = None
    owner_id: int | None = None
    due: str = ""
    received_from: date | None = None
    received_to: date | None = None

    @property
    def narrows(self) -> bool:
        return self != Filters()


@dataclass(frozen=True)
class Page:
    """One page of a list: the rows (what ``queries.lines`` tells), the cursors of its neighbours (None at an end), and
    the count up to a bound.
    """

    rows: list[Any]
    count: int
    more: bool
    next: str | None = None
    previous: str | None = None
    filters: Filters = field(default_factory=Filters)


def lists_for(actor: Actor) -> list[WorkList]:
    """The lists that this person has any use for."""
    return [one for one in LISTS.values() if may_any(actor, one.permissions)]


def conditions(asking: Asking, keys: Keys, session: Session, one: WorkList, filters: Filters) -> list[Condition]:
    """Everything that a row of this list must meet: seen by this person, of this list, and as filtered."""
    found = narrowed(asking, one, filters)
    if filters.text.strip():
        found.append(matching(session, keys, asking.actor, filters.text))
    return found


def narrowed(asking: Asking, one: WorkList, filters: Filters, most: int | None = None) -> list[Condition]:
    """The same without the words that are looked for; ``most``: of a list that is not narrowed, as in ``seen``."""
    found = one.seen(asking, most)
    plain: list[tuple[Any, Any]] = [
        (filters.status, Complaint.status == filters.status),
        (filters.severity, Complaint.severity == filters.severity),
        (filters.priority, Complaint.priority == filters.priority),
        (filters.channel_id, Complaint.channel_id == filters.channel_id),
        (filters.department_id, Complaint.department_id == filters.department_id),
        (filters.owner_id, Complaint.owner_id == filters.owner_id),
    ]
    found += [condition for value, condition in plain if value is not None]
    if filters.category:
        found.append(Complaint.category_id.in_(_within(filters.category)))
    if filters.due:
        found.append(Complaint.next_due_at < (asking.at if filters.due == "overdue" else asking.end_of_today))
    if filters.received_from:
        found.append(Complaint.received_at >= datetime.combine(filters.received_from, time.min, asking.zone))
    if filters.received_to:
        ends = datetime.combine(filters.received_to + timedelta(days=1), time.min, asking.zone)
        found.append(Complaint.received_at < ends)
    return found


def matching(session: Session, keys: Keys, actor: Actor, text: str) -> Condition:
    """Number, phone or name exactly, or words of the content.

    By phone or name a confidential complaint is found by the people on it alone: the hit would say whose it is (R39).
    """
    asked = text.strip()
    exact = [Complaint.number == asked.upper(), Complaint.external_number == asked]
    tokens = [("name", blind(keys, "name", "".join(asked.split()).casefold()))]
    if normalise_phone(asked):
        tokens += [("phone", token) for token in phone_tokens(keys, asked)]
    digests = sa.or_(*(sa.and_(BlindIndex.kind == kind, BlindIndex.token == token) for kind, token in tokens))
    ids = sa.union(
        sa.select(Complaint.id).where(sa.or_(*exact)),
        sa.select(Complaint.id).join(BlindIndex, BlindIndex.complaint_id == Complaint.id).where(digests, _told(actor)),
        search.hits(session, asked),
    ).subquery()
    if session.get_bind().dialect.name == "postgresql":
        # as an array: PostgreSQL goes from the hits to their rows, however many it expects
        return Complaint.id == sa.any_(sa.func.array(sa.select(ids.c[0]).scalar_subquery()))
    return Complaint.id.in_(sa.select(ids.c[0]))


def _told(actor: Actor) -> Condition:
    """Whose customer this person may be told of."""
    on_it = sa.select(ComplaintPerson.complaint_id).where(ComplaintPerson.staff_id == actor.staff_id)
    return sa.or_(Complaint.confidential.is_(False), Complaint.id.in_(on_it))


def _within(path: str) -> sa.Select[Any]:
    return sa.select(Category.id).where(Category.path.startswith(path, autoescape=True))


def count(session: Session, where: list[Condition], bound: int = COUNTED) -> tuple[int, bool]:
    """How many rows meet the conditions, counted up to a bound; whether there are more."""
    return counts(session, [where], bound)[0]


def counts(session: Session, lists: Sequence[list[Condition]], bound: int = COUNTED) -> list[tuple[int, bool]]:
    """The same of several lists, in one statement."""
    if not lists:
        return []
    return [up_to(found, bound) for found in session.execute(counting(lists, bound)).one()]


def counting(lists: Sequence[list[Condition]], bound: int = COUNTED) -> sa.Select[Any]:
    """The statement: a column for each list, never more than one beyond the bound."""
    columns = []
    for place, where in enumerate(lists):
        some = sa.select(sa.literal(1)).select_from(Complaint).where(*where).limit(bound + 1).subquery()
        columns.append(sa.select(sa.func.count()).select_from(some).scalar_subquery().label(f"list_{place}"))
    return sa.select(*columns)


def up_to(found: int, bound: int = COUNTED) -> tuple[int, bool]:
    """A count up to a bound, and whether there are more."""
    return min(found, bound), found > bound
