"""The intake script of the leaf beside the form of registration, question by question (R7).

It is rendered whole by the server; what is answered goes with the form of registration, to which its controls belong by
their attribute ``form``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import render_template
from wtforms import Form

from backoffice.models.script import IntakeScript
from backoffice.queries.rulebook import Rulebook
from backoffice.services.core import elements
from backoffice.services.core.case import Case
from backoffice.services.core.holdings import Holdings
from backoffice.services.core.places import Style, promised
from backoffice.services.core.script_ways import closing_words
from forms.script import asked_script, notes
from policies.script import SUGGESTS, Script, Way, fitting, way_through
from policies.vocabulary_script import ScriptEnd
from views import context, language
from views.filters import named
from views.language import _

PLACES = {"complaint_number": "script.place.number", "due_time": "script.place.due"}
"""What of the closing is not known before the complaint is registered, and what stands there until then."""


def panel(said: Mapping[str, str]) -> str:
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
