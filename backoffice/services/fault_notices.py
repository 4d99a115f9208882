"""Notices of known faults (R8): published, changed, lifted, each version in the office's chain; complaints linked to
them; all linked customers told when they are lifted.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

import sqlalchemy as sa

from backoffice.errors import DomainError
from backoffice.models.configuration import Category
from backoffice.models.fault_notice import FaultNotice, FaultNoticeVersion
from backoffice.models.work import Job
from backoffice.queries import fault_notices as queries
from backoffice.queries.rulebook import Rulebook
from backoffice.services.core import fault_links
from backoffice.services.core.access_log import log_access
from backoffice.services.core.case import Case, id_of, open_case
from backoffice.services.core.numbering import next_value
from backoffice.services.core.once import one_at_a_time
from backoffice.services.core.papers import plain
from backoffice.services.core.work import Work
from policies.access import Permission, refuse_unless
from policies.completeness import holds_something
from policies.fault_notice import LiftFacts, NoticeFacts, check, check_lift, refuse_state, refused
from policies.message import Message
from policies.vocabulary_notice import CallReason, LinkState, NoticeState

JOB = "tell_linked"
PUBLISHED, CHANGED, LIFTED = "published", "changed", "lifted"
LONGEST_SAID = 1000


def publish(work: Work, facts: NoticeFacts, submission: str | None = None) -> FaultNotice:
    """Put a notice before intake at once. The same form sent twice publishes one."""
    _may_publish(work)
    if submission:
        one_at_a_time(work.session, f"fault_notice:{submission}")
        if (known := _by_submission(work, submission)) is not None:
            return known
    _check(work, facts)
    year = f"{work.at.astimezone(Rulebook(work.session).zone()):%Y}"
    notice = FaultNotice(
        number=f"TB{year}-{next_value(work.session, 'fault_notice', year):03}",
        state=NoticeState.PUBLISHED,
        published_at=work.at,
        published_by_id=work.actor.staff_id,
        submission=submission or None,
        version=0,
        linked=0,
        told=0,
        to_call=0,
        **_columns(facts),
    )
    work.session.add(notice)
    work.session.flush()
    _keep_version(work, notice, PUBLISHED, _plainly(facts))
    return notice


def _as_seen(work: Work, number: str, seen: int | None) -> FaultNotice:
    """A notice in force, locked, for who may publish and has seen it as it is."""
    _may_publish(work)
    notice = _locked(work, number)
    if refusal := refuse_state(notice.state, seen, notice.version):
        raise DomainError(refusal)
    return notice


def change(work: Work, number: str, facts: NoticeFacts, seen: int | None) -> FaultNotice:
    """Say it anew; what it said before stays. Nothing changed, no version."""
    notice = _as_seen(work, number, seen)
    facts = NoticeFacts(**{**asdict(facts), "kind": notice.kind})  # a fault never becomes a suggestion
    _check(work, facts)
    if _columns(facts) == {name: getattr(notice, name) for name in _columns(facts)}:
        return notice
    for name, value in _columns(facts).items():
        setattr(notice, name, value)
    _keep_version(work, notice, CHANGED, _plainly(facts))
    return notice


def lift(work: Work, number: str, facts: LiftFacts, seen: int | None) -> FaultNotice:
    """It is over, or answered: intake stops answering from it, and a job tells everybody linked (R8)."""
    notice = _as_seen(work, number, seen)
    language = Rulebook(work.session).office().language
    if refusals := list(check_lift(notice.kind, notice.since, facts, language, work.at)):
        raise DomainError(refusals)
    notice.state, notice.lifted_at, notice.happened = NoticeState.LIFTED, facts.at, facts.happened.strip()
    notice.answer_zh, notice.answer_en = facts.answer_zh.strip(), facts.answer_en.strip()
    notice.ended_at, notice.ended_by_id = work.at, work.actor.staff_id
    _keep_version(work, notice, LIFTED, _plainly(facts))
    work.session.add(Job(kind=JOB, slot=notice.number, due_at=work.at, payload={"notice": notice.id}))
    work.session.flush()
    return notice


# Complaints


def link(work: Work, complaint_number: str, notice_number: str) -> FaultNotice:
    """The complaint belongs to this notice; for whoever may speak with its customer."""
    case = _case(work, complaint_number)
    return fault_links.link(case, _id(work, notice_number))


def loose(work: Work, complaint_number: str, notice_number: str) -> FaultNotice:
    """It was linked by mistake."""
    case = _case(work, complaint_number)
    return fault_links.loose(case, _id(work, notice_number))


def link_new(case: Case, numbers: Iterable[str]) -> list[Message]:
    """Link a complaint that is being registered; a notice that was lifted meanwhile holds nobody up, and is said."""
    said = list[Message]()
    for number in sorted(set(numbers)):  # everybody locks them in this order
        notice = queries.by_number(case.work.session, number)
        if notice is None:
            continue
        try:
            fault_links.link(case, notice.id)
        except DomainError:
            said.append(Message("fault_notices.lifted_meanwhile", {"number": notice.number}))
    return said


def called(work: Work, complaint_number: str, notice_number: str, said: str) -> FaultNotice:
    """The customer was called and told; what was said stands in the communications log."""
    case = _case(work, complaint_number)
    notice_id = _id(work, notice_number)
    if not holds_something(said):
        raise DomainError(refused("said", "said"))
    return fault_links.called(case, notice_id, said.strip()[:LONGEST_SAID])


# The job


def tell_one(work: Work, notice_id: int, complaint_id: int) -> LinkState | None:
    """Tell one linked customer, or say why somebody has to call."""
    return fault_links.tell(open_case(work, complaint_id), notice_id)


def give_up_one(work: Work, notice_id: int, complaint_id: int) -> None:
    """The message could not be made: this customer is called instead, so that the others are told all the same."""
    case = open_case(work, complaint_id)
    notice, found = fault_links.locked(case, notice_id), fault_links.link_of(case, notice_id)
    if found is not None and found.state is LinkState.LINKED:
        fault_links.to_call(notice, found, CallReason.FAILED)


def told_all(work: Work, notice_id: int) -> None:
    """Nobody is left who knows nothing."""
    notice = work.session.get_one(FaultNotice, notice_id, with_for_update=True)
    notice.told_all_at = notice.told_all_at or work.at


def _may_publish(work: Work) -> None:
    if refusal := refuse_unless(work.actor, Permission.NOTICE_PUBLISH):
        raise DomainError(refusal)


def _case(work: Work, number: str) -> Case:
    case = open_case(work, id_of(work.session, number))
    case.refuse_unless(Permission.COMMUNICATION_RECORD)
    return case


def _check(work: Work, facts: NoticeFacts) -> None:
    leaves = sa.select(Category.code).where(Category.level == 3, Category.retired_at.is_(None))
    known = frozenset(work.session.scalars(leaves))
    if refusals := list(check(facts, known, Rulebook(work.session).office().language, work.at)):
        raise DomainError(refusals)


def _columns(facts: NoticeFacts) -> dict[str, Any]:
    texts = {name: value.strip() for name, value in asdict(facts).items() if isinstance(value, str) and name != "kind"}
    return {
        "kind": facts.kind,
        **texts,
        "categories": sorted(facts.categories),
        "since": facts.since,
        "expected_at": facts.expected_at,
    }


def _plainly(facts: NoticeFacts | LiftFacts) -> dict[str, Any]:
    return {name: plain(value) for name, value in asdict(facts).items() if value not in (None, "")}


def _keep_version(work: Work, notice: FaultNotice, act: str, content: dict[str, Any]) -> None:
    """What it says now, beside what it said before, and in the chain that cannot be changed unnoticed (R40)."""
    notice.version += 1
    facts = {"notice": notice.number, "version": notice.version, "act": act, "content": content}
    event = log_access(work.session, work.keys, work.actor, work.at, "notice", facts, address=work.address)
    work.session.add(
        FaultNoticeVersion(
            notice_id=notice.id, version=notice.version, at=work.at, by_id=work.actor.staff_id, act=act,
            content=content, access_sequence=event.sequence,
        )
    )  # fmt: skip
    work.session.flush()


def _by_submission(work: Work, submission: str) -> FaultNotice | None:
    return work.session.scalars(sa.select(FaultNotice).where(FaultNotice.submission == submission)).one_or_none()


def _id(work: Work, number: str) -> int:
    found = work.session.scalar(sa.select(FaultNotice.id).where(FaultNotice.number == number.strip().upper()))
    if found is None:
        raise DomainError(refused("unknown", "notice", 404))
    return found


def _locked(work: Work, number: str) -> FaultNotice:
    statement = sa.select(FaultNotice).where(FaultNotice.number == number.strip().upper()).with_for_update()
    found = work.session.scalars(statement).one_or_none()
    if found is None:
        raise DomainError(refused("unknown", status=404))
    return found
