"""Fixtures for tests of printing: Pango with a Chinese font, and poppler to read the paper back."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from backoffice.reports.pdf import printing_available

IN_CI = os.environ.get("CI") == "true"


def lacking(reason: str) -> None:
    if IN_CI:
        pytest.fail(f"{reason} (with CI=true a missing part is a failure)", pytrace=False)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def printing() -> None:
    reason = printing_available()
    if reason is not None:
        lacking(f"nothing can be printed here: {reason.key} {dict(reason.params)}")


@pytest.fixture(scope="session")
def read_back(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., str]:
    """Text of a PDF as poppler reads it, with page breaks; more arguments go to pdftotext."""
    tool = shutil.which("pdftotext")
    if tool is None:
        lacking("pdftotext (poppler-utils) is missing")
    folder: Path = tmp_path_factory.mktemp("pdf")

    def read(data: bytes, *arguments: str) -> str:
        path = folder / "paper.pdf"
        path.write_bytes(data)
        done = subprocess.run([tool, *arguments, str(path), "-"], capture_output=True, check=True, timeout=60)
        return done.stdout.decode()

    return read
