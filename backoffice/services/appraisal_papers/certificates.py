"""Certificates that a locked month brings (R32, R33): by a sheet, or by a line to whoever has none; printed, logged."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from backoffice.errors import DomainError
from backoffice.models.appraisal import AppraisalPeriod
from backoffice.queries.appraisal_reach import departments_read
from backoffice.queries.rulebook import Rulebook
from backoffice.reports.certificate import Certificate
from backoffice.reports.pdf import require_printing
from backoffice.services.appraisal_papers.loose import Loose, read_loose
from backoffice.services.appraisal_papers.record import ItemRecord, Record
from backoffice.services.appraisal_papers.records import find_period, read_one
from backoffice.services.appraisal_papers.sheet import find_sheet
from backoffice.services.core.access_log import log_access
from backoffice.services.core.work import Work
from policies.message import Message, Name, Refusal
from policies.vocabulary_appraisal import EffectKind, SubjectKind

PRINTED = "appraisal_certificate_print"
QUOTES = (("\u201c", "\u201d"), ('"', '"'))


def take_certificate(work: Work, number: str, code: str, language: str) -> Certificate:
    """The certificate of a sheet by its reward's code. Raises ``DomainError``: 404 no such, 409 not locked yet."""
    sheet = find_sheet(work, number)
    of = read_one(work.session, work.keys, sheet)
    item = next((one for one in of.brought(EffectKind.CERTIFICATE) if one.code == code), None)
    if item is None:
        raise DomainError(Refusal("appraisal_certificate.refused.none", status=404))
    if not of.is_locked or of.locked_at is None:
        raise DomainError(Refusal("appraisal_certificate.refused.not_locked"))
    require_printing()
    facts = {"sheet": number, "certificate": code, "language": language}
    log_access(work.session, work.keys, work.actor, work.at, PRINTED, facts, address=work.address)
    return _certificate(work, of, item, language)


def loose_certificates(work: Work, period: AppraisalPeriod) -> list[tuple[Loose, ItemRecord]]:
    """The certificates of a locked month for whoever has no sheet in it, as far as this person reads sheets."""
    if period.locked_at is None:
        return []
    found = read_loose(work, period.id, departments_read(work.actor))
    return [(one, item) for one in found for item in one.brought(EffectKind.CERTIFICATE)]


def take_loose_certificate(
    work: Work, month: str, subject: SubjectKind, whose: str, code: str, language: str
) -> Certificate:
    """The certificate of somebody without a sheet, by the employee's number or the department's code. As above."""
    period = find_period(work.session, month)
    if period.locked_at is None:
        raise DomainError(Refusal("appraisal_certificate.refused.not_locked"))
    there = loose_certificates(work, period)
    wanted = (subject, whose, code)
    found = next(((of, item) for of, item in there if (of.subject, of.code, item.code) == wanted), None)
    if found is None:
        raise DomainError(Refusal("appraisal_certificate.refused.none", status=404))
    require_printing()
    facts = {"month": month, "whose": whose, "certificate": code, "language": language}
    log_access(work.session, work.keys, work.actor, work.at, PRINTED, facts, address=work.address)
    of, item = found
    year, number = month.split("-")
    text = Message("appraisal_certificate.text.line", {"month": month})
    paper = Paper(of.name, of.department_name, of.code, f"{year}{number}-{of.code}", period.locked_at, text)
    return _printed(work, paper, item, language, is_person=of.subject is SubjectKind.PERSON)


@dataclass(frozen=True)
class Paper:
    """What stands on a certificate besides the award."""

    name: Name
    department: Name
    code: str
    number: str
    locked: datetime
    text: Message


def _certificate(work: Work, of: Record, item: ItemRecord, language: str) -> Certificate:
    locked = work.at if of.locked_at is None else of.locked_at
    said = {"month": of.month, "grade": of.grade or "", "score": f"{of.final_score or 0:.2f}"}
    text = Message(f"appraisal_certificate.text.{of.subject.value}", said)
    paper = Paper(of.name, of.department_name, of.code, of.number, locked, text)
    return _printed(work, paper, item, language, is_person=of.is_person)


def _printed(work: Work, of: Paper, item: ItemRecord, language: str, *, is_person: bool) -> Certificate:
    rules = Rulebook(work.session)
    office = rules.office()
    named = Message("appraisal_paper.name", {"name": Name(office.name_zh, office.name_en)})
    return Certificate(
        language=language,
        title=Message("appraisal_certificate.title"),
        name=Message("appraisal_paper.name", {"name": of.name}),
        under=Message("appraisal_certificate.under", {"department": of.department, "code": of.code})
        if is_person
        else "",
        text=of.text,
        award=Message("appraisal_paper.name", {"name": award_of(item.name or Name("", ""))}),
        office=named,
        day=str(of.locked.astimezone(rules.zone()).date()),
        number=of.number,
        made=work.at,
    )


def award_of(name: Name) -> Name:
    """What stands in quotes in the name of a reward; the whole name where nothing does."""
    return Name(_quoted(name.zh), _quoted(name.en))


def _quoted(text: str) -> str:
    for opening, closing in QUOTES:
        _before, found, rest = text.partition(opening)
        inside, closed, _after = rest.partition(closing)
        if found and closed and inside:
            return inside[0].upper() + inside[1:]
    return text
