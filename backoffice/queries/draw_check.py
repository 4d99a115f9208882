"""Draw every draw again and say which do not hold (R27, R40): a changed population, number, nonce or result."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from backoffice.models.history import AccessEvent
from backoffice.models.inspection import Inspection
from backoffice.models.sampling import Draw
from backoffice.queries.draw_record import LINES, RESULT, TWICE, body_of, differing, is_signed
from backoffice.queries.frozen import Again, draw_again
from backoffice.queries.verification import BrokenChain
from policies.message import Message
from policies.sampling import Drawn, seed_of
from policies.sampling_double import double_key, doubled
from policies.vocabulary_inspection import DrawState

FROZEN, SEEDED, DRAWN, CANCELLED = "draw_frozen", "draw_seeded", "draw_drawn", "draw_cancelled"
"""What the office's access chain tells of a draw."""
LOGGED = {FROZEN: "population_sha256", SEEDED: "nonce", DRAWN: "result_sha256", CANCELLED: "state"}
"""Which column of the draw each of them repeats."""


def name_of(draw: Draw) -> str:
    """Plan, period and sequence in one text, the beginning of its seed."""
    return f"{draw.plan_code}/{draw.period_label}/{draw.sequence}"


def verify_draws(session: Session, key: bytes) -> tuple[int, list[BrokenChain]]:
    """How many draws there are, and what does not hold; each population is read part by part."""
    ids = list(session.scalars(sa.select(Draw.id).order_by(Draw.id)))
    broken = []
    for draw_id in ids:
        draw = session.get_one(Draw, draw_id)
        broken += [BrokenChain(name_of(draw), fault) for fault in faults(session, key, draw)]
        session.expunge(draw)
    return len(ids), [*broken, *_log_faults(session)]


def faults(session: Session, key: bytes, draw: Draw) -> list[Message]:
    """What does not hold of one draw; nothing when it can be drawn again to the letter."""
    if not is_signed(key, draw):
        return [_fault("signature")]
    found = [_fault("column", name=Message(f"draws.part.{name}")) for name in differing(draw)]
    try:
        again = draw_again(session, draw, draw.seed or "")
    except (ValueError, KeyError, TypeError, zlib.error):
        return [*found, _fault("unreadable")]
    found += _population_faults(draw, again)
    if draw.state is DrawState.DRAWN or draw.drawn_at is not None:  # a cancelled one still says what it had drawn
        found += _result_faults(session, draw, again)
    return found


def _fault(kind: str, **params: object) -> Message:
    return Message(f"draws.fault.{kind}", params)


def _population_faults(draw: Draw, again: Again) -> Iterator[Message]:
    said = body_of(draw)
    if (again.count, again.sha256) != (said.get("population_count"), said.get("population_sha256")):
        yield _fault("population")
    elif again.lines_sha256 != said.get(LINES):
        yield _fault("lines")
    sizes = {tuple(one["key"]): (one["size"], one["compulsory"]) for one in said.get("strata", ())}
    if sizes != {stratum: (count.size, count.compulsory) for stratum, count in again.strata.items()}:
        yield _fault("strata")


def _result_faults(session: Session, draw: Draw, again: Again) -> Iterator[Message]:
    if draw.seed != seed_of(draw.plan_code, draw.period_label, draw.sequence, draw.nonce or ""):
        yield _fault("seed")
    said = [(number, tuple(stratum), compulsory) for number, stratum, compulsory in body_of(draw).get(RESULT, ())]
    other = _first_other([one[0] for one in said], [one.number for one in again.result])
    if other or said != [(one.number, one.stratum, one.compulsory) for one in again.result]:
        yield _fault("result", number=other)
    elif draw.result_sha256 != again.result_sha256:
        yield _fault("result", number="")
    if number := _other_inspection(session, draw, said, again.result):
        yield _fault("inspection", number=number)
    if number := _other_second(session, draw, again.result):
        yield _fault("twice", number=number)


def _first_other(said: list[str], again: list[str]) -> str:
    """The first number in which two results differ."""
    for one, other in zip(said, again, strict=False):
        if one != other:
            return one
    return "" if len(said) == len(again) else [*said, *again][min(len(said), len(again))]


def _other_inspection(session: Session, draw: Draw, said: list[Any], result: Iterable[Drawn]) -> str:
    """The first number of which the inspections tell otherwise; inspections may be added to (second scorings), but
    those that were drawn stay at their places.
    """
    rows = session.execute(
        sa.select(Inspection.position, Inspection.unit_key, Inspection.sort_key)
        .where(Inspection.draw_id == draw.id, Inspection.position > 0)
        .order_by(Inspection.position, Inspection.id)
    ).all()
    kept = {position: (key, sort) for position, key, sort in rows}
    keys = {one.number: one.key for one in result}
    for place, (number, _stratum, _compulsory) in enumerate(said, 1):
        if kept.get(place) != (number, keys.get(number, "")):
            return str(number)
    extra = sorted(set(kept) - set(range(1, len(said) + 1)))
    return str(kept[extra[0]][0]) if extra else ""


def _other_second(session: Session, draw: Draw, result: Iterable[Drawn]) -> str:
    """The first number of which it is told otherwise that it is scored twice: by the seed, by what was signed, and by
    the second scorings that there are.
    """
    twice = doubled(draw.seed or "", [one.number for one in result], _double_share(draw))
    said = [str(number) for number in body_of(draw).get(TWICE, ())]
    if other := _first_other(said, twice):
        return other
    first = aliased(Inspection)
    rows = session.execute(
        sa.select(Inspection.unit_key, Inspection.sort_key)
        .join(first, first.id == Inspection.pair_of_id)
        .where(Inspection.draw_id == draw.id, Inspection.position == 0)
        .where(first.draw_id == draw.id, first.unit_key == Inspection.unit_key)
        .order_by(Inspection.sort_key)
    ).all()
    if [tuple(row) for row in rows] == [(number, double_key(draw.seed or "", number)) for number in twice]:
        return ""
    return _first_other([row.unit_key for row in rows], twice) or twice[0]


def _double_share(draw: Draw) -> Fraction:
    try:
        return Fraction(str(draw.query.get("double_share_percent") or 0))
    except (ValueError, ZeroDivisionError):
        return Fraction(0)  # what was changed into this is told as a column that differs


def _log_faults(session: Session) -> Iterator[BrokenChain]:
    """Whether each draw that the access chain tells of is still there with what was told: nobody draws until the
    result pleases.
    """
    rows = session.execute(
        sa.select(AccessEvent.kind, AccessEvent.body).where(AccessEvent.kind.in_(list(LOGGED))).order_by(AccessEvent.id)
    )
    names = {name: draw_id for draw_id, name in _names(session)}
    for kind, body in rows:
        facts = json.loads(body)["facts"]
        draw = session.get(Draw, names[facts["name"]]) if facts["name"] in names else None
        if draw is None:
            if kind == FROZEN:
                yield BrokenChain(facts["name"], _fault("gone"))
        elif getattr(draw, LOGGED[kind]) != facts["value"]:
            yield BrokenChain(facts["name"], _fault("logged", name=Message(f"draws.part.{LOGGED[kind]}")))


def _names(session: Session) -> Iterator[tuple[int, str]]:
    for row in session.execute(sa.select(Draw.id, Draw.plan_code, Draw.period_label, Draw.sequence)):
        yield row.id, f"{row.plan_code}/{row.period_label}/{row.sequence}"
