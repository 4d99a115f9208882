"""docs/asvs.md: no requirement of levels 1 and 2 is left out, and what it names as proof is there (R39)."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
ROW = re.compile(r"^\| (\d+\.\d+\.\d+) \| (\d) \| ([^|]+) \| ([^|]+) \| (.+) \|$", re.MULTILINE)
PROOF = re.compile(r"`([\w./]+?\.\w+)(?:::(\w+))?`")
STATES = {"met", "**not met**", "not applicable"}
TABLE = (PROJECT / "docs" / "asvs.md").read_text(encoding="utf-8")
ROWS = ROW.findall(TABLE)


def levels():
    with (PROJECT / "tests" / "data" / "asvs" / "levels.csv").open(encoding="utf-8") as file:
        return {row["id"]: row["level"] for row in csv.DictReader(file)}


def test_R39_every_requirement_of_levels_1_and_2_has_its_row_and_only_one():
    assert len(levels()) == 253
    assert {number: level for number, level, *_ in ROWS} == levels()
    assert len(ROWS) == 253


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_R39_a_row_names_what_is_there_or_says_why_not(row):
    _number, _level, subject, status, why = row
    assert status in STATES
    assert subject.strip()
    assert why.strip()
    proofs = PROOF.findall(why)
    assert proofs or status != "met", "what is met is met by something"
    for path, name in proofs:
        file = PROJECT / path
        assert file.exists(), path
        assert not name or re.search(rf"^ *def {name}\(", file.read_text(encoding="utf-8"), re.MULTILINE), name


def test_R39_the_sums_above_the_table_are_those_of_the_table():
    for level in ("1", "2"):
        counted = [
            sum(1 for row in ROWS if row[1] == level and row[3] == status)
            for status in ("met", "**not met**", "not applicable")
        ]
        assert f"| level {level} | {counted[0]} | {counted[1]} | {counted[2]} |" in TABLE
