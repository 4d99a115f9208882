"""R39: the office's key is changed while the office is in use; everything opens before, during and after."""

from __future__ import annotations

import base64
import json
import re
import threading
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from backoffice.integrations import seal_log
from backoffice.keys import FILE_NAME, encode, install_keys, load_keys, rotate_keys
from backoffice.models.appraisal import AppraisalManualLine
from backoffice.models.complaint import Complaint
from backoffice.models.configuration import Setting
from backoffice.models.work import Outbox
from backoffice.queries.appraisal_check import verify_appraisal
from backoffice.queries.customer import earlier_complaints
from backoffice.queries.office_check import check_office
from backoffice.sealing import CaseSeal, beginning_of, open_for_office, seal_for_office
from backoffice.services import rotation
from backoffice.services.backup import back_up
from backoffice.services.core.office_sealed import PLACES, Renewal, renew_some
from backoffice.services.restore import restore
from backoffice.services.rotation import rotate
from tests.support.backups import SECRET, fill
from tests.support.inspections import KEYS
from tests.support.locked_month import with_a_locked_september
from tests.support.sources import PROJECT

NOW = datetime(2026, 11, 24, 18, 30, tzinfo=UTC)
CONTENT = {"to": "S005", "text": "请到前台"}


@pytest.fixture
def office(office_database, tmp_path):
    """Two complaints, a message to staff, and the gateway's password."""
    filled = fill(office_database, tmp_path / "data")
    secret = base64.b64encode(seal_for_office(filled.keys, "gateway", "delivery-secret")).decode()
    with office_database.writing() as session:
        session.add(Setting(key="delivery_sms", value={"url": "https://sms.example", "secret_sealed": secret}))
        session.add(Outbox(template="x", way="email", created_at=NOW, due_at=NOW,
                           sealed=seal_for_office(filled.keys, json.dumps(CONTENT), "outbox")))  # fmt: skip
    return filled


def old_values(database, keys):
    """Table and column of each value that lies under another than the newest key."""
    olds = tuple(beginning_of(key.id) for key in keys)
    found = []
    with database.engine.connect() as connection:
        for place in PLACES:
            rows = connection.execute(sa.select(place.column).where(place.column.is_not(None)))
            found += [f"{place.column}" for row in rows if bytes(row[0]).startswith(olds)]
    return found


def all_opens(office, keys):
    """Whether what lies under the key of a complaint and of the office can be read with these keys."""
    with office.database.reading() as session:
        for one in session.scalars(sa.select(Complaint)):
            assert CaseSeal(keys, one.sealed_key, one.number).open_json(one.sealed_record, "record")["customer_name"]
        letters = session.scalars(sa.select(Outbox).where(Outbox.complaint_id.is_(None)))
        assert CONTENT in [json.loads(open_for_office(keys, letter.sealed, "outbox")) for letter in letters]
        assert len(earlier_complaints(session, keys, "13900004172")) == 1
        setting = session.scalars(sa.select(Setting).where(Setting.key == "delivery_sms")).one()
        sealed = base64.b64decode(setting.value["secret_sealed"])
        assert open_for_office(keys, sealed, "delivery-secret") == b"gateway"
        return check_office(session, keys.chain, seal_log.lines(office.folder)).broken == ()


def test_R39_after_a_rotation_everything_opens_with_the_new_key_alone(office):
    before = load_keys(office.folder / "keys")
    done = rotate(office.database, office.folder, grace=0)
    after = load_keys(office.folder / "keys")
    assert (len(after.seal), after.rotating, done.unopened, done.old_keys) == (1, False, 0, 0)
    assert after.seal[0] != before.seal[0]
    assert (after.blind, after.chain, after.session, after.identity) == (
        before.blind, before.chain, before.session, before.identity
    )  # fmt: skip
    assert old_values(office.database, before.seal) == []
    assert all_opens(office, after)
    assert done.kept.is_file()
    assert done.kept.stat().st_mode & 0o077 == 0


def test_R39_who_read_the_keys_before_goes_on_reading_and_writing(office):
    running = load_keys(office.folder / "keys")
    rotate(office.database, office.folder, grace=0)
    assert all_opens(office, running)
    play = office.play()
    play.register(texts={"contact_phone": "13900004155"})
    with office.database.reading() as session:
        wrapped = session.scalars(sa.select(Complaint.sealed_key).where(Complaint.number == play.number)).one()
    new = load_keys(office.folder / "keys").seal[-1]
    assert bytes(wrapped).startswith(beginning_of(new.id))


def test_R39_writers_go_on_while_the_key_is_changed_and_nothing_is_left_behind(office):
    before, failed, stop = load_keys(office.folder / "keys"), [], threading.Event()
    done = []

    def write(number):
        try:
            for count in range(10):
                if stop.is_set():
                    break
                play = office.play()
                play.register(texts={"contact_phone": f"1390002{number}{count:03}"})
                done.append(play.number)
        except Exception as error:  # noqa: BLE001 (told below)
            failed.append(error)

    writers = [threading.Thread(target=write, args=(number,)) for number in range(2)]
    for writer in writers:
        writer.start()
    while len(done) < 2:
        stop.wait(0.01)
    rotate(office.database, office.folder, grace=0.2)
    stop.set()
    for writer in writers:
        writer.join()
    assert failed == []
    assert old_values(office.database, before.seal) == []
    assert all_opens(office, load_keys(office.folder / "keys"))


