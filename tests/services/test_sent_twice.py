"""What is sent twice at one moment (a double click, a retry) is done once or answered by a sentence, on both databases:
a notice (R8), an article (R38), a mapping that is kept, an import that is asked for (R1), numbers for paper forms (R9).
"""

from __future__ import annotations

import io
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
import sqlalchemy as sa

from backoffice.database import Database
from backoffice.errors import DomainError
from backoffice.file_settings import imports_of
from backoffice.keys import Keys
from backoffice.models.fault_notice import FaultNotice
from backoffice.models.importing import ImportUpload, SavedMapping
from backoffice.models.knowledge import Knowledge
from backoffice.models.paper import ReservedNumber
from backoffice.models.work import Job
from backoffice.services import fault_notices, import_uploads, knowledge, paper_forms
from backoffice.services.core.work import Work
from backoffice.services.paper_forms import Wanted
from policies.import_mapping import Draft
from policies.knowledge import KnowledgeFacts
from tests.services.test_fault_notices import FACTS
from tests.support.offices import actor_of
from tests.support.played import RECEIVED

KEYS = Keys.fresh()
TIMES = 6
LEAD, EDITOR, WRITER = "S004", "S014", "S007"
DRAFT = Draft({"time": "received_at", "text": "what"}, {}, {"channel": "hotline", "category": "net_broadband_slow"})
TABLE = b"time,text\n2026-11-20 09:30,slow line\n"


def at_once(office, code, command):
    """What each of several clerks at one moment gets: what the command gave, or the refusals that it raised."""
    start = threading.Barrier(TIMES)

    def clerk(place):
        database = Database(office.url)  # of their own, as in processes of their own
        try:
            start.wait(timeout=60)
            with database.writing() as session:
                return command(Work(session, KEYS, actor_of(session, code), RECEIVED, RECEIVED), place)
        except DomainError as error:
            return [refusal.key for refusal in error.refusals]
        finally:
            database.dispose()

    with ThreadPoolExecutor(TIMES) as pool:
        return list(pool.map(clerk, range(TIMES)))


def rows(office, model):
    with office.reading() as session:
        return list(session.scalars(sa.select(model).order_by(model.id)))


@pytest.fixture
def uploads(office_database, tmp_path):
    """Two files that were sent."""
    ids = []
    for name in ("one.csv", "two.csv"):
        with office_database.writing() as session:
            work = Work(session, KEYS, actor_of(session, LEAD), RECEIVED, RECEIVED)
            put = import_uploads.put_away(work.actor, imports_of(tmp_path), name, io.BytesIO(TABLE))
            row = import_uploads.send(work, put)
            sent = import_uploads.change(work, import_uploads.opened(KEYS, row), draft=DRAFT)
            sent.row.tried_at = RECEIVED
            ids.append(row.id)
    return ids


def found(work, upload_id):
    return import_uploads.find(work.session, work.keys, work.actor, upload_id, locked=True)


def test_R8_the_same_notice_sent_six_times_at_once_is_published_once(office_database):
    numbers = at_once(office_database, EDITOR, lambda work, _: fault_notices.publish(work, FACTS, "form").number)
    assert numbers == ["TB2026-001"] * TIMES
    assert len(rows(office_database, FaultNotice)) == 1


def test_R38_the_same_article_sent_six_times_at_once_is_one_draft(office_database):
    facts = KnowledgeFacts("光猫频繁离线", "", "先看光功率", "", ("net_broadband_slow",))
    numbers = at_once(office_database, WRITER, lambda work, _: knowledge.write(work, facts, "form").number)
    assert numbers == ["ZS2026-001"] * TIMES
    assert len(rows(office_database, Knowledge)) == 1


def test_R1_a_mapping_kept_six_times_at_once_under_one_name_is_kept_once(office_database, uploads):
    """By one person from two files: whoever comes later changes what the first one kept."""

    def keep(work, place):
        return import_uploads.save_mapping(work, found(work, uploads[place % 2]), "outage").save_as

    assert at_once(office_database, LEAD, keep) == ["outage"] * TIMES
    assert [row.name for row in rows(office_database, SavedMapping)] == ["outage"]


@pytest.mark.parametrize("mode", ["try", "run"])
def test_R1_an_import_asked_for_six_times_at_once_is_one_job(office_database, uploads, tmp_path, mode):
    def ask(work, _):
        return import_uploads.ask(work, found(work, uploads[0]), mode, tmp_path, ("time", "text"))

    assert at_once(office_database, LEAD, ask) == [None] * TIMES
    assert [row.slot for row in rows(office_database, Job) if row.kind == "import"] == [f"{uploads[0]}:1"]
    assert rows(office_database, ImportUpload)[0].attempt == 1


def test_R1_while_it_is_tried_nothing_else_is_asked_and_a_sentence_says_so(office_database, uploads, tmp_path):
    def ask(work, place):
        return import_uploads.ask(work, found(work, uploads[0]), ("try", "run")[place % 2], tmp_path, ("time", "text"))

    said = at_once(office_database, LEAD, ask)
    assert said.count(None) == TIMES / 2
    assert said.count(["importing.refused.running"]) == TIMES / 2


def test_R9_numbers_of_one_form_are_reserved_once_and_of_another_anew(office_database):
    today = date(2026, 11, 23)

    def reserve(work, _):
        return [row.number for row in paper_forms.reserve(work, Wanted(3, today, "desk one", "form"), today)]

    first = at_once(office_database, LEAD, reserve)
    assert first == [["TS20261123-0001", "TS20261123-0002", "TS20261123-0003"]] * TIMES
    with office_database.writing() as session:
        work = Work(session, KEYS, actor_of(session, LEAD), RECEIVED, RECEIVED)
        other = paper_forms.reserve(work, Wanted(1, today, "desk two", "another form"), today)
        assert [row.number for row in other] == ["TS20261123-0004"]
    assert len(rows(office_database, ReservedNumber)) == 4
