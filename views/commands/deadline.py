"""``run.py deadline``: when something is due, and why (R24), for one question or for lines of JSON on the input.

A line asks ``{"calendar": {…}, "start", "amount", "unit"}`` and is answered by ``{"due", "steps"}`` or ``{"error"}``,
in the same order; blank lines are passed over. Without a calendar it is the office's own. A start without an offset is
in the calendar's time zone; so is what comes out. ``"provisional": true`` is added where a year's holidays are not
known.
"""

from __future__ import annotations

import argparse
import io
import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, NoReturn
from zoneinfo import ZoneInfo

from policies.calendar import FIRST_YEAR, LAST_YEAR, WorkingCalendar
from policies.calendar_form import calendar_of_documents, calendar_of_json
from policies.deadline import UNITS, Deadline, reckon
from policies.message import Message, Refusal
from policies.windows import shown
from views.commands import CommandError, check_data, data_option, data_path, language_option, spoken
from views.language import say

MOMENT = re.compile(
    r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}([.,]\d{1,9})?)?(Z|[+-]\d{2}(:?\d{2}(:?\d{2})?)?)?",
    re.ASCII | re.IGNORECASE,
)
KEPT_CALENDARS = 256


def add_parser(subparsers: Any) -> argparse.ArgumentParser:
    """Declare the command's options."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "deadline",
        parents=[data_option(), language_option()],
        help="work out when something is due, and say why",
        description="Works out when something is due by the office's calendar, or by calendars given as JSON lines.",
    )
    parser.add_argument("--start", metavar="MOMENT", help="2026-09-25T18:20, office time; or with an offset, …+08:00")
    parser.add_argument("--amount", metavar="N", help="how many; whole for working days")
    parser.add_argument("--unit", metavar="UNIT", help=", ".join(UNITS))
    parser.add_argument("--explain", action="store_true", help="say step by step why")
    parser.add_argument("--stdin", action="store_true", help="answer JSON lines from the standard input")
    return parser


def run(args: argparse.Namespace) -> int:
    """Answer one question, or every line of the input; raises ``CommandError`` for wrong use."""
    _let_stdout_say_anything()
    asked = {"start": args.start, "amount": args.amount, "unit": args.unit}
    answers = Answers(spoken(args), lambda: calendar_of_office(args))
    if args.stdin:
        if args.explain or any(value is not None for value in asked.values()):
            raise CommandError("--stdin takes its questions from the input, not --start, --amount, --unit, --explain")
        return _answer_lines(answers)
    missing = [f"--{name}" for name, value in asked.items() if value is None]
    if missing:
        raise CommandError(f"{', '.join(missing)} is missing: name --start, --amount and --unit, or use --stdin")
    question = {**asked, "amount": _number(args.amount)}
    answer = answers.one(question)
    if isinstance(answer, Refusal):
        raise CommandError(say(answer, answers.language))
    print(answer.due)
    if args.explain:
        print(*(f"{number}. {text}" for number, text in enumerate(answer.steps(), 1)), sep="\n")
    elif answer.provisional:
        print(answer.steps()[-1], file=sys.stderr)
    return 0


def calendar_of_office(args: argparse.Namespace) -> WorkingCalendar:
    """The calendar for deadlines of the office in the data directory; where there is none yet, the default office's."""
    from backoffice import database_settings

    folder = data_path(args)
    check_data(folder)
    if database_settings.is_there(folder):
        return _kept_calendar(folder)
    if args.data:
        print(f"run.py: there is no office in {folder}; the default office's calendar is used", file=sys.stderr)
    return _default_calendar()


def _default_calendar() -> WorkingCalendar:
    from backoffice.office import document

    calendar = calendar_of_documents(document("calendar"), document("public_holidays"))
    if isinstance(calendar, Refusal):  # a test reads the documents that ship
        raise CommandError(f"the default office's calendar cannot be read ({calendar})")
    return calendar


def _kept_calendar(folder: Path) -> WorkingCalendar:
    """From the database; neither keys nor the newest shape of the tables are needed to read a calendar."""
    from sqlalchemy.exc import NoResultFound, SQLAlchemyError

    from backoffice.database_faults import DatabaseError, fault_of
    from backoffice.errors import DomainError
    from backoffice.queries.rulebook import Rulebook
    from views.commands.desk import open_database, sentence

    database = open_database(folder)
    try:
        with database.reading() as session:
            return Rulebook(session).calendar()
    except NoResultFound:
        print("run.py: this office has no calendar yet; the default office's is used", file=sys.stderr)
        return _default_calendar()
    except SQLAlchemyError as error:
        raise CommandError(sentence(DatabaseError(fault_of(error, database.url)))) from error
    except DomainError as error:
        raise CommandError(f"the office's calendar cannot be used ({error})") from error
    finally:
        database.dispose()


@dataclass(frozen=True)
class Answer:
    """A due moment in the calendar's time zone, and what explains it."""

    due: str
    provisional: bool
    steps: Callable[[], list[str]]


