"""Take one e-mail in (R1): ignored with its reason, added to the complaint that it answers, or a draft for a clerk.

All of it in the caller's transaction, with the row by which the same message is recognised whenever it comes again:
there is never a second draft of one message, and never a message that is recognised without what became of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.errors import DomainError
from backoffice.integrations.files import MAX_BYTES, Upload, check_upload
from backoffice.integrations.store import StoreError
from backoffice.models.arrival import ArrivedDraft
from backoffice.models.complaint import BlindIndex, Complaint
from backoffice.models.incoming_mail import IncomingMail
from backoffice.models.work import Outbox
from backoffice.queries import mailbox, recipients
from backoffice.queries.rulebook import Rulebook
from backoffice.sealing import blind
from backoffice.services import arrivals, handling
from backoffice.services.core.staff_messages import tell_in_words
from backoffice.services.core.work import Work
from policies.incoming_mail import (
    FLOOD,
    KEPT_SENDERS,
    MOST_FILES,
    MOST_FROM_ONE,
    Belongs,
    MailState,
    MailWay,
    PutAside,
    as_addition,
    as_fields,
    belongs,
    numbers_in,
    ours,
    why_ignored,
)
from policies.mail_message import Incoming, TooComplicatedError, UnreadableError, read_message
from policies.message import Message, Refusal
from policies.vocabulary import EntryWay

CODE = "incoming_mail"
EVIDENCE = "customer_document"
Speak = Callable[[Message, str], str]


class PutAsideError(Exception):
    """The message waits for a person; nothing of it was kept."""

    def __init__(self, reason: PutAside) -> None:
        super().__init__(reason.value)
        self.reason = reason


class NoChannelError(DomainError):
    """The office has no channel for e-mail."""


@dataclass(frozen=True)
class Came:
    """A message as it came. ``uid`` and ``validity`` where it lies in a mailbox."""

    raw: bytes
    way: MailWay
    received_at: datetime
    uid: int | None = None
    validity: int | None = None


@dataclass(frozen=True)
class _Found:
    """What a message names: a complaint, or a draft that waits."""

    complaint: Complaint | None = None
    known: bool = False
    draft: bool = False


def read_in(came: Came) -> Incoming:
    """What the message says; done before the transaction, as it takes its time. Raises ``PutAsideError``."""
    try:
        return read_message(came.raw)
    except TooComplicatedError as error:
        raise PutAsideError(PutAside.TOO_COMPLICATED) from error
    except UnreadableError as error:
        raise PutAsideError(PutAside.UNREADABLE) from error


def take_in(work: Work, came: Came, speak: Speak, mail: Incoming | None = None) -> tuple[IncomingMail, bool]:
    """What became of the message, and whether it was here before; raises ``PutAsideError``. ``mail``: the message as
    ``read_in`` read it.
    """
    mail = mail or read_in(came)
    key = blind(work.keys, "mail", mail.digest)
    before = work.session.scalars(sa.select(IncomingMail).where(IncomingMail.key == key)).one_or_none()
    if before is not None:
        return before, True
    own = mailbox.own_addresses(work.session, work.keys)
    row = _row(work, came, key, mail)
    if (ignored := why_ignored(mail, own)) is not None:
        row.state, row.reason = MailState.IGNORED, ignored.value
    else:
        _refuse_flood(work, row)
        _keep(work, came, mail, row, own, speak)
    work.session.add(row)
    work.session.flush()
    return row, False


def put_aside(work: Work, came: Came, reason: PutAside) -> None:
    """Write down that a message of the mailbox waits for a person; once."""
    key = blind(work.keys, "mail-aside", f"{came.validity}:{came.uid}")
    if work.session.scalar(sa.select(IncomingMail.id).where(IncomingMail.key == key)) is None:
        row = _row(work, came, key, None)
        row.state, row.reason = MailState.PUT_ASIDE, reason.value
        work.session.add(row)
        work.session.flush()


def forget_senders(session: Session, at: datetime) -> None:
    """Who sent what is no more known after a while: it served to see a flood."""
    old = (IncomingMail.sender_token.is_not(None), IncomingMail.arrived_at < at - KEPT_SENDERS)
    session.execute(sa.update(IncomingMail).where(*old).values(sender_token=None))


def _row(work: Work, came: Came, key: bytes, mail: Incoming | None) -> IncomingMail:
    message = blind(work.keys, "mail-id", mail.message_id) if mail is not None and mail.message_id else None
    sender = _token(work, mail.sender) if mail is not None and mail.sender else None
    return IncomingMail(
        key=key,
        message_token=message,
        sender_token=sender,
        arrived_at=work.recorded_at,
        way=came.way,
        state=MailState.IGNORED,
        reason="",
        size=len(came.raw),
        uid=came.uid,
        validity=came.validity,
    )


def _token(work: Work, address: str) -> bytes:
    """The digest of an address as complaints are found by it."""
    return blind(work.keys, "email", "".join(address.split()).casefold())


def _refuse_flood(work: Work, row: IncomingMail) -> None:
    if row.sender_token is None:
        return
    mine = sa.select(IncomingMail.id).where(
        IncomingMail.sender_token == row.sender_token, IncomingMail.arrived_at > work.recorded_at - FLOOD
    )
    if len(work.session.scalars(mine.limit(MOST_FROM_ONE)).all()) >= MOST_FROM_ONE:
        raise PutAsideError(PutAside.FLOOD)


def _keep(work: Work, came: Came, mail: Incoming, row: IncomingMail, own: frozenset[str], speak: Speak) -> None:
    """Add it to its complaint where it may be, else make it a draft."""
    language = Rulebook(work.session).office().language

    def say(message: Message) -> str:
        return speak(message, language)

    uploads, notes = _uploads(mail, say)
    found = _find(work, mail, own)
    kind = belongs(known=found.known, is_open=_is_open(found.complaint)) if found.complaint is not None else None
    if kind is Belongs.ADDED and found.complaint is not None:
        refusals = _add(work, found.complaint, mail, uploads, notes, say)
        if not refusals:
            row.state, row.complaint_id = MailState.ADDED, found.complaint.id
            _tell(work, found.complaint, mail, speak)
            return
        kind = Belongs.REFUSED
        why = " ".join(say(Message(one.key, one.params)) for one in refusals)
        notes = [say(Message("mailbox.note.refused", {"number": found.complaint.number, "why": why})), *notes]
    elif kind is not None and found.complaint is not None:
        number = {"number": found.complaint.number}
        notes = [say(Message(f"mailbox.note.{kind.value}", number)), *notes]
    elif found.draft:
        notes = [say(Message("mailbox.note.same_draft")), *notes]
    row.state, row.reason = MailState.DRAFTED, kind.value if kind is not None else ""
    row.draft_id = _draft(work, came, mail, uploads, notes, say).id


def _is_open(complaint: Complaint) -> bool:
    return complaint.open and complaint.erased_at is None and complaint.merged_into_id is None


def _uploads(mail: Incoming, say: Callable[[Message], str]) -> tuple[list[Upload], list[str]]:
    """The files that are taken, and a sentence for each that is not."""
    found: dict[str, Upload] = {}
    notes = []
    for number, one in enumerate(mail.files):
        checked: Upload | Refusal = (
            check_upload(one.name, one.content)
            if number < MOST_FILES
            else Refusal("mailbox.note.one_more_file", {"name": one.name, "most": MOST_FILES})
        )
        if isinstance(checked, Refusal):
            notes.append(say(Message("mailbox.note.file", {"why": Message(checked.key, checked.params)})))
        else:
            found.setdefault(checked.sha256, checked)
    return list(found.values()), notes


def _whole(mail: Incoming, say: Callable[[Message], str]) -> tuple[list[Upload], list[str]]:
    """The whole text of a message whose text is too long for a record, and a sentence for the reader."""
    content = "\n\n".join(one for one in (mail.text, mail.rest) if one).encode("utf-8", "replace")
    if len(content) > MAX_BYTES:
        why = Message("files.refused.too_large", {"name": "mail.txt", "limit": MAX_BYTES // 1024 // 1024})
        return [], [say(Message("mailbox.note.file", {"why": why}))]
    return [Upload("mail.txt", content, "text/plain")], [say(Message("mailbox.note.cut"))]


def _draft(
    work: Work, came: Came, mail: Incoming, uploads: list[Upload], notes: list[str], say: Callable[[Message], str]
) -> ArrivedDraft:
    code = mailbox.channel(work.session)
    if code is None:
        raise NoChannelError(Refusal("mailbox.refused.no_channel"))
    written = as_fields(mail, notes, say(Message("mailbox.text.nothing")))
    if written.cut:
        whole, said = _whole(mail, say)
        written = as_fields(mail, [*said, *notes], say(Message("mailbox.text.nothing")))
        uploads = [*uploads, *whole]
    received = min(came.received_at, work.recorded_at)
    fields = {name: value for name, value in written.fields.items() if value}
    arrival = arrivals.Arrival(EntryWay.EMAIL, code, received, fields, tuple(uploads), f"mail:{mail.digest}")
    door = arrivals.work_of_a_door(work.session, work.keys, work.recorded_at, work.files)
    return arrivals.arrive(door, arrival)


def _add(
    work: Work,
    complaint: Complaint,
    mail: Incoming,
    uploads: list[Upload],
    notes: list[str],
    say: Callable[[Message], str],
) -> tuple[Refusal, ...]:
    """Put the message to the complaint as a document of the customer's; why not, where its rules do not take it now.

    An outage of the store is no refusal: it is raised, and the message is offered again.
    """
    heading = say(Message("mailbox.text.heading", {"subject": mail.subject[:200], "at": work.recorded_at}))
    written = as_addition(mail, heading, notes)
    if written.cut:
        whole, said = _whole(mail, say)
        written = as_addition(mail, heading, [*said, *notes])
        uploads = [*uploads, *whole]
    values = {"evidence_type": EVIDENCE, "text": written.fields["text"]}
    try:
        with work.session.begin_nested():
            handling.act(work, complaint.id, "record_evidence", values, uploads=tuple(uploads))
    except StoreError:
        raise
    except DomainError as error:
        return error.refusals
    return ()


def _tell(work: Work, complaint: Complaint, mail: Incoming, speak: Speak) -> None:
    """Who has the complaint in hand reads in the console that its customer wrote."""
    staff: Iterable[int] = recipients.head_of(work.session, complaint.department_id)
    if complaint.owner_id is not None:
        staff = (complaint.owner_id,)
    elif not staff and complaint.registered_by_id is not None:
        staff = (complaint.registered_by_id,)

    def words(language: str) -> tuple[str, str]:
        number = {"number": complaint.number}
        return speak(Message("mailbox.told.title", number), language), speak(
            Message("mailbox.told.text", number), language
        )

    tell_in_words(work, CODE, staff, words, key=f"{CODE}:{mail.digest[:32]}")


def _find(work: Work, mail: Incoming, own: frozenset[str]) -> _Found:
    """The complaint that a message names, one that knows its sender first; else whether it continues a draft."""
    ids, waits = _by_thread(work, mail)
    ids += _by_own_messages(work.session, mail, own)
    wanted = numbers_in(mail.subject)
    if wanted:
        ids += work.session.scalars(sa.select(Complaint.id).where(Complaint.number.in_(wanted))).all()
    ids = list(dict.fromkeys(ids))
    if not ids:
        return _Found(draft=waits)
    token = _token(work, mail.sender)
    mine = sa.select(BlindIndex.complaint_id).where(
        BlindIndex.complaint_id.in_(ids), BlindIndex.kind == "email", BlindIndex.token == token
    )
    known = set(work.session.scalars(mine)) if mail.sender else set()
    there = {one.id: one for one in work.session.scalars(sa.select(Complaint).where(Complaint.id.in_(ids)))}
    order = sorted((one for one in ids if one in there), key=lambda one: (one not in known, not _is_open(there[one])))
    return _Found(there[order[0]], order[0] in known) if order else _Found(draft=waits)


def _by_thread(work: Work, mail: Incoming) -> tuple[list[int], bool]:
    """Complaints of the messages that came in before and are answered here; and whether one is still a draft."""
    tokens = [blind(work.keys, "mail-id", one) for one in mail.references]
    if not tokens:
        return [], False
    rows = work.session.execute(
        sa.select(IncomingMail.complaint_id, IncomingMail.draft_id, ArrivedDraft.complaint_id)
        .outerjoin(ArrivedDraft, ArrivedDraft.id == IncomingMail.draft_id)
        .where(IncomingMail.message_token.in_(tokens))
        .order_by(IncomingMail.id.desc())
        .limit(20)
    ).all()
    ids = [found for own, _draft_id, of_draft in rows if (found := own if own is not None else of_draft) is not None]
    return ids, any(draft is not None and of_draft is None for _own, draft, of_draft in rows)


def _by_own_messages(session: Session, mail: Incoming, own: frozenset[str]) -> list[int]:
    """Complaints about which the desk sent the messages that are answered here."""
    named = dict(ours(mail.references, frozenset(one.rpartition("@")[2] for one in own)))
    if not named:
        return []
    mine = sa.select(Outbox.id, Outbox.created_at, Outbox.complaint_id).where(
        Outbox.id.in_(named), Outbox.complaint_id.is_not(None), Outbox.staff_id.is_(None)
    )
    return [row.complaint_id for row in session.execute(mine) if f"{row.created_at:%Y%m%d%H%M%S}" == named[row.id]]
