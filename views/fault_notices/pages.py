"""The list of notices and the page of one: what it says and said, who is linked and who is still to be told (R8)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import render_template, request

from backoffice.models.fault_notice import FaultLink
from backoffice.queries import fault_notices as queries
from backoffice.queries.lines import Line, lines
from policies.access import Permission, may
from policies.vocabulary_notice import LinkState, NoticeState
from views import context
from views.addresses import whole_number
from views.fault_notices.room import READERS, blueprint, found, leaves
from views.guard import needs

TO_CALL = "to_call"


@dataclass(frozen=True)
class Linked:
    """A linked complaint as this reader may see it, and what its customer knows."""

    link: FaultLink
    line: Line


@blueprint.get("/notices")
@needs(*READERS)
def index() -> str:
    """What is in force, and below it what was lifted."""
    before = whole_number(request.args.get("before"), lowest=1)
    with context.reading() as session:
        open_ones = queries.in_force(session)
        over = queries.lifted(session, before)
        return render_template(
            "fault_notices/index.html",
            open=open_ones,
            lifted=over,
            more=over[-1].id if len(over) == queries.PAGE else None,
            first=before is None,
            publishes=may(context.actor(), Permission.NOTICE_PUBLISH),
        )


@blueprint.get("/notices/<number>")
@needs(*READERS)
def show(number: str) -> str:
    """One notice."""
    return page(number)


def page(number: str, problems: tuple[Any, ...] = (), typed: str = "", wrong: str = "") -> str:
    """The page of a notice; ``problems`` are why the call of ``wrong`` was not written down, with what was typed."""
    after = whole_number(request.args.get("after"), lowest=1) or 0
    only_calls = request.args.get("list") == TO_CALL
    with context.reading() as session:
        actor, notice = context.actor(), found(session, number)
        states = (LinkState.TO_CALL,) if only_calls else ()
        links, complaints = queries.linked(session, actor, notice.id, *states, after=after)
        told = lines(session, context.desk().keys, actor, complaints.values())
        by_number = {line.number: line for line in told}
        names = {code: name for group in leaves(session).values() for code, name in group}
        return render_template(
            "fault_notices/show.html",
            notice=notice,
            is_open=notice.state is NoticeState.PUBLISHED,
            categories=[names.get(code, code) for code in notice.categories],
            versions=queries.versions(session, notice.id),
            rows=[Linked(link, by_number[complaints[link.complaint_id].number]) for link in links],
            more=links[-1].complaint_id if len(links) == queries.PAGE else None,
            only_calls=only_calls,
            known=notice.told + notice.to_call,
            publishes=may(actor, Permission.NOTICE_PUBLISH),
            calls=may(actor, Permission.COMMUNICATION_RECORD),
            problems=problems,
            typed=typed,
            wrong=wrong,
        )