@dataclass
class Answers:
    """Answers questions in one language; calendars that come again are not read again."""

    language: str
    office_calendar: Callable[[], WorkingCalendar]
    _calendars: dict[str, WorkingCalendar | Refusal] = field(default_factory=dict)

    def line(self, line: str) -> dict[str, object]:
        """The answer to one line of JSON, whatever it holds."""
        try:
            question = json.loads(line, parse_float=Decimal, parse_constant=_no_number)
        except (ValueError, ArithmeticError, RecursionError):
            return self._error(Refusal("clock.fault.line_unreadable"))
        try:
            answer = self.one(question)
            if isinstance(answer, Refusal):
                return self._error(answer)
            found: dict[str, object] = {"due": answer.due, "steps": answer.steps()}
        except CommandError as fault:  # the office's own calendar; a line with one of its own can still be answered
            return {"error": str(fault)}
        except (ValueError, ArithmeticError, RecursionError, TypeError) as fault:
            # Nothing is known to lead here; but one line must never keep the others from their answers.
            return self._error(Refusal("clock.fault.not_worked_out", {"fault": type(fault).__name__}))
        return {**found, "provisional": True} if answer.provisional else found

    def one(self, question: object) -> Answer | Refusal:
        """The answer to one question, already read from JSON."""
        if not isinstance(question, dict):
            return _fault("clock.fault.no_object", part="line", value=shown(question))
        if missing := [part for part in ("start", "amount", "unit") if question.get(part) is None]:
            return _fault("clock.fault.missing", part=", ".join(missing))
        calendar = self._calendar(question.get("calendar"))
        if isinstance(calendar, Refusal):
            return calendar
        start = read_start(question["start"], calendar.zone)
        if isinstance(start, Refusal):
            return start
        amount, unit = question["amount"], question["unit"]
        if isinstance(amount, bool) or not isinstance(amount, int | Decimal):
            return _fault("clock.fault.amount_unreadable", value=shown(amount))
        if not isinstance(unit, str):
            return _fault("clock.fault.unit_unknown", unit=shown(unit), units=UNITS)
        deadline = reckon(calendar, start.at, amount, unit)
        if isinstance(deadline, Refusal):
            return deadline
        due = deadline.due.astimezone(calendar.zone).isoformat()
        return Answer(due, deadline.provisional, lambda: self._steps(start, deadline))

    def _steps(self, start: Start, deadline: Deadline) -> list[str]:
        messages = [step.message for step in deadline.steps]
        return [say(message, self.language) for message in ([start.note, *messages] if start.note else messages)]

    def _calendar(self, form: object) -> WorkingCalendar | Refusal:
        key = "" if form is None else json.dumps(form, sort_keys=True, default=str)
        if key not in self._calendars:
            if len(self._calendars) >= KEPT_CALENDARS:
                self._calendars.clear()
            self._calendars[key] = self.office_calendar() if form is None else calendar_of_json(form)
        return self._calendars[key]

    def _error(self, refusal: Refusal) -> dict[str, object]:
        return {"error": say(refusal, self.language)}


@dataclass(frozen=True)
class Start:
    """A start as it is counted, and a word on it where the clocks skip or repeat what was written."""

    at: datetime
    note: Message | None = None


def read_start(value: object, zone: ZoneInfo) -> Start | Refusal:
    """A moment written ``2026-09-25T18:20``, with seconds or an offset where wanted; without one it is in ``zone``."""
    if not isinstance(value, str) or not MOMENT.fullmatch(value.strip()):
        return _fault("clock.fault.start_unreadable", value=shown(value))
    text = value.strip().upper()
    try:
        written = datetime.fromisoformat(text)
        local = written.replace(tzinfo=zone) if written.tzinfo is None else written
        at = local.astimezone(UTC)
    except (ValueError, OverflowError):
        return _fault("clock.fault.start_unreadable", value=shown(value))
    if not FIRST_YEAR <= at.year <= LAST_YEAR:
        return _fault("clock.fault.start_too_far", value=shown(value))
    if written.tzinfo is not None or local.utcoffset() == local.replace(fold=1).utcoffset():
        return Start(at)
    real = at.astimezone(zone).replace(tzinfo=None)
    if real != written:
        taken = real.strftime("%H:%M:%S" if real.second else "%H:%M")
        return Start(at, Message("clock.step.start_skipped", {"given": shown(value), "moment": taken}))
    return Start(at, Message("clock.step.start_twice", {"given": shown(value)}))


def _let_stdout_say_anything() -> None:
    """Explanations hold Chinese and arrows whatever the terminal's encoding; a line must not break on that."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")


def _answer_lines(answers: Answers) -> int:
    for line in _lines(getattr(sys.stdin, "buffer", None) or sys.stdin):
        answer = {"error": say(line, answers.language)} if isinstance(line, Refusal) else answers.line(line)
        print(json.dumps(answer, ensure_ascii=False), flush=True)
    return 0


def _lines(source: Iterable[bytes | str]) -> Iterator[str | Refusal]:
    """The lines of the input that hold something; one that is not UTF-8 is a fault of its own."""
    for number, raw in enumerate(source):
        try:
            line = raw.decode("utf-8") if isinstance(raw, bytes) else raw
        except UnicodeDecodeError:
            yield Refusal("clock.fault.line_unreadable")
            continue
        line = line.removeprefix("\ufeff") if number == 0 else line
        if line.strip():
            yield line


def _number(text: str) -> int | Decimal | str:
    """An amount from the command line; what is no number stays as it is and is refused with the rest."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        return text
    return number if number.is_finite() else text


def _no_number(text: str) -> NoReturn:
    raise ValueError(text)


def _fault(key: str, **params: object) -> Refusal:
    return Refusal(key, params, status=422)
