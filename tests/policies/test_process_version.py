"""How a version comes into force, how a draft is put in order and changed, and what two versions differ in (R14)."""

from __future__ import annotations

import copy
from datetime import date

import pytest

from policies.process import ProcessFormError
from policies.process_difference import differences
from policies.process_form import (
    form_faults,
    moved_step,
    new_code,
    tidy,
    with_new_step,
    with_step,
    without_step,
)
from policies.process_version import (
    ProcessVersionFacts,
    Standing,
    refuse_changing,
    refuse_force,
    refuse_outdated,
    refuse_retiring,
    where,
)
from policies.vocabulary import VersionState
from tests.support.told_cases import process

TODAY = date(2026, 11, 23)


def version(number, state, day, running=0):
    return ProcessVersionFacts(number, VersionState(state), date.fromisoformat(day), running)


FIRST = version(1, "effective", "2026-01-01")
SECOND = version(2, "effective", "2026-06-01")
COMING = version(3, "effective", "2026-12-01")
DRAFT, CHECKED = version(4, "draft", "2026-11-23"), version(5, "checked", "2026-11-23")
GONE = version(6, "retired", "2026-11-01")
ALL = [FIRST, SECOND, COMING, DRAFT, CHECKED, GONE]


@pytest.mark.parametrize(
    ("one", "stands"),
    [(FIRST, "past"), (SECOND, "holds"), (COMING, "coming"), (DRAFT, "draft"), (CHECKED, "checked"), (GONE, "retired")],
)
def test_R14_where_a_version_stands(one, stands):
    assert where(one, ALL, TODAY) is Standing(stands)


def test_R14_a_draft_with_an_early_date_does_not_take_the_place_of_what_is_in_force():
    assert where(SECOND, [SECOND, version(9, "draft", "2026-11-20")], TODAY) is Standing.HOLDS


@pytest.mark.parametrize(
    ("one", "may"), [(DRAFT, True), (CHECKED, True), (COMING, False), (FIRST, False), (GONE, False)]
)
def test_R14_a_version_in_force_is_never_changed(one, may):
    assert (refuse_changing(one) is None) is may


@pytest.mark.parametrize(
    ("one", "day", "why"),
    [
        (CHECKED, "2026-11-23", None),
        (CHECKED, "2027-01-01", None),
        (CHECKED, "2026-11-22", "reference.refused.in_the_past"),
        (CHECKED, "2026-12-01", "reference.refused.same_day"),
        (CHECKED, "2040-01-01", "reference.refused.too_far"),
        (CHECKED, None, "reference.refused.missing"),
        (DRAFT, "2026-12-02", "process.refused.not_checked"),
        (COMING, "2026-12-02", "process.refused.in_force"),
        (GONE, "2026-12-02", "process.refused.in_force"),
    ],
)
def test_R14_only_what_was_checked_comes_into_force_and_not_in_the_past(one, day, why):
    found = refuse_force(one, ALL, date.fromisoformat(day) if day else None, TODAY)
    assert [refusal.key for refusal in found] == ([why] if why else [])


@pytest.mark.parametrize(
    ("one", "why"),
    [
        (DRAFT, None),
        (COMING, None),
        (FIRST, None),
        (version(1, "effective", "2026-01-01", running=3), "process.refused.still_running"),
        (SECOND, "process.refused.holds"),
        (GONE, "reference.refused.already_retired"),
    ],
)
def test_R14_what_holds_is_not_retired(one, why):
    refusal = refuse_retiring(one, ALL, TODAY)
    assert (refusal.key if refusal else None) == why


def test_R14_the_second_of_two_editors_is_told():
    assert refuse_outdated(3, 3) is None
    assert refuse_outdated(4, 3).key == refuse_outdated(4, None).key == "process.refused.changed_meanwhile"


# The plain form


@pytest.mark.parametrize("severity", ["general", "important", "major"])
def test_R14_a_definition_put_in_order_says_the_same(severity):
    definition = tidy(process(severity))
    assert tidy(definition) == definition
    assert differences(process(severity), definition) == []
    assert form_faults(definition) == []


