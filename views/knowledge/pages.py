"""The list of articles and cases, by use, and the page of one (R38)."""

from __future__ import annotations

from flask import render_template, request

from backoffice.models.complaint import Complaint
from backoffice.queries import knowledge as queries
from backoffice.services import knowledge as service
from policies.knowledge import KnowledgeState
from policies.search import LONGEST_QUESTION
from views import context
from views.addresses import whole_number
from views.case.looking import work_in
from views.fault_notices.room import leaves
from views.guard import needs
from views.knowledge.room import READERS, blueprint, edits, found, shown

LISTS = ("released", "never", "outside", "draft", "withdrawn")
OPEN_LISTS = ("released",)
DRAFTS = ("draft", "withdrawn")
FARTHEST = 10_000


@blueprint.get("/knowledge")
@needs(*READERS)
def index() -> str:
    """What is released, the most used first; for who writes also what nobody opened, drafts and what is withdrawn."""
    lists = LISTS if edits() else OPEN_LISTS
    which = request.args.get("list", "")
    which = which if which in lists else "released"
    asked = request.args.get("q", "")[:LONGEST_QUESTION].strip()
    after = min(whole_number(request.args.get("after")) or 0, FARTHEST)
    with context.reading() as session:
        if asked:
            rows = queries.fitting(session, "", asked, context.today(), most=queries.PAGE, least=1)
        else:
            rows = queries.listed(session, which, context.today(), after)
        return render_template(
            "knowledge/index.html",
            rows=[shown(row, in_force=which not in DRAFTS) for row in rows],
            lists=lists,
            which=which,
            asked=asked,
            more=after + queries.PAGE if not asked and len(rows) == queries.PAGE else None,
            edits=edits(),
        )


@blueprint.get("/knowledge/<number>")
@needs(*READERS)
def show(number: str) -> str:
    """One of them."""
    return page(number)


def page(number: str, problems: tuple[object, ...] = ()) -> str:
    """The page; ``problems`` are why it was not released or withdrawn."""
    with context.reading() as session:
        row = found(session, number)
        names = {code: name for group in leaves(session).values() for code, name in group}
        waits = row.state is KnowledgeState.DRAFT and edits()
        one = shown(row, in_force=not waits)
        source = session.get(Complaint, row.source_id) if row.source_id is not None and edits() else None
        return render_template(
            "knowledge/show.html",
            one=one,
            stays=waits and row.offered,
            row=row,
            categories=[names.get(code, code) for code in one.facts.categories],
            versions=queries.versions(session, row.id) if edits() else [],
            source=source.number if source is not None and source.sealed_key else "",
            edits=edits(),
            is_draft=row.state is KnowledgeState.DRAFT,
            is_withdrawn=row.state is KnowledgeState.WITHDRAWN,
            own=waits and context.actor().staff_id in queries.writers_since_release(session, row),
            blocked=waits and bool(row.source_id) and not service.compares(work_in(session), row),
            problems=problems,
        )
