"""``create_app``: the one place that wires all floors.

Settings (``config``), each with a default: ``DATA_DIR`` (folder of the office), ``DATABASE_URL``, ``DEMO`` (a
demonstration office), ``CLOCK`` (a ``backoffice.clock.Clock``), ``TESTING``, ``PROXIES`` (how many reverse proxies
stand before the desk).
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Blueprint, Flask, Request, Response, request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from flask_admin import BaseView
from flask_babel import Babel
from flask_wtf import CSRFProtect, csrf
from jinja2 import StrictUndefined
from werkzeug.middleware.proxy_fix import ProxyFix

from backoffice import database_settings
from backoffice.clock import Clock
from backoffice.file_settings import files_of
from backoffice.services import office_keys
from views import (
    account,
    addresses,
    agreement,
    appraisal_papers,
    appraising,
    arrivals,
    calibration,
    clusters,
    coaching,
    complaints,
    console,
    context,
    corrective,
    disputes,
    dossier,
    drawing,
    drift,
    errors,
    export,
    fault_notices,
    filters,
    frame,
    guard,
    headers,
    home,
    importing,
    inbox,
    indicators,
    inspection_figures,
    inspection_list,
    inspection_papers,
    intake,
    intake_help,
    kept,
    knowledge,
    language,
    logging,
    lots,
    many,
    monthly_figures,
    overview,
    paper_forms,
    preferences,
    public,
    record,
    reference,
    resend,
    roster,
    saved_lists,
    scheme_trial,
    session,
    set_up,
    shortcuts,
    sign_in,
    statistics,
    training,
    watching,
)
from views.api import calls
from views.api import problems as api_problems
from views.appealing import deciding, mine
from views.case import acting, course, files, place
from views.case import page as complaint_page
from views.drafting import pages as drafts
from views.drafting import weaving
from views.inspecting import passing, scoring
from views.inspecting import worklist as inspection_worklist
from views.public import door as public_door
from views.watching import metrics

PROJECT = Path(__file__).resolve().parent.parent
MEBIBYTE = 1024 * 1024

# What a person can call. A subject adds its line here, and its entry to the table of views/menu.py.
BLUEPRINTS: tuple[Blueprint, ...] = (
    account.blueprint,
    acting.blueprint,
    agreement.blueprint,
    appraisal_papers.blueprint,
    calls.blueprint,
    calibration.blueprint,
    clusters.blueprint,
    coaching.blueprint,
    complaint_page.blueprint,
    course.blueprint,
    drafts.blueprint,
    deciding.blueprint,
    mine.blueprint,
    complaints.blueprint,
    corrective.blueprint,
    appraising.blueprint,
    arrivals.blueprint,
    disputes.blueprint,
    dossier.blueprint,
    drawing.blueprint,
    drift.blueprint,
    export.blueprint,
    fault_notices.blueprint,
    files.blueprint,
    home.blueprint,
    importing.blueprint,
    inbox.blueprint,
    indicators.blueprint,
    inspection_figures.blueprint,
    inspection_list.blueprint,
    inspection_papers.blueprint,
    inspection_worklist.blueprint,
    passing.blueprint,
    scoring.blueprint,
    intake.blueprint,
    knowledge.blueprint,
    intake_help.blueprint,
    lots.blueprint,
    many.blueprint,
    monthly_figures.blueprint,
    overview.blueprint,
    paper_forms.blueprint,
    preferences.blueprint,
    public.blueprint,
    record.blueprint,
    resend.blueprint,
    roster.blueprint,
    saved_lists.blueprint,
    scheme_trial.blueprint,
    set_up.blueprint,
    shortcuts.blueprint,
    sign_in.blueprint,
    statistics.blueprint,
    training.blueprint,
    watching.blueprint,
)

# Flask-Admin's screens of reference data, made anew for each application.
SCREENS: tuple[Callable[[], BaseView], ...] = reference.SCREENS

DEFAULTS: dict[str, Any] = {
    "DEMO": False,
    "PROXIES": 0,
    "MAX_CONTENT_LENGTH": 64 * MEBIBYTE,  # a whole post with its files
    "MAX_FORM_MEMORY_SIZE": 2 * MEBIBYTE,  # its text
    "MAX_FORM_PARTS": 2000,
    "SESSION_COOKIE_HTTPONLY": True,
    "SESSION_COOKIE_SAMESITE": "Lax",
    "PERMANENT_SESSION_LIFETIME": session.KEPT,
    "WTF_CSRF_TIME_LIMIT": None,  # a form's token lives as long as its session: nobody's long record goes stale
    "TRAP_BAD_REQUEST_ERRORS": False,
}


class Sessions(SecureCookieSessionInterface):
    """Flask's signed cookie; over https marked secure, and under a name that no other host or path can set."""

    digest_method = staticmethod(hashlib.sha256)

    def get_cookie_name(self, app: Flask) -> str:
        return addresses.guarded_cookie(super().get_cookie_name(app))

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """None of its own for a call of the JSON API or a customer: what a browser keeps opens nothing there, and is
        not renewed.
        """
        alone = api_problems.is_api() or addresses.is_for_customers()
        return self.session_class() if alone else super().open_session(app, request)

    def save_session(self, app: Flask, session: Any, response: Response) -> None:
        """Customers are given no cookie."""
        if not addresses.is_for_customers():
            super().save_session(app, session, response)

    def get_cookie_secure(self, app: Flask) -> bool:
        return request.is_secure


