"""A real server on a disk that runs full: it says so, keeps what was typed, harms nothing, and goes on when there is room.

Where this machine lets a small disk be mounted, one is; everywhere the system is told to let the server write no larger
file, which is as full as a disk can be.
"""

from __future__ import annotations

import os
import random
import resource
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.plugged_desk import PluggedDesk
from tests.support.plugged_people import Fate, Journal, Person
from tests.support.plugged_truth import compare

ROOM = 64 * 1024


class Clerk(Person):
    """One person who is asked to register now, and says what came of it."""

    def __init__(self, port: int) -> None:
        super().__init__(0, port, Journal(), threading.Event())
        self.chance = random.Random(1)
        self.power.set()
        self.page = ""

    def registers(self) -> int:
        """The status of the answer; ``page`` holds what it said."""
        for _step in self.register():
            pass
        return self.journal.sent[-1].status

    def sent_once(self, browser, path, body, kind, sent) -> str:
        status, headers, self.page = browser.ask("POST", path, body, {"Content-Type": kind, "Origin": browser.origin})
        sent.status = status
        if status == 302:
            sent.fate = Fate.DONE
        return headers.get("Location") or ""


@contextmanager
def working(folder: Path, said: Path | None = None):
    """A server that runs in the folder, and a clerk who has registered once."""
    desk = PluggedDesk(folder, {})
    desk.said = said or desk.said
    clerk = Clerk(desk.port)
    try:
        desk.start()
        assert clerk.registers() == 302
        yield desk, clerk
        desk.kill()
        all_is_well(desk, clerk)
    finally:
        desk.close()
        for browser in clerk.browsers.values():
            browser.close()


def until_it_is_full(clerk: Clerk) -> None:
    """Registers on and on; every answer is a complaint or the page."""
    for _try in range(400):
        status = clerk.registers()
        if status == 503:
            return
        assert status == 302, status
    raise AssertionError("the disk did not run full")


def all_is_well(desk: PluggedDesk, clerk: Clerk) -> None:
    found = compare(desk, clerk.journal)
    assert (found.lost, found.doubled, found.wrong) == ([], [], [])
    code, said = desk.verified()
    assert code == 0, said


@pytest.fixture
def small_disk(tmp_path):
    """A disk of a few megabytes, where one can be mounted."""
    place = tmp_path / "disk"
    place.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", "size=12m", "none", str(place)]
    if (
        sys.platform != "linux"
        or os.geteuid() != 0
        or subprocess.run(words, capture_output=True, check=False).returncode
    ):
        pytest.skip("no disk can be mounted here; the other test fills one without")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def test_R2_a_disk_that_runs_full_is_told_and_got_over(small_disk):
    with working(small_disk) as (desk, clerk):
        ballast = small_disk / "ballast"
        left = os.statvfs(small_disk)
        ballast.write_bytes(bytes(left.f_bavail * left.f_frsize - ROOM))
        until_it_is_full(clerk)
        assert "磁盘已满，暂时不能保存" in clerk.page
        assert "您填写的内容还在" in clerk.page
        assert clerk.browsers[clerk.clerk].get("/complaints")[0] == 200  # what is there can be read
        assert list((desk.folder / "files").rglob("tmp*")) == []  # no half file
        ballast.unlink()
        assert clerk.registers() == 302


def test_R2_a_server_that_may_write_no_more_says_so_and_goes_on_when_it_may(tmp_path):
    with working(tmp_path) as (desk, clerk):
        server = desk.programs[0].number
        _soft, hard = resource.prlimit(server, resource.RLIMIT_FSIZE)
        log = Path(f"{desk.folder / 'office.db'}-wal")
        resource.prlimit(server, resource.RLIMIT_FSIZE, (log.stat().st_size + 1, hard))
        until_it_is_full(clerk)
        assert "暂时不能保存" in clerk.page
        assert "您填写的内容还在" in clerk.page
        resource.prlimit(server, resource.RLIMIT_FSIZE, (hard, hard))
        assert clerk.registers() == 302


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_a_log_that_cannot_be_written_breaks_no_request(tmp_path):
    with working(tmp_path, said=Path("/dev/full")) as (_desk, clerk):
        assert [clerk.registers() for _time in range(3)] == [302] * 3
