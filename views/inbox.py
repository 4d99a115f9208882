"""Messages in the console: one's own, and what goes out of the office by e-mail and SMS (R26)."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from backoffice.errors import DomainError
from backoffice.queries import delivery, outbox
from backoffice.services import outbox as service
from policies.access import Permission, may_any
from policies.delivery import WAYS
from policies.vocabulary import MessageState
from views import context
from views.guard import needs, signed_in
from views.language import _, say
from views.outbox_words import reason_words

blueprint = Blueprint("inbox", __name__)
BOUND = 99
MOST_CHOSEN = 200
STATES = (
    MessageState.GIVEN_UP, MessageState.UNCERTAIN, MessageState.WAITING, MessageState.SENDING, MessageState.SENT,
)  # fmt: skip


def unread() -> int:
    """How many messages the reader has not read; asked once a request."""
    if "unread" not in g:
        actor = g.get("actor")
        if actor is None:
            return 0
        with context.looking() as connection:
            g.unread = outbox.unread(connection, actor.staff_id, BOUND)
    return int(g.unread)


@blueprint.get("/messages")
@signed_in
def index() -> Any:
    """One's own messages, newest first."""
    with context.reading() as session:
        page = outbox.own(session, context.desk().keys, context.actor(), **_place())
    return render_template("inbox/index.html", page=page)


@blueprint.post("/messages/read")
@signed_in
def read() -> Response:
    """Mark one message as read, or all of them."""
    chosen = _chosen()
    with context.writing() as session:
        service.mark_read(session, context.actor(), context.now(), chosen or None)
    if not chosen:
        flash(_("inbox.all_read"), "success")
    return redirect(url_for("inbox.index", **_place()), 303)


@blueprint.get("/outbox")
@needs(*service.MAY)
def sent() -> Any:
    """What goes out, by where it stands."""
    wanted = request.args.get("state", "")
    with context.reading() as session:
        counts = outbox.counts(session)
        usual = next((one for one in STATES if counts.get(one)), MessageState.SENT)
        state = MessageState(wanted) if wanted in list(MessageState) else usual
        way = request.args.get("way", "") if request.args.get("way") in WAYS else ""
        page = outbox.outgoing(session, context.desk().keys, context.actor(), state, way, **_place())
        senders = delivery.senders(session, context.desk().keys)
        waits = outbox.waiting_by_way(session)
    return render_template(
        "inbox/outbox.html",
        page=page,
        state=state,
        states=STATES,
        counts=counts,
        way=way,
        ways=WAYS,
        reason=reason_words,
        still={one: waits[one] for one, sender in senders.items() if not sender.ready and waits.get(one)},
        faults=[sender.fault for sender in senders.values() if sender.fault],
        may_open_delivery=may_any(context.actor(), (Permission.CONFIGURATION_EDIT,)),
    )


@blueprint.post("/outbox/resend")
@needs(*service.MAY)
def resend() -> Response:
    """Send again what was given up; what is uncertain only with the tick."""
    try:
        with context.writing() as session:
            count = service.resend(
                session, context.actor(), context.now(), _chosen(), confirmed=bool(request.form.get("confirmed"))
            )
    except DomainError as error:
        return _refused(error)
    flash(_("outbox.resent", n=count), "success")
    return _back()


@blueprint.post("/outbox/settle")
@needs(*service.MAY)
def settle() -> Response:
    """Write down that a message arrived after all."""
    try:
        with context.writing() as session:
            service.settle(session, context.actor(), context.now(), _chosen())
    except DomainError as error:
        return _refused(error)
    flash(_("outbox.settled"), "success")
    return _back()


def _chosen() -> list[int]:
    """The ids that were ticked."""
    return [int(one) for one in request.form.getlist("id") if _is_id(one)][:MOST_CHOSEN]


def _refused(error: DomainError) -> Response:
    """Nothing was typed that could be lost: the list says why, and shows where things stand now."""
    if error.status in (403, 404):
        raise error
    for refusal in error.refusals:
        flash(say(refusal), "danger")
    return _back()


def _back() -> Response:
    state = request.form.get("state", "")
    return redirect(url_for("inbox.sent", **({"state": state} if state in list(MessageState) else {})), 303)


def _place() -> dict[str, int]:
    """Where in the list: before or after a message."""
    found = {name: request.values.get(name, "") for name in ("before", "after")}
    return next(({name: int(text)} for name, text in found.items() if _is_id(text)), {})


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 16
