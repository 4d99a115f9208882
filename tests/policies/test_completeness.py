"""Completeness of an intake record (R2): the told cases, the rule on made-up records, and the page's script."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
from decimal import Decimal
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from policies.completeness import CompletenessRule, ItemState, filled_items, holds_something

ROOT = Path(__file__).resolve().parents[2]
CHANNELS = yaml.safe_load((ROOT / "backoffice/office/channels.yaml").read_text(encoding="utf-8"))
CASES = yaml.safe_load((ROOT / "backoffice/office/inspection_cases.yaml").read_text(encoding="utf-8"))["cases"]
SCRIPT = ROOT / "templates/static/js/completeness.js"
RULE = CompletenessRule.from_data(CHANNELS["completeness"])
CODES = [item.code for item in RULE.items]
KINDS = ["voice", "online", "counter", "written", "referred", "internal"]
BY_CODE = {channel["code"]: channel for channel in CHANNELS["channels"]}


@pytest.mark.parametrize("case", CASES, ids=[case["code"] for case in CASES])
def test_R2_the_told_case_has_the_told_completeness(case: dict) -> None:
    told = case["completeness"]
    channel = BY_CODE[case["channel"]]
    found = RULE.score(
        set(CODES) - set(told["missing"]),
        set(CODES) - set(told["not_read_back"]),
        channel_kind=channel["kind"],
        live=channel["live"],
        not_applicable=set(told["not_applicable"]) - {"call_start_and_length"},
    )
    assert found.points_times_two == told["points_times_two"]
    assert found.possible_times_two == told["possible_times_two"]
    assert found.score == Decimal(str(told["score"]))
    assert set(found.missing) == set(told["missing"])
    assert set(found.not_read_back) == set(told["not_read_back"])
    assert set(found.not_applicable) == set(told["not_applicable"])


def test_R2_all_ten_told_cases_are_looked_at() -> None:
    assert len(CASES) == 10


def test_R2_an_empty_record_scores_nothing_and_a_full_one_everything() -> None:
    assert RULE.score([], channel_kind="voice", live=True).score == 0
    assert RULE.score(CODES, CODES, channel_kind="voice", live=True).score == 100


def test_R2_a_key_item_not_read_back_counts_half_on_a_live_channel_only() -> None:
    live = RULE.score(CODES, channel_kind="voice", live=True)
    # Key weights 8 + 12 + 8 + 15 + 10 + 12 + 5 = 70, the other items 30: 35 + 30.
    assert live.score == Decimal("65.0")
    assert RULE.score(CODES, channel_kind="voice", live=False).score == 100


def test_R2_call_data_apply_to_voice_alone() -> None:
    without_call = [code for code in CODES if code != "call_start_and_length"]
    assert RULE.score(without_call, channel_kind="written", live=False).score == 100
    assert RULE.score(without_call, channel_kind="voice", live=False).score == 96


def test_R2_a_half_is_rounded_up() -> None:
    rule = CompletenessRule.from_data(
        {
            "fields": [
                {"code": "a", "weight": 1, "key": False, "applies_to": "all"},
                {"code": "b", "weight": 1999, "key": False, "applies_to": "all"},
            ],
            "warn_below": 85,
            "refuse_dispatch_below": 60,
        }
    )
    assert rule.score(["a"], channel_kind="voice", live=False).score == Decimal("0.1")  # exactly 0.05
    assert rule.score(["b"], channel_kind="voice", live=False).score == Decimal("100.0")  # exactly 99.95


def test_R2_a_record_to_which_nothing_applies_lacks_nothing() -> None:
    found = RULE.score([], channel_kind="voice", live=True, not_applicable=CODES)
    assert found.score == 100
    assert set(found.not_applicable) == set(CODES)


def test_R2_every_item_says_what_it_earned() -> None:
    found = RULE.score(["what", "where"], ["where"], channel_kind="voice", live=True, not_applicable=["who"])
    by_code = {item.code: (item.state, item.points_times_two, item.possible_times_two) for item in found.items}
    assert by_code["what"] == (ItemState.NOT_READ_BACK, 15, 30)
    assert by_code["where"] == (ItemState.FILLED, 16, 16)
    assert by_code["who"] == (ItemState.NOT_APPLICABLE, 0, 0)
    assert by_code["demand"] == (ItemState.MISSING, 0, 24)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", False),
        ("   ", False),
        ("　", False),
        ("—", False),
        ("?？…", False),
        ("无", True),
        ("0", True),
        ("𠮷", True),
        ("é", True),
        ("①", True),
    ],
)
def test_R2_blanks_and_signs_alone_do_not_fill_an_item(text: str, says: bool) -> None:
    assert holds_something(text) is says


def test_R2_an_item_of_several_values_is_filled_when_all_are() -> None:
    values = {"call_start_and_length": ["10:02", "400"], "what": "掉线", "where": " ", "who": [], "why": ["x", ""]}
    assert filled_items(values) == {"call_start_and_length", "what"}


@pytest.mark.parametrize(
    "change",
    [
        {"fields": []},
        {"fields": [{"code": "a", "weight": 0, "key": True, "applies_to": "all"}]},
        {"fields": [{"code": "a", "weight": -1, "key": True, "applies_to": "all"}]},
        {"fields": [{"code": "a", "weight": 1.5, "key": True, "applies_to": "all"}]},
        {"fields": [{"code": "a", "weight": 1, "key": True, "applies_to": "all"}] * 2},
    ],
)
def test_R2_a_definition_that_makes_no_sense_is_refused(change: dict) -> None:
    with pytest.raises(ValueError, match=r"weight|twice|nothing"):
        CompletenessRule.from_data(CHANNELS["completeness"] | change)


@given(st.sets(st.sampled_from(CODES)), st.sets(st.sampled_from(CODES)), st.sampled_from(KINDS), st.booleans())
def test_R2_more_filled_or_read_back_never_scores_less(filled: set, read: set, kind: str, live: bool) -> None:
    score = RULE.score(filled, read, channel_kind=kind, live=live).score
    assert 0 <= score <= 100
    for code in CODES:
        assert RULE.score(filled | {code}, read, channel_kind=kind, live=live).score >= score
        assert RULE.score(filled, read | {code}, channel_kind=kind, live=live).score >= score


def made_up_states(count: int) -> list[dict]:
    draw = random.Random(20261122)
    definitions = [CHANNELS["completeness"]]
    for _ in range(20):
        fields = [
            {
                "code": f"c{index}",
                "weight": draw.randint(0, 40) + (index == 0),
                "key": draw.random() < 0.5,
                "applies_to": draw.choice(["all", "voice", ["voice", "counter"]]),
            }
            for index in range(draw.randint(1, 14))
        ]
        definitions.append({"fields": fields, "warn_below": 85, "refuse_dispatch_below": 60})
    states = []
    for number in range(count):
        rule = CompletenessRule.from_data(definitions[number % len(definitions)])
        codes = [item.code for item in rule.items]
        states.append(
            {
                "definition": rule.as_data(),
                "filled": [code for code in codes if draw.random() < 0.7],
                "readBack": [code for code in codes if draw.random() < 0.6],
                "notApplicable": [code for code in codes if draw.random() < 0.15],
                "kind": draw.choice(KINDS),
                "live": draw.random() < 0.5,
            }
        )
    return states


def run_script(body: str, folder: Path) -> str:
    """What the page's script prints: under node where it is, else in Chromium."""
    node = shutil.which("node")
    if node:
        source = folder / "run.js"
        source.write_text(SCRIPT.read_text(encoding="utf-8") + body + "\nconsole.log(answer);", encoding="utf-8")
        return subprocess.run([node, str(source)], capture_output=True, text=True, check=True, timeout=60).stdout
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if browser is None:
        if os.environ.get("CI"):
            pytest.fail("neither node nor Chromium is here to run the page's script")
        pytest.skip("neither node nor Chromium is here to run the page's script")
    page = folder / "run.html"
    script = SCRIPT.read_text(encoding="utf-8") + body + "\ndocument.body.textContent = answer;"
    page.write_text(f'<!DOCTYPE html><meta charset="utf-8"><body><script>{script}</script>', encoding="utf-8")
    command = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom", page.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    return done.stdout.split("<body>")[1].split("</body>")[0]


