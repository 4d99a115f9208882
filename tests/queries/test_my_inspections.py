"""R28, R29: what the inspected read of their months."""

from __future__ import annotations

from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from backoffice.queries.my_inspections import months
from tests.support.inspections import HANDLER, KEYS, Inspected


@pytest.fixture
def scene(archived_database, tmp_path):
    return Inspected(archived_database, KEYS, tmp_path / "files").resumed()


@pytest.mark.parametrize(("scores", "mean"), [(("84.24", "84.25"), "84.25"), (("84.25", "84.26"), "84.26")])
def test_R28_the_mean_of_a_month_is_rounded_half_up(scene, scores, mean):
    for n, score in enumerate(scores):
        scene.published(score=score, unit_key=f"record-{n}")
    with scene.database.reading() as session:
        (month,) = months(session, scene.play.staff(HANDLER), scene.at, ZoneInfo("Asia/Shanghai"))
    assert (month.count, month.mean) == (2, Decimal(mean))