@pytest.mark.parametrize(
    "damage",
    [
        lambda m: m.update(steps=5),
        lambda m: m.update(name=[]),
        lambda m: m.update(name={"zh": 3, "en": {}}),
        lambda m: m["steps"][0].update(required_fields=7),
        lambda m: m["steps"][0].update(next=3),
        lambda m: m["steps"][0].update(approvals="all"),
        lambda m: m["steps"][0].update(clock_share=True),
        lambda m: m["steps"][0].update(clock_share="ten%"),
        lambda m: m["steps"][0].update(status=["x"]),
    ],
)
def test_R14_what_is_no_process_at_all_is_refused_and_never_breaks(damage):
    mapping = copy.deepcopy(process("general"))
    damage(mapping)
    with pytest.raises(ProcessFormError):
        tidy(mapping)


@pytest.mark.parametrize(
    ("damage", "why"),
    [
        (lambda s: s.update(code="Not A Code"), "no_code"),
        (lambda s: s.update(role="x" * 65), "no_code"),
        (lambda s: s.update(clock_share="100.01"), "share_bounds"),
        (lambda s: s.update(clock_share="3.141"), "share_bounds"),
        (lambda s: s.update(clock_share="1e99999"), "share_bounds"),
        (lambda s: s.update(approvals=[{"role": "x", "up_to_cny": "1e40"}]), "amount_bounds"),
        (lambda s: s.update(name={"zh": "长" * 121, "en": "x"}), "name_long_of_step"),
        (lambda s: s.update(note={"zh": "长" * 401, "en": "x"}), "note_long_of_step"),
        (lambda s: s.update(next=[{"action": f"a{n}", "to": "plan"} for n in range(21)]), "too_many_ways"),
        (lambda s: s.update(code="check"), "step_twice"),
    ],
)
def test_R14_what_is_beyond_all_bounds_is_not_kept_even_as_a_draft(damage, why):
    mapping = copy.deepcopy(process("general"))
    damage(mapping["steps"][0])
    assert f"process.refused.{why}" in {refusal.key for refusal in form_faults(mapping)}


def test_R14_steps_are_added_moved_and_removed():
    general = tidy(process("general"))
    said = {"name": {"zh": "抄送法务", "en": "Tell the lawyers!"}, "role": "handler"}
    more, code = with_new_step(general, said, "plan")
    codes = [step["code"] for step in more["steps"]]
    assert code == "tell_the_lawyers"
    assert codes[codes.index("plan") + 1] == code
    assert with_new_step(more, said, None)[1] == "tell_the_lawyers_2"
    assert new_code("投诉", []) == "step_2"
    assert new_code("End", []) == "end_2"
    up = moved_step(general, "check", -1)
    assert [step["code"] for step in up["steps"]][:2] == ["check", "register"]
    assert moved_step(general, "register", -1) == general == moved_step(general, "archive", 1)
    fewer, dropped = without_step(general, "dispute")
    assert dropped == 1
    assert all(way["to"] != "dispute" for step in fewer["steps"] for way in step["next"])
    assert "dispute" in [step["code"] for step in general["steps"]], "the definition itself stays as it was"


def test_R14_two_versions_differ_in_what_was_changed_and_in_nothing_else():
    general = tidy(process("general"))
    later = with_step(general, "plan", {"clock_share": 15, "required_evidence": []})
    later = with_step(later, "carry_out", {"clock_share": 25})
    later, _ = without_step(later, "dispute")
    later, _code = with_new_step(later, {"name": {"zh": "会签", "en": "Countersign"}, "role": "handler"}, "plan")
    later = moved_step(later, "archive", -1)
    later["name"] = {"zh": "新流程", "en": "New process"}
    found = {one.key: (one.before, one.after) for one in differences(general, later)}
    assert found["plan.clock_share"] == (20, 15)
    assert found["plan.required_evidence"] == (["plan_document"], [])
    assert found["carry_out.clock_share"] == (20, 25)
    assert found["appoint.way.raise_dispute"][1] is None
    assert found["dispute.step"][1] is None
    assert found["countersign.step"] == (None, later["steps"][7]["name"])
    assert found["name"][1] == later["name"]
    assert {key for key in found if key.endswith(".place")} in ({"archive.place"}, {"rework.place"})
    assert set(found) - {"archive.place", "rework.place"} == {
        "plan.clock_share", "plan.required_evidence", "carry_out.clock_share", "appoint.way.raise_dispute",
        "dispute.step", "countersign.step", "countersign.role", "countersign.status", "name",
    }  # fmt: skip
