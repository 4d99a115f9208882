"""What stands beside the form of registration while it is written: notices of known faults that fit (R8), the intake
script of the leaf (R7), complaints that are like it (R38).

One request answers for all of them: what is typed comes in its body, never in an address. Each part is rendered whole
by the server, within the page or in that answer; without script the form that comes back shows the same.
"""

from __future__ import annotations

from flask import Blueprint, render_template, request
from markupsafe import Markup
from werkzeug.datastructures import MultiDict

from backoffice.queries.similar import Written, similar_to
from policies.access import Permission
from policies.similar import LONGEST_TEXT, asked_words
from views import context, fault_notices, intake_script, knowledge
from views.guard import needs
from views.pace import admit_beside

blueprint = Blueprint("intake_help", __name__)
LONGEST_PHONE, LONGEST_CODE = 60, 64
BESIDES = ("summary", "product_symptom", "why", "demand")


@blueprint.post("/intake/beside")
@needs(Permission.COMPLAINT_REGISTER, Permission.COMPLAINT_TAKE)
def beside() -> str:
    """All parts for what is typed so far, as a fragment of the page; also for who completes what came in by itself."""
    admit_beside()
    return panels(request.form)


def panels(said: MultiDict[str, str]) -> Markup:
    """The parts, each in a box of its own name, and in one line what was found, for who does not see them."""
    notices = fault_notices.panels.panel(said)
    similar, found = _similar(said)
    parts = {
        "notices": notices,
        "script": intake_script.panel(said),
        "similar": similar,
        "knowledge": knowledge.panels.panel(said),
    }
    return Markup(render_template("intake/beside.html", parts=parts, found=found))  # noqa: S704 - a template of ours


def _similar(said: MultiDict[str, str]) -> tuple[str, int]:
    """What is like the text that was written, the caller's own first; and how many these are."""
    what, phone = said.get("what", "")[:LONGEST_TEXT], said.get("contact_phone", "")[:LONGEST_PHONE]
    besides = tuple(said.get(name, "")[:LONGEST_TEXT] for name in BESIDES)
    asked = bool(asked_words(what))
    if not asked and not phone.strip():
        return render_template("intake/similar.html", found=[], asked=False), 0
    written = Written(what, phone, said.get("category", "")[:LONGEST_CODE], besides)
    with context.reading() as session:
        found = similar_to(session, context.desk().keys, context.actor(), written, context.now())
    return render_template("intake/similar.html", found=found, asked=asked), len(found)
