"""Jobs ``import`` and ``import_clear``: try a file that was sent, or bring it in; erase what has had its time.

How far it is is kept with each step's rows in one transaction, so that a killed job goes on behind them and nothing
comes in twice. A trial keeps nothing but its counts; begun again it counts anew.
"""

from __future__ import annotations

import logging
from itertools import count

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.errors import DomainError
from backoffice.file_settings import imports_of
from backoffice.integrations.mapping_file import ImportMapping
from backoffice.integrations.table_rows import Source
from backoffice.integrations.tabular import open_table
from backoffice.jobs.running import LeaseLostError, Taken, Workshop
from backoffice.models.importing import ImportUpload
from backoffice.outage import outage_of
from backoffice.services import import_uploads
from backoffice.services.import_uploads import RUN, Sent
from backoffice.services.importing import Import, ImportResult, Step, bring_in
from policies.access import SYSTEM
from policies.message import Refusal

KIND = import_uploads.JOB
CLEAR = "import_clear"
MAPPINGS = "mappings"
ROWS, THE_RUN = "rows", "run"
AT_ONCE = 50
MOST_ATTEMPTS = 5

log = logging.getLogger("desk.jobs")


def bring_in_upload(shop: Workshop, job: Taken) -> None:
    """Go through the file from where the payload says; a file that is refused as a whole says why and is done.

    What goes wrong again and again, and is no outage, ends it with a sentence too.
    """
    upload_id, attempt = map(int, job.slot.split(":"))
    with shop.database.reading() as session:
        row = session.get(ImportUpload, upload_id)
        if row is None or row.attempt != attempt or row.finished_at is not None or row.erased_at is not None:
            return
        sent = import_uploads.opened(shop.keys, row)
        session.expunge(row)
    try:
        with shop.database.reading() as session:
            mapping = import_uploads.mapping_of(session, sent, shop.folder / MAPPINGS)
        _go_through(shop, job, sent, mapping)
    except DomainError as error:
        _end(shop, sent, error)
        return
    except LeaseLostError:
        raise
    except Exception as error:
        if job.attempts < MOST_ATTEMPTS or outage_of(error) is not None:
            raise
        log.exception("import given up", extra={"desk": {"slot": job.slot, "attempt": job.attempts}})
        with shop.database.reading() as session:
            params = {"done": session.get_one(ImportUpload, upload_id).done}
        _end(shop, sent, DomainError(Refusal("importing.refused.broken", params)))
        return
    _end(shop, sent, None)


def _go_through(shop: Workshop, job: Taken, sent: Sent, mapping: ImportMapping) -> None:
    source = sent.source(imports_of(shop.folder))
    rows, total = int(job.payload[ROWS]), _count(source, mapping)
    is_run = sent.row.mode == RUN
    if not is_run:
        rows = 0
    with shop.database.writing() as session:
        mine = session.get_one(ImportUpload, sent.row.id)
        mine.total = total
        if not is_run:
            import_uploads.forget_refusals(session, mine)
            mine.done = mine.came_in = mine.known = mine.refused = 0
        so_far = ImportResult(mine.came_in, mine.known, mine.refused)
        run_id = job.payload.get(THE_RUN) if is_run else None
        job.go_on(session, shop.clock.now(), {**job.payload, ROWS: rows})

    def keep(session: Session, step: Step) -> None:
        _keep(session, shop, job, sent, step)

    bring_in(
        shop.database,
        Import(
            source, mapping, SYSTEM, shop.clock, shop.keys,
            dry_run=not is_run, done=rows, so_far=so_far, keep=keep, run_id=run_id,
            noted={"import": sent.row.id, "imported_by": sent.row.by_id},
        ),
    )  # fmt: skip


def _keep(session: Session, shop: Workshop, job: Taken, sent: Sent, step: Step) -> None:
    """Counts, refused rows, and how far it is."""
    row = session.get_one(ImportUpload, sent.row.id)
    row.done = step.rows
    row.came_in, row.known, row.refused = step.result.came_in, step.result.known, step.result.refused
    row.run_id = step.run_id or row.run_id
    import_uploads.keep_refused(session, sent, [(one.line, one.cells, one.reasons) for one in step.refused])
    job.go_on(session, shop.clock.now(), {**job.payload, ROWS: step.rows, THE_RUN: step.run_id})


def _count(source: Source, mapping: ImportMapping) -> int:
    """How many rows there are, so that the page can say how far it is."""
    counter = count()
    with open_table(source, mapping.required) as table:
        for _row in table:
            next(counter)
    return next(counter)


def _end(shop: Workshop, sent: Sent, error: DomainError | None) -> None:
    at, place = shop.clock.now(), imports_of(shop.folder)
    with shop.database.writing() as session:
        row = session.get_one(ImportUpload, sent.row.id)
        now = import_uploads.opened(shop.keys, row)
        row.finished_at, row.erase_at = at, at + import_uploads.KEPT
        if error is not None:
            import_uploads.fail(shop.keys, now, error)
        elif row.mode != RUN:
            row.tried_at = at
    if error is None and sent.row.mode == RUN:
        import_uploads.drop_file(place, sent)


def clear_away(shop: Workshop, job: Taken) -> None:
    """Erase what has had its time, some at a time."""
    at, place = shop.clock.now(), imports_of(shop.folder)
    due = sa.select(ImportUpload).where(ImportUpload.erased_at.is_(None), ImportUpload.erase_at <= at)
    more = True
    while more:
        with shop.database.writing() as session:
            rows = session.scalars(due.order_by(ImportUpload.erase_at).limit(AT_ONCE)).all()
            for row in rows:
                import_uploads.throw_away(session, place, import_uploads.opened(shop.keys, row), at)
            job.go_on(session, at, job.payload)
            more = bool(rows)
