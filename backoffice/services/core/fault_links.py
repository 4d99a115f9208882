"""A complaint and the notice that it belongs to (R8): linked, loosed, its customer told once and for all.

Every command locks the complaint's chain first, then the notice's row; the counts of the notice change with the links.
"""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa

from backoffice.errors import DomainError
from backoffice.models.fault_notice import FaultLink, FaultNotice
from backoffice.queries.rulebook import Rulebook
from backoffice.services.core import clocks, history, messages, papers
from backoffice.services.core.case import Case
from backoffice.services.core.notices import recipient_of
from backoffice.services.core.places import Style, places
from policies.fault_notice import Telling, refuse_state, refused, telling
from policies.vocabulary import ClockEvent, CommunicationKind, ContactWay
from policies.vocabulary_notice import CallReason, LinkState, NoticeKind

OCCASIONS: Mapping[NoticeKind, str] = {
    NoticeKind.KNOWN_FAULT: "known_fault_lifted",
    NoticeKind.SUGGESTION: "suggestion_answered",
}
WAYS = ("sms", "email")


def locked(case: Case, notice_id: int) -> FaultNotice:
    """The notice, locked until the commit; 404 where there is none."""
    statement = sa.select(FaultNotice).where(FaultNotice.id == notice_id).with_for_update()
    found = case.work.session.scalars(statement.execution_options(populate_existing=True)).one_or_none()
    if found is None:
        raise DomainError(refused("unknown", status=404))
    return found


def link_of(case: Case, notice_id: int) -> FaultLink | None:
    """The link of this complaint with a notice."""
    return case.work.session.get(FaultLink, (notice_id, case.complaint.id), populate_existing=True)


def link(case: Case, notice_id: int) -> FaultNotice:
    """The complaint belongs to this notice from now on; once is enough. A lifted one takes no more."""
    notice = locked(case, notice_id)
    if link_of(case, notice_id) is not None:
        return notice
    if refusal := refuse_state(notice.state, None, notice.version):
        raise DomainError(refusal)
    if not case.is_current:
        raise DomainError(refused("archived", status=409))
    work = case.work
    work.session.add(
        FaultLink(
            notice_id=notice_id, complaint_id=case.complaint.id, linked_at=work.at, linked_by_id=work.actor.staff_id
        )
    )
    notice.linked += 1
    history.record(case, "link_notice", {"notice": notice.number})
    work.session.flush()
    return notice


def loose(case: Case, notice_id: int) -> FaultNotice:
    """It was linked by mistake; what was told already stays told."""
    notice = locked(case, notice_id)
    found = link_of(case, notice_id)
    if found is None:
        raise DomainError(refused("not_linked", status=409))
    if refusal := refuse_state(notice.state, None, notice.version):
        raise DomainError(refusal)
    case.work.session.delete(found)
    notice.linked -= 1
    history.record(case, "loose_notice", {"notice": notice.number})
    case.work.session.flush()
    return notice


def tell(case: Case, notice_id: int) -> LinkState | None:
    """Tell the customer of a linked complaint what came of it, or put the complaint on the list of calls.

    None where nothing was to be done: somebody was quicker, or it was done before a worker was stopped.
    """
    notice, found = locked(case, notice_id), link_of(case, notice_id)
    if found is None or found.state is not LinkState.LINKED:
        return None
    if case.complaint.erased_at is not None or case.seal.erased:
        found.state = LinkState.LEFT_OUT
        return found.state
    how = _how(case, notice)
    if how.call is not None:
        return to_call(notice, found, how.call)
    text = _text(case, notice, how)
    message = messages.queue(case, text, how.to)
    message.key = f"notice:{notice.id}:{case.complaint.id}"
    _told(case, notice, how.way, text.text, message.id)
    return _known(case, notice, found, LinkState.TOLD, how.way)


def to_call(notice: FaultNotice, found: FaultLink, reason: CallReason) -> LinkState:
    """No message can tell this customer: somebody calls."""
    found.state, found.call_reason = LinkState.TO_CALL, reason
    notice.to_call += 1
    return found.state


def called(case: Case, notice_id: int, said: str) -> FaultNotice:
    """Somebody called the customer and told it."""
    notice, found = locked(case, notice_id), link_of(case, notice_id)
    if found is None or found.state is not LinkState.TO_CALL:
        raise DomainError(refused("not_to_call", status=409))
    _told(case, notice, ContactWay.PHONE.value, said, None)
    notice.to_call -= 1
    _known(case, notice, found, LinkState.CALLED, ContactWay.PHONE.value)
    return notice


def words_for(case: Case, notice: FaultNotice) -> dict[str, str]:
    """What the office's texts may name of a notice, in the language in which it writes to customers."""
    rules = Rulebook(case.work.session)
    style = Style(rules, rules.office().language)
    both = {part: getattr(notice, f"{part}_{style.short}") for part in ("title", "answer", "tell")}
    spare = "en" if style.short == "zh" else "zh"
    return {
        "notice_title": both["title"] or getattr(notice, f"title_{spare}"),
        "answer_text": both["answer"] or getattr(notice, f"answer_{spare}"),
        "expected_restore": style.moment(notice.expected_at),
        "restored_at": style.moment(notice.lifted_at),
        "tell": both["tell"] or getattr(notice, f"tell_{spare}"),
    }


def _how(case: Case, notice: FaultNotice) -> Telling:
    occasion = OCCASIONS[notice.kind]
    texts = [way for way in WAYS if messages.template_for(case, occasion, way) is not None]
    record = {field: recipient_of(case, field) for field in ("contact_phone", "email")}
    return telling(str(case.record.get("preferred_contact") or ""), record, texts)


def _text(case: Case, notice: FaultNotice, how: Telling) -> messages.Filled:
    template = messages.template_for(case, OCCASIONS[notice.kind], how.way)
    if template is None:  # asked a moment ago
        raise DomainError(refused("no_text", status=409))
    language = Rulebook(case.work.session).office().language
    return messages.fill(template, {**places(case, {}, language), **words_for(case, notice)}, language)


def _told(case: Case, notice: FaultNotice, way: str, text: str, outbox_id: int | None) -> None:
    """The line of the communications log, the event, and the clock of progress; of an archived case the event alone."""
    if case.is_current:
        papers.talk(case, CommunicationKind.RESULT, way, text, outbox_id)
    if case.complaint.open:
        clocks.raise_events(case, (ClockEvent.PROGRESS_TOLD,), at=case.work.at)
    history.record(case, "tell_notice", {"notice": notice.number, "way": way})


def _known(case: Case, notice: FaultNotice, found: FaultLink, state: LinkState, way: str) -> LinkState:
    found.state, found.way = state, way
    found.told_at, found.told_by_id = case.work.at, case.work.actor.staff_id
    notice.told += 1
    return state
