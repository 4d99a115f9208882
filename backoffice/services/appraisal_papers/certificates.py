"""Certificates that a locked sheet brings (R32, R33): of a person or a department; printed and logged."""

from __future__ import annotations

from backoffice.errors import DomainError
from backoffice.queries.rulebook import Rulebook
from backoffice.reports.certificate import Certificate
from backoffice.reports.pdf import require_printing
from backoffice.services.appraisal_papers.record import ItemRecord, Record
from backoffice.services.appraisal_papers.records import read_one
from backoffice.services.appraisal_papers.sheet import find_sheet
from backoffice.services.core.access_log import log_access
from backoffice.services.core.work import Work
from policies.message import Message, Name, Refusal
from policies.vocabulary_appraisal import EffectKind

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


def _certificate(work: Work, of: Record, item: ItemRecord, language: str) -> Certificate:
    rules = Rulebook(work.session)
    office = rules.office()
    named = Message("appraisal_paper.name", {"name": Name(office.name_zh, office.name_en)})
    locked = work.at if of.locked_at is None else of.locked_at
    year, month = of.month.split("-")
    said = {"year": int(year), "month": int(month), "grade": of.grade or "", "score": f"{of.final_score or 0:.2f}"}
    kind = of.subject.value
    return Certificate(
        language=language,
        title=Message("appraisal_certificate.title"),
        name=Message("appraisal_paper.name", {"name": of.name}),
        under=Message("appraisal_certificate.under", {"department": of.department_name, "code": of.code})
        if of.is_person
        else "",
        text=Message(f"appraisal_certificate.text.{kind}", said),
        award=Message("appraisal_paper.name", {"name": award_of(item.name or Name("", ""))}),
        office=named,
        day=str(locked.astimezone(rules.zone()).date()),
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
