"""R39: the office is backed up every night, old backups go by the plan, and a failure is told to the administrators."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from backoffice.clock import SetClock
from backoffice.jobs import handlers, nightly_backup
from backoffice.jobs.running import Workshop, work_off
from backoffice.models.office import Staff
from backoffice.models.work import Job, Outbox
from backoffice.queries.actor import load_actor
from backoffice.queries.outbox import own
from backoffice.services import backup_plan
from backoffice.services.backup import back_up, check
from policies.backup import Plan
from tests.support.backups import SECRET, fill
from tests.support.offices import actor_of
from views.language import say

EVENING = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)  # 23:00 in Shanghai
NIGHT = datetime(2026, 11, 23, 18, 31, tzinfo=UTC)  # 02:31 of the 24th in Shanghai


@pytest.fixture
def dialect():
    """What the job does of its own is the same on both; the backup itself is looked at on both elsewhere."""
    return "sqlite"


@pytest.fixture
def shop(office_database, tmp_path):
    filled = fill(office_database, tmp_path / "data", complaints=1)
    (tmp_path / "backups").mkdir()
    secret = tmp_path / "data.passphrase"
    secret.write_text(f"{SECRET}\n", encoding="utf-8")
    secret.chmod(0o600)
    set_plan(office_database, tmp_path / "data", Plan(on=True, folder=str(tmp_path / "backups")))
    return Workshop(office_database, filled.keys, SetClock(EVENING), filled.folder, say)


@pytest.fixture(autouse=True)
def no_variable(monkeypatch):
    monkeypatch.delenv("BACKOFFICE_BACKUP_PASSPHRASE_FILE", raising=False)


def set_plan(database, data, plan):
    with database.writing() as session:
        backup_plan.save(session, actor_of(session), EVENING, plan, data)


def ring(shop, at):
    shop.clock.at = at
    handlers.plan_timed(shop)
    return work_off(shop, {nightly_backup.KIND: nightly_backup.back_up_nightly})


def made(tmp_path):
    return sorted(path.name for path in (tmp_path / "backups").iterdir())


def standing(shop, now=NIGHT):
    with shop.database.reading() as session:
        return backup_plan.standing(session, shop.folder, now)


def told(shop):
    with shop.database.reading() as session:
        return list(session.scalars(sa.select(Outbox).where(Outbox.template == nightly_backup.KIND)))


def test_R39_at_its_time_of_day_a_backup_is_made_once(shop, tmp_path):
    assert ring(shop, NIGHT - timedelta(minutes=2)).done == 0
    assert ring(shop, NIGHT).done == 1
    assert ring(shop, NIGHT + timedelta(hours=9)).done == 0
    assert made(tmp_path) == [f"complaint-desk-{shop.keys.identity[:8]}-20261123T183100Z.backup"]
    said = check(tmp_path / "backups" / made(tmp_path)[0], SECRET)
    assert (said["kind"], said["office"]) == ("nightly", shop.keys.identity)
    now = standing(shop)
    assert (now.last_at, now.fault, now.overdue, now.passphrase) == (NIGHT, None, False, None)
    assert now.last["name"] == made(tmp_path)[0]


def test_R39_switched_off_nothing_is_made(shop, tmp_path):
    set_plan(shop.database, shop.folder, Plan(on=False, folder=str(tmp_path / "backups")))
    assert ring(shop, NIGHT).done == 0
    assert made(tmp_path) == []


def test_R39_old_ones_go_by_the_plan_and_what_is_not_ours_stays(shop, tmp_path):
    set_plan(shop.database, shop.folder, Plan(on=True, folder=str(tmp_path / "backups"), days=2, weeks=0, months=0))
    foreign = tmp_path / "backups" / f"complaint-desk-{shop.keys.identity[:8]}-20200101T000000Z.backup"
    foreign.write_bytes(b"somebody else's file under our name")
    killed = (
        tmp_path / "backups" / f".complaint-desk-{shop.keys.identity[:8]}-20260101T000000Z.backup.4194304-0a.unfinished"
    )
    killed.write_bytes(b"half")
    asked = tmp_path / "backups" / f"complaint-desk-{shop.keys.identity[:8]}-20200102T000000Z.backup"
    back_up(shop.database, shop.folder, asked, SECRET, EVENING)
    for night in range(4):
        assert ring(shop, NIGHT + timedelta(days=night)).done == 1
    assert [name.rpartition("-")[2] for name in made(tmp_path)] == [
        "20200101T000000Z.backup", "20200102T000000Z.backup", "20261125T183100Z.backup", "20261126T183100Z.backup",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda tmp_path: (tmp_path / "data.passphrase").unlink(), "没有可读的口令文件"),
        (lambda tmp_path: (tmp_path / "data.passphrase").chmod(0o644), "其他用户可以读取口令文件"),
        (lambda tmp_path: (tmp_path / "data.passphrase").write_text("short\n"), "太短或太容易猜到"),
        (lambda tmp_path: (tmp_path / "backups").rmdir(), "无法使用"),
    ],
)
def test_R39_a_failure_is_told_to_every_administrator_once_a_day_and_tried_again(shop, tmp_path, spoil, why):
    spoil(tmp_path)
    assert ring(shop, NIGHT).failed == 1
    assert ring(shop, NIGHT + timedelta(minutes=5)).failed == 1
    rows = told(shop)
    assert len(rows) == 1
    with shop.database.reading() as session:
        person = session.get(Staff, rows[0].staff_id)
        assert person.code == "S030"
        line = own(session, shop.keys, load_actor(session, person.id)).rows[0]
    assert line.template == ("自动备份失败", "The nightly backup failed")
    assert why in line.text
    assert standing(shop).fault is not None
    ring(shop, NIGHT + timedelta(days=1))
    assert len(told(shop)) == 2


def test_R39_once_it_succeeds_the_failure_is_over(shop, tmp_path):
    secret = tmp_path / "data.passphrase"
    secret.chmod(0o644)
    assert ring(shop, NIGHT).failed == 1
    secret.chmod(0o600)
    assert ring(shop, NIGHT + timedelta(hours=1)).done == 1
    assert standing(shop).fault is None


def test_R39_a_day_that_is_over_is_given_up_for_the_next(shop, tmp_path):
    (tmp_path / "data.passphrase").chmod(0o644)
    ring(shop, NIGHT)
    (tmp_path / "data.passphrase").chmod(0o600)
    ring(shop, NIGHT + timedelta(days=1))
    assert len(made(tmp_path)) == 1
    with shop.database.reading() as session:
        waiting = sa.select(Job.id).where(Job.kind == nightly_backup.KIND, Job.done_at.is_(None))
        assert session.scalar(waiting) is None


def test_R39_a_backup_without_files_that_the_records_name_counts_as_failed(shop, tmp_path):
    next(path for path in (shop.folder / "files").rglob("*") if path.is_file()).unlink()
    assert ring(shop, NIGHT).done == 1  # once a night: another try would find no more
    assert len(made(tmp_path)) == 1
    assert (standing(shop).fault.key, standing(shop).last_at, len(told(shop))) == ("backup.failed.missing", None, 1)


def test_R39_backups_that_lack_files_never_push_out_the_last_one_that_lacks_none(shop, tmp_path):
    set_plan(shop.database, shop.folder, Plan(on=True, folder=str(tmp_path / "backups"), days=1, weeks=0, months=0))
    assert ring(shop, NIGHT).done == 1
    good = made(tmp_path)
    next(path for path in (shop.folder / "files").rglob("*") if path.is_file()).unlink()
    for night in (1, 2):
        assert ring(shop, NIGHT + timedelta(days=night)).done == 1
    assert len(made(tmp_path)) == 2
    assert set(good) < set(made(tmp_path))


def test_R39_a_missed_night_is_overdue(shop):
    assert not standing(shop, EVENING + timedelta(hours=35)).overdue
    assert standing(shop, EVENING + timedelta(hours=37)).overdue
