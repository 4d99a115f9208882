"""Register a complaint (R2–R6): one page for the clerk on the phone; everything that it starts is one transaction."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, flash, redirect, render_template, request, url_for
from jinja2.utils import htmlsafe_json_dumps
from markupsafe import Markup
from sqlalchemy.orm import Session, joinedload
from werkzeug.datastructures import CombinedMultiDict, MultiDict
from wtforms import Form

from backoffice.errors import DomainError
from backoffice.integrations.files import ENDINGS, Upload, check_upload
from backoffice.models.configuration import Category, Channel
from backoffice.models.paper import ReservedNumber
from backoffice.queries.customer import as_earlier, earlier_complaints
from backoffice.queries.lines import Line, lines
from backoffice.queries.rulebook import Rulebook
from backoffice.services import fault_notices, handling, intake
from backoffice.services.arrivals import Opened
from backoffice.services.core import same_customer
from backoffice.services.core.case import Case
from backoffice.services.core.intake_record import Registration
from forms.intake import IntakeChoices, acts_of, intake_form, registration_of
from forms.script import asked_script
from policies.access import Permission, may
from policies.completeness import CompletenessRule
from policies.fault_notice import MOST_OPEN
from policies.intake import repeat_of
from policies.message import Message, Refusal
from policies.vocabulary import Severity
from views import context, intake_help, intake_script, language
from views.addresses import whole_number
from views.case.looking import work_in
from views.drafting import keeping, opening
from views.errors import onto_form
from views.filters import named
from views.guard import needs
from views.language import _, say
from views.spoken import spoken

blueprint = Blueprint("intake", __name__)
LONGEST_PHONE = 60
LONGEST_NUMBER = 32
DISPATCH = "send_order"
HELPS = ("look_up", "walk", "take_end", "beside")
"""Buttons that bring the form back as it was typed, with more beside it."""


@blueprint.route("/intake/new", methods=["GET", "POST"])
@needs(Permission.COMPLAINT_REGISTER)
def register() -> Any:
    """The form; posted, the complaint with everything that was told and decided in the same breath."""
    if request.method == "GET":
        kept = restored()
        return page(spoken(form_class()(kept, data=_fresh())), said=kept)
    return take_in(lambda session, found: intake.register(work_in(session), found))


def take_in(registered: Callable[[Session, Registration], Case], draft: Opened | None = None) -> Any:
    """What was typed, registered by ``registered`` with the acts that follow; the form again where it is refused."""
    form = _posted()
    if request.form.get("take_end"):
        intake_script.take_end(form, request.form)
    if any(request.form.get(helps) for helps in HELPS):
        return page(form, draft=draft)
    uploads, refusals = _uploads()
    valid = form.validate()
    script = asked_script(request.form, intake_script.short_language())
    found = registration_of(form, uploads, context.now(), script)
    refusals += [found] if isinstance(found, Refusal) else _not_reserved(found.reserved)
    if not valid or isinstance(found, Refusal) or refusals:
        return page(form, onto_form(DomainError(refusals), form) if refusals else (), draft), 422
    try:
        with keeping.carrying_out() as session:
            case = registered(session, found)
            warnings = _go_on(case, form)
            warnings += fault_notices.link_new(case, _notices())
            number, closing = case.complaint.number, intake_script.closing_of(case)
            dispatches = _leads_on(case, DISPATCH)
    except DomainError as error:
        return page(form, onto_form(error, form), draft), error.status
    flash(_("intake.done", number=number), "success")
    if closing:
        flash(_("script.closing_now", words=closing), "info")
    for warning in warnings:
        flash(say(warning), "warning")
    if dispatches and request.form.get("then") == DISPATCH and may(context.actor(), Permission.ORDER_SEND):
        return redirect(url_for("acting.act", number=number, action=DISPATCH))
    return redirect(url_for("complaint.page", number=number))


@blueprint.post("/intake/look-up")
@needs(Permission.CUSTOMER_LOOKUP)
def look_up() -> str:
    """The caller's earlier complaints, masked, as a fragment of the page; the phone comes in the body,
    never in an address.
    """
    return _earlier(
        request.form.get("contact_phone", "")[:LONGEST_PHONE],
        request.form.get("category", ""),
        request.form.get("same_as", ""),
    )


AT_REGISTRATION = 1
"""Events that a registration leaves; a major one leaves its alarm besides."""


def _leads_on(case: Case, action: str) -> bool:
    """Whether the step that was reached has this way out."""
    step = Rulebook(case.work.session).process(case.complaint.process_id).find(case.complaint.step)
    return step is not None and step.way(action, order_sent=False) is not None


def _go_on(case: Case, form: Form) -> list[Message]:
    """The acts after the registration, unless the form was sent before and they are done already; their warnings."""
    warnings: list[Message] = []
    if case.head.sequence > (AT_REGISTRATION + (case.complaint.severity is Severity.MAJOR)):
        return warnings
    for action, values in acts_of(form):
        if action == "accept" and not _leads_on(case, action):
            break  # a major complaint goes to its emergency response first (R17)
        done = handling.act_on(case, action, values)
        case, warnings = done.case, [*warnings, *done.warnings]
    return warnings


def _notices() -> list[str]:
    """The notices that were ticked beside the form (R8)."""
    return [one[:32] for one in request.form.getlist("notice")[:MOST_OPEN]]


def _fresh() -> dict[str, Any]:
    reserved = request.args.get("reserved", "")[:LONGEST_NUMBER]
    at = None if reserved else context.now()  # the time of a form on paper stands on the paper (R9)
    return {
        "submission": new_submission(),
        "received_at": at,
        "call_started_at": at,
        "channel": "hotline",
        "reserved": reserved,
    }


def _posted() -> Form:
    form = spoken(form_class()(CombinedMultiDict((request.files, request.form))))
    with context.reading() as session:
        leaf = session.scalars(sa.select(Category).where(Category.code == form["category"].data)).one_or_none()
    symptoms = leaf.symptoms if leaf is not None else []
    form["symptom"].choices = [*form["symptom"].choices, *((one["code"], named(one["name"])) for one in symptoms)]
    return form


def _standing(form: Form) -> MultiDict[str, str]:
    """What stands in a form that was not posted yet, as a post of it would say."""
    return MultiDict({field.name: field.data for field in form if isinstance(field.data, str)})


def new_submission() -> str:
    """What a form is known by, so that sent twice it registers once."""
    return secrets.token_urlsafe(24)


def form_class() -> type[Form]:
    """The form of this language, made anew when the office changes its channels or categories."""
    zone = context.zone()
    with context.reading() as session:
        return Rulebook(session).keep(
            ("intake form", language.current(), zone.key), lambda: intake_form(_choices(session), zone)
        )


def _choices(session: Session) -> IntakeChoices:
    channels = session.scalars(
        sa.select(Channel).where(Channel.retired_at.is_(None)).order_by(Channel.position, Channel.id)
    )
    rows = list(session.scalars(sa.select(Category).where(Category.retired_at.is_(None)).order_by(Category.position)))
    under: dict[int | None, list[Category]] = {}
    for row in rows:
        under.setdefault(row.parent_id, []).append(row)
    branches: dict[str, list[tuple[str, str]]] = {}
    for trunk in under.get(None, []):
        for branch in under.get(trunk.id, []):
            leaves = [(leaf.code, named(leaf)) for leaf in under.get(branch.id, [])]
            if leaves:
                branches[f"{named(trunk)} / {named(branch)}"] = leaves
    return IntakeChoices([(row.code, named(row)) for row in channels], branches)


def _not_reserved(number: str) -> list[Refusal]:
    """Only a number that was reserved is taken from paper (R9): any other would leave a gap that nobody explains."""
    if not number:
        return []
    with context.reading() as session:
        there = session.scalar(sa.select(ReservedNumber.id).where(ReservedNumber.number == number.upper()))
    return [] if there is not None else [Refusal("paper_forms.refused.unknown", field="reserved", status=422)]


def _uploads() -> tuple[tuple[Upload, ...], list[Refusal]]:
    uploads, refusals = list[Upload](), list[Refusal]()
    for sent in request.files.getlist("files"):
        if sent.filename:
            checked = check_upload(sent.filename, sent.read(), "files")
            if isinstance(checked, Refusal):
                refusals.append(checked)
            else:
                uploads.append(checked)
    return tuple(uploads), refusals


def restored() -> MultiDict[str, str] | None:
    """What a kept draft of this form holds, where the address asks for one (R40), so that what stands beside the form
    comes back as well.
    """
    kept = whole_number(request.args.get(opening.FIELD, ""))
    found = keeping.find(kept) if kept else None
    return MultiDict(found.values) if found is not None and found.form.form == opening.key_of(request.path) else None


def page(
    form: Form, refusals: Any = (), draft: Opened | None = None, *, said: MultiDict[str, str] | None = None
) -> str:
    """The page with this form; ``draft``: what it is completed of; ``said``: what was typed, where a draft held it."""
    if said is None:
        said = request.form if request.method == "POST" else _standing(form)
    with context.reading() as session:
        _offer_symptoms(session, form)
        rules = Rulebook(session)
        limit, definition = rules.keep("intake completeness", lambda: _definition(rules, session))
        helper = rules.keep(
            ("intake helper", language.current()),
            lambda: htmlsafe_json_dumps({"categories": _leaves(session), "matrix": rules.setting("priority_matrix")}),
        )
        items = [(row["code"], row["name"], row["weight"]) for row in rules.setting("completeness")["fields"]]
        phone = rules.office().service_phone
    known = _earlier(form["contact_phone"].data or "", form["category"].data or "", said.get("same_as", ""))
    return render_template(
        "intake/register.html",
        form=form,
        refusals=refusals,
        limit=limit,
        definition=definition,
        helper=helper,
        items=items,
        earlier=known,
        beside=intake_help.panels(said),
        endings=" ".join(ENDINGS),
        service_phone=phone,
        draft=draft,
        looks_up=may(context.actor(), Permission.CUSTOMER_LOOKUP),
        dispatches=may(context.actor(), Permission.ORDER_SEND),
    )


def _offer_symptoms(session: Session, form: Form) -> None:
    """Those of the category that stands in the form, so that what was chosen stays chosen, also without script."""
    if not (form["category"].data and form["symptom"].data):
        return
    known = session.scalar(sa.select(Category.symptoms).where(Category.code == form["category"].data)) or []
    offered: Any = form["symptom"]
    offered.choices = [*offered.choices, *((one["code"], named(one["name"])) for one in known)]


def _definition(rules: Rulebook, session: Session) -> tuple[Any, Markup]:
    """Below what nothing is dispatched, and by what the page reckons while the clerk types."""
    definition = CompletenessRule.from_data(rules.setting("completeness")).as_data()
    channels = session.execute(sa.select(Channel.code, Channel.kind, Channel.live))
    definition["channels"] = {row.code: {"kind": row.kind, "live": row.live} for row in channels}
    return definition["refuse_dispatch_below"], htmlsafe_json_dumps(definition)


def _leaves(session: Session) -> dict[str, Any]:
    """What the script fills in when a category is chosen; the server asks the rules again."""
    rows = session.scalars(
        sa.select(Category)
        .where(Category.level == 3, Category.retired_at.is_(None))
        .options(joinedload(Category.default_department))
    )
    return {
        row.code: {
            "severity": row.default_severity or "general",
            "urgency": row.default_urgency or "medium",
            "impact": row.default_impact or "low",
            "first_contact": row.first_contact_possible,
            "department": named(row.default_department) if row.default_department else "",
            "symptoms": [[one["code"], named(one["name"])] for one in row.symptoms],
        }
        for row in rows
    }


def _earlier(phone: str, category: str, chosen: str) -> str:
    """The fragment with the caller's earlier complaints; empty without a phone. ``chosen``: the one that was ticked."""
    shown: list[Line] = []
    repeat = same = None
    if phone.strip() and may(context.actor(), Permission.CUSTOMER_LOOKUP):
        with context.reading() as session:
            known = earlier_complaints(session, context.desk().keys, phone, most=10)
            found = same_customer.told_of(session, context.actor(), known)
            same = same_customer.offer(context.desk().keys, found)
            shown = lines(session, context.desk().keys, context.actor(), found)
            at: datetime = context.now()
            days = Rulebook(session).setting("process")["repeat_days"]
            if category and found:
                repeat = repeat_of(category, at, as_earlier(found), days).warning
    return render_template(
        "intake/earlier.html",
        earlier=shown,
        repeat=repeat,
        asked=bool(phone.strip()),
        same=same,
        chosen=chosen,
    )
