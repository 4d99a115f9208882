"""``run.py conform``: whether the cases of a log followed a process, and why not where they did not (R14)."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from backoffice.integrations.event_log import LogError, read_log
from policies.conformance import (
    Findings,
    LogMapping,
    MappingError,
    Reason,
    findings,
    lost_actions,
    parse_mapping,
)
from policies.message import Message
from policies.process import END, Process, ProcessFormError, parse_process
from views.commands import CommandError, language_option, spoken
from views.language import say

PERCENTS = (50, 90)


def add_parser(subparsers: Any) -> argparse.ArgumentParser:
    """Declare the command's options."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "conform",
        parents=[language_option()],
        help="say which cases of a log followed a process, and why not",
        description="Replays a log of events through a process and says what conforms, what does not, and why.",
    )
    parser.add_argument("--log", required=True, type=Path, metavar="FILE", help="CSV, also .gz: case, activity, time")
    parser.add_argument("--process", required=True, type=Path, metavar="FILE", help="JSON, as the console exports it")
    parser.add_argument("--mapping", required=True, type=Path, metavar="FILE", help="JSON: activity → our actions")
    return parser


def run(args: argparse.Namespace) -> int:
    """Print the report; 1 when not every case conforms. Raises ``CommandError`` for a file that cannot be used."""
    process, mapping, language = _process(args.process), _mapping(args.mapping), spoken(args)
    lost = lost_actions(process, mapping)
    if lost:
        raise CommandError(say(Message("conformance.refused.lost", {"actions": ", ".join(lost)}), language))
    try:
        log = read_log(args.log)
    except LogError as error:
        said = Message("conformance.refused.log", {"file": args.log.name, "line": error.line, "what": error.what})
        raise CommandError(say(said, language)) from error
    found = findings(process, mapping, log)
    for message in report(found, process, language):
        print(say(message, language))
    return 0 if found.conforming == found.cases else 1


def report(found: Findings, process: Process, language: str) -> Iterator[Message]:
    """The report, line by line: the whole, each reason with its examples, the time that each step took."""
    yield _share("cases", found.conforming, found.cases)
    yield _share("events", found.fitting, found.lines)
    for reason in sorted(found.by_reason, key=lambda one: -found.by_reason[one]):
        counted = {"times": found.by_reason[reason], "cases": found.cases_with[reason]}
        yield Message("conformance.reason_line", {"reason": reason.words, **counted})
        yield from (_example(case, one, process, language) for case, one in found.examples[reason])
    for step in process.steps:
        if step.code in found.stays:
            half, most = (_hours(found.quantile(step.code, percent)) for percent in PERCENTS)
            places = {"step": _name(process, step.code, language), "n": len(found.stays[step.code])}
            yield Message("conformance.stay", {**places, "half": half, "most": most})


def _share(of: str, part: int, whole: int) -> Message:
    percent = (Decimal(100 * part) / whole).quantize(Decimal("0.1")) if whole else Decimal(100)
    return Message(f"conformance.{of}", {"part": part, "whole": whole, "percent": percent})


def _example(case: str, one: Any, process: Process, language: str) -> Message:
    places = {
        "case": case,
        "line": one.line,
        "activity": one.activity,
        "step": _name(process, one.step, language),
        "missed": [Message(f"workflow.{action}.title") for action in one.missed],
    }
    kind = "example_missed" if one.reason is Reason.SKIPPED else "example"
    return Message(f"conformance.{kind}", places)


def _name(process: Process, code: str, language: str) -> str | Message:
    step = process.find(code)
    if step is None:
        return Message("label.complaint_status.archived") if code == END else code
    return step.name["en" if language == "en" else "zh"]


def _hours(time: timedelta) -> Decimal:
    return (Decimal(time // timedelta(minutes=6)) / 10).quantize(Decimal("0.1"))


def _process(path: Path) -> Process:
    try:
        return parse_process(_json(path))
    except ProcessFormError as error:
        raise CommandError(f"{path}: {error.where}: {error.what}") from error


def _mapping(path: Path) -> LogMapping:
    try:
        return parse_mapping(_json(path))
    except MappingError as error:
        raise CommandError(f"{path}: {error.what}") from error


def _json(path: Path) -> Any:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise CommandError(f"{path} cannot be read as JSON ({type(error).__name__})") from error
    if not isinstance(content, dict):
        raise CommandError(f"{path} holds no object")
    return content
