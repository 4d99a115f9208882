"""What every answer carries for its reader's safety: a strict content policy, no sniffing, no framing, no keeping.

A script runs only when its tag carries the nonce of this answer (``csp_nonce()`` in templates); styles, pictures and
fonts come from the desk alone. Pages are not kept by any cache; static files are, for a year, when their address
carries their content's digest (``static_url``).
"""

from __future__ import annotations

import hashlib
import secrets
from pathlib import Path

from flask import Blueprint, Flask, Response, current_app, g, request, url_for

VERSION = "v"
YEAR = 365 * 24 * 3600

POLICY = (
    "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)

HANDED_OUT = "default-src 'none'; sandbox"
"""What is saved and not shown: whatever opens it all the same gives it neither scripts nor the desk's own rights."""

FIXED = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",  # the strictest with which Flask-WTF can still check where a form came from
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


def csp_nonce() -> str:
    """The nonce of this answer; made when first asked for, so that each answer has its own."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    return g.csp_nonce


def static_url(filename: str, endpoint: str = "static") -> str:
    """The address of a static file with the digest of its content, so that it may be kept and still changes at once.

    ``endpoint`` is ``console.static`` for what Flask-Admin brings (Bootstrap, Font Awesome).
    """
    known: dict[tuple[str, str], str] = current_app.extensions.setdefault("desk_static", {})
    address = known.get((endpoint, filename))
    if address is None:
        folder = current_app.static_folder if endpoint == "static" else _folder_of(endpoint)
        content = (Path(folder or "") / filename).read_bytes()
        digest = hashlib.sha256(content).hexdigest()[:12]
        address = url_for(endpoint, filename=filename, **{VERSION: digest})
        if not current_app.debug:
            known[endpoint, filename] = address
    return address


def _folder_of(endpoint: str) -> str | None:
    blueprint: Blueprint = current_app.blueprints[endpoint.rpartition(".")[0]]  # type: ignore[assignment]
    return blueprint.static_folder


def protect(response: Response) -> Response:
    """Puts the headers on an answer; what a view set itself stays."""
    saved = response.headers.get("Content-Disposition", "").startswith("attachment")
    policy = HANDED_OUT if saved else POLICY.format(nonce=g.get("csp_nonce", "none"))
    response.headers.setdefault("Content-Security-Policy", policy)
    for name, value in FIXED.items():
        response.headers.setdefault(name, value)
    if request.is_secure:
        response.headers.setdefault("Strict-Transport-Security", f"max-age={YEAR}; includeSubDomains")
    if _is_static() and response.status_code in (200, 206, 304):
        if request.args.get(VERSION):
            response.headers["Cache-Control"] = f"public, max-age={YEAR}, immutable"
    else:
        response.headers["Cache-Control"] = "no-store"  # a sent file would come with a softer word of its own
    if (response.location or "").startswith(request.host_url):
        _name_no_host(response)
    return response


def _name_no_host(response: Response) -> None:
    """The router's own redirect (a missing slash) names the host that was asked for, in its page as well: made up or
    not, nobody needs it.
    """
    response.location = f"/{(response.location or '').removeprefix(request.host_url)}"
    response.set_data(b"")


def _is_static() -> bool:
    endpoint = request.endpoint or ""
    return endpoint == "static" or endpoint.endswith(".static")


def init_app(app: Flask) -> None:
    """Makes every answer of the application carry the headers."""
    app.after_request(protect)
    app.jinja_env.globals.update(csp_nonce=csp_nonce, static_url=static_url)
