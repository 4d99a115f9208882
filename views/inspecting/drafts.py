"""What the script that saves a draft by itself hears (R28): the new revision, the score so far and when; or a fault."""

from __future__ import annotations

from flask import jsonify, request
from werkzeug.wrappers import Response

from backoffice.errors import DomainError
from forms.inspection import read_card
from policies.card import Card, Scoring
from policies.scorecard import score_card
from views import context, wording
from views.language import _, say


def saved_to_script(revision: int, card: Card, scoring: Scoring) -> Response:
    """The transaction is over: nothing may be asked of the database any more."""
    found = score_card(card, read_card(card, request.form).marks, scoring)
    at = wording.clock_time(context.now(), context.zone())
    score_so_far = "" if found.score is None else f"{found.score:.2f}"
    return jsonify(revision=revision, saved=_("inspection.saved_at", time=at), score=score_so_far)


def said_to_script(error: DomainError) -> tuple[Response, int]:  # type: ignore[type-arg]
    """The fault in words."""
    return jsonify(error=" ".join(say(refusal) for refusal in error.refusals)), error.status
