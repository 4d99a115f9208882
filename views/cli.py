"""The command line: finds the command, runs it, and turns what goes wrong into one line and an exit code.

Exit codes: 0 done, 1 done and something was found wrong (or it broke), 2 wrong use, 130 stopped by the user.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import os
import sys
import tempfile
import traceback
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

from views.commands import COMMANDS, CommandError, data_path, spoken

WRONG_USE = 2
STOPPED = 130
DEFAULT = "serve"
EPILOG = "Without a command it opens the console. Each command says more about itself: run.py COMMAND --help"


class OneLineParser(argparse.ArgumentParser):
    """Answers wrong use with one line instead of the whole usage."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and where to read on; ends with exit code 2."""
        self.exit(WRONG_USE, f"{self.prog}: {message} ({self.prog} --help says how)\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Never raises; the return value is the process's exit code."""
    args = argparse.Namespace()
    try:
        given = _ordered(sys.argv[1:] if arguments is None else list(arguments))
        args = _parse(given)
        code: int = args.run(args)
        sys.stdout.flush()
    except SystemExit as stop:  # argparse has said what it had to say
        return stop.code if isinstance(stop.code, int) else WRONG_USE
    except CommandError as error:
        return _complain(str(error), WRONG_USE)
    except KeyboardInterrupt:
        return STOPPED
    except BrokenPipeError:  # the reader, for instance `head`, has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:  # noqa: BLE001 (the last net: a person gets a line, the log gets the trace)
        return _complain(_explained(error, args), 1)
    return code


def _explained(error: Exception, args: argparse.Namespace) -> str:
    """One line for a person: what the rules refuse in words, anything else by its kind and the place of its trace."""
    from backoffice.errors import DomainError

    if isinstance(error, DomainError):
        from views.language import say

        return " ".join(say(refusal, spoken(args)) for refusal in error.refusals)
    from views.outages import in_words

    if (said := in_words(error, spoken(args))) is not None:
        return said
    return f"this did not work ({type(error).__name__}); where it happened stands in {_keep(error, args)}"


def _complain(message: str, code: int) -> int:
    print(f"run.py: {message}", file=sys.stderr)
    return code


def _ordered(arguments: list[str]) -> list[str]:
    """The arguments with the command first: ``--data`` may stand before it, and no command means the console."""
    if arguments[:1] in (["-h"], ["--help"]):
        return arguments
    before: list[str] = []
    rest = arguments
    while rest and rest[0].split("=")[0] == "--data":
        length = 1 if "=" in rest[0] else 2
        before, rest = before + rest[:length], rest[length:]
    if not rest or rest[0].startswith("-"):
        return [DEFAULT, *before, *rest]
    return [rest[0], *before, *rest[1:]]


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = OneLineParser(prog="run.py", description="Complaint Desk: the console and its tools.", epilog=EPILOG)
    subparsers = parser.add_subparsers(metavar="COMMAND", required=True)
    for command in COMMANDS:
        if command.name == arguments[0]:
            module = importlib.import_module(command.module)
            module.add_parser(subparsers)
            subparsers.choices[command.name].set_defaults(run=module.run)
        else:
            subparsers.add_parser(command.name, help=command.summary)
    known = [command.name for command in COMMANDS]
    if not arguments[0].startswith("-") and arguments[0] not in known:
        parser.error(f"there is no command {arguments[0]!r}; there are {', '.join(known)}")
    args, unknown = parser.parse_known_args(arguments)
    if hasattr(args, "rest"):  # the command hands on what it does not know
        args.rest = unknown
    elif unknown:
        subparsers.choices[arguments[0]].error(f"unrecognised: {' '.join(unknown)}")
    return args


def _keep(error: Exception, args: argparse.Namespace) -> Path:
    """Write where it happened to the log of the data directory, or of the machine where that cannot be written.

    What the error said is left out where it may quote a customer (R39).
    """
    said = f": {error}" if isinstance(error, ImportError | NameError) else ""
    frames = "".join(traceback.format_tb(error.__traceback__))
    text = f"{datetime.now(UTC).isoformat(timespec='seconds')} {type(error).__name__}{said}\n{frames}\n"
    for folder in (data_path(args) / "log", Path(tempfile.gettempdir())):
        path = folder / "commands.log"
        with contextlib.suppress(OSError):  # without a data directory, mkdir fails for want of its parent
            folder.mkdir(mode=0o700, exist_ok=True)
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            with os.fdopen(descriptor, "a", encoding="utf-8") as log:
                log.write(text)
            return path
    sys.stderr.write(text)
    return Path(os.devnull)