@pytest.mark.parametrize("steps", [0, 1, 2, 5])
def test_R39_a_rotation_that_was_broken_off_goes_on(office, monkeypatch, steps):
    calls, real = [], renew_some

    def breaking(*args):
        calls.append(1)
        if len(calls) > steps:
            raise KeyboardInterrupt
        return real(*args)

    with monkeypatch.context() as patch:
        patch.setattr(rotation, "renew_some", breaking)
        with pytest.raises(KeyboardInterrupt):
            rotate(office.database, office.folder, grace=0)
    between = load_keys(office.folder / "keys")
    assert (len(between.seal), between.rotating) == (2, True)
    assert all_opens(office, between)
    done = rotate(office.database, office.folder, grace=0)
    assert done.resumed
    after = load_keys(office.folder / "keys")
    assert (after.seal, after.rotating) == (between.seal[1:], False)
    assert all_opens(office, after)


def test_R39_what_cannot_be_opened_keeps_the_old_key(office):
    before = load_keys(office.folder / "keys").seal[0]
    with office.database.writing() as session:
        spoilt = beginning_of(before.id) + b"\x00" * 40
        session.add(Outbox(template="x", way="email", created_at=NOW, due_at=NOW, sealed=spoilt))
    done = rotate(office.database, office.folder, grace=0)
    assert (done.unopened, done.old_keys) == (1, 1)
    assert load_keys(office.folder / "keys").seal[0] == before


def test_R39_a_backup_made_during_a_rotation_opens(office, tmp_path):
    rotate_keys(office.folder / "keys")
    keys = load_keys(office.folder / "keys")
    with office.database.writing() as session:
        renew_some(session, keys, PLACES[0], 0, Renewal())
    back_up(office.database, office.folder, tmp_path / "b", SECRET, NOW)
    rotate(office.database, office.folder, grace=0)
    done = restore(tmp_path / "b", SECRET, tmp_path / "new", "sqlite://", NOW)
    assert done.checked.broken == ()
    assert load_keys(tmp_path / "new" / "keys").seal == keys.seal


def test_R33_a_locked_month_holds_after_a_rotation_and_its_words_are_read(dialect, templates, tmp_path):
    with templates.copy(dialect, with_a_locked_september, tmp_path) as database:
        folder = tmp_path / "data"
        install_keys(folder / "keys", encode(KEYS))
        done = rotate(database, folder, grace=0)
        keys = load_keys(folder / "keys")
        assert done.signed >= 1
        assert (done.unopened, done.old_keys, keys.rotating) == (0, 1, False)
        with database.reading() as session:
            assert verify_appraisal(session, keys.chain)[1] == []
            for line in session.scalars(sa.select(AppraisalManualLine)):
                assert json.loads(open_for_office(keys, line.sealed, "appraisal"))["ground"]
        again = rotate(database, folder, grace=0)
        assert again.signed == done.signed
        assert [key for key in load_keys(folder / "keys").seal if key == keys.seal[1]] == []


SEALERS = {
    "backoffice/jobs/many.py",  # dossiers on the disk: renew_files
    "backoffice/services/many.py",
    "backoffice/services/appraisal_papers/volume.py",  # parts on the disk: renew_files
    "backoffice/services/api_answers.py",
    "backoffice/services/arrivals.py",
    "backoffice/services/clusters.py",
    "backoffice/services/core/appraisal_notes.py",
    "backoffice/services/core/corrective_words.py",
    "backoffice/services/core/draft_words.py",
    "backoffice/services/core/staff_messages.py",
    "backoffice/services/core/training.py",
    "backoffice/services/delivery_settings.py",  # renew_settings
    "backoffice/services/import_uploads.py",
    "backoffice/services/knowledge.py",
    "backoffice/services/mailbox_settings.py",  # renew_settings
}


def test_R39_whoever_seals_by_the_offices_key_stands_among_the_places():
    """A new one is added to ``core/office_sealed.py`` first, and then here."""
    found = {
        path.relative_to(PROJECT).as_posix()
        for path in (PROJECT / "backoffice").rglob("*.py")
        if re.search(r"\bseal_for_office\(", path.read_text(encoding="utf-8")) and path.name != "sealing.py"
    }
    assert found == SEALERS


def test_R39_the_key_file_is_whole_at_every_moment(office):
    path = office.folder / "keys" / FILE_NAME
    seen, stop = set(), threading.Event()

    def look():
        while not stop.is_set():
            seen.add(len(load_keys(path.parent).seal))

    looking = threading.Thread(target=look)
    looking.start()
    rotate(office.database, office.folder, grace=0)
    stop.set()
    looking.join()
    assert seen <= {1, 2}