def create_app(config: dict[str, Any] | None = None) -> Flask:
    """The application of one office. Raises ``backoffice.errors.DomainError`` when its keys or its database cannot be
    used.
    """
    app = Flask(
        "views",
        root_path=str(PROJECT / "views"),
        template_folder=str(PROJECT / "templates"),
        static_folder=str(PROJECT / "templates" / "static"),
        static_url_path="/static",
    )
    app.config.update(DEFAULTS)
    app.config.update(config or {})
    _open_desk(app)
    _templates(app)
    _wire(app)
    return app


def data_dir(config: dict[str, Any]) -> Path:
    """The office's folder: as set, else ``BACKOFFICE_DATA``, else ``instance`` (demonstration: ``instance-demo``)."""
    default = "instance-demo" if config.get("DEMO") else "instance"
    return Path(config.get("DATA_DIR") or os.environ.get("BACKOFFICE_DATA") or PROJECT / default).resolve()


def _open_desk(app: Flask) -> None:
    """Opens database and keys and puts the desk where every view finds it."""
    folder = data_dir(app.config)
    folder.mkdir(parents=True, exist_ok=True)
    app.config["DATA_DIR"] = str(folder)
    app.config.setdefault("DATABASE_URL", database_settings.url_for(folder))
    database = database_settings.connect(app.config["DATABASE_URL"])
    try:
        keys = office_keys.open_for(database, folder / "keys")
    except BaseException:
        database.dispose()
        raise
    clock = app.config.get("CLOCK") or Clock()
    files_of(folder)  # an address that is none is told now, not at the first file
    app.secret_key = keys.session
    # Cookies know no ports: two offices on one machine must not take each other's for their own.
    app.config["SESSION_COOKIE_NAME"] = f"desk-{keys.identity[:8]}"
    app.session_interface = Sessions()
    app.extensions["desk"] = context.Desk(database, keys, clock, app.config)


def _templates(app: Flask) -> None:
    """Undefined names are errors; texts and formats speak the reader's language, Flask-Admin's own included."""
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    Babel(
        app,
        configure_jinja=False,
        locale_selector=lambda: language.BABEL_LOCALES[language.current()],
        timezone_selector=lambda: context.office().time_zone,
    )
    addresses.init_app(app)
    filters.init_app(app)
    kept.init_app(app)
    place.init_app(app)
    frame.init_app(app)


def _wire(app: Flask) -> None:
    """Connects all parts; what is asked first comes first."""
    app.url_map.converters["int"] = addresses.BoundedInteger
    if app.config["PROXIES"]:
        hops = app.config["PROXIES"]
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    headers.init_app(app)
    logging.init_app(app)
    metrics.init_app(app)
    public_door.init_app(app)
    errors.init_app(app)
    weaving.init_app(app)
    guard.init_app(app)
    # Flask-WTF signs its form tokens with its serializer's default, which is SHA-1.
    csrf.URLSafeTimedSerializer.default_signer.default_digest_method = staticmethod(hashlib.sha256)
    protect = CSRFProtect(app)
    protect.exempt(calls.blueprint)  # a call has no session that another site's page could use
    protect.exempt(public.blueprint)  # nor has a customer, whose form has a token of its own
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    console.init_app(app, tuple(make() for make in SCREENS))
