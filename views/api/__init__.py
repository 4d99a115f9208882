"""The JSON API (R1): other systems register complaints and act on them through the very services of the pages.

``operation.py`` says what a call is, ``door.py`` who calls, ``problems.py`` how it says no, ``description.py`` writes
OpenAPI 3.1 of it all, and ``calls.py`` is where they are all loaded. A call has no session, no cookie and no form
token; pydantic is loaded when the first one comes.
"""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("api", __name__, url_prefix="/api/v1")
