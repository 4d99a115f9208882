"""`run.py test`: style, import contracts and types, then the tests, whose closing line is the last that is printed."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from views.commands import PROJECT

TOOLS = Path(sys.executable).parent
CHECKS = (
    ("ruff check", (str(TOOLS / "ruff"), "check", "--quiet", ".")),
    ("ruff format", (str(TOOLS / "ruff"), "format", "--check", "--quiet", ".")),
    ("import contracts", (str(TOOLS / "lint-imports"), "--no-logo")),
    ("mypy", (sys.executable, "-m", "mypy", "--no-error-summary")),
)

LONG_PATIENCE = ("-o", "faulthandler_timeout=3600")
"""Seconds after which a long test is taken to hang; an ordinary one has the time in ``pyproject.toml``."""


def add_parser(subparsers: Any) -> None:
    """Declare the options."""
    parser = subparsers.add_parser(
        "test",
        help="run the project's checks and tests",
        description="Runs ruff, the import contracts, mypy and pytest. What follows the options goes to pytest.",
        epilog="Example: run.py test tests/policies -k R24. With paths or -k the other checks are left out.",
    )
    parser.add_argument("--long", action="store_true", help="also the tests that take minutes")
    parser.set_defaults(rest=[])


def run(args: argparse.Namespace) -> int:
    """Run the checks, then pytest; the exit code is 0 only when all of them passed."""
    failed = [] if args.rest else [name for name, command in CHECKS if not _passes(name, command)]
    environment = {**os.environ, **({"BACKOFFICE_LONG_TESTS": "1"} if args.long else {})}
    command = [
        sys.executable,
        "-m",
        "pytest",
        *(LONG_PATIENCE if args.long else ()),
        *(args.rest or ["-q", "-n", "auto", "--dist", "worksteal", "--durations", "10"]),
    ]
    sys.stdout.flush()
    code = subprocess.run(command, cwd=PROJECT, env=environment, check=False).returncode
    if failed:
        print(f"Not passed before the tests: {', '.join(failed)}", file=sys.stderr)
    return code or (1 if failed else 0)


def _passes(name: str, command: tuple[str, ...]) -> bool:
    """Run one check; its output is shown only when it finds something."""
    started = time.monotonic()
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    passed = done.returncode == 0
    print(f"{name:<17} {'ok' if passed else 'FAILED'}  {time.monotonic() - started:.1f} s")
    if not passed:
        print(done.stdout + done.stderr)
    sys.stdout.flush()
    return passed
