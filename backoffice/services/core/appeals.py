"""An appeal with the inspection that it is about (R29): the facts for the rules, its sealed texts, its files.

Reasons and ground may speak of the customer, files too: they are sealed under the complaint's own key. The files belong
to the appeal and not to the complaint, whose dossier is closed by then (R22).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import sqlalchemy as sa

from backoffice.errors import DomainError
from backoffice.integrations.files import Upload, load, store
from backoffice.models.inspection import AppealFile, Inspection, InspectionAppeal, InspectionMark
from backoffice.queries.appeals import holders
from backoffice.queries.inspection_rules import scoring_rules
from backoffice.services.core.inspections import AFTER_APPEAL, FIRST_ROUND, Inspecting
from policies.appeal import MOST_FILES, Inspected, Standing
from policies.card import Card, Mark, Scoring
from policies.message import Refusal
from policies.vocabulary_inspection import InspectionStatus


@dataclass
class Appealing:
    """One inspection with its appeal, if there is one; locked when the inspection was opened for a change."""

    of: Inspecting

    @property
    def inspection(self) -> Inspection:
        return self.of.inspection

    @cached_property
    def appeal(self) -> InspectionAppeal | None:
        mine = sa.select(InspectionAppeal).where(InspectionAppeal.inspection_id == self.inspection.id)
        return self.of.work.session.scalars(mine.execution_options(populate_existing=True)).one_or_none()

    @cached_property
    def card(self) -> Card:
        return self.of.rules.card(self.inspection.card_id)

    @cached_property
    def scoring(self) -> Scoring:
        """Levels, results and limits as the office has them now."""
        return scoring_rules(self.of.rules)

    @cached_property
    def first(self) -> Mapping[str, InspectionMark]:
        """The inspector's marks, in the order of the card."""
        return self._ordered(self.of.marks(FIRST_ROUND))

    @cached_property
    def second(self) -> Mapping[str, InspectionMark]:
        """The marks after the appeal; none while it is open, and none where it was dismissed."""
        return self._ordered(self.of.marks(AFTER_APPEAL))

    @property
    def present(self) -> Mapping[str, InspectionMark]:
        """The marks that hold now."""
        return self.second or self.first

    def _ordered(self, marks: Mapping[str, InspectionMark]) -> Mapping[str, InspectionMark]:
        return {item.code: marks[item.code] for item in self.card.items if item.code in marks}

    @cached_property
    def holders(self) -> Mapping[int, int | None]:
        """Whoever may decide appeals at all: staff id → department."""
        return holders(self.of.work.session)

    @cached_property
    def facts(self) -> Inspected:
        """What the rules ask, by the marks of the inspector."""
        row = self.inspection
        return Inspected(
            status=row.status,
            subject_id=row.subject_id,
            inspector_id=row.inspector_id,
            appeal_until=row.appeal_until,
            marks={item: Standing(mark.percent, mark.staff_id) for item, mark in self.first.items()},
            second_scorers=self._second_scorers(),
            workers=self.of.worked,
            department_id=row.department_id,
            appellant_id=self.appeal.by_id if self.appeal is not None else None,
            is_second=row.pair_of_id is not None,
        )

    def _second_scorers(self) -> frozenset[int]:
        """Inspectors of another inspection of the same record, by whatever plan, that was not cancelled."""
        others = sa.select(Inspection.inspector_id).where(
            Inspection.complaint_id == self.inspection.complaint_id,
            Inspection.id != self.inspection.id,
            Inspection.status != InspectionStatus.CANCELLED,
        )
        return frozenset(one for one in self.of.work.session.scalars(others) if one is not None)

    # sealed texts and files

    @property
    def _context(self) -> str:
        return f"inspection:{self.inspection.number}:appeal"

    @property
    def texts(self) -> dict[str, str]:
        """{"reasons", "ground"} in clear; empty once the record is erased."""
        if self.appeal is None:
            return {}
        return dict(self.of.case.seal.open_json(self.appeal.sealed, self._context) or {})

    def sealed(self, **texts: str) -> bytes:
        """What is written of the appeal, for its column; raises ``SealError`` once the record is erased."""
        return self.of.case.seal.seal_json({**self.texts, **texts}, self._context)

    @property
    def files(self) -> Sequence[AppealFile]:
        """The files of the appeal, in the order in which they came."""
        if self.appeal is None:
            return ()
        mine = sa.select(AppealFile).where(AppealFile.appeal_id == self.appeal.id)
        return list(self.of.work.session.scalars(mine.order_by(AppealFile.id)))

    def file_name(self, row: AppealFile) -> str:
        return str(self.of.case.seal.open_text(row.sealed_name, f"file-name:{row.sha256}") or "")

    def content(self, row: AppealFile) -> bytes:
        """A file in clear; raises ``DomainError`` when it is gone or was changed."""
        folder, seal = self.of.work.files, self.of.case.seal
        if folder is None:
            raise DomainError(Refusal("files.refused.no_folder"))
        found = load(
            folder,
            row.sha256,
            self.inspection.complaint_id,
            lambda sealed: bytes(seal.open(sealed, f"file:{row.sha256}") or b""),  # type: ignore[arg-type]  # an erased one is empty,
        )
        if isinstance(found, Refusal):
            raise DomainError(found)
        return found

    def keep(self, appeal: InspectionAppeal, uploads: Iterable[Upload]) -> None:
        """Keep the files of a new appeal: sealed on the disk first, then their rows; the same content once."""
        seal, work = self.of.case.seal, self.of.work
        new = {upload.sha256: upload for upload in uploads}
        if len(new) > MOST_FILES:
            raise DomainError(Refusal("appeals.refused.files", {"limit": MOST_FILES}, "file", 422))
        for sha256, upload in new.items():
            if work.files is None:
                raise DomainError(Refusal("files.refused.no_folder", {}, "file"))
            store(work.files, sha256, self.inspection.complaint_id, seal.seal(upload.content, f"file:{sha256}"))
            work.session.add(
                AppealFile(
                    appeal_id=appeal.id,
                    sha256=sha256,
                    size=len(upload.content),
                    media_type=upload.media_type,
                    sealed_name=seal.seal(upload.name, f"file-name:{sha256}"),
                    at=work.at,
                )
            )

    # marks

    def marks(self, rows: Mapping[str, InspectionMark]) -> dict[str, Mark]:
        """Rows of marks as the rules of the card take them, remarks in clear."""
        return {item: Mark(row.percent, row.value, self.of.remark(row)) for item, row in rows.items()}
