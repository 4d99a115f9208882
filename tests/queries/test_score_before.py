"""R33: the score that a sheet is compared with is that of the month before, of the same subject, by the same scheme."""

from __future__ import annotations

from decimal import Decimal

import pytest
import sqlalchemy as sa

from backoffice.models.appraisal import AppraisalSheet
from backoffice.queries.appraisal_beside import names_now, scores_before
from policies.vocabulary_appraisal import SheetStatus
from tests.support.appraisal_papers import Papers, full_marks
from tests.support.inspections import KEYS

HANDLER, CALLER, DEPARTMENT = "handler_2026", "callback_2026", "department_2026"


@pytest.fixture
def scene(office_database, tmp_path):
    return Papers(office_database, KEYS, tmp_path / "files")


def in_month(scene, month, status, sheets) -> list[str]:
    scene.month_name, scene.status = month, status
    return [scene.sheet(code, scheme, full_marks(scheme)) for code, scheme in sheets]


def before(scene, number) -> tuple[Decimal, bool] | None:
    with scene.database.reading() as session:
        sheet = session.scalars(sa.select(AppraisalSheet).filter_by(number=number)).one()
        return scores_before(session, [sheet]).get(sheet.id)


def test_R33_the_month_before_counts_for_the_same_subject_and_scheme(scene):
    in_month(scene, "2026-06", SheetStatus.LOCKED, [("S016", HANDLER)])
    in_month(scene, "2026-07", SheetStatus.LOCKED, [("S013", HANDLER), ("network", DEPARTMENT), ("S011", HANDLER)])
    mine, department, other, moved = in_month(
        scene, "2026-08", SheetStatus.PUBLISHED,
        [("S013", HANDLER), ("network", DEPARTMENT), ("S014", HANDLER), ("S011", CALLER)],
    )  # fmt: skip
    assert before(scene, mine) == before(scene, department) == (100, False)
    assert before(scene, other) is None  # had no sheet
    assert before(scene, moved) is None  # by another scheme
    (older,) = in_month(scene, "2026-09", SheetStatus.COMPUTED, [("S016", HANDLER)])
    assert before(scene, older) is None  # June is not the month before


C, P, A, L = SheetStatus.COMPUTED, SheetStatus.PUBLISHED, SheetStatus.APPROVED, SheetStatus.LOCKED


@pytest.mark.parametrize(
    ("earlier", "now", "expected"),
    [
        (L, C, (100, False)), (A, C, (100, True)), (P, C, (100, True)), (C, C, (100, True)),
        (L, P, (100, False)), (A, P, (100, True)), (P, P, (100, True)), (C, P, None),
        (L, L, (100, False)), (P, L, None),
    ],
)  # fmt: skip
def test_R33_a_month_that_is_not_locked_is_compared_with_provisionally_once_the_person_knows_it(
    scene, earlier, now, expected
):
    """What nobody has published yet is compared with only on sheets that their people do not see either."""
    in_month(scene, "2026-07", earlier, [("S013", HANDLER)])
    (mine,) = in_month(scene, "2026-08", now, [("S013", HANDLER)])
    assert before(scene, mine) == expected
    with scene.database.reading() as session:
        sheet = session.scalars(sa.select(AppraisalSheet).filter_by(number=mine)).one()
        said = names_now(session, [sheet], {})[sheet.id]
    assert (said.before, said.is_provisional) == (expected or (None, False))
