"""The answers to an intake script at a registration (R7): checked against their version, sealed, kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from backoffice.errors import DomainError
from backoffice.models.script import IntakeScript, ScriptWay
from backoffice.queries.rulebook import Rulebook
from backoffice.services.core import elements
from backoffice.services.core.case import Case
from backoffice.services.core.work import Work
from policies.message import Refusal
from policies.script import Given, Script, Way, fills, refuse_leaf, refuse_notes, way_through

SEALED_AS = "script"
ANSWERED_BY = {"customer_demand": "demand", "contact_phone": "contact_phone"}
"""Elements that a text of the record answers itself, in the customer's own words."""


@dataclass(frozen=True)
class AskedScript:
    """What a clerk answered: the version that was asked, the answers by question, the language (``zh`` or ``en``)."""

    version_id: int
    given: Mapping[str, Given]
    language: str = "zh"


@dataclass(frozen=True)
class Answered:
    """The answers as they are kept, with what they fill of the dispatch elements."""

    version: IntakeScript
    script: Script
    way: Way
    elements: Mapping[str, str]

    @property
    def facts(self) -> dict[str, object]:
        """What the history tells of it in clear."""
        return {"script": self.script.code, "script_version": self.version.version, "script_end": self.way.end}

    @property
    def answers(self) -> list[dict[str, str]]:
        """What is sealed of it."""
        return [
            {"question": step.question.code, "answer": step.answer.code, "note": step.note} for step in self.way.steps
        ]


def answered(
    work: Work, rules: Rulebook, asked: AskedScript | None, category: str, texts: Mapping[str, str]
) -> Answered | None:
    """The way that the answers took through their version; None when nothing was answered. Raises ``DomainError``."""
    if asked is None:
        return None
    version = work.session.get(IntakeScript, asked.version_id)
    if version is None or version.state.is_open:
        raise DomainError(Refusal("script.refused.unknown", field="category", status=422))
    script = rules.script(version.id)
    way = way_through(script, asked.given)
    if not way.steps:
        return None
    leaf = refuse_leaf(script, category)
    refusals = [*refuse_notes(script, asked.given), *([] if leaf is None else [leaf])]
    if refusals:
        raise DomainError(refusals)
    said = {element: texts.get(text, "") for element, text in ANSWERED_BY.items()}
    return Answered(version, script, way, fills(way.steps, elements.definitions(rules), asked.language, said))


def keep(case: Case, found: Answered) -> None:
    """Write the way beside its complaint, sealed under the complaint's key."""
    case.work.session.add(
        ScriptWay(
            complaint_id=case.complaint.id,
            script_id=found.version.id,
            end=found.way.end,
            asked_at=case.work.at,
            by_id=case.work.actor.staff_id,
            sealed=case.seal.seal_json({"answers": found.answers}, SEALED_AS),
        )
    )


def way_of(case: Case, row: ScriptWay) -> tuple[Script, Way]:
    """The script as it was asked, and the answers; none once the complaint is erased."""
    script = case.rules.script(row.script_id)
    opened: Any = case.seal.open_json(row.sealed, SEALED_AS) or {}
    given = {one["question"]: Given(one["answer"], one["note"]) for one in dict(opened).get("answers", ())}
    return script, way_through(script, given)


def closing_words(case: Case, script: Script, language: str, due: str) -> str:
    """What is said at the end of the call, with the number, until when an answer comes, and the service's phone."""
    words = script.closing.zh if language == "zh" else script.closing.en
    known = {
        "complaint_number": case.complaint.number,
        "due_time": due,
        "service_phone": case.rules.office().service_phone,
    }
    for place, text in known.items():
        words = words.replace(f"{{{place}}}", text)
    return words
