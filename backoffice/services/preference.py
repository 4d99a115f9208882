"""What a person chooses for themselves: the language, the look and the keys of the pages (no event: it concerns nobody
else), and where the office reaches them, which the log keeps.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from backoffice.errors import DomainError
from backoffice.models.office import Staff
from backoffice.services.core import upkeep
from policies.access import Actor
from policies.gateways import check_contact
from policies.message import Refusal
from policies.vocabulary import Language

THEMES = ("light", "dark")


def choose(session: Session, staff_id: int, *, language: str | None = None, theme: str | None = None) -> None:
    """Remembers a choice with the person; what is None stays. Raises ``DomainError`` (400) for an unknown value."""
    if (language is not None and language not in tuple(Language)) or (theme is not None and theme not in THEMES):
        raise DomainError(Refusal("error.preference.unknown", status=400))
    staff = session.get(Staff, staff_id)
    if staff is None:
        raise DomainError(Refusal("error.404.text", status=404))
    staff.language = language or staff.language
    staff.theme = theme or staff.theme


def use_shortcuts(session: Session, staff_id: int, *, wanted: bool) -> None:
    """Whether keys alone do something on the pages of this person."""
    staff = session.get(Staff, staff_id)
    if staff is None:
        raise DomainError(Refusal("error.404.text", status=404))
    staff.shortcuts = wanted


def set_contact(session: Session, actor: Actor, at: datetime, email: str, phone: str) -> None:
    """Where one is told of what is urgent (R17, R26); empty for by the console alone."""
    upkeep.ensure(check_contact(email, phone))
    staff = session.get(Staff, actor.staff_id or 0)
    if staff is None:
        raise DomainError(Refusal("error.404.text", status=404))
    upkeep.change(session, actor, at, "staff", staff, {"email": email, "phone": phone})