def test_R2_the_page_counts_as_the_server_does(tmp_path: Path) -> None:
    states = made_up_states(2000)
    texts = ["", " ", "　", "—", "?", "无", "0", "𠮷", "㛃", "é", "①", "_", "½", "ー", "가"]
    body = (
        f"var states = {json.dumps(states)}; var texts = {json.dumps(texts)};"
        "var answer = JSON.stringify({scores: states.map(function (one) {"
        " var found = globalThis.completeness.score(one.definition, one);"
        " return [found.text, found.items.map(function (i) { return [i.code, i.state, i.points, i.possible]; })]; }),"
        " says: texts.map(globalThis.completeness.holdsSomething)});"
    )
    answer = json.loads(run_script(body, tmp_path))
    assert answer["says"] == [holds_something(text) for text in texts]
    for state, (score, items) in zip(states, answer["scores"], strict=True):
        found = CompletenessRule.from_data(state["definition"]).score(
            state["filled"],
            state["readBack"],
            channel_kind=state["kind"],
            live=state["live"],
            not_applicable=state["notApplicable"],
        )
        assert score == f"{found.score:.1f}"
        assert items == [[i.code, i.state.value, i.points_times_two, i.possible_times_two] for i in found.items]
    assert len({score for score, _ in answer["scores"]}) > 100
