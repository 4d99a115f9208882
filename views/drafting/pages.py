"""Drafts of forms (R40): the endpoint that keeps what is typed, and a person's own drafts."""

from __future__ import annotations

import re
from typing import Any

from flask import Blueprint, current_app, flash, g, redirect, render_template, request, url_for
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wrappers import Response

from backoffice.errors import DomainError
from backoffice.queries import drafts as queries
from backoffice.queries.arrivals import still_waiting
from backoffice.services import drafts as service
from backoffice.services.drafts import EndedError
from policies.access import may_any
from policies.draft import KEPT, MOST_FIELDS, Typed, goes_at
from policies.message import Refusal
from views import context
from views.addresses import local_address
from views.drafting import keeping, labels, opening
from views.drafting.keeping import Shown
from views.drafting.weaving import MOST_BYTES, address_of
from views.filters import clock_time
from views.guard import rule_of, signed_in
from views.language import _, say

blueprint = Blueprint("drafts", __name__)
BEGINNING = 60
ARRIVED = "arrivals.complete"
REVEALING = ("record.correct", ARRIVED)
_FIGURES = re.compile(r"[\d\-/T:., ]+")


@blueprint.post("/drafts/keep")
@signed_in
def keep() -> Any:
    """Keep what stands in a form, as a script sends it: the form's token, and name, value and label of each field."""
    try:
        sent = _sent()
    except RequestEntityTooLarge:
        return _no(Refusal("drafts.refused.big_post", status=413))
    form = opening.read(_text(sent.get(opening.FIELD))) if isinstance(sent, dict) else None
    typed = _typed(sent.get("typed")) if isinstance(sent, dict) else None
    if form is None or typed is None:
        return _no(Refusal("drafts.refused.unreadable", status=422))
    try:
        at = keeping.keep(form, typed, pressed=bool(sent.get("pressed")))
    except EndedError:
        fresh = opening.new(form.form, form.page, form.title)
        return {"draft": opening.written(fresh), "said": ""}, 409
    except DomainError as error:
        return _no(error.refusals[0])
    return {"said": _("drafts.kept", at=clock_time(at))}


@blueprint.post("/drafts/save")
@signed_in
def save() -> Response:
    """The same by a press of the button without a script; back to the form, filled in."""
    form = opening.read(request.form.get(opening.FIELD))
    if form is None:
        raise DomainError(Refusal("drafts.refused.unreadable", status=422))
    try:
        keeping.keep(form, keeping.typed_of(request.form), pressed=True)
    except EndedError:
        form = opening.new(form.form, form.page, form.title)
        keeping.keep(form, keeping.typed_of(request.form), pressed=True)
    files = any(one.filename for one in request.files.values())
    flash(_("drafts.saved_without_files" if files else "drafts.saved"), "success")
    found = next((one for one in _mine() if one.form.sitting == form.sitting), None)
    return redirect((address_of(found) if found else "") or url_for("drafts.index"), 303)


@blueprint.get("/drafts")
@signed_in
def index() -> str:
    """What somebody has typed and not sent yet, the newest first."""
    rows = [(one, address_of(one), _beginning(one), goes_at(one.kept_at)) for one in _mine()]
    return render_template("drafts/index.html", rows=rows, days=KEPT.days)


@blueprint.get("/drafts/<int:draft_id>")
@signed_in
def read(draft_id: int) -> Any:
    """One of them to read, also when its form is not there any more."""
    found = keeping.find(draft_id)
    if found is None or not _open_now([found]):
        raise DomainError(Refusal("drafts.refused.gone", status=404))
    if _is_revealed(found):
        return redirect(address_of(found), 303)
    return render_template(
        "drafts/read.html", draft=found, address=address_of(found), typed=labels.shown(found.typed),
        goes=goes_at(found.kept_at),
    )  # fmt: skip


@blueprint.post("/drafts/<int:draft_id>/discard")
@signed_in
def discard(draft_id: int) -> Response:
    """Throw one of them away."""
    with context.writing() as database:
        service.discard(database, context.actor(), draft_id)
    flash(_("drafts.discarded"), "success")
    return redirect(local_address(request.form.get("next") or url_for("drafts.index")), 303)


def _mine() -> list[Shown]:
    with context.reading() as database:
        found = queries.mine(database, context.actor(), context.now())
    return _open_now(keeping.opened_all(found))


def _is_revealed(draft: Shown) -> bool:
    """Whether its form shows a customer in clear, which is written down: such a draft is read in its form alone."""
    target = opening.target_of(draft.form.form)
    return target is not None and target[0] in REVEALING


def _open_now(drafts: list[Shown]) -> list[Shown]:
    """Those whose form this person may open; one that completes what came in by itself, while that still waits."""
    drafts = [one for one in drafts if _may_open(one)]
    arrived = {one.id: number for one in drafts if (number := _arrived(one)) is not None}
    if not arrived:
        return drafts
    with context.reading() as database:
        waits = still_waiting(database, context.actor(), arrived.values())
    return [one for one in drafts if one.id not in arrived or arrived[one.id] in waits]


def _arrived(draft: Shown) -> int | None:
    """Which arrived draft its form completes; None for every other form."""
    target = opening.target_of(draft.form.form)
    return int(str(target[1]["draft_id"])) if target is not None and target[0] == ARRIVED else None


def _may_open(draft: Shown) -> bool:
    """Whether this person may open that kind of form at all, now; the form's own page asks for the rest."""
    target = opening.target_of(draft.form.form)
    rule = rule_of(current_app, target[0]) if target else None
    return rule is not None and (not rule.permissions or may_any(g.actor, rule.permissions))


def _beginning(draft: Shown) -> str:
    """The beginning of the longest text, by which one knows a draft again."""
    if _is_revealed(draft):
        return ""
    words = (value for _name, value, _label in labels.shown(draft.typed) if not _FIGURES.fullmatch(value.strip()))
    longest = max(words, key=len, default="")
    said = " ".join(longest.split())
    return said if len(said) <= BEGINNING else f"{said[: BEGINNING - 1]}\u2026"


def _sent() -> Any:
    """The body of a keeping; None for what is none, also where it is nested beyond reading."""
    if (request.content_length or 0) > MOST_BYTES:
        raise RequestEntityTooLarge
    try:
        return request.get_json(silent=True)
    except RecursionError:
        return None


def _typed(sent: Any) -> list[Typed] | None:
    """Names, values and labels; None for what is none."""
    if not isinstance(sent, list) or len(sent) > MOST_FIELDS * 4:
        return None
    found = []
    for one in sent:
        if not isinstance(one, list) or len(one) != 3 or not all(isinstance(part, str) for part in one):
            return None
        if any("\0" in part or _half(part) for part in one):
            return None
        found.append((one[0], one[1], one[2]))
    return found


def _half(text: str) -> bool:
    """Whether half a sign stands in it, which no database takes."""
    return any("\ud800" <= sign <= "\udfff" for sign in text)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _no(refusal: Any) -> tuple[dict[str, str], int]:
    return {"said": say(refusal)}, refusal.status
