"""A typed form carried out (style of all long forms): what is refused comes back as it was typed, beside its fields."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import flash, redirect
from sqlalchemy.orm import Session
from wtforms import Form

from backoffice.errors import DomainError
from views.drafting import keeping
from views.errors import onto_form


def posted(
    form: Form,
    command: Callable[[Session], str],
    again: Callable[[Any], str],
    said: str,
    leads_to: Callable[[str], str],
) -> Any:
    """Run ``command`` in one transaction and go to what it made, saying ``said``; else ``again`` with the refusals.

    What is not there or not for this person (403, 404) is answered by a page of its own.
    """
    if not form.validate():
        return again(()), 422
    try:
        with keeping.carrying_out() as session:
            number = command(session)
    except DomainError as error:
        if error.status in (403, 404):
            raise
        return again(onto_form(error, form)), error.status
    flash(said, "success")
    return redirect(leads_to(number), 303)
