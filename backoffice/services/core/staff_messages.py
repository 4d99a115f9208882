"""Tell members of staff something (R11, R17, R25, R26): the office's template, queued in the transaction of its cause.

Everybody finds it in the console; a template for SMS or e-mail is sent that way besides, to whoever has a number or an
address on file. With a ``key`` the same thing is never told twice, however often its cause is worked off.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping

import sqlalchemy as sa

from backoffice.errors import DomainError
from backoffice.models.configuration import MessageTemplate
from backoffice.models.office import Staff
from backoffice.models.work import Outbox
from backoffice.queries import recipients
from backoffice.queries.rulebook import Rulebook
from backoffice.sealing import seal_for_office
from backoffice.services.core import messages
from backoffice.services.core.case import Case
from backoffice.services.core.work import Work
from policies.message import Refusal
from policies.message_template import occasion_of
from policies.vocabulary import MessageState

IN_APP = "in_app"
UNKNOWN = "—"  # stands where a text names something that is not known; staff is told all the same

Places = Callable[[str], Mapping[str, str]]


def tell_staff(
    work: Work,
    template: str,
    staff_ids: Iterable[int],
    places: Places,
    *,
    case: Case | None = None,
    key: str | None = None,
) -> list[Outbox]:
    """Queue a template for these people, or whoever stands in for them; gives the rows that are new.

    ``places`` fills the template's named places in a language (``zh_Hans`` or ``en``). Raises ``DomainError`` when the
    office has no such template.
    """
    people = _people(work, staff_ids)
    if not people:
        return []
    row = _template(work, template)
    if row is None:
        raise DomainError(Refusal("message.refused.no_such_template", {"template": template}, status=422))
    usual = Rulebook(work.session).office().language
    texts: dict[str, messages.Filled] = {}
    told = []
    wanted = [(person, way, to) for person in people for way, to in _ways(row.channel, person)]
    there = _there(work, [_key(key, person, way) for person, way, _ in wanted])
    for person, way, to in wanted:
        name = _key(key, person, way)
        if name in there:
            continue
        language = person.language or usual
        if language not in texts:
            texts[language] = messages.fill(row, _Filled(places(language)), language)
        told.append(_message(work, case, person, way, to, texts[language], name))
    work.session.add_all(told)
    work.session.flush()
    return told


def tell_in_words(
    work: Work,
    code: str,
    staff_ids: Iterable[int],
    words: Callable[[str], tuple[str, str]],
    *,
    key: str,
    in_person: bool = False,
) -> None:
    """Tell people in the console what no template of the office is about: the machine's own troubles.

    ``words`` gives the name of the message and its text in a language (``zh_Hans`` or ``en``). ``in_person``: nobody
    stands in for them, since it is their own affair.
    """
    people = _themselves(work, staff_ids) if in_person else _people(work, staff_ids)
    there = _there(work, [_key(key, person, IN_APP) for person in people])
    usual = Rulebook(work.session).office().language
    (name_zh, _text_zh), (name_en, _text_en) = words("zh_Hans"), words("en")
    for person in people:
        name = _key(key, person, IN_APP)
        if name in there:
            continue
        title, text = words(person.language or usual)
        row = _message(work, None, person, IN_APP, "", messages.Filled(code, IN_APP, title, text), name)
        content = {"to": "", "subject": "", "text": text, "name_zh": name_zh, "name_en": name_en}
        row.sealed = seal_for_office(work.keys, json.dumps(content, ensure_ascii=False), "outbox")
        work.session.add(row)
    work.session.flush()


def _template(work: Work, template: str) -> MessageTemplate | None:
    """The text of this code; where the office has taken it out of use, its newest for the same occasion."""
    same = (MessageTemplate.code == template) | (MessageTemplate.occasion == occasion_of(template))
    newest = (MessageTemplate.retired_at.is_(None).desc(), (MessageTemplate.code == template).desc())
    return work.session.scalars(
        sa.select(MessageTemplate).where(same).order_by(*newest, MessageTemplate.id.desc()).limit(1)
    ).first()


class _Filled(dict[str, str]):
    """Places with a dash for what is not known: a warning is never held back by a gap."""

    def __missing__(self, name: str) -> str:
        return UNKNOWN

    def get(self, name: str, _default: object = None) -> str:  # never nothing
        return super().get(name) or UNKNOWN

    def __getitem__(self, name: str) -> str:
        return super().get(name) or UNKNOWN


def _people(work: Work, staff_ids: Iterable[int]) -> list[Staff]:
    ids = recipients.present(work.session, staff_ids, work.recorded_at)
    return list(work.session.scalars(sa.select(Staff).where(Staff.id.in_(ids)).order_by(Staff.id))) if ids else []


def _themselves(work: Work, staff_ids: Iterable[int]) -> list[Staff]:
    mine = sa.select(Staff).where(Staff.id.in_(list(staff_ids)), Staff.retired_at.is_(None))
    return list(work.session.scalars(mine.order_by(Staff.id)))


def _ways(channel: str, person: Staff) -> list[tuple[str, str]]:
    """By which ways somebody is told: always in the console, and by the template's own way where that is possible."""
    address = {"sms": person.phone, "email": person.email}.get(channel, "")
    return [(IN_APP, "")] + ([(channel, address)] if address else [])


def _key(key: str | None, person: Staff, way: str) -> str | None:
    return None if key is None else f"{key}:{person.id}:{way}"


def _there(work: Work, keys: list[str | None]) -> set[str | None]:
    named = [key for key in keys if key is not None]
    return set(work.session.scalars(sa.select(Outbox.key).where(Outbox.key.in_(named)))) if named else set()


def _message(
    work: Work, case: Case | None, person: Staff, way: str, to: str, filled: messages.Filled, key: str | None
) -> Outbox:
    content = messages.content(filled, to)
    sealed = (
        seal_for_office(work.keys, json.dumps(content, ensure_ascii=False), "outbox")
        if case is None
        else case.seal.seal_json(content, "outbox")
    )
    here = way == IN_APP
    return Outbox(
        complaint_id=None if case is None else case.complaint.id,
        staff_id=person.id,
        template=filled.template,
        way=way,
        created_at=work.recorded_at,
        due_at=work.recorded_at,
        state=MessageState.SENT if here else MessageState.WAITING,
        sent_at=work.recorded_at if here else None,
        key=key,
        sealed=sealed,
    )
