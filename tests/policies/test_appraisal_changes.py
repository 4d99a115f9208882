"""R33: computed again, a sheet says by which versions, rows and figures it differs."""

from __future__ import annotations

from policies.appraisal_changes import differences, is_counted_otherwise


def row(indicator: str, *, figures=("41", "43", 43), weight="20", target="98", score="94.70", inputs="a"):
    numerator, denominator, sample = figures
    return {
        "indicator": indicator, "weight": weight, "target": target, "numerator": numerator, "denominator": denominator,
        "sample": sample, "score": score, "inputs": inputs,
    }  # fmt: skip


def text(*rows, **more):
    return {
        "scheme": ["handler_2026", 1], "rules": ["appraisal_default", 1], "days": 22, "final_score": "93.62", "grade": "B",
        "effects": [{"code": "points_5"}], "rows": list(rows), **more,
    }  # fmt: skip


def test_R33_nothing_differs_from_itself():
    one = text(row("on_time_rate"))
    assert differences(one, one) == {"score": ["93.62", "93.62"], "grade": ["B", "B"], "lines": {}}


def test_R33_another_version_of_scheme_or_rules_is_named():
    found = differences(text(), text(scheme=["handler_2026", 2], rules=["appraisal_default", 3], days=10))
    assert found["scheme"] == [["handler_2026", 1], ["handler_2026", 2]]
    assert found["rules"] == [["appraisal_default", 1], ["appraisal_default", 3]]
    assert found["days"] == [22, 10]


def test_R33_rows_that_are_new_or_gone_are_named_with_their_weight():
    found = differences(text(row("first_response_rate", weight="5")), text(row("first_response_hours", weight="10")))
    assert found["lines"] == {
        "first_response_hours": {"old": None, "new": ["41", "43", 43], "weight": [None, "10"]},
        "first_response_rate": {"old": ["41", "43", 43], "new": None, "weight": ["5", None]},
    }


def test_R33_weights_targets_and_scores_that_moved_are_named_though_the_figures_are_the_same():
    found = differences(text(row("on_time_rate")), text(row("on_time_rate", weight="5", target="95", score="100.00")))
    assert found["lines"]["on_time_rate"] == {
        "old": ["41", "43", 43], "new": ["41", "43", 43], "weight": ["20", "5"], "target": ["98", "95"],
        "score": ["94.70", "100.00"],
    }  # fmt: skip


def test_R33_the_same_sums_of_other_records_are_a_difference():
    before, after = text(row("on_time_rate")), text(row("on_time_rate", inputs="b"))
    assert list(differences(before, after)["lines"]) == ["on_time_rate"]
    assert is_counted_otherwise(before, after, "on_time_rate")
    assert not is_counted_otherwise(before, text(), "on_time_rate")


def test_R33_what_it_brings_is_compared():
    assert differences(text(), text(effects=[]))["effects"] == [["points_5"], []]
