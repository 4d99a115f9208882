"""The pages for customers (R1): no session, no cookie, no menu, no script; their language stands in their address."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("public", __name__, url_prefix="/public")

from views.public import complaint, door, progress, start  # noqa: E402 (their routes are the blueprint's)

blueprint.url_value_preprocessor(door.speak)
blueprint.url_defaults(door.name_language)

__all__ = ["blueprint", "complaint", "progress", "start"]
