"""The table of the access matrix read cell by cell, and a browser in which P holds one role: who is answered what.

``tests/views/access_table.py`` holds the written answers; the matrix asks them all, the fuzz takes its true addresses
from them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from backoffice.clock import SetClock
from backoffice.models.office import Staff
from tests.support import access_appeals, access_papers, access_scene
from tests.support.access_scene import KINDS, Scene
from tests.views.access_papers import PAPERS, PAPERS_OF_MONTH
from tests.views.access_table import COMPLAINTS, CORRECTIVE, INSPECTIONS, MANY, OPEN_TO, PEOPLE, ROLES, SHEETS

LETTERS = {403: "r", 404: "n", 409: "c"}
# What a post sends; all others send nothing, which a form that was let in answers as incomplete.
# What a form must hold to be read at all; a correction with an unreadable date is answered with its form (422).
SENT = {
    "/preferences": {"language": "en"}, "/account/keys": {"shortcuts": "on"}, "2026-09/act": {"act": "check"}, "/staff/roles/": {"roles": "administrator"}, "/correct": {"occurred_at": "x"},
}  # fmt: skip
# The scene's customer: on no page but the correction of the record (and in files, which are downloads) without a reveal.
CLEAR = tuple(text.encode() for text in ("周㛃敏", "13900004172", "文三路 18 号", "zhou@example.com"))


@dataclass(frozen=True)
class Cell:
    """One request and the letter that it must answer with."""

    endpoint: str
    method: str
    expected: str
    said: str
    values: tuple[tuple[str, object], ...] = ()
    query: str = ""
    of_complaint: bool = False

    def is_met_by(self, letter: str) -> bool:
        """A screen that was opened may still say that its row cannot be changed now."""
        return letter == self.expected or (letter == "c" and self.expected == "o" and not self.of_complaint)


@dataclass
class Table:
    """The written table, cell by cell for a role."""

    scene: Scene
    cells: dict[str, list[Cell]] = field(default_factory=lambda: {code: [] for code in ROLES})

    def read(self) -> Table:
        for line in _lines(COMPLAINTS):
            self._complaint(line)
        for line in _lines(CORRECTIVE):
            self._corrective(line)
        for line in _lines(INSPECTIONS):
            self._inspection(line)
        for line in _lines(SHEETS):
            self._sheet(line)
        for line in _lines(PAPERS):
            self._paper(line)
        for line in _lines(PAPERS_OF_MONTH):
            self._paper_of_month(line)
        for line in _lines(OPEN_TO):
            self._open_to(line)
        for line in _lines(MANY):
            self._many(line)
        for line in _lines(PEOPLE):
            self._people(line)
        return self

    def _complaint(self, words: list[str]) -> None:
        endpoint, method, step, action, *cells = words
        assert len(cells) == len(ROLES), words
        for code, letters in zip(ROLES, cells, strict=True):
            for kind, letter in zip(KINDS, letters, strict=True):
                values: list[tuple[str, object]] = [("number", self.scene.numbers[step, kind])]
                if action != "-":
                    values.append(("action", action))
                if endpoint == "files.download":
                    values.append(("file_id", self.scene.files[step, kind]))
                said = f"{method} {endpoint} {action} at {step}, {kind}"
                self.cells[code].append(Cell(endpoint, method, letter, said, tuple(values), of_complaint=True))

    def _corrective(self, words: list[str]) -> None:
        endpoint, method, act, *rest = words
        usual, *apart = rest
        letters_of = dict(word.split("=") for word in apart)
        for code in ROLES:
            for kind, letter in zip(KINDS, letters_of.get(code, usual), strict=True):
                number, file_id = self.scene.corrective[kind]
                values: list[tuple[str, object]] = [("number", number)]
                values += [("act", act)] if act != "-" else []
                values += [("file_id", file_id)] if endpoint == "corrective.file" else []
                if letter != ".":
                    said = f"{method} {endpoint} {act}, {kind}"
                    self.cells[code].append(Cell(endpoint, method, letter, said, tuple(values)))

    def _inspection(self, words: list[str]) -> None:
        endpoint, method, usual, *apart = words
        letters_of = dict(word.split("=") for word in apart)
        for code in ROLES:
            for kind, letter in zip(KINDS, letters_of.get(code, usual), strict=True):
                values = (("number", access_appeals.NUMBERS[kind]),)
                self.cells[code].append(Cell(endpoint, method, letter, f"{method} {endpoint}, {kind}", values))

    def _sheet(self, words: list[str]) -> None:
        endpoint, method, act, usual, *apart = words
        letters_of = dict(word.split("=") for word in apart)
        for code in ROLES:
            for kind, letter in zip(KINDS, letters_of.get(code, usual), strict=True):
                number, line_id, file_id = self.scene.sheets[kind]
                values: list[tuple[str, object]] = [("number", number)]
                if endpoint.endswith("_line"):
                    values = [("line_id", line_id)]
                elif endpoint == "appraisal.file":
                    values = [("file_id", file_id)]
                named = "code" if endpoint == "appraisal.counted" else "act"
                values += [(named, act)] if act != "-" else []
                said = f"{method} {endpoint} {act}, {kind}"
                self.cells[code].append(Cell(endpoint, method, letter, said, tuple(values), of_complaint=True))

    def _paper(self, words: list[str]) -> None:
        endpoint, method, usual, *apart = words
        letters_of = dict(word.split("=") for word in apart)
        for code in ROLES:
            for kind, letter in zip(KINDS, letters_of.get(code, usual), strict=True):
                values = access_papers.values_of(endpoint, kind)
                self.cells[code].append(Cell(endpoint, method, letter, f"{method} {endpoint}, {kind}", values))

    def _paper_of_month(self, words: list[str]) -> None:
        endpoint, method, usual, *apart = words
        letters_of = dict(word.split("=") for word in apart)
        for code in ROLES:
            letter, values = letters_of.get(code, usual), access_papers.values_of(endpoint)
            self.cells[code].append(Cell(endpoint, method, letter, f"{method} {endpoint}", values))

    def _open_to(self, words: list[str]) -> None:
        endpoint, methods, *rest = words
        values = tuple(tuple(word.split("=")) for word in rest if "=" in word)
        names = {
            "static": (("filename", "desk.css"),),
            "console.static": (("filename", "admin/css/bootstrap4/admin.css"),),
        }
        values = values or names.get(endpoint, ())
        apart = dict(
            word.split(":") for word in rest if ":" in word
        )  # who is answered otherwise than opened or refused
        roles = [word for word in rest if "=" not in word and ":" not in word and word != "-"]
        refused = "n" if roles == ["off"] else "r"  # switched off: there for nobody
        roles = [] if roles == ["off"] else roles
        opened = set(ROLES) if roles == ["all"] else set(roles)
        assert opened <= set(ROLES), words
        days = {"calendars.drop_view": self.scene.public_day, "calendars.reopen_view": self.scene.closure,
                "calendars.moves_view": self.scene.calendar_change}  # fmt: skip
        query = f"?id={days.get(endpoint, 1)}"
        for code in ROLES:
            for method in methods.split(","):
                letter = apart.get(code, "o" if code in opened else refused)
                said = f"{method} {endpoint} {' '.join(str(value) for _, value in values)}"
                self.cells[code].append(Cell(endpoint, method, letter, said, values, query))

    def _many(self, words: list[str]) -> None:
        endpoint, method, usual, *apart = words
        letters_of = dict(word.split("=") for word in apart)
        for code in ROLES:
            letter, name = (
                letters_of.get(code, usual),
                {"many": "run_id", "drafts": "draft_id"}.get(endpoint.partition(".")[0], "saved_id"),
            )
            self.cells[code].append(Cell(endpoint, method, letter, f"{method} {endpoint}", ((name, 999),)))

    def _people(self, words: list[str]) -> None:
        endpoint, method, *rest = words
        allowed = dict(word.split("=") for word in rest)
        for code in ROLES:
            for kind, letter in zip(KINDS, allowed.get(code, "rrr"), strict=True):
                query = f"?id={self.scene.people[kind]}"
                self.cells[code].append(Cell(endpoint, method, letter, f"{method} {endpoint}, {kind}", (), query))


def _lines(text: str) -> Iterator[list[str]]:
    return (line.split() for line in text.splitlines() if line.strip() and not line.startswith("#"))


class Asking:
    """P's browser with one role: every request with a session of its own."""

    def __init__(self, app: Flask, role: str, clock: SetClock) -> None:
        self.app, self.clock = app, clock
        self.staff_id = access_scene.give_role(app.config["DATABASE_URL"], role)

    def letter(self, cell: Cell) -> str:
        return self.answer(cell.method, self.path(cell))

    def path(self, cell: Cell) -> str:
        with self.app.test_request_context(base_url="http://localhost"):
            path = self.app.url_for(cell.endpoint, _external=False, **dict(cell.values))
            return path + (cell.query.replace("?", "&") if "?" in path else cell.query)

    def ask(self, method: str, path: str, data: dict[str, str] | None = None) -> TestResponse:
        return self.browser().open(path, method=method, data=data)

    def browser(self, **more: Any) -> FlaskClient:
        """A browser of P's; ``more`` is put into its session."""
        client, at = self.app.test_client(), int(self.clock.now().timestamp())
        with self.app.extensions["desk"].database.reading() as session:
            epoch = session.scalar(sa.select(Staff.session_epoch).where(Staff.id == self.staff_id))
        with client.session_transaction() as cookie:
            cookie["staff"] = {"id": self.staff_id, "epoch": epoch, "began": at, "seen": at, "keep": False}
            cookie.update(more)
        return client

    def answer(self, method: str, path: str) -> str:
        data = next((sent for part, sent in SENT.items() if part in path), {}) if method == "POST" else None
        with self.ask(method, path, data) as response:
            if "/correct" not in path and any(clear in response.data for clear in CLEAR):
                return "[customer data in clear]"
            status = response.status_code
        return LETTERS.get(status, "o" if status < 400 or status == 422 else f"[{status}]")
