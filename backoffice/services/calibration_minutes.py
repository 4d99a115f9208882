"""The minutes of a calibration session 校准会纪要 (R28): who scored what, how far all agree, what was said and agreed.

Made of a closed session alone. Customer data is masked; who is to judge the record blind gets none. Each print is in
the access chain.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from backoffice.errors import DomainError
from backoffice.models.office import Staff
from backoffice.reports.blocks import Block, Column, Fact, Facts, Grid, Paragraph, Text
from backoffice.reports.pdf import require_printing
from backoffice.reports.sheet import SheetPaper, SheetPart
from backoffice.services.core.access_log import log_access
from backoffice.services.core.calibration_side import Line, Side, side_by_side
from backoffice.services.core.calibrations import Sitting, look_at_sitting
from backoffice.services.core.work import Work
from policies.access import Permission, refuse_unless
from policies.interval import Rate, said_rate
from policies.message import Message, Name, Refusal
from policies.vocabulary import label_key
from policies.vocabulary_inspection import CalibrationState

PRINTED = "calibration_print"
MOST_BESIDE = 4
"""So many members stand beside one another; more go on in a table of their own."""
ITEM, STANDARD, ALIKE = 22, 14, 20


def take_minutes(work: Work, number: str, language: str) -> SheetPaper:
    """The minutes of a closed session, to be printed; the print is logged in this transaction.

    Raises ``DomainError``: 403 for who scores no inspections or is to judge the record blind, 404 where there is no
    such session or its record is not within reach, 409 before it is closed, and where this machine cannot print.
    """
    refusal = refuse_unless(work.actor, Permission.INSPECTION_SCORE)
    if refusal is not None:
        raise DomainError(refusal)
    sitting = look_at_sitting(work, number)
    row = sitting.calibration
    if row.state is not CalibrationState.CLOSED:
        raise DomainError(Refusal("calibration_minutes.refused.not_closed", {"state": row.state}))
    if sitting.hidden:
        raise DomainError(Refusal("inspection.refused.blind", status=403))
    side = side_by_side(sitting)
    if side is None:
        raise DomainError(Refusal("calibration_minutes.refused.not_closed", {"state": row.state}))
    require_printing()
    paper = _Minutes(sitting, side, language).paper()
    facts = {"calibration": row.number, "language": language}
    log_access(
        work.session, work.keys, work.actor, work.at, PRINTED, facts,
        complaint_id=row.complaint_id, address=work.address,
    )  # fmt: skip
    return paper


class _Minutes:
    """One paper being written."""

    def __init__(self, sitting: Sitting, side: Side, language: str) -> None:
        self.sitting, self.side, self.language = sitting, side, language
        self.row = sitting.calibration

    def paper(self) -> SheetPaper:
        row, work, office = self.row, self.sitting.work, self.sitting.case.rules.office()
        by = work.session.get(Staff, work.actor.staff_id) if work.actor.staff_id is not None else None
        card = self.sitting.card
        return SheetPaper(
            language=self.language,
            title=Message("calibration_minutes.title"),
            left=Message("calibration_minutes.number", {"number": row.number}),
            right=Message("inspection_sheet.card", {"card": card.name, "version": card.version}),
            office=_said(Name(office.name_zh, office.name_en)),
            made=work.at,
            made_text=Message("inspection_sheet.made", {"at": work.at, "by": _person(by)}),
            file_stem=f"{row.number}-calibration-minutes",
            stamp=Message(label_key(row.state)),
            parts=(
                SheetPart(Message("calibration_minutes.part.session"), (self._session(),)),
                SheetPart(Message("calibration_minutes.part.members"), (self._members(),)),
                SheetPart(Message("calibration_minutes.part.marks"), self._marks()),
                *self._remarks(),
                SheetPart(Message("calibration_minutes.part.agreement"), (self._agreement(),)),
                SheetPart(Message("calibration_minutes.part.outcome"), self._outcome()),
            ),
            signatures=(
                Message("calibration_minutes.signature.leader"),
                Message("calibration_minutes.signature.members"),
                Message("calibration_minutes.signature.quality"),
            ),
            remarks=tuple(
                Message(f"calibration_minutes.remark.{code}") for code in ("masked", "pairs", "kappa", "never_touches")
            ),
        )

    def _session(self) -> Block:
        row, early = self.row, self._text("early_reason")
        return Facts(
            (
                Fact(Message("calibration.column.record"), row.complaint.number),
                Fact(Message("calibration.column.cause"), self._cause()),
                Fact(Message("calibration.column.called_by"), _person(row.called_by)),
                Fact(Message("calibration_minutes.opened_at"), _at(row.opened_at)),
                Fact(Message("calibration.column.due_at"), _at(row.due_at)),
                Fact(Message("calibration_minutes.discussed_from"), _at(row.discussed_from)),
                Fact(Message("calibration.closed_by"), _person(row.closed_by)),
                Fact(Message("calibration_minutes.closed_at"), _at(row.closed_at)),
                Fact(Message("calibration.blind"), Message("calibration_minutes.blind") if row.blind else ""),
                Fact(Message("calibration.early"), early, wide=True),
            )
        )

    def _cause(self) -> tuple[Text, ...]:
        label = Message(label_key(self.row.cause))
        return (label,) if self.row.source is None else (label, self.row.source.number)

    def _members(self) -> Block:
        columns = (
            Column(Message("calibration.members"), 28),
            Column(Message("calibration_minutes.column.scored_at"), 28),
            Column(Message("calibration.total"), 20, "right"),
            Column(Message("calibration_minutes.column.apart"), 24, "right"),
        )
        scored_ids = [one.staff_id for one in self.sitting.scores if one.scored_at is not None]
        told = dict(zip(scored_ids, self.side.columns, strict=True))
        rows = []
        for one in self.sitting.scores:
            column = told.get(one.staff_id)
            scored = _at(one.scored_at) if column is not None else Message("calibration.not_scored")
            score = "" if column is None or column.score is None else f"{column.score:.2f}"
            rows.append((_person(one.staff), scored, score, "" if column is None else column.apart))
        return Grid(columns, tuple(rows))

    def _marks(self) -> tuple[Block, ...]:
        """The marks side by side, in tables of a few members each; the standard and the agreement stand in the last."""
        members = range(len(self.side.columns))
        groups = [list(members[start : start + MOST_BESIDE]) for start in range(0, len(members), MOST_BESIDE)]
        return tuple(self._table(group, last=group is groups[-1]) for group in groups)

    def _table(self, group: Sequence[int], *, last: bool) -> Block:
        beside = STANDARD + ALIKE if last else 0
        each = (100 - ITEM - beside) // len(group)
        item = 100 - beside - each * len(group)
        columns = [Column(Message("agreement.column.item"), item)]
        columns += [Column(_said(self.side.columns[place].name), each, "center") for place in group]
        if last:
            columns += [
                Column(Message("calibration.standard"), STANDARD, "center"),
                Column(Message("calibration.column.alike"), ALIKE),
            ]
        return Grid(tuple(columns), tuple(self._line(line, group, last=last) for line in self.side.lines))

    def _line(self, line: Line, group: Sequence[int], *, last: bool) -> tuple[Text, ...]:
        cells: list[Text] = [_said(line.item.name), *(_said(line.given[place].text) for place in group)]
        if last:
            standard = "" if line.standard is None else _said(line.standard)
            cells += [standard, said_rate(Rate(line.alike.same, line.alike.both))]
        return tuple(cells)

    def _remarks(self) -> tuple[SheetPart, ...]:
        rows = [
            (_said(line.item.name), _said(column.name), given.remark)
            for line in self.side.lines
            for column, given in zip(self.side.columns, line.given, strict=True)
            if given.remark
        ]
        columns = (
            Column(Message("agreement.column.item"), 26),
            Column(Message("calibration.members"), 16),
            Column(Message("scorecard.remark"), 58),
        )
        part = SheetPart(Message("calibration_minutes.part.remarks"), (Grid(columns, tuple(rows)),))
        return (part,) if rows else ()

    def _agreement(self) -> Block:
        spread = self.side.spread
        return Facts(
            (
                Fact(Message("calibration.rate"), self.side.rate, wide=True),
                Fact(Message("calibration.fleiss"), self.side.kappa, wide=True),
                Fact(Message("calibration.spread"), "" if spread is None else f"{spread:.2f}", wide=True),
            )
        )

    def _outcome(self) -> tuple[Block, ...]:
        score = self.row.standard_score
        standard = Fact(
            Message("calibration.standard_score"),
            Message("scorecard.not_applicable") if score is None else f"{score:.2f}",
            wide=True,
        )
        return (Facts((standard,)), Paragraph(self._text("discussion")))

    def _text(self, name: str) -> str:
        return self.sitting.masked(self.sitting.texts.get(name, ""))


def _said(what: Message | Name) -> Message:
    return what if isinstance(what, Message) else Message("inspection_sheet.name", {"name": what})


def _person(staff: Staff | None) -> Text:
    return "" if staff is None else _said(Name(staff.name_zh, staff.name_en))


def _at(at: datetime | None) -> Text:
    return "" if at is None else Message("inspection_sheet.at", {"at": at})
