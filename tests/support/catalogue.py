"""The texts of the catalogue, and where the product asks for them; for the tests that compare the two."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import jinja2
from babel.messages.pofile import read_po
from jinja2 import nodes

from tests.support.sources import TRANSLATIONS, name, python_files, templates, tree

LANGUAGES = ("zh_Hans", "en")
FORMS = {"zh_Hans": 1, "en": 2}
ASKING = {"_", "lazy", "Message", "Refusal", "say"}
PLACE = re.compile(r"%\((\w+)\)s")


@dataclass(frozen=True)
class Use:
    """A key that is written out somewhere, and the names that are given with it (None: not all of them are written)."""

    key: str
    where: str
    given: frozenset[str] | None


@cache
def rooms(language: str) -> dict[str, Path]:
    """The PO files of a language by their room."""
    return {path.stem: path for path in sorted((TRANSLATIONS / language).glob("*.po"))}


@cache
def entries(language: str, room: str) -> dict[str, tuple[str, ...]]:
    """Key to texts (more than one where there is a plural)."""
    with rooms(language)[room].open("rb") as file:
        catalogue = read_po(file)
    found = {}
    for message in catalogue:
        if message.id:
            key = message.id if isinstance(message.id, str) else message.id[0]
            found[key] = (message.string,) if isinstance(message.string, str) else tuple(message.string)
    return found


@cache
def texts(language: str) -> dict[str, tuple[str, ...]]:
    """All rooms of a language together."""
    return {key: text for room in rooms(language) for key, text in entries(language, room).items()}


def places(forms: tuple[str, ...]) -> frozenset[str]:
    """The names of the places in a text that are to be filled."""
    return frozenset(found for text in forms for found in PLACE.findall(text))


@cache
def uses() -> tuple[Use, ...]:
    """Every key that is written out in Python or in a template."""
    return tuple([use for path in python_files() for use in _in_python(path)] + list(_in_templates()))


def _in_python(path: Path) -> Iterator[Use]:
    for call in ast.walk(tree(path)):
        if not isinstance(call, ast.Call) or not call.args:
            continue
        function = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
        key = call.args[0]
        if function in ASKING and isinstance(key, ast.Constant) and isinstance(key.value, str) and key.value:
            given = _of_message(call) if function in {"Message", "Refusal"} else _of_keywords(call)
            yield Use(key.value, f"{name(path)}:{call.lineno}", given)


def _of_keywords(call: ast.Call) -> frozenset[str] | None:
    names = [keyword.arg for keyword in call.keywords]
    return None if None in names or len(call.args) > 1 else frozenset(word for word in names if word)


def _of_message(call: ast.Call) -> frozenset[str] | None:
    params = call.args[1] if len(call.args) > 1 else None
    params = params or next((keyword.value for keyword in call.keywords if keyword.arg == "params"), None)
    if params is None:
        return frozenset()
    if isinstance(params, ast.Dict) and all(isinstance(key, ast.Constant) for key in params.keys):
        return frozenset(str(key.value) for key in params.keys if isinstance(key, ast.Constant))
    return None


def _in_templates() -> Iterator[Use]:
    environment = jinja2.Environment(autoescape=True, extensions=["jinja2.ext.do", "jinja2.ext.loopcontrols"])
    for path in templates():
        for call in environment.parse(path.read_text(encoding="utf-8")).find_all(nodes.Call):
            if not (isinstance(call.node, nodes.Name) and call.node.name in ASKING and call.args):
                continue
            key = call.args[0]
            if isinstance(key, nodes.Const) and isinstance(key.value, str):
                given = None if call.dyn_kwargs else frozenset(keyword.key for keyword in call.kwargs)
                yield Use(key.value, f"{name(path)}:{call.lineno}", given)
