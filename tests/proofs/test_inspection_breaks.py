"""Breaks planted one by one in the rules of quality inspection (R27–R30): each is found by a check that is there anyway.

Each row names a rule, the check that holds it, and how the rule is put out of force. The check passes as things are,
and fails with the one rule broken; a check that could not fail would be found here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from importlib import import_module
from typing import Any

import pytest

from backoffice.queries.inspection_list import Veil
from backoffice.services.core import draws
from policies import appeal, corrective_course, duties, kappa, sampling, scorecard
from policies.kappa import Weighting
from policies.vocabulary_inspection import InspectionStatus
from tests.policies.test_appeal import HANDLER, INSPECTOR
from tests.policies.test_kappa import GRANTS
from tests.services.test_sampling import Desk
from tests.support.databases import with_default_office
from tests.support.inspections import KEYS, Inspected, with_an_archived_complaint
from tests.support.printing import printing, read_back

__all__ = ["printing", "read_back"]
Patch = pytest.MonkeyPatch
FOUND = (AssertionError, pytest.fail.Exception)


@dataclass(frozen=True)
class Break:
    """A rule, the check that holds it (module and function under ``tests``), what it is given, and how to break it."""

    check: str
    plant: Callable[[Patch], None]
    given: tuple[Any, ...] = ()
    fixtures: tuple[str, ...] = ()
    only_inside: bool = field(default=False, kw_only=True)
    """The check draws its examples itself; it is given one here."""


def nothing(target: object, name: str, answer: object = None) -> Callable[[Patch], None]:
    """This rule always gives the same answer."""
    return lambda patch: patch.setattr(target, name, lambda *_said, **_more: answer)


def compulsory_in_n(patch: Patch) -> None:
    real = sampling.sample_sizes

    def sample_sizes(strata: Any, rule: Any) -> Any:
        return {key: max(n - strata[key].compulsory, 0) for key, n in real(strata, rule).items()}

    patch.setattr("tests.policies.test_sampling.sample_sizes", sample_sizes)


def nonce_first(patch: Patch) -> None:
    real = draws.freeze

    def freeze(work: Any, *said: Any, **more: Any) -> Any:
        draw = real(work, *said, **more)
        draws.make_nonce(work, draw)
        return draw

    patch.setattr(draws, "freeze", freeze)


def whole_weight(patch: Patch) -> None:
    real = scorecard._sum

    def summed(items: Any, marks: Any) -> Any:
        sums = real(items, marks)
        sums.applied_weight = sum(item.weight for item in items)
        return sums

    patch.setattr(scorecard, "_sum", summed)


def again_and_again(patch: Patch) -> None:
    real = appeal.refuse_appellant
    patch.setattr(
        "tests.policies.test_appeal.refuse_appellant",
        lambda one, *said: real(replace(one, appellant_id=None, status=InspectionStatus.PUBLISHED), *said),
    )


def by_chance_too(patch: Patch) -> None:
    real = kappa._Table.__init__

    def table(self: Any, *said: Any) -> None:
        real(self, *said)
        self.expected = Fraction(0)

    patch.setattr(kappa._Table, "__init__", table)


PAPERS = "reports.test_inspection_papers."
BREAKS = {
    "R27 own work": Break(
        "policies.test_inspection.test_R27_nobody_inspects_what_they_worked_on",
        nothing(duties, "no_own_inspection"), (1, {1, 2}, 3, True),
    ),
    "R27 compulsory units count in n": Break(
        "policies.test_sampling.test_R27_n_is_the_minimum_or_the_share_rounded_up", compulsory_in_n, (100, 4, "5", 3, 5)
    ),
    "R27 the nonce is made before the freeze": Break(
        "services.test_sampling.test_R27_the_nonce_is_made_after_the_population_is_frozen_and_never_anew",
        nonce_first, fixtures=("desk",),
    ),
    "R28 a fatal hit is passed over": Break(
        "policies.test_scorecard.test_R28_one_fatal_hit_makes_it_0", nothing(scorecard, "is_hit", answer=False),
        ([(10, Decimal(100))],), only_inside=True,
    ),
    "R28 what does not apply weighs all the same": Break(
        "policies.test_scorecard.test_R28_a_told_inspection_has_its_told_score", whole_weight, ("record_card_example",)
    ),
    "R28 kappa without chance": Break(
        "policies.test_kappa.test_R28_cohens_kappa_with_its_error_and_interval_is_that_of_the_published_examples",
        by_chance_too, (GRANTS, Weighting.NONE, 0.40, None, None, None, 2),
    ),
    "R28 blind is not blind": Break(
        PAPERS + "test_R28_a_blind_inspection_is_printed_without_handler_and_department_until_it_is_published",
        nothing(Veil, "hides_names", answer=False), fixtures=("scene", "printing", "read_back"),
    ),
    "R28 a score is seen before it is published": Break(
        PAPERS + "test_R39_who_may_have_a_sheet_depends_on_its_state_and_the_reach",
        nothing(Veil, "hides_score", answer=False), fixtures=("scene", "printing"),
    ),
    "R29 a second appeal": Break(
        "policies.test_appeal.test_R29_the_inspected_objects_once_after_publication", again_and_again,
        (HANDLER, {"appellant_id": HANDLER, "status": InspectionStatus.UNDER_APPEAL}, "once", 409),
    ),
    "R29 the first inspector decides": Break(
        "policies.test_appeal.test_R29_an_appeal_is_decided_by_another_inspector_without_a_part_in_it",
        nothing(appeal, "no_own_appeal_decision"), (INSPECTOR, {}, "access.duty.no_own_appeal_decision"),
    ),
    "R30 the owner verifies": Break(
        "policies.test_corrective_course.test_R30_owner_and_helpers_never_verify_whatever_else_they_may",
        nothing(corrective_course, "no_own_verification"), (corrective_course.CorrectiveAct.VERIFY, True),
    ),
}  # fmt: skip


@pytest.fixture
def desk(templates, tmp_path):
    """A fresh office for each time: what was drawn once stays drawn."""

    def made(place):
        return templates.copy("sqlite", with_default_office, tmp_path / place), Desk

    return made


@pytest.fixture
def scene(templates, tmp_path):
    def made(place):
        folder = tmp_path / place
        return (
            templates.copy("sqlite", with_an_archived_complaint, folder),
            lambda database: Inspected(database, KEYS, folder / "files").resumed(),
        )

    return made


def run(one: Break, request: pytest.FixtureRequest, place: str, folder: Any) -> None:
    """The check of a row, once, on databases of its own."""
    module, _, name = one.check.rpartition(".")
    check = getattr(import_module(f"tests.{module}"), name)
    if one.only_inside:
        check = check.hypothesis.inner_test
    values = [request.getfixturevalue(fixture) for fixture in one.fixtures]
    if not values or one.fixtures[0] not in ("desk", "scene"):
        check(*one.given, *values)
        return
    (folder / place).mkdir()
    copy, made = values[0](place)
    with copy as database:
        check(made(database), *values[1:])


@pytest.mark.parametrize("rule", BREAKS)
def test_a_rule_of_inspection_that_is_broken_fails_its_check(rule, request, monkeypatch, tmp_path):
    one = BREAKS[rule]
    run(one, request, "sound", tmp_path)
    one.plant(monkeypatch)
    with pytest.raises(FOUND):
        run(one, request, "broken", tmp_path)


def test_each_rule_has_a_check_of_its_own():
    assert len({one.check for one in BREAKS.values()}) == len(BREAKS)
