"""`run.py import` (R1): what it prints, what it writes beside the file, and how it refuses wrong use."""

from __future__ import annotations

import csv
import shutil
import stat
from pathlib import Path

import pytest
import sqlalchemy as sa

from backoffice.database import Database
from backoffice.keys import open_keys
from backoffice.migrate import upgrade
from backoffice.models.complaint import Complaint
from tests.support.databases import with_default_office
from views import cli

DATA = Path(__file__).resolve().parents[1] / "data/boston311"


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch):
    for name in ("BACKOFFICE_DATA", "BACKOFFICE_DATABASE_URL", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    """An office's data directory, to be copied."""
    folder = tmp_path_factory.mktemp("office") / "data"
    folder.mkdir()
    database = Database(f"sqlite:///{folder / 'office.db'}")
    with_default_office(database)
    database.dispose()
    open_keys(folder / "keys")
    return folder


@pytest.fixture
def data(office, tmp_path):
    folder = tmp_path / "data"
    shutil.copytree(office, folder)
    return folder


@pytest.fixture
def said(capsys):
    """Runs the command in this process; gives exit code, the lines of standard output and those of standard error."""

    def run(*arguments):
        code = cli.main(["import", *(str(argument) for argument in arguments)])
        captured = capsys.readouterr()
        assert "Traceback" not in captured.out + captured.err
        return code, captured.out.splitlines(), captured.err.splitlines()

    return run


def copy(name: str, tmp_path: Path, rows: int = 12) -> Path:
    """The head of one of the city's files, in a folder of its own."""
    folder = tmp_path / "files"
    folder.mkdir(exist_ok=True)
    lines = (DATA / name).read_text(encoding="utf-8").splitlines(keepends=True)
    path = folder / name
    path.write_text("".join(lines[: rows + 1]), encoding="utf-8")
    return path


def complaints(data: Path) -> int:
    database = Database(f"sqlite:///{data / 'office.db'}")
    with database.reading() as session:
        count = session.scalar(sa.select(sa.func.count()).select_from(Complaint))
    database.dispose()
    return count


def test_R1_the_last_line_counts_and_a_second_time_all_are_known(said, data, tmp_path):
    path = copy("boston311-100.csv", tmp_path)
    code, out, err = said(path, "--mapping", "boston311", "--data", data)
    assert (code, out, err) == (0, ["came in: 12, known already: 0, refused: 0"], [])
    assert said(path, "--mapping", "boston311", "--data", data)[1] == ["came in: 0, known already: 12, refused: 0"]
    assert complaints(data) == 12
    assert [one.name for one in path.parent.iterdir()] == [path.name]


def test_R1_it_speaks_chinese_where_the_terminal_does(said, data, tmp_path, monkeypatch):
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    _, out, _ = said(copy("boston311-100.csv", tmp_path, 3), "--mapping", "boston311", "--data", data)
    assert out == ["导入 3 件，已有 0 件，拒绝 0 件"]


def test_R1_a_dry_run_counts_and_writes_nothing_into_the_office(said, data, tmp_path):
    path = copy("boston311-100-20dupes-random.csv", tmp_path, 100)
    code, out, _ = said("--dry-run", path, "--mapping", "boston311", "--data", data)
    assert (code, out) == (0, ["Dry run: nothing was written.", "came in: 80, known already: 20, refused: 0"])
    assert complaints(data) == 0


def test_R1_refused_rows_are_told_and_written_beside_the_file(said, data, tmp_path):
    path = copy("boston311-100-bad.tsv", tmp_path, 41)
    code, out, _ = said(path, "--mapping", "boston311", "--data", data)
    beside = path.with_name("boston311-100-bad.refused.csv")
    assert code == 0
    assert out == [
        "line 41: too many cells: 30 instead of 29",
        f"The refused rows are in {beside}",
        "came in: 40, known already: 0, refused: 1",
    ]
    assert stat.S_IMODE(beside.stat().st_mode) == 0o600
    with beside.open(encoding="utf-8-sig", newline="") as file:
        head, row = csv.reader(file)
    assert [head[0], head[1], head[2], head[-1]] == [
        "import line",
        "import refused",
        "case_enquiry_id",
        "import surplus",
    ]
    assert row[:2] == ["41", "too many cells: 30 instead of 29"]
    assert len(head) == len(row) == 2 + 29 + 1
    torn = path.read_text(encoding="utf-8").splitlines()[40].split("\t")
    assert row[2] == torn[0]
    assert row[-1] == torn[29]


def test_R1_a_refused_row_put_right_in_its_file_comes_in(said, data, tmp_path):
    path = copy("boston311-100.csv", tmp_path, 3)
    good = path.read_text(encoding="utf-8")
    path.write_text(good.replace("Constituent Call", "Pigeon", 1), encoding="utf-8")
    assert said(path, "--mapping", "boston311", "--data", data)[1][-1] == "came in: 2, known already: 0, refused: 1"
    beside = path.with_name("boston311-100.refused.csv")
    assert said(beside, "--mapping", "boston311", "--data", data)[1][-1] == "came in: 0, known already: 0, refused: 1"
    still = beside.with_name("boston311-100.refused.refused.csv")
    still.write_text(still.read_text(encoding="utf-8").replace("Pigeon", "Constituent Call"), encoding="utf-8")
    assert said(still, "--mapping", "boston311", "--data", data)[1][-1] == "came in: 1, known already: 0, refused: 0"


def test_R1_the_file_of_refused_rows_holds_no_formula(said, data, tmp_path):
    path = copy("boston311-100.csv", tmp_path, 1)
    text = path.read_text(encoding="utf-8").replace("BTDT: Complaint", '"=HYPERLINK(""x"")"').replace("Call", "Pigeon")
    path.write_text(text, encoding="utf-8")
    said(path, "--mapping", "boston311", "--data", data)
    content = path.with_name("boston311-100.refused.csv").read_text(encoding="utf-8")
    assert "\"'=HYPERLINK(" in content


def test_R1_many_refused_rows_are_not_all_shown(said, data, tmp_path):
    path = copy("boston311-100.csv", tmp_path, 0)
    with path.open("a", encoding="utf-8") as file:
        file.writelines("torn\n" for _ in range(25))
    _, out, _ = said(path, "--mapping", "boston311", "--data", data)
    assert len(out) == 20 + 3
    assert out[20] == "… and 5 more refused rows"
    assert out[-1] == "came in: 0, known already: 0, refused: 25"


def test_R1_where_nothing_can_be_written_the_data_directory_takes_the_refused_rows(said, data, tmp_path):
    path = copy("boston311-100-bad.tsv", tmp_path, 41)
    path.with_name("boston311-100-bad.refused.csv").mkdir()  # so that not even root can open a file of that name
    said(path, "--mapping", "boston311", "--data", data)
    assert (data / "imports" / "boston311-100-bad.refused.csv").is_file()


def test_R1_an_offices_own_mapping_is_found_in_its_data_directory(said, data, tmp_path):
    shipped = DATA.parents[2] / "backoffice/office/mappings/boston311.yaml"
    (data / "mappings").mkdir()
    (data / "mappings" / "ours.yaml").write_text(
        shipped.read_text(encoding="utf-8").replace("source: boston311", "source: ours"), encoding="utf-8"
    )
    path = copy("boston311-100.csv", tmp_path, 2)
    assert said(path, "--mapping", "ours", "--data", data)[1] == ["came in: 2, known already: 0, refused: 0"]


@pytest.mark.parametrize(
    ("content", "arguments", "message"),
    [
        ("a,b\n1,2\n", ["--mapping", "boston311"], "run.py: The file table.csv lacks these columns: case_enquiry_id, "),
        ("a,b\n1,2\n", ["--mapping", "chicago"], "run.py: There is no mapping named chicago. Available: boston311."),
        ("", ["--mapping", "boston311"], "run.py: The file table.csv is empty. Choose another file."),
        (
            "PK\x03\x04",
            ["--mapping", "boston311"],
            "run.py: The file table.csv is an archive, not a readable Excel workbook",
        ),
        ("a,b\n", [], "run.py import: the following arguments are required: --mapping"),
        ("a,b\n", ["--mapping", "boston311", "--loud"], "run.py import: unrecognised: --loud"),
    ],
)
def test_R1_what_cannot_be_imported_is_refused_in_one_line(said, data, tmp_path, content, arguments, message):
    path = tmp_path / "table.csv"
    path.write_text(content, encoding="utf-8")
    code, out, err = said(path, *arguments, "--data", data)
    assert code != 0
    assert out == []
    assert len(err) == 1
    assert err[0].startswith(message)


def test_R1_a_file_or_an_office_that_is_not_there_is_told(said, data, tmp_path):
    code, _, err = said(tmp_path / "none.csv", "--mapping", "boston311", "--data", data)
    assert (code, len(err)) == (2, 1)
    path = copy("boston311-100.csv", tmp_path, 1)
    code, _, err = said(path, "--mapping", "boston311", "--data", tmp_path / "nowhere")
    assert (code, len(err)) == (2, 1)


def test_R1_an_office_without_configuration_is_told_what_to_do(said, tmp_path):
    folder = tmp_path / "bare"
    folder.mkdir()
    database = Database(f"sqlite:///{folder / 'office.db'}")
    upgrade(database)
    database.dispose()
    code, out, err = said(copy("boston311-100.csv", tmp_path, 1), "--mapping", "boston311", "--data", folder)
    assert (code != 0, out) == (True, [])
    told = "The office has no configuration yet (channels, categories, processes, clocks)."
    assert err == [f"run.py: {told} First sign in as the administrator and load the default configuration."]


def test_R39_keys_that_others_can_read_are_told_in_words(said, data, tmp_path):
    (data / "keys" / "office.json").chmod(0o644)
    code, out, err = said(copy("boston311-100.csv", tmp_path, 1), "--mapping", "boston311", "--data", data)
    place = data / "keys" / "office.json"
    assert (code != 0, out) == (True, [])
    assert err == [f"run.py: Other users can read {place}. First run: chmod 600 {place}"]
