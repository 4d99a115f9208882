"""Appraisal sheets as they are printed (R33): allowed, logged in the access chain, then written from the stored sheet.

Values are shown with four decimals and scores with two, as the office's document says; a sheet that is not locked is
marked as such.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.errors import DomainError
from backoffice.models.appraisal import AppraisalSheet
from backoffice.queries.appraisal_reach import reads_words, seen
from backoffice.queries.rulebook import Rulebook
from backoffice.reports.appraisal_sheet import AppraisalPaper, Box, Item, Row
from backoffice.reports.blocks import Text, Tick
from backoffice.reports.pdf import require_printing
from backoffice.services.appraisal_papers.record import ItemRecord, LineRecord, Record
from backoffice.services.appraisal_papers.records import read_one
from backoffice.services.core.access_log import log_access
from backoffice.services.core.work import Work
from policies.indicator import Indicator
from policies.message import Message, Name, Refusal
from policies.vocabulary_appraisal import Better

PRINTED = "appraisal_sheet_print"
NOTHING = "–"
ASIDE = re.compile("[\uff08(][^\uff08\uff09()]*[\uff09)]")
"""What stands in brackets: said on the page, too long for the paper."""
LONGEST_GROUND = 90


def find_sheet(work: Work, number: str) -> AppraisalSheet:
    """A sheet that this person may read. Raises ``DomainError`` (404)."""
    mine = sa.select(AppraisalSheet).where(AppraisalSheet.number == number.strip().upper(), seen(work.actor))
    sheet = work.session.scalars(mine).one_or_none()
    if sheet is None:
        raise DomainError(Refusal("appraisal_paper.refused.no_sheet", status=404))
    return sheet


def take_sheet(work: Work, number: str, language: str) -> AppraisalPaper:
    """One sheet to be printed; the print is logged in this transaction. Raises ``DomainError`` (404, 409)."""
    sheet = find_sheet(work, number)
    require_printing()
    record = read_one(work.session, work.keys, sheet)
    words = reads_words(work.actor, sheet.department_id, sheet.staff_id)
    paper = Writer(work.session, work.at, language).paper(record if words else record.without_words)
    log_access(
        work.session,
        work.keys,
        work.actor,
        work.at,
        PRINTED,
        {"sheet": number, "sha256": sheet.sha256, "language": language},
        address=work.address,
    )
    return paper


class Writer:
    """Puts records on paper in one language."""

    def __init__(self, session: Session, at: datetime, language: str) -> None:
        rules = Rulebook(session)
        office = rules.office()
        self.at, self.language, self.zone = at, language, rules.zone()
        self.office = _named(Name(office.name_zh, office.name_en))

    def paper(self, of: Record, place: tuple[int, int] | None = None) -> AppraisalPaper:
        """One record; ``place``: which of how many sheets it is in a volume."""
        kind = of.subject.value
        return AppraisalPaper(
            language=self.language,
            title=Message(f"appraisal_paper.title.{kind}"),
            number=of.number,
            period=Message("appraisal_paper.period", {"from": str(of.from_day), "to": str(of.until_day)}),
            stamp=self._stamp(of),
            locked=of.is_locked,
            office=self.office,
            made=self.at,
            made_text=Message("appraisal_paper.made", {"at": self.moment(self.at)}),
            bookmark=Message("appraisal_paper.bookmark", {"name": of.name, "code": of.code}),
            who=self._who(of),
            rows=tuple(_row(line) for line in of.lines),
            totals=(plain(of.rated_weight), score(of.base_score), plain(of.weighted_sum / 100)),
            items=tuple(_item(item) for item in of.items),
            items_total=(signed(of.adjustment), money(of.amount)),
            results=self._results(of),
            boxes=self._boxes(of),
            remarks=(
                Message("appraisal_paper.remark.figures"),
                Message("appraisal_paper.remark.appeal", {"days": of.appeal_days}),
                Message("appraisal_paper.remark.copies"),
            ),
            check=Message("appraisal_paper.check.locked" if of.is_locked else "appraisal_paper.check.open"),
            sha256=of.sha256,
            place="" if place is None else Message("appraisal_paper.place", {"place": place[0], "of": place[1]}),
        )

    def moment(self, at: datetime) -> str:
        """A moment in the office's time, with its year: papers are kept."""
        return at.astimezone(self.zone).strftime("%Y-%m-%d %H:%M")

    def _stamp(self, of: Record) -> Message:
        if of.is_locked and of.locked_at is not None:
            return Message("appraisal_paper.stamp.locked", {"day": self.moment(of.locked_at)[:10]})
        return Message("appraisal_paper.stamp.open", {"status": Message(f"appraisal_paper.status.{of.status.value}")})

    def _who(self, of: Record) -> tuple[tuple[Text, Text], ...]:
        version = {"name": of.scheme_name, "version": of.scheme_version, "day": str(of.scheme_from)}
        scheme = ("scheme", Message("appraisal_paper.scheme", version))
        rated = ("rated_weight", Message("appraisal_paper.rated_weight", {"weight": plain(of.rated_weight)}))
        days = ("days", Message("appraisal_paper.days", {"n": of.days}))
        first: tuple[tuple[str, Text], ...]
        if of.is_person:
            post = _named(of.role_name) if of.role_name is not None else NOTHING
            department = _named(of.department_name)
            first = (("name", _named(of.name)), ("code", of.code), ("department", department), ("post", post))
        else:
            first = (("department", _named(of.name)), ("department_code", of.code), ("month", of.month))
            return _labelled((*first, days, scheme, rated))
        return _labelled((*first, scheme, days, rated))

    def _results(self, of: Record) -> tuple[tuple[Text, Text], ...]:
        change: Text = NOTHING
        if of.final_score is not None and of.previous_score is not None:
            change = signed(of.final_score - of.previous_score, 2)
            if of.previous_is_provisional:
                change = Message("appraisal_paper.provisional", {"change": change})
        rank = f"{of.rank} / {of.rank_of}" if of.rank is not None else NOTHING
        found: tuple[tuple[str, Text], ...] = (
            ("final_score", score(of.final_score)),
            ("grade", of.grade or Message("appraisal_paper.no_grade")),
            ("change", change),
            ("rank", rank),
            ("amount", money(of.amount)),
        )
        return tuple((Message(f"appraisal_paper.result.{code}"), value) for code, value in found)

    def _boxes(self, of: Record) -> tuple[Box, ...]:
        sign = Message("appraisal_paper.sign.name")
        subject = "subject" if of.is_person else "head_of"
        return (
            Box(Message(f"appraisal_paper.box.{subject}"), self._acknowledged(of), sign, _ticks(of)),
            Box(Message("appraisal_paper.box.appeal"), self._appeal(of), Message("appraisal_paper.sign.decider")),
            Box(Message("appraisal_paper.box.check"), self._done("checked", of.checked_by, of.checked_at), sign),
            Box(Message("appraisal_paper.box.approve"), self._done("approved", of.approved_by, of.approved_at), sign),
        )

    def _acknowledged(self, of: Record) -> tuple[Text, ...]:
        if of.acknowledged_at is None:
            return ()
        key = "appraisal_paper.said.silent" if of.acknowledged_silently else "appraisal_paper.said.acknowledged"
        return (Message(key, {"at": self.moment(of.acknowledged_at)}),)

    def _appeal(self, of: Record) -> tuple[Text, ...]:
        appeal = of.appeal
        if appeal is None:
            return (Message("appraisal_paper.said.no_appeal"),)
        if appeal.result is None or appeal.decided_at is None:
            return (Message("appraisal_paper.said.appeal_open", {"at": self.moment(appeal.submitted_at)}),)
        found: list[Text] = [Message(f"appraisal_paper.appeal.{appeal.result.value}")]
        if appeal.ground:
            found.append(appeal.ground[:LONGEST_GROUND])
        if appeal.old_score is not None and appeal.new_score is not None and appeal.old_score != appeal.new_score:
            scores = {"old": score(appeal.old_score), "new": score(appeal.new_score)}
            found.append(Message("appraisal_paper.said.new_score", scores))
        by = Name("", "") if appeal.decider is None else appeal.decider
        found.append(Message("appraisal_paper.said.done", {"name": by, "at": self.moment(appeal.decided_at)}))
        return tuple(found)

    def _done(self, what: str, by: Name | None, at: datetime | None) -> tuple[Text, ...]:
        if at is None:
            return (Message(f"appraisal_paper.said.not_{what}"),)
        said = Message(f"appraisal_paper.said.{what}")
        return (said, Message("appraisal_paper.said.done", {"name": by or Name("", ""), "at": self.moment(at)}))


