"""Articles and cases (R38): written, released by a second person, withdrawn; a case made of an archived complaint; use
counted once per complaint and person.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from backoffice.errors import DomainError
from backoffice.keys import Keys
from backoffice.models.complaint import Complaint, WorkOrder
from backoffice.models.configuration import Category
from backoffice.models.history import Event
from backoffice.models.knowledge import Knowledge, KnowledgeUse, KnowledgeVersion, KnowledgeWord
from backoffice.queries import knowledge as queries
from backoffice.queries.rulebook import Rulebook
from backoffice.sealing import open_for_office, seal_for_office
from backoffice.services.core.access_log import log_access
from backoffice.services.core.case import Case, id_of, look_at
from backoffice.services.core.holdings import Holdings
from backoffice.services.core.numbering import next_value
from backoffice.services.core.once import one_at_a_time
from backoffice.services.core.work import Work
from policies.access import SYSTEM, CustomerView, Permission, customer_view, refuse_unless
from policies.case_traces import Customer, anonymised, customer_of, traces_in
from policies.knowledge import (
    FORM,
    FORM_COUNTS_AGAIN,
    FORMS_GIVEN_UP,
    KnowledgeFacts,
    KnowledgeKind,
    KnowledgeState,
    check,
    is_form,
    refuse_release,
    refused,
    refused_traces,
    words_of,
)
from policies.vocabulary import ComplaintStatus

CONTEXT = "knowledge"
TEXTS = ("title_zh", "title_en", "body_zh", "body_en")
VALIDITY = ("valid_from", "valid_until")
PARTS = ("what", "root_cause", "measure_results", "solution", "lesson")
"""What of a complaint becomes the draft of a case, in this order."""


def write(work: Work, facts: KnowledgeFacts, submission: str | None = None, source: str = "") -> Knowledge:
    """A new draft: an article, or with ``source`` (a complaint's number) a case. The same form twice makes one."""
    _may_edit(work)
    if submission:
        one_at_a_time(work.session, f"knowledge:{submission}")
        known = work.session.scalars(sa.select(Knowledge).where(Knowledge.submission == submission)).one_or_none()
        if known is not None:
            return known
    case = source_case(work, source) if source else None
    _check(work, facts, customer(case) if case is not None else None, shown=case is not None and _unveiled(case))
    year = f"{work.at.astimezone(Rulebook(work.session).zone()):%Y}"
    one = Knowledge(
        number=f"ZS{year}-{next_value(work.session, 'knowledge', year):03}",
        kind=KnowledgeKind.ARTICLE if case is None else KnowledgeKind.CASE,
        state=KnowledgeState.DRAFT, version=0, offered=False, sealed=_sealed(work.keys, facts),
        writer_id=work.actor.staff_id, changed_at=work.at, source_id=None if case is None else case.complaint.id,
        opened=0, submission=submission or None,
    )  # fmt: skip
    work.session.add(one)
    work.session.flush()
    _keep_version(work, one, queries.WRITTEN)
    return one


def change(work: Work, number: str, facts: KnowledgeFacts, seen: int | None) -> Knowledge:
    """Write it anew: a draft again, until a second person releases it; what is released stays in force until then."""
    _may_edit(work)
    one = _locked(work, number, seen)
    if one.state is KnowledgeState.WITHDRAWN:
        raise DomainError(refused("withdrawn", status=409))
    _check(work, facts, _customer_behind(work, one), shown=compares(work, one))
    one.sealed, one.changed_at = _sealed(work.keys, facts), work.at
    one.writer_id, one.state = work.actor.staff_id, KnowledgeState.DRAFT
    _keep_version(work, one, queries.WRITTEN)
    return one


def release(work: Work, number: str, seen: int | None, *, checked: bool) -> Knowledge:
    """A second person has looked at it: from now on it is found beside complaints."""
    _may_edit(work)
    one = _locked(work, number, seen)
    behind = _customer_behind(work, one)
    gone = one.source_id is not None and behind is None
    traces = traces_in(written(work.keys, one).texts.values(), behind) if behind is not None else []
    writers = queries.writers_since_release(work.session, one)
    refusal = refuse_release(
        one.state, writers, work.actor.staff_id,
        checked=checked, gone=gone, compares=compares(work, one), traces=traces,
    )  # fmt: skip
    if refusal is not None:
        raise DomainError(refusal)
    one.state, one.in_force, one.offered = KnowledgeState.RELEASED, one.sealed, True
    facts = written(work.keys, one)
    one.valid_from, one.valid_until = facts.valid_from, facts.valid_until
    one.released_at, one.released_by_id = work.at, work.actor.staff_id
    _find(work, one)
    _keep_version(work, one, queries.RELEASED)
    return one


def withdraw(work: Work, number: str, seen: int | None) -> Knowledge:
    """It holds no longer: it is found nowhere, and stays to be looked up."""
    _may_edit(work)
    one = _locked(work, number, seen)
    if one.state is KnowledgeState.WITHDRAWN:
        raise DomainError(refused("withdrawn", status=409))
    one.state, one.withdrawn_at, one.offered = KnowledgeState.WITHDRAWN, work.at, False
    _unfind(work, one)
    _keep_version(work, one, queries.WITHDRAWN)
    return one


def use(work: Work, number: str, place: str) -> Knowledge:
    """Somebody opened it from a complaint, or from the form of one: counted once per complaint and person.

    ``place``: the number of a complaint that this person may see, or ``form:`` and the token of the form that becomes
    one; anything else opens it and counts nothing. Of forms that have not become a complaint a few count in a day:
    customers hang up, and tokens that nobody's form bears count for little.
    """
    one = _locked(work, number, None)
    places = _places(work, place) if one.offered and work.actor.staff_id is not None else ()
    if not places:
        return one
    place, mine = places[0], (KnowledgeUse.knowledge_id == one.id, KnowledgeUse.staff_id == work.actor.staff_id)
    if work.session.scalar(sa.select(KnowledgeUse.place).where(*mine, KnowledgeUse.place.in_(places)).limit(1)):
        return one
    if is_form(place) and _counted_today(work, one):
        return one
    insert = postgresql_insert if work.session.get_bind().dialect.name == "postgresql" else sqlite_insert
    row = {"knowledge_id": one.id, "staff_id": work.actor.staff_id, "place": place, "at": work.at}
    counted = insert(KnowledgeUse).values(row).on_conflict_do_nothing().returning(KnowledgeUse.knowledge_id)
    if work.session.execute(counted).first() is not None:
        one.opened += 1
    return one


def _counted_today(work: Work, one: Knowledge) -> bool:
    """Whether as many forms of this person as may, which have not become complaints so far, counted within the day."""
    registered = sa.select(Complaint.id).where(
        Complaint.submission == sa.func.substr(KnowledgeUse.place, len(FORM) + 1)
    )
    mine = sa.select(KnowledgeUse.place).where(
        KnowledgeUse.knowledge_id == one.id,
        KnowledgeUse.staff_id == work.actor.staff_id,
        KnowledgeUse.place.startswith(FORM, autoescape=True),
        KnowledgeUse.at > work.at - FORM_COUNTS_AGAIN,
        ~registered.exists(),
    )
    return len(work.session.scalars(mine.limit(FORMS_GIVEN_UP)).all()) == FORMS_GIVEN_UP


def _places(work: Work, place: str) -> tuple[str, ...]:
    """Where a use is looked for, the first being where it is kept: the complaint, and the form that it came from."""
    if is_form(place):
        token = place.removeprefix(FORM)
        made = sa.select(Complaint.number).where(Complaint.submission == token)
        number = work.session.scalar(made)
        return (place,) if number is None else (number, place)
    try:
        complaint = look_at(work, id_of(work.session, place[:64])).complaint
    except DomainError:
        return ()
    return (complaint.number, f"{FORM}{complaint.submission}") if complaint.submission else (complaint.number,)


def written(keys: Keys, one: Knowledge, *, in_force: bool = False) -> KnowledgeFacts:
    """What it says: as last written, or as last released where it is."""
    sealed = one.in_force if in_force and one.in_force is not None else one.sealed
    said: Mapping[str, Any] = json.loads(open_for_office(keys, sealed, CONTEXT))
    first, last = (date.fromisoformat(said[name]) if said.get(name) else None for name in VALIDITY)
    texts = {name: str(said.get(name) or "") for name in TEXTS}
    return KnowledgeFacts(**texts, categories=tuple(said.get("categories") or ()), valid_from=first, valid_until=last)


# A case of an archived complaint


def source_case(work: Work, number: str) -> Case:
    """The archived complaint of which a case is made, as far as this person may see it."""
    case = look_at(work, id_of(work.session, number))
    if case.complaint.status is not ComplaintStatus.ARCHIVED:
        raise DomainError(refused("not_archived", status=409))
    if case.seal.erased:
        raise DomainError(refused("erased", status=409))
    return case


def source_number(session: Session, one: Knowledge) -> str:
    """The number of the complaint behind a case, as long as its text can be compared; else empty."""
    complaint = session.get(Complaint, one.source_id) if one.source_id is not None else None
    return complaint.number if complaint is not None and complaint.sealed_key else ""


def parts_of(case: Case) -> list[tuple[str, str]]:
    """What the complaint says, part by part, as it was written."""
    holdings = Holdings(case)
    said = {name: holdings.value(name) for name in PARTS} | {"what": case.record.get("what")}
    return [(name, str(said[name])) for name in PARTS if said.get(name)]


def customer(case: Case) -> Customer:
    """What says who the customer of a complaint was."""
    orders = sa.select(WorkOrder.number).where(WorkOrder.complaint_id == case.complaint.id)
    outside = [case.complaint.external_number] if case.complaint.external_number else []
    now = customer_of(case.record, [case.complaint.number, *outside, *case.work.session.scalars(orders)])
    for before in _corrected(case):
        now |= customer_of(before, [str(before.get("external_number") or "")])
    return now


def _corrected(case: Case) -> Iterator[dict[str, object]]:
    """What the record said before each of its corrections (R2)."""
    asked = sa.select(Event.sequence, Event.body).where(
        Event.complaint_id == case.complaint.id, Event.action == "correct_record"
    )
    for sequence, body in case.work.session.execute(asked.order_by(Event.sequence)):
        sealed = json.loads(body).get("sealed")
        said = case.seal.open_json(base64.b64decode(sealed), f"event:{sequence}") if sealed else None
        yield {name: one["old"] for name, one in ((said or {}).get("changes") or {}).items()}


def compares(work: Work, one: Knowledge) -> bool:
    """Whether this person may read the complaint behind a case beside it; of an article there is nothing to compare."""
    if one.source_id is None:
        return True
    try:
        return _unveiled(look_at(work, one.source_id))
    except DomainError:
        return False


def _unveiled(case: Case) -> bool:
    return customer_view(case.work.actor, case.subject) is not CustomerView.HIDDEN


def first_draft(case: Case) -> str:
    """The words of the complaint with its customer taken out, for a person to go on with."""
    behind = customer(case)
    return "\n\n".join(anonymised(text, behind) for _name, text in parts_of(case))


def _customer_behind(work: Work, one: Knowledge) -> Customer | None:
    """The customer of the complaint behind a case; None for an article, and once the complaint is erased.

    The system opens it: whoever changes it need not see the complaint to be kept from naming its customer.
    """
    if one.source_id is None:
        return None
    complaint = work.session.get(Complaint, one.source_id)
    if complaint is None or not complaint.sealed_key:
        return None
    return customer(look_at(replace(work, actor=SYSTEM), one.source_id))


def _may_edit(work: Work) -> None:
    if refusal := refuse_unless(work.actor, Permission.KNOWLEDGE_EDIT):
        raise DomainError(refusal)


def _check(work: Work, facts: KnowledgeFacts, behind: Customer | None, *, shown: bool) -> None:
    leaves = sa.select(Category.code).where(Category.level == 3, Category.retired_at.is_(None))
    known = frozenset(work.session.scalars(leaves))
    refusals = list(check(facts, known, Rulebook(work.session).office().language))
    if behind is not None:
        refusals += [
            refused_traces(found, name, shown=shown)
            for name, text in facts.texts.items()
            if (found := traces_in([text], behind))
        ]
    if refusals:
        raise DomainError(refusals)


def _sealed(keys: Keys, facts: KnowledgeFacts) -> bytes:
    return seal_for_office(keys, _plain(facts), CONTEXT)


def _plain(facts: KnowledgeFacts) -> str:
    days = {name: day.isoformat() if (day := getattr(facts, name)) else None for name in VALIDITY}
    said = {**facts.texts, "categories": sorted(facts.categories), **days}
    return json.dumps(said, ensure_ascii=False, sort_keys=True)


def _find(work: Work, one: Knowledge) -> None:
    _unfind(work, one)
    facts = written(work.keys, one)
    words = words_of(*facts.texts.values()) | {f"{queries.CATEGORY}{code}" for code in facts.categories}
    work.session.add_all(KnowledgeWord(word=word, knowledge_id=one.id) for word in sorted(words))


def _unfind(work: Work, one: Knowledge) -> None:
    work.session.execute(sa.delete(KnowledgeWord).where(KnowledgeWord.knowledge_id == one.id))


def _keep_version(work: Work, one: Knowledge, act: str) -> None:
    one.version += 1
    said = written(work.keys, one)
    facts = {
        "knowledge": one.number, "version": one.version, "act": act, "categories": list(said.categories),
        "sha256": hashlib.sha256(_plain(said).encode()).hexdigest(),
    }  # fmt: skip
    event = log_access(work.session, work.keys, work.actor, work.at, "knowledge", facts, address=work.address)
    work.session.add(
        KnowledgeVersion(
            knowledge_id=one.id, version=one.version, at=work.at, by_id=work.actor.staff_id, act=act, sealed=one.sealed,
            access_sequence=event.sequence,
        )
    )  # fmt: skip
    work.session.flush()


def _locked(work: Work, number: str, seen: int | None) -> Knowledge:
    statement = sa.select(Knowledge).where(Knowledge.number == number.strip().upper()).with_for_update()
    one = work.session.scalars(statement).one_or_none()
    if one is None:
        raise DomainError(refused("unknown", status=404))
    if seen is not None and seen != one.version:
        raise DomainError(refused("changed_meanwhile", status=409))
    return one
