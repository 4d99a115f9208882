"""The session of a signed-in person: what its cookie remembers, and when it has ended (R39).

The signed cookie holds the session's own name, the person's id, the account's epoch (counted up by every change of
password and on retirement, so that all older sessions end), when it began and when it was last used. Who signs out has
the name put on the list of ended sessions, so that a copy of the cookie opens nothing either. Whoever leaves the desk
is signed out after the office's idle time; no session outlives a day's work, and none outlives the browser unless it
was asked to.
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any

from flask import g, session

from backoffice.queries.actor import load_person
from backoffice.services.sign_in import LONGEST_SESSION, SignedIn, session_digest
from views import context

LONGEST = LONGEST_SESSION
KEPT = timedelta(hours=8)  # "stay signed in on this computer": a working day without the idle limit
REFRESH = timedelta(seconds=30)  # the cookie is not written anew for every picture of a page
ENDED = "ended"  # why the last session ended, told once on the sign-in page
IDLE, LONG, CHANGED, GONE, LEFT = "idle", "long", "changed", "gone", "left"


def begin(signed_in: SignedIn, *, keep: bool) -> None:
    """A new session for this browser; nothing of an earlier one stays, its form tokens included."""
    session.clear()
    at = int(context.now().timestamp())
    session["staff"] = {
        "id": signed_in.staff_id,
        "epoch": signed_in.epoch,
        "began": at,
        "seen": at,
        "keep": keep,
        "name": secrets.token_urlsafe(24),
    }
    session.permanent = keep


def go_on(signed_in: SignedIn) -> None:
    """Go on after the epoch was counted up by the person in this very browser; the limits count from the beginning."""
    found = dict(session["staff"])
    began = found["began"]
    begin(signed_in, keep=bool(found.get("keep")))
    session["staff"] = {**session["staff"], "began": began}


def end(reason: str = "") -> None:
    """End this browser's session."""
    session.clear()
    g.person = g.actor = None
    if reason:
        session[ENDED] = reason


def name() -> str:
    """The name of this browser's session, made anew at each signing in; empty when nobody is signed in."""
    found = session.get("staff")
    return str(found.get("name") or "") if isinstance(found, dict) else ""


def why_ended() -> str | None:
    """Why the last session of this browser ended, said once."""
    found: str | None = session.pop(ENDED, None)
    return found


def load() -> None:
    """Put the signed-in person into ``g.person`` and ``g.actor``; an ended session is cleared away."""
    g.person = g.actor = None
    found: Any = session.get("staff")
    if not isinstance(found, dict):
        return
    with context.reading() as database:
        context.read_office(database.connection())
        if reason := _over(found):
            end(reason)
            return
        named = name()
        loaded = load_person(database, found["id"], context.today(), ended=session_digest(named) if named else "")
        left = loaded is None and load_person(database, found["id"]) is not None
    if loaded is None:
        end(LEFT if left else GONE)
    elif loaded[0].session_epoch != found["epoch"]:
        end(CHANGED)
    else:
        g.person, g.actor = loaded
        _seen(found)


def _over(found: dict[str, Any]) -> str | None:
    """Why a session is over by the clock alone."""
    at = context.now().timestamp()
    if at - found["began"] >= LONGEST.total_seconds():
        return LONG
    idle = KEPT if found.get("keep") else timedelta(minutes=context.office().idle_minutes)
    return IDLE if at - found["seen"] >= idle.total_seconds() else None


def _seen(found: dict[str, Any]) -> None:
    at = int(context.now().timestamp())
    if at - found["seen"] >= REFRESH.total_seconds():
        session["staff"] = {**found, "seen": at}