def _labelled(pairs: Sequence[tuple[str, Text]]) -> tuple[tuple[Text, Text], ...]:
    return tuple((Message(f"appraisal_paper.who.{code}"), value) for code, value in pairs)


def _row(line: LineRecord) -> Row:
    indicator = line.indicator
    rated = line.score is not None
    return Row(
        name=_named(Name(indicator.name["zh"], indicator.name["en"])),
        definition=_definition(indicator),
        numerator=line.numerator,
        denominator=line.denominator,
        sample=str(line.sample),
        value=value_text(indicator, line.value),
        target=target_text(indicator, line.target),
        previous=value_text(indicator, line.previous),
        weight=plain(line.weight),
        score=score(line.score) if rated else Message("appraisal_paper.not_rated"),
        contribution=line.contribution if rated and line.contribution is not None else NOTHING,
        rated=rated,
    )


def _definition(indicator: Indicator) -> Message:
    parts = {
        part: Name(*(ASIDE.sub("", names.get(one, "")).strip() for one in ("zh", "en")))
        for part, names in (("numerator", indicator.numerator), ("denominator", indicator.denominator))
    }
    return Message("appraisal_paper.definition", parts)


def value_text(indicator: Indicator, value: str | None) -> str:
    """A value as papers show it: four decimals, per cent where it is a share."""
    return NOTHING if value is None else f"{value}%" if indicator.is_share else value


