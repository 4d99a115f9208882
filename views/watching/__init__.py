"""What machines ask the desk: whether it stands (``/healthz``), and its figures (``/metrics``)."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("watching", __name__)

from views.watching import health, metrics  # noqa: E402, F401 (each adds its address)
