"""Everything that can be verified of an office: chains, seals, draws, months, numbers (R9, R27, R33, R40)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from backoffice.queries.appraisal_check import verify_appraisal
from backoffice.queries.draw_check import verify_draws
from backoffice.queries.number_check import NumberCheck, check_numbers
from backoffice.queries.seals import check_seals
from backoffice.queries.verification import BrokenChain, verify


@dataclass(frozen=True)
class OfficeCheck:
    """What was read, and all that does not hold."""

    complaints: int
    events: int
    seals: int
    draws: int
    months: int
    broken: tuple[BrokenChain, ...]
    numbers: NumberCheck


def check_office(session: Session, chain_key: bytes, seal_lines: Sequence[str]) -> OfficeCheck:
    """Read it all again; ``seal_lines``: the log of daily seals, which is kept apart from the database."""
    found = verify(session, chain_key)
    sealed, broken = check_seals(session, chain_key, seal_lines)
    draws, unlike = verify_draws(session, chain_key)
    months, moved = verify_appraisal(session, chain_key)
    all_broken = (*found.broken, *broken, *unlike, *moved)
    return OfficeCheck(found.complaints, found.events, sealed, draws, months, all_broken, check_numbers(session))
