"""Intake scripts (R7): what to ask, what an answer means, what to do and say; the way through a script, and its end.

A script is data, in the form of a row of ``scripts`` in ``office/scripts.yaml``; it is self-contained, with its
opening, its closing and its rules of listening. Answers are codes of the script, notes what the customer said besides.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from policies.dispatch_values import LONGEST, ElementDefinition, ElementKind, ElementValue, refuse_value
from policies.message import Name, Refusal
from policies.vocabulary import Severity
from policies.vocabulary_script import QuestionKind, ScriptEnd

LONGEST_NOTE = 500
JOINED = "; "
NAMELESS = Name("", "")


@dataclass(frozen=True)
class Suggestion:
    """What an end of a script suggests on the form of registration: how the intake ends, and a higher severity."""

    ending: str
    severity: Severity | None = None


SUGGESTS: Mapping[ScriptEnd, Suggestion] = MappingProxyType({
    ScriptEnd.SOLVE_AT_FIRST_CONTACT: Suggestion("solved"),
    ScriptEnd.DISPATCH: Suggestion("go_on"),
    ScriptEnd.LINK_NOTICE: Suggestion("go_on"),
    ScriptEnd.NOT_ESTABLISHED: Suggestion("not_established"),
    ScriptEnd.ESCALATE_IMPORTANT: Suggestion("go_on", Severity.IMPORTANT),
    ScriptEnd.ESCALATE_MAJOR: Suggestion("go_on", Severity.MAJOR),
    ScriptEnd.REFER_OUT: Suggestion("save"),
})  # fmt: skip
"""Whoever refers a matter out registers it first and does so on its page, where the reason is written."""


@dataclass(frozen=True)
class Answer:
    """One answer with its advice, and where it leads: the next question or an end."""

    code: str
    answer: Name
    means: Name = NAMELESS
    do: Name = NAMELESS
    how: Name = NAMELESS
    say: Name = NAMELESS
    next: str | None = None
    end: ScriptEnd | None = None


@dataclass(frozen=True)
class Question:
    """One question; ``stores_in`` is the dispatch element that its answer fills."""

    code: str
    ask: Name
    kind: QuestionKind
    answers: tuple[Answer, ...]
    stores_in: str | None = None

    def find(self, code: str | None) -> Answer | None:
        """The answer of this code."""
        return next((one for one in self.answers if one.code == code), None)


@dataclass(frozen=True)
class Script:
    """One version of a script."""

    code: str
    version: int
    category: str
    name: Name
    start: str
    questions: tuple[Question, ...]
    symptoms: tuple[str, ...] = ()
    opening: Name = NAMELESS
    closing: Name = NAMELESS
    listening: tuple[Name, ...] = ()

    def find(self, code: str | None) -> Question | None:
        """The question of this code."""
        return next((one for one in self.questions if one.code == code), None)


@dataclass(frozen=True)
class Given:
    """What was answered to one question: the code of the answer, and what the customer said in words."""

    answer: str
    note: str = ""


@dataclass(frozen=True)
class Step:
    """One answered question of a way through a script."""

    question: Question
    answer: Answer
    note: str = ""


@dataclass(frozen=True)
class Way:
    """The way that answers take through a script: the steps, and the question that waits or the end that is reached."""

    steps: tuple[Step, ...] = ()
    waits: Question | None = None
    end: ScriptEnd | None = None

    @property
    def suggestion(self) -> Suggestion | None:
        """What the end suggests."""
        return None if self.end is None else SUGGESTS[self.end]


@dataclass(frozen=True)
class Offered:
    """A version of a script that holds, as far as choosing goes: its id, its leaf, the symptoms that it is for."""

    id: int
    code: str
    category: str
    symptoms: tuple[str, ...] = field(default_factory=tuple)


def parse_script(data: Mapping[str, Any]) -> Script:
    """A script from its definition; raises ``KeyError`` or ``ValueError`` for what cannot be read."""
    return Script(
        code=str(data["code"]),
        version=int(data["version"]),
        category=str(data["category"]),
        name=_name(data["name"]),
        start=str(data["start"]),
        questions=tuple(_question(one) for one in data["questions"]),
        symptoms=tuple(str(one) for one in data.get("symptoms") or ()),
        opening=_name(data.get("opening")),
        closing=_name(data.get("closing")),
        listening=tuple(_name(one) for one in data.get("listening_rules") or ()),
    )


def fitting(offered: Iterable[Offered], category: str, symptom: str | None) -> Offered | None:
    """The script for a leaf and a symptom: one that names the symptom before one for every symptom of the leaf.

    While no symptom is chosen, the first script of the leaf; none for a symptom that no script of it is for.
    """
    mine = sorted((one for one in offered if one.category == category), key=lambda one: one.code)
    if not symptom:
        return mine[0] if mine else None
    named = [one for one in mine if symptom in one.symptoms]
    return next(iter(named or [one for one in mine if not one.symptoms]), None)


def way_through(script: Script, given: Mapping[str, Given]) -> Way:
    """Follow the answers from the start; what was answered on a branch that was left does not count."""
    steps: list[Step] = []
    seen: set[str] = set()
    question = script.find(script.start)
    while question is not None and question.code not in seen:
        seen.add(question.code)
        said = given.get(question.code)
        answer = question.find(said.answer) if said else None
        if said is None or answer is None:
            return Way(tuple(steps), waits=question)
        steps.append(Step(question, answer, said.note.strip()))
        if answer.end is not None:
            return Way(tuple(steps), end=answer.end)
        question = script.find(answer.next)
    return Way(tuple(steps))


def refuse_notes(script: Script, given: Mapping[str, Given]) -> list[Refusal]:
    """Notes that are too long, each with its question."""
    return [
        Refusal("script.refused.note_too_long", {"question": step.question.ask, "longest": LONGEST_NOTE}, status=422)
        for step in way_through(script, given).steps
        if len(step.note) > LONGEST_NOTE
    ]


def refuse_leaf(script: Script, category: str) -> Refusal | None:
    """Answers to the script of another leaf are not kept with a complaint."""
    if script.category == category:
        return None
    return Refusal("script.refused.other_category", {"script": script.name}, field="category", status=422)


def fills(
    steps: Sequence[Step], elements: Mapping[str, ElementDefinition], language: str, said: Mapping[str, str]
) -> dict[str, str]:
    """What the answers fill of the dispatch elements (R10): code → value, in the language in which was asked.

    An element whose kind takes no words (an amount, a time) is filled by the note alone, or not at all. What the record
    itself answers (``said``: element → text) stays as it was written.
    """
    found: dict[str, list[str]] = {}
    for step in steps:
        element = elements.get(step.question.stores_in or "")
        if element is None or said.get(element.code, "").strip():
            continue
        value = _value(step, element, language)
        if value is not None and value not in found.get(element.code, []):
            found.setdefault(element.code, []).append(value)
    return {
        code: JOINED.join(values)[:LONGEST] if _takes_words(elements[code]) else values[-1]
        for code, values in found.items()
    }


def _value(step: Step, element: ElementDefinition, language: str) -> str | None:
    words = step.answer.answer.zh if language == "zh" else step.answer.answer.en
    if step.question.kind is QuestionKind.TEXT:
        tries = [step.note]
    elif element.kind is ElementKind.YES_NO:
        tries = [step.answer.answer.en.casefold()]
    else:
        tries = [JOINED.join(filter(None, (words, step.note))), step.note, words]
    return next((one for one in tries if one and refuse_value(element, ElementValue(one)) is None), None)


def _takes_words(element: ElementDefinition) -> bool:
    return element.kind in (ElementKind.TEXT, ElementKind.ADDRESS, ElementKind.PERIOD)


def _question(data: Mapping[str, Any]) -> Question:
    return Question(
        code=str(data["code"]),
        ask=_name(data["ask"]),
        kind=QuestionKind(data["kind"]),
        answers=tuple(_answer(one) for one in data["answers"]),
        stores_in=data.get("stores_in") or None,
    )


def _answer(data: Mapping[str, Any]) -> Answer:
    end = data.get("end")
    return Answer(
        code=str(data["code"]),
        answer=_name(data["answer"]),
        **{part: _name(data.get(part)) for part in ("means", "do", "how", "say")},
        next=data.get("next") or None,
        end=ScriptEnd(end) if end else None,
    )


def _name(data: Any) -> Name:
    return Name(str(data.get("zh") or ""), str(data.get("en") or "")) if data else NAMELESS
