"""``run.py deadline`` (R24): one question, or JSON lines of any quality; the answers are worked out and told elsewhere."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest

from backoffice.database import Database
from backoffice.models.base import Base
from backoffice.models.configuration import Calendar
from backoffice.services.office import load_default_configuration, load_office
from tests.support.clocks import NINE_TO_SIX, WEEK, binding_cases, office, told_clocks
from tests.support.sources import PROJECT
from views import cli

EXAMPLES = [example for example in office("calendar")["worked_examples"] if example["unit"] != "percent_of_resolve"]
TOLD = [row for row in told_clocks() if row["unit"] != "percent_of_resolve"]
MINUTES = {"seconds": 1 / 60, "minutes": 1, "hours": 60}
ADDED = [row for row in binding_cases() if row["kind"] == "add"]
ASKED = ("--start", "2026-09-18T18:20", "--amount", "5", "--unit", "working_day")
QUESTION = {"start": "2026-10-12T09:00", "amount": 1, "unit": "working_hour"}
HOURS = dict.fromkeys(WEEK, NINE_TO_SIX)
SHANGHAI = {"timezone": "Asia/Shanghai", "hours": HOURS}


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch, tmp_path):
    for name in ("BACKOFFICE_DATABASE_URL", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("BACKOFFICE_DATA", str(tmp_path / "none"))


@pytest.fixture
def said(capsys):
    """Runs the command in this process; gives exit code, lines of standard output and of standard error."""

    def run(*arguments):
        code = cli.main(["deadline", *(str(argument) for argument in arguments)])
        captured = capsys.readouterr()
        assert "Traceback" not in captured.out + captured.err
        return code, captured.out.splitlines(), captured.err.splitlines()

    return run


@pytest.fixture
def answers(said, monkeypatch):
    """Answers lines given as objects, texts or bytes."""

    def run(*lines, options=()):
        raw = [line if isinstance(line, bytes) else (line if isinstance(line, str) else json.dumps(line)).encode()
               for line in lines]  # fmt: skip
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"\n".join(raw) + b"\n")))
        code, out, err = said("--stdin", *options)
        assert code == 0, err
        return [json.loads(line) for line in out]

    return run


def asked(**parts):
    return {**QUESTION, **parts}


# One question


def test_R24_the_due_moment_is_answered_alone_and_with_its_steps(said):
    assert said(*ASKED) == (0, ["2026-09-28T18:00:00+08:00"], [])
    code, out, err = said(*ASKED, "--explain")
    assert (code, err) == (0, [])
    assert out[0] == "2026-09-28T18:00:00+08:00"
    assert out[1] == "1. Received Fri 18 Sep 2026 18:20, after hours"
    assert out[-1] == "6. Closing time of working day 5 → Mon 28 Sep 18:00"


def test_R24_the_steps_are_told_in_chinese_when_asked_for_or_when_the_terminal_is(said, monkeypatch):
    _, asked_for, _ = said(*ASKED, "--explain", "--language", "zh")
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    _, by_terminal, _ = said(*ASKED, "--explain")
    assert asked_for == by_terminal
    assert asked_for[1] == "1. 收到：2026年9月18日 周五 18:20，已过下班时间"


@pytest.mark.parametrize("example", EXAMPLES, ids=[example["code"] for example in EXAMPLES])
def test_R24_the_worked_examples_of_the_office_come_out(said, example):
    _, out, _ = said("--start", example["start"], "--amount", example["amount"], "--unit", example["unit"])
    assert out == [f"{example['due']}:00+08:00"]


def test_R24_a_provisional_deadline_says_so_beside_it(said):
    code, out, err = said("--start", "2026-12-30T10:00", "--amount", "5", "--unit", "working_day")
    assert (code, out) == (0, ["2027-01-06T18:00:00+08:00"])
    assert err == ["Provisional: the public holidays of 2027 have not been entered yet"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "--start, --amount, --unit"),
        (("--start", "2026-10-12T09:00", "--amount", "1"), "--unit"),
        (("--start", "noon", "--amount", "1", "--unit", "hour"), "noon"),
        (("--start", "2026-10-12", "--amount", "1", "--unit", "hour"), "2026-10-12"),
        (("--start", "2026-10-12T25:00", "--amount", "1", "--unit", "hour"), "2026-10-12T25:00"),
        (("--start", "2026-10-12T09:00", "--amount", "five", "--unit", "hour"), "five"),
        (("--start", "2026-10-12T09:00", "--amount", "nan", "--unit", "hour"), "nan"),
        (("--start", "2026-10-12T09:00", "--amount", "-1", "--unit", "hour"), "-1"),
        (("--start", "2026-10-12T09:00", "--amount", "1.5", "--unit", "working_day"), "1.5"),
        (("--start", "2026-10-12T09:00", "--amount", "1", "--unit", "fortnight"), "fortnight"),
        (("--start", "2026-10-12T09:00", "--amount", "1e30", "--unit", "hour"), "far away"),
        (("--stdin", "--start", "2026-10-12T09:00"), "--stdin"),
        (("--stdin", "--explain"), "--stdin"),
        (("--nonsense",), "--nonsense"),
        (("--language", "fr"), "fr"),
    ],
)
def test_wrong_use_gets_one_clear_line_and_a_code(said, arguments, told):
    code, out, err = said(*arguments)
    assert (code, out) == (2, [])
    assert len(err) == 1
    assert told in err[0]


# Lines of JSON


def test_R24_all_told_clocks_come_out_of_the_lines_in_their_order(answers):
    found = answers(*({"start": row["start"], "amount": int(row["amount"]), "unit": row["unit"]} for row in TOLD))
    assert [answer["due"] for answer in found] == [f"{row['due']}:00+08:00" for row in TOLD]
    assert all(answer["steps"] and set(answer) == {"due", "steps"} for answer in found)


def test_R24_others_worked_examples_come_out_of_the_lines(answers):
    found = answers(*(
        {"calendar": {"timezone": row["timezone"], "hours": json.loads(row["working_hours"])}, "start": row["start"],
         "amount": int(row["amount"]) * MINUTES[row["unit"]], "unit": "working_minute"}
        for row in ADDED
    ))  # fmt: skip
    assert [datetime.fromisoformat(answer["due"]) for answer in found] == [
        datetime.fromisoformat(row["expected_end"]) for row in ADDED
    ]


def test_R24_the_form_of_the_issue_is_answered(answers):
    calendar = {
        "timezone": "Asia/Shanghai",
        "hours": {day: [["09:00", "12:00"], ["13:00", "18:00"]] for day in WEEK},
        "holidays": ["2026-10-01"],
        "special": {"2026-10-10": [["09:00", "18:00"]]},
    }
    line = {"calendar": calendar, "start": "2026-09-30T17:00", "amount": 120, "unit": "working_minute"}
    (answer,) = answers(line)
    assert answer["due"] == "2026-10-02T10:00:00+08:00"
    assert answer["steps"][-1] == "120 working minutes → Fri 2 Oct 10:00"
    assert "Not counted: Thu 1 Oct (public holiday)" in answer["steps"]
    (saturday,) = answers({**line, "start": "2026-10-09T17:30", "amount": 1, "unit": "working_day"})
    assert saturday["due"] == "2026-10-10T18:00:00+08:00"


@pytest.mark.parametrize(
    ("calendar", "start", "amount", "unit", "due"),
    [
        # a start with an offset is moved into the calendar's zone, and so is what comes out
        (SHANGHAI, "2026-10-12T01:30Z", 1, "working_hour", "2026-10-12T10:30:00+08:00"),
        (SHANGHAI, "2026-10-11T21:30:00-04:00", 1.5, "working_hour", "2026-10-12T11:00:00+08:00"),
        (SHANGHAI, "2026-10-12 09:30", 1, "hour", "2026-10-12T10:30:00+08:00"),
        (SHANGHAI, "2026-10-12t09:30z", 1, "hour", "2026-10-12T18:30:00+08:00"),
        (SHANGHAI, "2026-10-12T09:30:15.5", 1, "hour", "2026-10-12T10:30:15.500000+08:00"),
        (None, "2026-10-12T09:30", 2.0, "working_day", "2026-10-14T18:00:00+08:00"),
        # summer time
        ({"timezone": "Europe/Berlin", "hours": HOURS}, "2026-03-28T12:00", 24, "hour", "2026-03-29T13:00:00+02:00"),
        ({"timezone": "Europe/Berlin", "hours": HOURS}, "2026-03-27T17:00", 2, "working_hour", "2026-03-30T10:00:00+02:00"),
        ({"timezone": "Europe/Berlin", "hours": {"sun": [["00:00", "24:00"]]}}, "2026-03-29T00:00", 23, "working_hour",
         "2026-03-30T00:00:00+02:00"),
        ({"timezone": "Europe/Berlin", "hours": {"sun": [["00:00", "24:00"]]}}, "2026-10-25T00:00", 25, "working_hour",
         "2026-10-26T00:00:00+01:00"),
        ({"timezone": "America/New_York", "hours": HOURS}, "2026-10-30T17:00", 1, "working_day", "2026-11-02T18:00:00-05:00"),
        # a start that the clocks skip is an hour later, one that comes twice the first
        ({"timezone": "Europe/Berlin", "hours": HOURS}, "2026-03-29T02:30", 1, "hour", "2026-03-29T04:30:00+02:00"),
        ({"timezone": "Europe/Berlin", "hours": HOURS}, "2026-10-25T02:30", 1, "hour", "2026-10-25T02:30:00+01:00"),
        # a special day goes before the holiday and the week; an empty one is closed
        ({**SHANGHAI, "holidays": ["2026-10-13"], "special": {"2026-10-13": [["10:00", "11:00"]]}}, "2026-10-12T17:30", 1,
         "working_hour", "2026-10-13T10:30:00+08:00"),
        ({**SHANGHAI, "special": {"2026-10-13": []}}, "2026-10-12T17:30", 1, "working_hour", "2026-10-14T09:30:00+08:00"),
        # weekdays that are missing are closed; a night is two windows
        ({"timezone": "UTC", "hours": {"mon": [["23:00", "24:00"]], "tue": [["00:00", "07:00"]]}}, "2026-03-30T12:00", 90,
         "working_minute", "2026-03-31T00:30:00+00:00"),
        ({"timezone": "UTC", "hours": {"mon": [["23:00", "24:00"]], "tue": [["00:00", "07:00"]]}}, "2026-03-30T12:00", 0,
         "working_day", "2026-03-31T00:00:00+00:00"),
    ],
)  # fmt: skip
def test_R24_calendars_of_all_kinds(answers, calendar, start, amount, unit, due):
    (answer,) = answers({"calendar": calendar, "start": start, "amount": amount, "unit": unit})
    assert answer.get("due") == due, answer


def test_R24_a_start_that_the_clocks_skip_or_repeat_is_explained(answers):
    calendar = {"timezone": "Europe/Berlin", "hours": HOURS}
    skipped, twice, written = answers(
        asked(calendar=calendar, start="2026-03-29T02:30"),
        asked(calendar=calendar, start="2026-10-25T02:30"),
        asked(calendar=calendar, start="2026-10-25T02:30+01:00"),
    )
    assert skipped["steps"][0] == "2026-03-29T02:30 does not exist because the clocks go forward: taken as 03:30"
    assert twice["steps"][0] == "2026-10-25T02:30 occurs twice because the clocks go back: the first one is taken"
    assert written["steps"][0].startswith("Received")


FAULTY = [
    "nonsense",
    "{",
    "null",
    "7",
    "[]",
    '"text"',
    "{}",
    '{"start": NaN}',
    '{"start": "2026-10-12T09:00", "amount": Infinity, "unit": "hour"}',
    '{"start": "2026-10-12T09:00", "amount": 1e999999999999999999999, "unit": "hour"}',
    '{"start": "2026-10-12T09:00", "amount": ' + "9" * 5000 + ', "unit": "hour"}',
    "[" * 100_000,
    '{"a":' * 50_000,
    b"\xff\xfe{",
    b'{"start": "\x80"}',
    {"amount": 1, "unit": "hour"},
    {"start": "2026-10-12T09:00", "unit": "hour"},
    {"start": "2026-10-12T09:00", "amount": 1},
    asked(start=None),
    asked(start=5),
    asked(start=""),
    asked(start="2026-10-12"),
    asked(start="2026-02-30T09:00"),
    asked(start="2026-10-12T09:00+99:00"),
    asked(start="9999-12-31T23:59-12:00"),
    asked(start="0001-01-01T00:00+12:00"),
    asked(amount=None),
    asked(amount="5"),
    asked(amount=True),
    asked(amount=[1]),
    asked(amount=-0.5),
    asked(amount=1.5, unit="working_day"),
    asked(amount=1e300),
    asked(unit=None),
    asked(unit=5),
    asked(unit=["hour"]),
    asked(unit="percent_of_resolve"),
    asked(calendar=[]),
    asked(calendar="office"),
    asked(calendar={}),
    asked(calendar={"timezone": "UTC"}),
    asked(calendar={"timezone": "UTC", "hours": {}}),
    asked(calendar={"timezone": "Moon/Base", "hours": HOURS}),
    asked(calendar={"timezone": "UTC", "hours": {"mon": [["18:00", "09:00"]]}}),
    asked(calendar={"timezone": "UTC", "hours": {"mon": [["09:00", "12:00"], ["11:00", "13:00"]]}}),
    asked(calendar={"timezone": "UTC", "hours": HOURS, "holidays": ["tomorrow"]}),
    asked(calendar={"timezone": "UTC", "hours": HOURS, "special": {"2026-10-12": "closed"}}),
]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_R24_a_faulty_line_gets_an_error_in_a_sentence_and_the_next_one_its_answer(answers, language):
    lines = [line for faulty in FAULTY for line in (faulty, QUESTION)]
    found = answers(*lines, options=("--language", language))
    assert len(found) == len(lines)
    for faulty, error in zip(FAULTY, found[::2], strict=True):
        assert set(error) == {"error"}, faulty
        assert 5 < len(error["error"]) < 250
        assert "\n" not in error["error"]
        assert "Error" not in error["error"], faulty  # no name of an exception
    assert {answer["due"] for answer in found[1::2]} == {"2026-10-12T10:00:00+08:00"}


def test_R24_blank_lines_a_byte_order_mark_and_windows_line_ends_are_taken_in_stride(answers):
    line = json.dumps(QUESTION).encode()
    found = answers(b"\xef\xbb\xbf" + line + b"\r", b"", b"  \r", line)
    assert [answer["due"] for answer in found] == ["2026-10-12T10:00:00+08:00"] * 2
    assert answers("") == []


def test_R24_a_provisional_answer_is_marked(answers):
    known, unknown = answers(asked(), asked(start="2027-03-01T09:00"))
    assert "provisional" not in known
    assert unknown["provisional"] is True
    assert "2027" in unknown["steps"][-1]


def test_R24_a_calendar_of_ones_own_waits_for_no_published_holidays(answers):
    (answer,) = answers(asked(calendar=SHANGHAI, start="2031-03-03T09:00"))
    assert answer["due"] == "2031-03-03T10:00:00+08:00"
    assert "provisional" not in answer


# The office's own calendar


def an_office(folder: Path):
    folder.mkdir()
    database = Database(f"sqlite:///{folder / 'office.db'}")
    Base.metadata.create_all(database.engine)
    with database.writing() as session:
        load_office(session)
        load_default_configuration(session)
        session.query(Calendar).filter_by(for_deadlines=True).one().weekly_hours = {"tuesday": [["10:00", "11:00"]]}
    database.dispose()


def test_R24_the_calendar_is_the_offices_own_where_there_is_one(said, tmp_path):
    an_office(tmp_path / "desk")
    question = ("--start", "2026-10-12T09:00", "--amount", "30", "--unit", "working_minute", "--data")
    assert said(*question, tmp_path / "desk") == (0, ["2026-10-13T10:30:00+08:00"], [])
    code, out, err = said(*question, tmp_path / "elsewhere")
    assert (code, out) == (0, ["2026-10-12T09:30:00+08:00"])
    assert len(err) == 1
    assert "no office" in err[0]


@pytest.mark.parametrize("content", [b"", b"not a database, and long enough to be seen as none" * 50])
def test_a_database_that_cannot_be_read_is_one_line(said, answers, tmp_path, content):
    (tmp_path / "desk").mkdir()
    (tmp_path / "desk" / "office.db").write_bytes(content)
    code, out, err = said(*ASKED, "--data", tmp_path / "desk")
    assert (code, out, len(err)) == (2, [], 1)
    without, own = answers(asked(), asked(calendar=SHANGHAI), options=("--data", tmp_path / "desk"))
    assert set(without) == {"error"}
    assert own["due"] == "2026-10-12T10:00:00+08:00"


def test_R24_it_runs_from_the_doorbell_and_answers_line_by_line():
    command = [sys.executable, str(PROJECT / "run.py"), "deadline", "--stdin"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        for line in (json.dumps(QUESTION), "nonsense"):
            process.stdin.write(line.encode() + b"\n")
            process.stdin.flush()
            assert json.loads(process.stdout.readline()).keys() & {"due", "error"}
        process.stdin.close()
        assert process.wait(30) == 0
        assert process.stderr.read() == b""


def test_R24_an_office_that_is_not_set_up_yet_counts_by_the_default_calendar(said, tmp_path):
    folder = tmp_path / "new"
    folder.mkdir()
    database = Database(f"sqlite:///{folder / 'office.db'}")
    Base.metadata.create_all(database.engine)
    with database.writing() as session:
        load_office(session)
    database.dispose()
    question = ("--start", "2026-09-18T18:20", "--amount", "5", "--unit", "working_day")
    code, lines, remarks = said("--data", folder, *question)
    assert (code, lines) == (0, ["2026-09-28T18:00:00+08:00"])
    assert "default office" in remarks[0]
