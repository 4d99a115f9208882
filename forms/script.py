"""The answers to an intake script as a form sends them (R7): the version, and by question an answer and a note."""

from __future__ import annotations

from collections.abc import Mapping

from backoffice.services.core.script_ways import AskedScript
from forms.fields import clean
from policies.script import Given

VERSION = "script"
ANSWER = "script-answer-"
NOTE = "script-note-"
MOST = 60
MOST_DIGITS = 12


def asked_script(posted: Mapping[str, str], language: str) -> AskedScript | None:
    """What was answered; None where no script was before the clerk, or nothing of it can be read."""
    version = posted.get(VERSION, "")
    if not (version.isascii() and version.isdecimal() and len(version) <= MOST_DIGITS):
        return None
    answers = [name for name in posted if name.startswith(ANSWER) and posted[name]][:MOST]
    given = {
        (code := name.removeprefix(ANSWER)): Given(posted[name], clean(posted.get(NOTE + code))) for name in answers
    }
    return AskedScript(int(version), given, language)


def notes(posted: Mapping[str, str]) -> dict[str, str]:
    """What was noted to each question, those among them that are not answered yet."""
    found = [name for name in posted if name.startswith(NOTE) and posted[name]][:MOST]
    return {name.removeprefix(NOTE): clean(posted[name]) for name in found}
