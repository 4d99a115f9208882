"""Records scored twice, two months of an inspector who drifts, and calibration sessions in each state, for screens."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import sqlalchemy as sa

from backoffice.models.inspection import Inspection, InspectionMark
from backoffice.services import calibration as service
from tests.support.inspections import EXAMPLE, FATAL, INSPECTOR, MANAGER, SECOND, Inspected, entered

APART = {"rec_5w1h": 100, "pro_check": 50, "res_solved": 50, "tim_steps": 0, "rec_read_back": 100}


def mark(scene: Inspected, number: str, **changes: int | None) -> None:
    """The marks that an inspector gave first: the office's worked example with some changed."""
    with scene.database.writing() as session:
        row = session.scalars(sa.select(Inspection).where(Inspection.number == number)).one()
        for item, percent in {**EXAMPLE, **dict.fromkeys(FATAL, 100), **changes}.items():
            value = None if percent is None else Decimal(percent)
            session.add(InspectionMark(inspection_id=row.id, round=0, item=item, percent=value))


def twice(scene: Inspected, scores: tuple[str, str], key: str, **changes: int | None) -> str:
    """A record scored by both inspectors; the second's number."""
    first = scene.published(INSPECTOR, scores[0], unit_key=key)
    second = scene.published(SECOND, scores[1], unit_key=key, pair_of=first)
    mark(scene, first)
    mark(scene, second, **changes)
    return second


def drifting(scene: Inspected) -> None:
    """Two months in which the first inspector gives 70 or so and the other 90 or so."""
    for month in (10, 11):
        for number in range(6):
            at = datetime(2026, month, 3 + number, 2, tzinfo=UTC)
            scene.published(INSPECTOR, str(69 + number % 3), scored_at=at, unit_key=f"a{month}{number}")
            scene.published(SECOND, str(89 + number % 3), scored_at=at, unit_key=f"b{month}{number}")


def call(scene: Inspected, source: str = "") -> str:
    """A session of both inspectors, called by the quality manager; its number."""
    with scene.database.reading() as session:
        card_id = next(iter(service.cards(scene.work(session, MANAGER))))
    members = tuple(scene.play.staff(one) for one in (INSPECTOR, SECOND))
    facts = service.Call(scene.play.number, card_id, members, scene.at + timedelta(days=7), source=source)
    return str(scene.do(MANAGER, service.call, facts).number)


def scored(scene: Inspected, number: str, *who: str) -> str:
    """The same session when these have scored."""
    for code in who:
        scene.do(code, service.score, number, dict(entered(None if code == INSPECTOR else APART).marks))
    return number


def all_states(scene: Inspected) -> dict[str, str]:
    """A session in each state: ``scoring`` (one has scored), ``discussing``, ``closed``; and ``source``, not called yet."""
    twice(scene, ("84.24", "84.24"), "like")
    found = {"source": twice(scene, ("84.24", "71.00"), "apart", **APART)}
    other = twice(scene, ("84.24", "70.00"), "apart2", **APART)
    found["scoring"] = scored(scene, call(scene), INSPECTOR)
    found["discussing"] = scored(scene, call(scene, other), INSPECTOR, SECOND)
    found["closed"] = scored(scene, call(scene), INSPECTOR, SECOND)
    said = "缺两项要素按零分计；是否复述以录音为准。"
    scene.do(MANAGER, service.close, found["closed"], said, dict(entered({"rec_5w1h": 0}).marks))
    found["blind"] = call(scene, blind_source(scene))
    drifting(scene)
    return found


def blind_source(scene: Inspected) -> str:
    """A record that both inspectors scored blind; the second's number."""
    first = scene.published(INSPECTOR, unit_key="blind", blind=True)
    return scene.published(SECOND, "70.00", unit_key="blind", pair_of=first, blind=True)
