"""Whether an intake script can be used (R7): everything that is wrong with it, with the question at fault."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from policies.message import Name, Refusal
from policies.reference import CODE, LONGEST_CODE, LONGEST_NAME, LONGEST_NOTE, check_text
from policies.vocabulary_script import QuestionKind, ScriptEnd

MOST_QUESTIONS = 40
MOST_ANSWERS = 9
"""A figure key chooses an answer."""
LONGEST_WORDS = LONGEST_NOTE
HEAD_TEXTS = ("opening", "closing")
ADVICE = ("means", "do", "how", "say")
Definition = Mapping[str, Any]


class ScriptFormError(ValueError):
    """A definition that cannot be read at all; says which part is missing or has not the right form."""


@dataclass(frozen=True)
class KnownToScripts:
    """What a script may name: leaves in use with their symptoms, and the dispatch elements in use."""

    leaves: Mapping[str, Collection[str]] = field(default_factory=dict)
    elements: Collection[str] = ()


def check_words(definition: Definition) -> list[Refusal]:
    """Texts that are too long or hold control signs: these could not even be kept as a draft."""
    return [
        refusal
        for where, text, longest in _texts(definition)
        for refusal in check_text(where, text, longest=longest, lines=True)
    ]


def check_script(definition: Definition, known: KnownToScripts) -> list[Refusal]:
    """Every fault of a script, in its order."""
    return [*_head(definition, known), *_questions(definition, known), *_ways(definition)]


def question_name(row: Definition) -> Name:
    """What a question is called in a sentence."""
    ask = row.get("ask") or {}
    return Name(ask.get("zh") or row["code"], ask.get("en") or row["code"])


def _head(definition: Definition, known: KnownToScripts) -> Iterator[Refusal]:
    name = definition["name"]
    if not _both(name):
        yield _refused("name", "name_zh")
    if definition["category"] not in known.leaves:
        yield _refused("category", "category", category=definition["category"])
    else:
        strange = [one for one in definition.get("symptoms") or () if one not in known.leaves[definition["category"]]]
        if strange:
            yield _refused("symptoms", "symptoms", symptoms=tuple(strange))
    for part in HEAD_TEXTS:
        if not _both(definition.get(part)):
            yield _refused(part, f"{part}_zh")


def _questions(definition: Definition, known: KnownToScripts) -> Iterator[Refusal]:
    rows = definition["questions"]
    if not rows:
        yield _refused("no_questions", "questions")
    if len(rows) > MOST_QUESTIONS:
        yield _refused("many_questions", "questions", most=MOST_QUESTIONS)
    for code, times in Counter(row["code"] for row in rows).items():
        if times > 1:
            yield _refused("code_twice", f"question-{code}", code=code)
    for row in rows:
        yield from _question(row, known)


def _question(row: Definition, known: KnownToScripts) -> Iterator[Refusal]:
    name, place = question_name(row), f"question-{row['code']}"
    if not CODE.fullmatch(str(row["code"])) or len(row["code"]) > LONGEST_CODE:
        yield _refused("code", place, question=name)
    if not _both(row["ask"]):
        yield _refused("ask", place, question=name)
    if row["kind"] not in list(QuestionKind):
        yield _refused("kind", place, question=name)
    element = row.get("stores_in")
    if element and element not in known.elements:
        yield _refused("stores_in", place, question=name, element=element)
    answers = row["answers"]
    if not 1 <= len(answers) <= MOST_ANSWERS:
        yield _refused("answers", place, question=name, most=MOST_ANSWERS)
    for number, answer in enumerate(answers, 1):
        if not _both(answer["answer"]):
            yield _refused("answer", place, question=name, number=number)
        for part in ADVICE:
            said = answer.get(part) or {}
            if bool((said.get("zh") or "").strip()) != bool((said.get("en") or "").strip()):
                yield _refused("one_language", place, question=name, number=number)
                break


def _ways(definition: Definition) -> Iterator[Refusal]:
    """Branches to nowhere, ends that there are not, circles, questions from which no end is reached or never asked."""
    rows = {row["code"]: row for row in definition["questions"]}
    if rows and definition["start"] not in rows:
        yield _refused("start", "start")
        return
    broken = False
    for code, row in rows.items():
        for number, answer in enumerate(row["answers"], 1):
            told = {"question": question_name(row), "number": number}
            end, onward = answer.get("end"), answer.get("next")
            if bool(end) == bool(onward):
                yield _refused("leads_nowhere" if not end else "leads_twice", f"question-{code}", **told)
                broken = True
            elif end and end not in list(ScriptEnd):
                yield _refused("end", f"question-{code}", end=end, **told)
                broken = True
            elif onward and onward not in rows:
                yield _refused("next", f"question-{code}", next=onward, **told)
                broken = True
    if rows and not broken:
        yield from _circles(definition["start"], rows)


def _circles(start: str, rows: Mapping[str, Definition]) -> Iterator[Refusal]:
    """What an unbroken script still gets wrong: a way that comes back to where it was never ends."""
    onward = {code: [one["next"] for one in row["answers"] if one.get("next")] for code, row in rows.items()}
    reached = _reached(start, onward)
    for code in rows:
        if code not in reached:
            yield _refused("never_asked", f"question-{code}", question=question_name(rows[code]))
        elif code in {far for step in onward[code] for far in _reached(step, onward)}:
            ends = any(one.get("end") for far in _reached(code, onward) for one in rows[far]["answers"])
            yield _refused("circle" if ends else "no_end", f"question-{code}", question=question_name(rows[code]))


def _reached(start: str, onward: Mapping[str, Sequence[str]]) -> set[str]:
    found, open_ = set[str](), [start]
    while open_:
        code = open_.pop()
        if code not in found:
            found.add(code)
            open_.extend(onward[code])
    return found


def _texts(definition: Definition) -> Iterator[tuple[str, str, int]]:
    yield from _sides("name", definition.get("name"), LONGEST_NAME)
    for part in HEAD_TEXTS:
        yield from _sides(part, definition.get(part), LONGEST_WORDS)
    for rule in definition.get("listening_rules") or ():
        yield from _sides("listening", rule, LONGEST_WORDS)
    for row in definition["questions"]:
        yield from _sides("ask", row["ask"], LONGEST_WORDS)
        for answer in row["answers"]:
            for part in ("answer", *ADVICE):
                yield from _sides(part, answer.get(part), LONGEST_WORDS)


def _sides(part: str, words: Any, longest: int) -> Iterator[tuple[str, str, int]]:
    for language in ("zh", "en"):
        yield f"{part}_{language}", str((words or {}).get(language) or ""), longest


def _both(words: Any) -> bool:
    return bool(words) and all((words.get(language) or "").strip() for language in ("zh", "en"))


def _refused(key: str, field_name: str, **params: object) -> Refusal:
    return Refusal(f"script.fault.{key}", params, field=field_name, status=422)
