"""Lists of complaints: what waits for me, everything that I may see, filtered, searched, and as a CSV file."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from backoffice.queries import choices, paging, saved_lists, worklist
from backoffice.queries.lines import lines
from backoffice.queries.worklist import Asking, Filters, WorkList
from forms.filters import filter_args, key, read_filters
from policies import many
from policies.access import Permission, may
from policies.saved_lists import ALWAYS, COLUMNS, reaches
from policies.search import refuse_question
from policies.vocabulary import ComplaintStatus, Severity
from views import context
from views.addresses import of_list, whole_number
from views.case import place
from views.complaint_rows import rows
from views.guard import needs

blueprint = Blueprint("complaints", __name__)
DEFAULT = "open"


STATUSES = tuple(status for status in ComplaintStatus if status is not ComplaintStatus.DRAFT)


def asking() -> Asking:
    """Who asks, now, in the office's time."""
    return Asking(context.actor(), context.now(), context.zone())


@blueprint.get("/complaints")
@needs(Permission.COMPLAINT_VIEW)
def index() -> Any:
    """A list by its code (``list``), narrowed by filters, one page of it (``at``)."""
    filters = read_filters(request.args)
    with context.reading() as session:
        ask = asking()
        mine = worklist.lists_for(ask.actor)
        own = saved_lists.own(session, ask.actor, frozenset(each.code for each in mine))
        if not request.args and own.default is not None:
            return redirect(_address(own.default))
        one = _chosen(mine, filters)
        if (straight := _straight_to(session, ask, filters)) is not None:
            return straight
        sort = request.args.get("sort") if request.args.get("sort") in paging.SORTS else one.sort
        keys, cursor = context.desk().keys, request.args.get("at", "")
        page = paging.page_of(session, keys, ask, one, filters, sort=str(sort), cursor=cursor)
        found = lines(session, keys, ask.actor, page.rows)
        before = _rows_before(cursor)
        saved = own.find(key(request.args.get("saved")))
        tails = place.tails(one.code, str(sort), filter_args(filters), page.rows, before)
        chosen = choices.of_lists(session)
    return render_template(
        "complaints/index.html",
        lists=tuple(each.code for each in mine),
        current=one,
        page=page,
        rows=rows(found, tails, page.rows),
        before=before,
        actions=many.open_to(ask.actor, one.code),
        size=paging.PAGE,
        sort=sort,
        filters=filters,
        too_short=refuse_question(filters.text) if filters.text else None,
        args={**filter_args(filters), "list": one.code, "sort": str(sort), **_saved_arg(saved)},
        own=own,
        saved=saved,
        shown=tuple((each, _address(each)) for each in own.saved),
        columns=own.columns(saved),
        catalogue=COLUMNS,
        always=ALWAYS,
        reaches=reaches(ask.actor),
        choices=chosen,
        statuses=STATUSES,
        severities=tuple(Severity),
        exports=may(ask.actor, Permission.DATA_EXPORT),
    )


def _saved_arg(saved: saved_lists.Saved | None) -> dict[str, str]:
    return {} if saved is None else {"saved": str(saved.id)}


def _address(saved: saved_lists.Saved) -> str:
    """Where a saved filter leads."""
    return of_list({**saved.args, "list": saved.code, "sort": saved.sort, "saved": str(saved.id)})


def _rows_before(cursor: str) -> int:
    """How many rows come before this page, as the page before it counted them."""
    return whole_number(request.args.get("from_row"), highest=place.DEEPEST) or 0 if cursor else 0


def _chosen(mine: list[WorkList], filters: Filters) -> WorkList:
    """The list asked for; a search without one looks through everything."""
    wanted = request.args.get("list") or ("all" if filters.text else DEFAULT)
    return next((one for one in mine if one.code == wanted), worklist.LISTS[DEFAULT])


def _straight_to(session: Session, ask: Asking, filters: Filters) -> Response | None:
    """A whole number typed into the search leads straight to its complaint."""
    if not filters.text or "list" in request.args:
        return None
    condition = [worklist.visible(ask.actor), worklist.Complaint.number == filters.text.strip().upper()]
    found = paging.page(session, condition, sort="received", size=1).rows
    return redirect(url_for("complaint.page", number=found[0].number)) if found else None
