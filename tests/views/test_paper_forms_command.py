"""`run.py paper-forms` (R9): numbers are reserved and printed by shell; `run.py verify` names those that are still out."""

from __future__ import annotations

import io

import pytest

from tests.views.test_import_command import data as data  # noqa: PLC0414 (a fixture is found by its name)
from tests.views.test_import_command import office as office  # noqa: PLC0414
from tests.views.test_import_command import plain_environment as plain_environment  # noqa: PLC0414
from views import cli


@pytest.fixture
def said(capsys, data):
    """Runs a command in this process; gives exit code, the lines of standard output and those of standard error."""

    def run(command, *arguments):
        code = cli.main([command, "--data", str(data), *(str(argument) for argument in arguments)])
        captured = capsys.readouterr()
        assert "Traceback" not in captured.out + captured.err
        return code, captured.out.splitlines(), captured.err.splitlines()

    return run


def test_R9_numbers_are_reserved_and_printed_by_shell_and_named_until_they_are_entered(said, tmp_path) -> None:
    pikepdf = pytest.importorskip("pikepdf")
    target = tmp_path / "forms.pdf"
    code, out, _err = said("paper-forms", "--count", 2, "--by", "s004", "--for", "desk one", "--pdf", target)
    assert code == 0
    assert out[-1] == f"forms printed: 2, into {target}"
    numbers = [line.partition(",")[0] for line in out[:2]]
    assert len(set(numbers)) == 2
    with pikepdf.open(io.BytesIO(target.read_bytes())) as pdf:
        assert len(pdf.pages) == 2
    assert said("paper-forms")[1] == [f"{number}, taken by desk one" for number in numbers]
    code, out, _err = said("verify")
    assert code == 0
    assert [line.partition(" ")[0] for line in out if "not entered yet" in line and line[0].isupper()] == numbers
    assert "numbers that nothing accounts for: 0; paper forms not entered yet: 2" in out


@pytest.mark.parametrize(
    ("exit_code", "arguments", "words"),
    [
        (2, ["--count", "2"], "--by"),
        (2, ["--count", "2", "--by", "nobody"], "nobody in the office has the code"),
        (1, ["--count", "2", "--by", "S005", "--for", "desk"], "permission"),
        (1, ["--count", "0", "--by", "S004", "--for", "desk"], "1 to 200 numbers"),
        (1, ["--count", "2", "--by", "S004"], "Enter who takes the forms"),
        (1, ["--count", "2", "--by", "S004", "--for", "x", "--day", "2020-01-01"], "within 31 days of today"),
        (2, ["--pdf", "/nowhere/at/all.pdf"], "no place for a file"),
    ],
)
def test_R9_what_cannot_be_reserved_is_refused_with_a_sentence(said, exit_code, arguments, words) -> None:
    code, _out, err = said("paper-forms", "--language", "en", *arguments)
    assert code == exit_code
    assert words in " ".join(err)


def test_R9_it_says_how_many_are_left_out(said, monkeypatch) -> None:
    monkeypatch.setattr("views.paper_printing.MOST_PRINTED", 2)
    said("paper-forms", "--count", 5, "--by", "S004", "--for", "desk one")
    out = said("paper-forms", "--language", "en")[1]
    assert len(out) == 3
    assert out[-1].startswith("3 further numbers are left out")


def test_R9_where_nothing_is_out_it_says_so(said) -> None:
    assert said("paper-forms", "--language", "en") == (0, ["There are no such numbers"], [])
