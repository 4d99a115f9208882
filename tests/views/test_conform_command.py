"""``run.py conform``: the report of a replay, and one line for a file that cannot be used."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from views.cli import main

DATA = Path(__file__).resolve().parents[1] / "data/helpdesk_log"
FILES = {
    "log": DATA / "helpdesk_log.csv.gz", "process": DATA / "process.json", "mapping": DATA / "mapping.json",
}  # fmt: skip


def conform(capsys, language="en", **changes) -> tuple[int, str, str]:
    files = {**FILES, **changes}
    options = [part for name, path in files.items() for part in (f"--{name}", str(path))]
    code = main(["conform", "--language", language, *options])
    said = capsys.readouterr()
    return code, said.out, said.err


@pytest.mark.parametrize(
    ("language", "first", "skipped"),
    [
        ("en", "Cases: 3527 of 4580 follow the process (77.0 %).", "without: Accept"),
        ("zh", "案件：3527 / 4580 件符合流程（77.0 %）。", "缺：受理"),
    ],
)
def test_R14_the_report_counts_names_reasons_gives_examples_and_times(capsys, language, first, skipped):
    code, out, _ = conform(capsys, language)
    lines = out.splitlines()
    assert code == 1  # not every case conforms
    assert lines[0] == first
    assert "21348" in lines[1]
    assert any(skipped in line for line in lines)
    assert len([line for line in lines if line.startswith("·")]) == 7


def test_R14_a_log_in_which_every_case_conforms_ends_well(capsys, tmp_path):
    log = tmp_path / "log.csv"
    days = ("Assign seriousness", "Take in charge ticket", "Resolve ticket", "Closed")
    lines = [f"C1,{activity},2026-03-0{day}" for day, activity in enumerate(days, 2)]
    log.write_text("\n".join(["case,activity,time", *lines]), encoding="utf-8")
    code, out, _ = conform(capsys, log=log)
    assert code == 0
    assert "1 of 1" in out


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("log", "nothing of use", "cannot be read at line 1"),
        ("process", "[]", "holds no object"),
        ("process", "{", "cannot be read as JSON"),
        ("process", json.dumps({"code": "x"}), "x: steps"),
        ("mapping", json.dumps({"activities": {"Closed": ["fly"]}}), "fly"),
        ("mapping", json.dumps({"activities": {"Closed": ["contain"]}}), "No step of the process"),
    ],
)
def test_R14_a_file_that_cannot_be_used_is_told_in_one_line(capsys, tmp_path, name, content, said):
    path = tmp_path / "file"
    path.write_text(content, encoding="utf-8")
    code, out, err = conform(capsys, **{name: path})
    assert (code, out) == (2, "")
    assert said in err
    assert len(err.splitlines()) == 1
