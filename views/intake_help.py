"""What helps the clerk beside the form of registration (R7): the intake script of the leaf, question by
question, and complaints that are like the one that is being written (R38).

Each piece is rendered whole by the server, within the page or as a fragment for its script; what is typed into it goes
with the form of registration, of which it says so by the attribute ``form``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, render_template, request
from wtforms import Form

from backoffice.models.script import IntakeScript
from backoffice.queries.rulebook import Rulebook
from backoffice.queries.similar import Similar, similar_to
from backoffice.services.core import elements
from backoffice.services.core.case import Case
from backoffice.services.core.holdings import Holdings
from backoffice.services.core.places import Style, promised
from backoffice.services.core.script_ways import closing_words
from forms.script import asked_script, notes
from policies.access import Permission
from policies.script import SUGGESTS, Script, Way, fitting, way_through
from policies.similar import LONGEST_TEXT, pieces
from policies.vocabulary_script import ScriptEnd
from views import context, language
from views.filters import named
from views.guard import needs
from views.language import _

blueprint = Blueprint("intake_help", __name__)
LONGEST_PHONE = 60
PLACES = {"complaint_number": "script.place.number", "due_time": "script.place.due"}
"""What of the closing is not known before the complaint is registered, and what stands there until then."""


@blueprint.post("/intake/script")
@needs(Permission.COMPLAINT_REGISTER)
def script() -> str:
    """The script of a leaf and a symptom, as a fragment of the page."""
    return script_panel(request.form)


@blueprint.post("/intake/similar")
@needs(Permission.COMPLAINT_REGISTER)
def similar() -> str:
    """Open and recent complaints that are like what is written, as a fragment of the page."""
    return similar_panel(request.form)


def similar_panel(said: Mapping[str, str]) -> str:
    """What is like the text that was written, the caller's own first; the phone comes in the body of the request."""
    text, phone = said.get("what", "")[:LONGEST_TEXT], said.get("contact_phone", "")[:LONGEST_PHONE]
    asked = bool(pieces(text))
    found: list[Similar] = []
    if asked or phone.strip():
        with context.reading() as session:
            found = similar_to(session, context.desk().keys, context.actor(), text, phone, context.now())
    return render_template("intake/similar.html", found=found, asked=asked)


def script_panel(said: Mapping[str, str]) -> str:
    """The script that fits what was chosen, with what was answered to it so far."""
    category = said.get("category") or ""
    with context.reading() as session:
        rules = Rulebook(session)
        found = fitting(rules.scripts_on(context.today()), category, said.get("symptom"))
        if found is None:
            return render_template("intake/script.html", script=None, chosen=bool(category))
        asked, names = rules.script(found.id), elements.definitions(rules)
        version = session.get_one(IntakeScript, found.id).version
        phone = rules.office().service_phone
    answered = asked_script(said, short_language())
    mine = answered is not None and answered.version_id == found.id
    way = way_through(asked, answered.given if answered and mine else {})
    return render_template(
        "intake/script.html",
        script=asked,
        version_id=found.id,
        version=version,
        way=way,
        shown=_shown(way),
        answers={step.question.code: step.answer.code for step in way.steps},
        notes=notes(said) if mine else {},
        elements=names,
        ends=[end for end in ScriptEnd if _leads_to(asked, end)],
        suggests=SUGGESTS,
        closing=_closing(named(asked.closing), phone),
    )


def take_end(form: Form, said: Mapping[str, str]) -> None:
    """Do on the form what the end of the script suggests: how the intake ends, and a higher severity."""
    with context.reading() as session:
        rules = Rulebook(session)
        found = fitting(rules.scripts_on(context.today()), said.get("category") or "", said.get("symptom"))
        answered = asked_script(said, short_language())
        if found is None or answered is None or answered.version_id != found.id:
            return
        suggestion = way_through(rules.script(found.id), answered.given).suggestion
    if suggestion is not None:
        form["ending"].data = suggestion.ending
        if suggestion.severity is not None:
            form["severity"].data = suggestion.severity.value


def closing_of(case: Case) -> str:
    """What is said at the end of the call, now that the number is known; nothing where no script was asked."""
    row = next(iter(Holdings(case).script_ways), None)
    if row is None:
        return ""
    style = Style(case.rules, language.current())
    return closing_words(case, case.rules.script(row.script_id), short_language(), style.moment(promised(case)))


def short_language() -> str:
    """The reader's language as the office's papers name it: ``zh`` or ``en``."""
    return "zh" if language.current() == "zh_Hans" else "en"


def _shown(way: Way) -> dict[str, Any]:
    """Code of each question that is before the clerk → its place, counted from one."""
    codes = [step.question.code for step in way.steps]
    if way.waits is not None:
        codes.append(way.waits.code)
    return {code: place for place, code in enumerate(codes, 1)}


def _closing(words: str, phone: str) -> str:
    for place, text in {**{place: _(key) for place, key in PLACES.items()}, "service_phone": phone}.items():
        words = words.replace(f"{{{place}}}", text)
    return words


def _leads_to(asked: Script, end: ScriptEnd) -> bool:
    return any(answer.end is end for question in asked.questions for answer in question.answers)
