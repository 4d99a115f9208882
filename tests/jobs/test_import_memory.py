"""R1, R9: an import holds a few rows at a time, however many the file has, of whatever kind, refused or brought in.

`python -m benchmarks.imports` measures the whole process with 100,000 rows (docs/performance.md).
"""

from __future__ import annotations

import gc
import tracemalloc
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from backoffice.clock import SetClock
from backoffice.file_settings import imports_of
from backoffice.integrations import encoding, sealed_parts, workbook_cells
from backoffice.jobs import imports
from backoffice.jobs.handlers import HANDLERS
from backoffice.jobs.running import Workshop, work_off
from backoffice.keys import Keys
from backoffice.models.importing import ImportUpload
from backoffice.services import import_uploads, importing
from backoffice.services.core.work import Work
from benchmarks.imports import HEAD, TARGETS, write
from policies.import_mapping import Draft
from tests.support.offices import actor_of

AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
KEYS = Keys.fresh()
ROOM = 24 * 1024
"""Bytes: what may be held more later in a file than at its beginning; twenty rows that are kept take as much."""
REFUSED, CAME_IN = (300, 500), (20, 50)
"""After how many rows it is looked at: once the pieces that are read are filled, and at the end."""
DRAFT = Draft(
    dict(zip(HEAD, TARGETS, strict=True)), {}, {"channel": "hotline", "category": "net_broadband_slow"}
)  # fmt: skip


@pytest.fixture
def held(monkeypatch):
    """What this program holds after so many rows of an import, in bytes.

    A file is read in pieces of up to a mebibyte: only one that is larger than its pieces shows whether it is held.
    """
    for module, name in ((sealed_parts, "PART"), (importing, "PIECE"), (workbook_cells, "PIECE"), (encoding, "CHUNK")):
        monkeypatch.setattr(module, name, 4096)
    found: dict[int, int] = {}
    keep = imports._keep

    def kept(session, shop, job, sent, step):
        keep(session, shop, job, sent, step)
        if step.rows in (*REFUSED, *CAME_IN):
            gc.collect()
            found[step.rows] = tracemalloc.get_traced_memory()[0]

    monkeypatch.setattr(imports, "_keep", kept)
    return found


def go_through(database, folder, form, count, *, refused, mode=import_uploads.RUN):
    """Have the job go through a file of so many rows."""
    shop = Workshop(database, KEYS, SetClock(AT), folder)
    path = write(folder / f"table.{form}", count, refused)
    with database.writing() as session:
        work = Work(session, KEYS, actor_of(session, "S004"), AT, AT)
        with path.open("rb") as stream:
            put = import_uploads.put_away(work.actor, imports_of(folder), path.name, stream)
        sent = import_uploads.change(work, import_uploads.opened(KEYS, import_uploads.send(work, put)), draft=DRAFT)
        sent.row.tried_at = AT
        import_uploads.ask(work, sent, mode, folder, HEAD)
    tracemalloc.start()
    try:
        assert work_off(shop, {"import": HANDLERS["import"]}).done == 1
    finally:
        tracemalloc.stop()
    with database.reading() as session:
        row = session.scalars(sa.select(ImportUpload)).one()
        assert (row.refused if refused else row.came_in) == count


@pytest.mark.parametrize("form", ["csv", "xlsx", "jsonl"])
def test_R1_rows_that_are_refused_take_no_memory_of_their_own(office_database, tmp_path, held, form):
    go_through(office_database, tmp_path, form, REFUSED[1], refused=True)
    assert held[REFUSED[1]] < held[REFUSED[0]] + ROOM


@pytest.mark.parametrize("mode", [import_uploads.TRY, import_uploads.RUN])
def test_R1_rows_that_come_in_or_are_tried_take_no_memory_of_their_own(
    office_database, tmp_path, held, monkeypatch, mode
):
    monkeypatch.setattr(importing, "BATCH", 10)
    go_through(office_database, tmp_path, "csv", CAME_IN[1], refused=False, mode=mode)
    assert held[CAME_IN[1]] < held[CAME_IN[0]] + ROOM
