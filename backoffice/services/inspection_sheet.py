"""The inspection sheet 质检评分单 (R27–R29): draw, record, card with marks and evidence, reckoning, appeal, signatures.

Customer data is masked; a record that its reader is to score blind is printed without handler and department, and who
still has to score it gets no sheet of somebody else's score. Each print is in the access chain.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from backoffice.errors import DomainError
from backoffice.models.inspection import InspectionMark
from backoffice.models.office import Department, Staff
from backoffice.queries.inspection_list import Veil, veil_of
from backoffice.queries.inspection_rules import scoring_rules
from backoffice.reports.blocks import Block, Cell, Column, Fact, Facts, Grid, Mono, Opinion, Paragraph, Text, texts_of
from backoffice.reports.pdf import require_printing
from backoffice.reports.sheet import SheetPaper, SheetPart
from backoffice.services.core.access_log import log_access
from backoffice.services.core.appeals import Appealing
from backoffice.services.core.inspections import FIRST_ROUND, look_at_inspection
from backoffice.services.core.work import Work
from policies.access import Actor
from policies.card import Item
from policies.evidence_kept import read_evidence
from policies.inspection_reach import departments_within, inspects, sees_persons
from policies.masked_text import mask_text
from policies.message import Message, Name, Refusal

PRINTED = "inspection_print"
HUNDREDTH = Decimal("0.01")
WHOLE = Decimal(100)


def take_sheet(work: Work, number: str, language: str) -> SheetPaper:
    """The sheet of a scored inspection, to be printed; the print is logged in this transaction.

    Raises ``DomainError``: 404 for what this person may not know of, 409 where nothing is scored yet, where the own
    scoring of the same record comes first, and where this machine cannot print (then nothing is logged).
    """
    of = Appealing(look_at_inspection(work, number))
    veil = veil_of(work.session, work.actor)
    row = of.inspection
    if not _may_see(work.actor, of):
        raise DomainError(Refusal("inspection.refused.not_found", status=404))
    if veil.hides_score(row):
        raise DomainError(Refusal("inspection_sheet.refused.score_first"))
    if row.score is None:
        raise DomainError(Refusal("inspection_sheet.refused.not_scored"))
    require_printing()
    paper = _Sheet(work, of, veil, language).paper()
    facts = {"inspection": row.number, "language": language}
    log_access(
        work.session,
        work.keys,
        work.actor,
        work.at,
        PRINTED,
        facts,
        complaint_id=row.complaint_id,
        address=work.address,
    )
    return paper


def _may_see(actor: Actor, of: Appealing) -> bool:
    """Who inspects; the inspected, and who reads persons' figures of the department, once it is published."""
    row = of.inspection
    if inspects(actor):
        return True
    if not row.status.is_published:
        return False
    if actor.staff_id is not None and row.subject_id == actor.staff_id:
        return True
    reach = departments_within(actor)
    return sees_persons(actor) and (reach is None or row.department_id in reach)


