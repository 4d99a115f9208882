"""Breaks planted one by one in the rules of the appraisal (R31–R33): each is found by a check that is there anyway.

Each row names a rule, the check that holds it, and how the rule is put out of force. The check passes as things are,
and fails with the one rule broken; a check that could not fail would be found here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from importlib import import_module
from typing import Any

import pytest
import sqlalchemy as sa

from backoffice.clock import SetClock
from backoffice.models.complaint import Complaint
from backoffice.queries import appraisal_check
from backoffice.queries.indicators import complaints, intake
from backoffice.services import appraisal as acts
from backoffice.services import appraisal_compute
from backoffice.services.appraisal_papers import records
from policies import appraisal, appraisal_course, appraisal_rules
from policies.appraisal_posts import Parts
from policies.appraisal_rules import EffectRule, Rules, Within
from policies.indicator import shown
from policies.vocabulary_appraisal import ScoringKind
from tests.policies import test_appraisal as arithmetic
from tests.policies import test_appraisal_course as course
from tests.policies import test_appraisal_lines as lines
from tests.policies import test_appraisal_unseen as unseen
from tests.proofs.test_inspection_breaks import FOUND, Break, Patch, nothing
from tests.proofs.test_locked_month import NEXT
from tests.support.appraised import Month
from tests.support.counted import Counted
from tests.support.databases import with_default_office
from tests.support.inspections import KEYS
from tests.support.locked_month import AFTERWARDS, with_a_locked_september

COUNTED, LOCKED = ("session", "past"), ("september",)
ARITHMETIC, COURSE = "policies.test_appraisal.test_R32_", "policies.test_appraisal_course.test_R33_"
POSTS, UNSEEN = "policies.test_appraisal_posts.test_R33_", "policies.test_appraisal_unseen.test_"
RECORDS, AFTER = "queries.test_indicators.test_R31_", "proofs.test_locked_month.test_"
CENT = Decimal("0.01")


def instead(target: object, name: str, other: Any) -> Callable[[Patch], None]:
    """Another function in the place of a rule's."""
    return lambda patch: patch.setattr(target, name, other)


def rounded(how: str) -> Callable[[Patch], None]:
    def half_up(value: Fraction) -> Decimal:
        return (Decimal(value.numerator) / Decimal(value.denominator)).quantize(CENT, how)

    return instead(appraisal, "half_up", half_up)


def reckoned(change: Callable[..., Any], where: Any = arithmetic) -> Callable[[Patch], None]:
    """Sheets that are reckoned otherwise: ``change`` gets the real function and what it was given."""
    real = appraisal.sheet_of
    return instead(where, "sheet_of", lambda *said, **more: change(real, *said, **more))


def base_of(how: Callable[[Any], Decimal]) -> Callable[[Patch], None]:
    def change(real: Any, *said: Any, **more: Any) -> Any:
        sheet = real(*said, **more)
        return replace(sheet, base_score=how(sheet))

    return reckoned(change)


def cut_off(sheet: Any) -> Decimal:
    return (sheet.weighted_sum / sheet.rated_weight).quantize(CENT, ROUND_DOWN)


def of_rounded_parts(sheet: Any) -> Decimal:
    parts = [appraisal.half_up(Fraction(row.contribution)) for row in sheet.rows if row.rated]
    return appraisal.half_up(Fraction(sum(parts) * 100) / Fraction(sheet.rated_weight))


def without_ends(real: Any, *said: Any, **more: Any) -> Any:
    sheet = real(*said, **more)
    return replace(sheet, final_score=sheet.base_score + sheet.adjustment)


def everything_switched_on(patch: Patch) -> None:
    real = appraisal_rules.effects_of

    def effects_of(rules: Rules, causes: Any) -> Any:
        effects = {code: replace(rule, enabled=True) for code, rule in rules.effects.items()}
        return real(replace(rules, effects=effects), causes)

    patch.setattr(appraisal_rules, "effects_of", effects_of)


def said_each_month(patch: Patch) -> None:
    real = appraisal_rules.is_completed

    def is_completed(rule: Any, grades: Any, month: str) -> bool:
        if rule.within is Within.RUNNING:
            return appraisal_rules._run_up_to(rule.grades, grades, month) >= rule.count
        return real(rule, grades, month)

    patch.setattr(appraisal_rules, "is_completed", is_completed)


def asked_of(where: Any, name: str, **other: Any) -> Callable[[Patch], None]:
    """A refusal that sees other facts than there are."""
    real = getattr(where, name)

    def refuse(*said: Any, **more: Any) -> Any:
        changed = [replace(one, **other) if hasattr(one, next(iter(other))) else one for one in said]
        return real(*changed, **more)

    return instead(where, name, refuse)


