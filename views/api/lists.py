"""Calls that list: complaints page by page along an index, the events of one, and the master data that bodies name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.errors import DomainError
from backoffice.models.configuration import Category, Channel
from backoffice.models.history import Event
from backoffice.models.office import Department, Staff
from backoffice.queries import paging, worklist
from backoffice.queries.lines import lines
from backoffice.queries.worklist import Filters, WorkList
from backoffice.services.dossier.handling import action_title
from policies.access import Permission
from policies.api_token import ApiScope
from policies.message import Message, Refusal
from policies.search import refuse_question
from policies.vocabulary import ContactWay, Level, Severity
from views import context
from views.api.operation import late, looks
from views.case.looking import look
from views.complaints import asking
from views.language import say

if TYPE_CHECKING:
    from forms.api import HistoryQuery, ListQuery


@looks("/complaints", Permission.COMPLAINT_VIEW, scope=ApiScope.READ, answer="Page", query="ListQuery")
def list_complaints(asked: ListQuery) -> Any:
    """A page of a list, narrowed by the filters of the list page; ``next`` and ``previous`` are what ``at`` takes."""
    told = late("told")
    ask, keys = asking(), context.desk().keys
    with context.reading() as session:
        one, filters = _list_of(asked), _filters(session, asked)
        where = worklist.conditions(ask, keys, session, one, filters)
        page = paging.page(session, where, sort=asked.sort or one.sort, cursor=asked.at, size=asked.size)
        found = [late("showing").line(line) for line in lines(session, keys, ask.actor, page.rows)]
    return told.Page(rows=found, count=page.count, more=page.more, next=page.next, previous=page.previous)


@looks(
    "/complaints/<number>/history",
    Permission.COMPLAINT_VIEW,
    scope=ApiScope.READ,
    answer="History",
    query="HistoryQuery",
)
def read_history(asked: HistoryQuery, number: str) -> Any:
    """What happened to a complaint, event by event; ``next`` is what ``after`` takes."""
    told, showing = late("told"), late("showing")
    with context.reading() as session:
        looked = look(session, number)
        mine = sa.select(Event).where(Event.complaint_id == looked.complaint.id, Event.sequence > asked.after)
        rows = list(session.scalars(mine.order_by(Event.sequence).limit(asked.size + 1)))
        shown = rows[: asked.size]
        looked.source.know_staff(row.actor_id for row in shown)
        events = [
            told.Event(
                sequence=row.sequence,
                at=row.at,
                recorded_at=row.recorded_at,
                action=told.Coded(code=row.action, name=_title(row.action)),
                by=showing.row(row.actor),
                from_step=row.from_step,
                to_step=row.to_step,
                round=row.round,
            )
            for row in shown
        ]
    return told.History(events=events, next=shown[-1].sequence if len(rows) > asked.size else None)


@looks("/master-data", scope=ApiScope.REFERENCE, answer="MasterData")
def read_master_data() -> Any:
    """The codes that bodies and filters name, with their names; what is out of use is left out."""
    told, showing = late("told"), late("showing")
    with context.reading() as session:
        channels = _in_use(session, Channel, Channel.position)
        departments = _in_use(session, Department, Department.code)
        categories = _in_use(session, Category, Category.path)
        codes = {one.id: one.code for one in categories}
        return told.MasterData(
            channels=[
                told.ChannelTold(**showing.row(one).model_dump(), kind=one.kind, live=one.live, as_draft=one.as_draft)
                for one in channels
            ],
            categories=[
                told.CategoryTold(
                    **showing.row(one).model_dump(),
                    level=one.level,
                    parent=codes.get(one.parent_id),
                    severity=one.default_severity,
                    symptoms=[showing.named_entry(entry) for entry in one.symptoms or ()],
                )
                for one in categories
            ],
            departments=[
                told.DepartmentTold(**showing.row(one).model_dump(), receives_orders=one.receives_orders)
                for one in departments
            ],
            severities=[showing.value(one) for one in Severity],
            levels=[showing.value(one) for one in Level],
            contact_ways=[showing.value(one) for one in ContactWay],
            lists=[told.Coded(code=one.code, name=say(_list_name(one))) for one in worklist.lists_for(context.actor())],
        )


def _in_use(session: Session, model: Any, order: Any) -> list[Any]:
    return list(session.scalars(sa.select(model).where(model.retired_at.is_(None)).order_by(order)))


def _list_of(asked: ListQuery) -> WorkList:
    mine = {one.code: one for one in worklist.lists_for(context.actor())}
    if asked.list not in mine:
        raise DomainError(_refused("list", ", ".join(mine)))
    return mine[asked.list]


def _filters(session: Session, asked: ListQuery) -> Filters:
    """The filters by ids; a code that there is not is refused, so that a slip does not list everything."""
    text = "".join(sign for sign in asked.q if sign.isprintable()).encode("utf-8", "ignore").decode()
    if text.strip() and (refusal := refuse_question(text)) is not None:
        raise DomainError(Refusal(refusal.key, refusal.params, field="q", status=422))
    if asked.at and not paging.is_cursor(asked.at):
        raise DomainError(Refusal("api.refused.cursor", field="at", status=422))
    category = _column(session, Category, Category.path, "category", asked.category)
    return Filters(
        text=text,
        status=asked.status,
        severity=asked.severity,
        priority=asked.priority,
        category=category or "",
        channel_id=_column(session, Channel, Channel.id, "channel", asked.channel),
        department_id=_column(session, Department, Department.id, "department", asked.department),
        owner_id=_column(session, Staff, Staff.id, "owner", asked.owner),
        due=asked.due or "",
        received_from=asked.received_from,
        received_to=asked.received_to,
    )


def _column(session: Session, model: Any, column: Any, field: str, code: str | None) -> Any:
    """What is asked of the row with this code."""
    if code is None:
        return None
    found = session.scalar(sa.select(column).where(model.code == code))
    if found is None:
        raise DomainError(Refusal("api.field.no_code", {"field": field}, field, 422))
    return found


def _title(action: str) -> str:
    found = action_title(action)
    return found if isinstance(found, str) else say(found)


def _list_name(one: WorkList) -> Message:
    return Message(f"complaints.list.{one.code}")


def _refused(field: str, choices: str) -> Refusal:
    return Refusal("api.field.choice", {"field": field, "choices": choices}, field, 422)