class _Sheet:
    """One sheet being written."""

    def __init__(self, work: Work, of: Appealing, veil: Veil, language: str) -> None:
        self.work = work
        self.of = of
        self.row = of.inspection
        self.language = language
        self.nameless = veil.hides_names(self.row)
        self.customer = [str(of.of.case.record.get("customer_name") or "")]
        self.scoring = scoring_rules(of.of.rules)

    def paper(self) -> SheetPaper:
        row, office = self.row, self.of.of.rules.office()
        return SheetPaper(
            language=self.language,
            title=Message("inspection_sheet.title"),
            left=Message("inspection_sheet.number", {"number": row.number}),
            right=Message("inspection_sheet.card", {"card": self.of.card.name, "version": self.of.card.version}),
            office=Message("inspection_sheet.name", {"name": Name(office.name_zh, office.name_en)}),
            made=self.work.at,
            made_text=Message(
                "inspection_sheet.made", {"at": self.work.at, "by": self._staff(self.work.actor.staff_id)}
            ),
            file_stem=f"{row.number}-inspection-sheet",
            stamp=Message("inspection_sheet.status", {"status": row.status}),
            parts=(
                SheetPart(Message("inspection_sheet.part.draw"), (self._draw(),)),
                SheetPart(Message("inspection_sheet.part.record"), (self._record(),)),
                SheetPart(Message("inspection_sheet.part.marks"), (self._marks(),), self._reckoning()),
                SheetPart(Message("inspection_sheet.part.result"), self._result()),
                *self._appeal(),
            ),
            signatures=tuple(
                Message(f"inspection_sheet.signature.{who}") for who in ("inspector", "inspected", "head", "quality")
            ),
            remarks=(Message("inspection_sheet.remark.masked"), Message("inspection_sheet.remark.appeal")),
        )

    def _draw(self) -> Block:
        draw, hidden = self.row.draw, Message("inspection_sheet.blind") if self.nameless else None
        return Facts(
            (
                Fact(Message("inspection_sheet.plan"), _named(draw.plan.name_zh, draw.plan.name_en)),
                Fact(Message("inspection_sheet.period"), f"{draw.period_label} / {draw.sequence}"),
                Fact(Message("inspection_sheet.drawn_at"), _at(draw.drawn_at)),
                Fact(
                    Message("inspection_sheet.drawn"),
                    Message(
                        "inspection_sheet.drawn_of", {"drawn": draw.drawn_count, "population": draw.population_count}
                    ),
                ),
                # With the seed the record's number can be reckoned again.
                Fact(Message("inspection_sheet.seed"), hidden or Mono(draw.seed or ""), wide=True),
                Fact(Message("inspection_sheet.hash"), Mono(draw.population_sha256), wide=True),
            )
        )

    def _record(self) -> Block:
        row, complaint = self.row, self.row.complaint
        hidden = Message("inspection_sheet.blind")
        return Facts(
            (
                Fact(Message("inspection_sheet.complaint"), hidden if self.nameless else complaint.number),
                Fact(
                    Message("inspection_sheet.category"), _named(complaint.category.name_zh, complaint.category.name_en)
                ),
                Fact(Message("inspection_sheet.received_at"), _at(complaint.received_at)),
                Fact(
                    Message("inspection_sheet.severity"),
                    Message("inspection_sheet.value", {"value": complaint.severity}),
                ),
                Fact(Message("inspection_sheet.subject"), hidden if self.nameless else self._staff(row.subject_id)),
                Fact(Message("inspection_sheet.department"), hidden if self.nameless else self._department()),
                Fact(Message("inspection_sheet.inspector"), self._staff(row.inspector_id)),
                Fact(Message("inspection_sheet.scored_at"), _at(row.scored_at)),
                Fact(Message("inspection_sheet.published_at"), _at(row.published_at)),
                Fact(Message("inspection_sheet.final_at"), _at(row.final_at)),
            )
        )

    def _marks(self) -> Block:
        columns = (
            Column(Message("inspection_sheet.column.item"), 25),
            Column(Message("inspection_sheet.column.weight"), 8, "right"),
            Column(Message("inspection_sheet.column.reweighted"), 10, "right"),
            Column(Message("inspection_sheet.column.level"), 13, "center"),
            Column(Message("inspection_sheet.column.points"), 9, "right"),
            Column(Message("inspection_sheet.column.why"), 35),
        )
        return Grid(columns, tuple(self._mark(item) for item in self.of.card.items if item.code in self.of.first))

    def _mark(self, item: Item) -> tuple[Cell, ...]:
        first, present = self.of.first[item.code], self.of.present.get(item.code, self.of.first[item.code])
        applied = self.row.applied_weight or 0
        counts = not item.fatal and present.percent is not None
        weight: Text = "" if item.fatal else str(item.weight)
        share = (WHOLE * item.weight / applied).quantize(HUNDREDTH) if counts and applied else None
        points = share * present.percent / WHOLE if share is not None and present.percent is not None else None
        level = self._level(item, first)
        changed = present.percent != first.percent
        return (
            Message("inspection_sheet.name", {"name": item.name}),
            weight,
            "" if share is None else f"{share:.2f}",
            (level, Message("inspection_sheet.changed_to", {"level": self._level(item, present)}))
            if changed
            else level,
            "" if points is None else f"{points:.2f}",
            texts_of([*(fact.text for fact in read_evidence(first.evidence).facts), *self._remarks(item.code)]),
        )

    def _level(self, item: Item, mark: InspectionMark) -> Text:
        if item.fatal:
            return Message("inspection_sheet.hit" if mark.fatal or mark.percent == 0 else "inspection_sheet.not_hit")
        if mark.percent is None:
            return Message("inspection_sheet.not_applicable")
        name = self.scoring.level_name(mark.percent)
        percent = f"{mark.percent.normalize():f}"
        return Message("inspection_sheet.level", {"level": name, "percent": percent}) if name else f"{percent} %"

    def _remarks(self, code: str) -> list[Text]:
        """What was written beside the mark, and beside the one after an appeal."""
        found: list[Text] = []
        before = ""
        for mark in (self.of.first.get(code), self.of.second.get(code)):
            text = self._masked(self.of.of.remark(mark)) if mark is not None else ""
            repeats = bool(found) and text == before
            before = text
            if mark is not None and text and not repeats:
                key = "inspection_sheet.remark_first" if mark.round == FIRST_ROUND else "inspection_sheet.remark_second"
                found.append(Message(key, {"text": text}))
        return found

    def _reckoning(self) -> Text:
        row = self.row
        if row.fatal:
            return Message("inspection_sheet.reckoning_fatal")
        points, applied = row.weighted_points, row.applied_weight
        if points is None or not applied:
            return ""
        plain = f"{points.normalize():f}"
        values = {"points": plain, "applied": applied, "left_out": 100 - applied, "score": f"{row.score:.2f}"}
        return Message("inspection_sheet.reckoning", values)

    def _result(self) -> tuple[Block, ...]:
        row = self.row
        band = self.scoring.band(row.result)
        result = {"score": f"{row.score:.2f}", "result": band.name if band else row.result or ""}
        facts = Facts(
            (Fact(Message("inspection_sheet.result"), Message("inspection_sheet.scored", result), wide=True),)
        )
        summary = self._masked(self.of.of.texts.get("summary", ""))
        return (facts, Paragraph(Message("inspection_sheet.summary", {"text": summary}))) if summary else (facts,)

    def _appeal(self) -> tuple[SheetPart, ...]:
        appeal = self.of.appeal
        if appeal is None:
            return ()
        items = tuple(item.name for item in self.of.card.items if item.code in appeal.items)
        blocks: list[Block] = [
            Opinion(
                Message("inspection_sheet.appeal.reasons"),
                self._masked(self.of.texts.get("reasons", "")),
                Message("inspection_sheet.appeal.submitted", {"at": appeal.submitted_at, "items": items}),
            )
        ]
        if appeal.decided_at is not None and appeal.result is not None:
            score = appeal.old_score if appeal.new_score is None else appeal.new_score
            scores = {"old": f"{appeal.old_score:.2f}", "new": f"{score:.2f}"}
            decided = {"by": self._staff(appeal.decider_id), "at": appeal.decided_at}
            blocks += [
                Opinion(
                    Message("inspection_sheet.appeal.ground"),
                    self._masked(self.of.texts.get("ground", "")),
                    Message("inspection_sheet.appeal.decided", decided),
                    Message("inspection_sheet.value", {"value": appeal.result}),
                ),
                Facts(
                    (
                        Fact(
                            Message("inspection_sheet.appeal.scores"),
                            Message("inspection_sheet.appeal.from_to", scores),
                            wide=True,
                        ),
                    )
                ),
            ]
        else:
            blocks.append(Paragraph(Message("inspection_sheet.appeal.open")))
        return (SheetPart(Message("inspection_sheet.part.appeal"), tuple(blocks)),)

    def _masked(self, text: str) -> str:
        return mask_text(text, self.customer)

    def _staff(self, staff_id: int | None) -> Text:
        found = self.work.session.get(Staff, staff_id) if staff_id is not None else None
        return _named(found.name_zh, found.name_en) if found is not None else ""

    def _department(self) -> Text:
        found = self.work.session.get(Department, self.row.department_id or 0)
        return _named(found.name_zh, found.name_en) if found is not None else ""


def _named(zh: str, en: str) -> Message:
    return Message("inspection_sheet.name", {"name": Name(zh, en)})


def _at(at: datetime | None) -> Text:
    return Message("inspection_sheet.at", {"at": at}) if at is not None else ""