BREAKS = {
    "R32 halves go to the even hundredth": Break(
        ARITHMETIC + "a_value_becomes_a_score_of_0_to_100_with_two_decimals", rounded(ROUND_HALF_EVEN),
        (ScoringKind.AS_IS, {}, arithmetic.HIGHER, "91.365", "91.37"),
    ),
    "R32 scores are cut off": Break(
        ARITHMETIC + "every_line_of_a_worked_sheet_comes_out_to_the_last_digit", rounded(ROUND_DOWN), ("S005", 1)
    ),
    "R32 a score is reckoned from what is shown": Break(
        UNSEEN + "R32_a_line_is_scored_from_the_value_before_four_decimals_are_shown",
        lambda patch, real=appraisal.value_of: patch.setattr(
            appraisal, "value_of", lambda one, figure: Fraction(shown(real(one, figure)))
        ),
    ),
    "R32 the base score is cut off": Break(
        ARITHMETIC + "a_worked_sheet_comes_out_to_the_last_digit", base_of(cut_off), ("S005",)
    ),
    "R32 contributions are rounded before they are added": Break(
        ARITHMETIC + "a_worked_sheet_comes_out_to_the_last_digit", base_of(of_rounded_parts), ("S011",)
    ),
    "R33 the weight of what is not rated is lost": Break(
        ARITHMETIC + "below_its_minimum_sample_an_indicator_is_not_scored_and_its_weight_is_spread",
        base_of(lambda sheet: sheet.weighted_sum / 100),
    ),
    "R33 a sample below the minimum is rated": Break(
        UNSEEN + "R33_all_below_their_minimum_is_no_score_and_no_grade_whatever_else_is_said",
        nothing(appraisal, "is_rated", answer=True),
    ),
    "R33 less than the minimum of weight has a grade": Break(
        ARITHMETIC + "with_less_than_60_of_weight_rated_there_is_a_score_but_no_grade_and_nothing_follows",
        reckoned(
            lambda real, scheme, rules, *said: real(scheme, replace(rules, minimum_rated_weight=Decimal(0)), *said)
        ),
        (59, None),
    ),
    "R32 a grade holds from above its first score": Break(
        ARITHMETIC + "a_grade_holds_from_its_first_score_on",
        instead(
            Rules, "grade_of",
            lambda self, score: next((one for one in self.grades if score > one.from_score), self.grades[-1]),
        ),
        ("95", "A"),
    ),
    "R32 a veto is passed over": Break(
        UNSEEN + "R32_a_veto_caps_the_grade_and_takes_what_the_better_one_would_have_brought",
        instead(Rules, "capped", lambda self, grade, vetoes: grade),
    ),
    "R32 a veto lifts a lower grade": Break(
        ARITHMETIC + "a_veto_caps_the_grade_and_the_lower_one_holds",
        instead(
            Rules, "capped",
            lambda self, grade, vetoes: min(
                [self.grade(self.vetoes[code].grade_cap) for code in vetoes] or [grade], key=lambda one: one.from_score
            ),
        ),
        (80, ["veto_regulator_upheld"], "D"),
    ),
    "R32 a capped grade brings what the score would have": Break(
        ARITHMETIC + "a_worked_sheet_comes_out_to_the_last_digit",
        lambda patch, real=appraisal.grade_effects: patch.setattr(
            appraisal, "grade_effects", lambda rules, _grade: real(rules, "A")
        ),
        ("S013",),
    ),
    "R32 points count without limit": Break(
        ARITHMETIC + "points_more_or_less_count_up_to_the_limit_of_their_code",
        instead(appraisal, "_limited", lambda _rule, total: total), ([("lesson_adopted", 1)] * 5, 3),
    ),
    "R32 a score goes above 100": Break(
        ARITHMETIC + "points_never_lift_a_score_above_100_nor_press_it_below_0",
        reckoned(lambda real, scheme, *said: real(replace(scheme, maximum_score=Decimal(1000)), *said)), (3, "100.00"),
    ),
    "R32 a score goes below 0": Break(
        ARITHMETIC + "points_never_lift_a_score_above_100_nor_press_it_below_0", reckoned(without_ends), (-200, "0")
    ),
    "R32 an amount has no ceiling": Break(
        ARITHMETIC + "what_one_code_brings_in_a_month_lies_between_its_floor_and_its_ceiling",
        instead(EffectRule, "within", lambda self, total: total if self.floor is None else max(total, self.floor)),
        ({"ceiling": Decimal(12)}, 2, [8, 4]),
    ),
    "R32 an amount has no floor": Break(
        ARITHMETIC + "what_one_code_brings_in_a_month_lies_between_its_floor_and_its_ceiling",
        instead(EffectRule, "within", lambda self, total: total if self.ceiling is None else min(total, self.ceiling)),
        ({"floor": Decimal(10)}, 1, [10]),
    ),
    "R32 what is switched off is brought": Break(
        ARITHMETIC + "what_is_switched_off_brings_nothing", everything_switched_on
    ),
    "R32 months in a row speak every month": Break(
        ARITHMETIC + "months_of_one_grade_bring_what_the_rules_over_months_say", said_each_month, ("2026-09", "DDDD", [])
    ),
    "R31 a share goes above 100 per cent": Break(
        UNSEEN + "R31_repeats_above_the_number_closed_are_shown_and_scored_as_100_per_cent",
        instead(unseen, "value_of", lambda one, figure: figure.numerator / figure.denominator * 100),
    ),
    "R33 half a month counts for the last sheet": Break(
        POSTS + "who_moves_has_a_sheet_in_each_department",
        instead(Parts, "of_day", lambda self, _day: self._stretches[-1].part),
    ),
    "R33 days without a scheme count for the sheet before": Break(
        POSTS + "a_post_without_a_scheme_has_no_sheet_and_what_happens_then_counts_for_none",
        instead(Parts, "of_day", lambda self, _day: self.all[-1]),
    ),
    "R33 a second objection": Break(
        COURSE + "one_objection_and_only_within_the_days", asked_of(course, "refuse_act", appealed=False)
    ),
    "R33 somebody approves the own sheet": Break(
        COURSE + "nobody_checks_or_approves_an_own_sheet", nothing(appraisal_course, "no_own_sheet_approval")
    ),
    "R33 silence counts at once": Break(
        COURSE + "silence_counts_once_the_days_are_over", nothing(course, "is_silent", answer=True)
    ),
    "R33 who proposed a line decides it": Break(
        "policies.test_appraisal_lines.test_R33_somebody_else_decides_and_only_while_the_month_is_open",
        asked_of(lines, "refuse_decision", proposed_by=None), (lines.facts(), 23, True, "line_proposer"),
    ),
    "R31 it counts for whoever registered it": Break(
        RECORDS + "a_repeat_counts_for_the_owner_of_the_earlier_one_and_adds_nothing_to_the_denominator",
        instead(complaints, "owner", lambda complaint=Complaint: complaint.registered_by_id), fixtures=COUNTED,
    ),
    "R31 what is excluded counts": Break(
        RECORDS + "an_exclusion_leaves_a_complaint_out_of_the_indicators_that_name_it_and_of_no_other",
        instead(complaints, "excluded", lambda *_reasons: []), ("withdrawn",), COUNTED,
    ),
    "R31 the next month's first moment belongs to this one": Break(
        RECORDS + "closed_complaints_belong_to_the_month_in_which_they_closed",
        instead(
            complaints, "within", lambda column, window: sa.and_(column >= window.since, column <= window.until)
        ),
        ("on_time_rate",), COUNTED,
    ),
    "R31 a clock that runs counts as missed": Break(
        RECORDS + "a_running_clock_counts_against_nobody_until_it_is_overdue",
        instead(intake, "judged", lambda *_said: []), fixtures=COUNTED,
    ),
    "R33 a locked sheet is acted on": Break(
        AFTER + "R33_whatever_is_tried_on_a_locked_month_is_refused_with_the_reason", nothing(acts, "refuse_act"),
        fixtures=LOCKED,
    ),
    "R33 names on a locked paper are looked up anew": Break(
        AFTER + "R33_names_on_a_locked_paper_stay_as_they_were", instead(records, "BESIDE", "nowhere"), fixtures=LOCKED
    ),
    "R33 late facts are passed over": Break(
        AFTER + "R33_late_facts_are_corrections_of_the_next_month_even_when_schemes_and_rules_have_changed_since",
        nothing(appraisal_compute, "propose_corrections", answer=[]), fixtures=LOCKED,
    ),
    "R40 a score changed in the database is not seen": Break(
        AFTER + "R40_a_score_changed_in_the_database_is_found", nothing(appraisal_check, "locked_texts", answer=()),
        fixtures=LOCKED,
    ),
}  # fmt: skip


def run_on(one: Break, templates: Any, folder: Any) -> None:
    """The check of a row, once, on a database of its own where it needs one."""
    module, _, name = one.check.rpartition(".")
    check = getattr(import_module(f"tests.{module}"), name)
    if not one.fixtures:
        check(*one.given)
        return
    folder.mkdir()
    filling = with_a_locked_september if one.fixtures == LOCKED else with_default_office
    with templates.copy("sqlite", filling, folder) as database:
        if one.fixtures == LOCKED:
            check(Month(database, KEYS, folder, clock=SetClock(AFTERWARDS), month=NEXT))
            return
        with database.writing() as session:
            try:
                check(session, Counted(session), *one.given)
            finally:
                session.rollback()


@pytest.mark.parametrize("rule", BREAKS)
def test_a_rule_of_the_appraisal_that_is_broken_fails_its_check(rule, templates, monkeypatch, tmp_path):
    one = BREAKS[rule]
    run_on(one, templates, tmp_path / "sound")
    one.plant(monkeypatch)
    with pytest.raises(FOUND):
        run_on(one, templates, tmp_path / "broken")


def test_each_break_is_another_one():
    assert len({(one.check, repr(one.given)) for one in BREAKS.values()}) == len(BREAKS)