def target_text(indicator: Indicator, target: str | None) -> str:
    """What is to be reached or not exceeded."""
    if target is None:
        return NOTHING
    sign = "≥" if indicator.better is Better.HIGHER else "≤"
    return f"{sign} {target}%" if indicator.is_share else f"{sign} {target}"


def _item(item: ItemRecord) -> Item:
    name: Text = Message("appraisal_paper.kind.correction") if item.name is None else _named(item.name)
    ground = item.ground if len(item.ground) <= LONGEST_GROUND else f"{item.ground[:LONGEST_GROUND]}…"
    return Item(
        kind=Message(f"appraisal_paper.kind.{item.kind}"),
        reason=(name, ground) if ground else (name,),
        basis=item.basis,
        points=NOTHING if item.points is None else signed(item.points),
        amount=NOTHING if item.money is None else money(item.money),
    )


def _ticks(of: Record) -> tuple[Tick, ...]:
    return (
        Tick(Message("appraisal_paper.tick.acknowledged"), of.acknowledged_at is not None),
        Tick(Message("appraisal_paper.tick.appealed"), of.appeal is not None),
    )


# Numbers


def score(value: Decimal | None) -> str:
    """A score with two decimals."""
    return NOTHING if value is None else f"{value:.2f}"


def plain(value: Decimal) -> str:
    """A number in its shortest writing."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def signed(value: Decimal, decimals: int = 1) -> str:
    """Points more or less, with their sign; more decimals where there are more."""
    written = plain(abs(value))
    have = len(written.partition(".")[2])
    return f"{_sign(value)}{abs(value):.{max(decimals, have)}f}"


def money(value: Decimal) -> str:
    """An amount with two decimals and its sign."""
    return f"{_sign(value)}{abs(value):,.2f}"


def _sign(value: Decimal) -> str:
    return "+" if value > 0 else "\u2212" if value < 0 else ""


def _named(name: Name) -> Message:
    return Message("appraisal_paper.name", {"name": name})
