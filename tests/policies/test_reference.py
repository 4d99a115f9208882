"""What any piece of the office's own data must be (R1, R3)."""

import pytest

from policies.reference import (
    check_choice,
    check_choices,
    check_code,
    check_names,
    check_parent,
    check_reason,
    check_text,
    check_whole,
    in_tree_order,
    under,
)


def said(refusals):
    return [(refusal.field, refusal.key.rpartition(".")[2]) for refusal in refusals]


@pytest.mark.parametrize("code", ["hotline", "net_4g", "a", "x" * 64])
def test_a_code_in_lower_snake_case_passes(code):
    assert check_code(code) == []


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("", "missing"),
        ("Hotline", "code"),
        ("hot line", "code"),
        ("4g", "code"),
        ("_hot", "code"),
        ("hot_", "code"),
        ("hot__line", "code"),
        ("热线", "code"),
        ("hot\u0131ine", "code"),
        ("hotline\n", "code"),
        ("x" * 65, "too_long"),
    ],
)
def test_any_other_code_is_refused_beside_its_field(code, why):
    assert said(check_code(code)) == [("code", why)]


def test_a_code_that_is_taken_is_refused():
    assert said(check_code("hotline", {"hotline"})) == [("code", "code_taken")]


def test_a_name_is_needed_in_both_languages():
    assert check_names("热线", "Hotline") == []
    assert said(check_names("热线", "  ")) == [("name_en", "missing")]
    assert said(check_names("", "")) == [("name_zh", "missing"), ("name_en", "missing")]


def test_a_name_is_at_most_120_characters_long():
    assert check_names("热" * 120, "x" * 120) == []
    refusals = check_names("热" * 121, "x" * 120)
    assert said(refusals) == [("name_zh", "too_long")]
    assert refusals[0].params == {"longest": 120, "length": 121}


@pytest.mark.parametrize("text", ["a\0b", "a\x1bb", "a\nb", "a\ud800b"])
def test_control_signs_are_in_no_line_of_text(text):
    assert said(check_text("note", text, longest=99)) == [("note", "control_sign")]


def test_a_longer_text_may_have_line_breaks():
    assert check_text("note", "a\r\n\tb", longest=99, lines=True) == []


def test_a_reason_must_be_given():
    assert said(check_reason("   ")) == [("reason", "missing")]
    assert check_reason("closed for good") == []


@pytest.mark.parametrize(
    ("value", "required", "why"),
    [("b", True, "unknown"), ("", True, "missing"), (None, True, "missing"), (None, False, None), ("a", True, None)],
)
def test_a_choice_is_one_of_what_there_is(value, required, why):
    assert said(check_choice("kind", value, {"a"}, required=required)) == ([("kind", why)] if why else [])


def test_choices_are_all_known_and_none_stands_twice():
    assert check_choices("elements", ["a", "b"], {"a", "b"}) == []
    assert said(check_choices("elements", ["a", "c"], {"a", "b"})) == [("elements", "unknown")]
    assert said(check_choices("elements", ["a", "a"], {"a", "b"})) == [("elements", "twice")]


@pytest.mark.parametrize(("number", "why"), [(None, "missing"), (-1, "out_of_bounds"), (10, "out_of_bounds")])
def test_a_number_stays_within_its_bounds(number, why):
    assert said(check_whole("position", number, 0, 9)) == [("position", why)]


#        1
#      2   3
#    4
TREE = {1: None, 2: 1, 3: 1, 4: 2}


@pytest.mark.parametrize(
    ("own", "parent", "why"),
    [
        (4, 3, None),
        (2, None, None),
        (None, 4, None),
        (2, 2, "own_child"),
        (1, 4, "own_child"),
        (2, 4, "own_child"),
        (2, 99, "unknown"),
    ],
)
def test_nothing_stands_under_itself_or_under_its_own_child(own, parent, why):
    assert said(check_parent(own, parent, TREE)) == ([("parent_id", why)] if why else [])


def test_a_circle_that_is_there_already_does_not_hang_the_check():
    assert check_parent(9, 5, {5: 6, 6: 5, 9: None}) == []


def test_all_that_stand_under_a_node_are_found():
    assert under(1, TREE) == {1, 2, 3, 4}
    assert under(2, TREE) == {2, 4}


def test_a_tree_is_listed_with_each_node_under_its_parent():
    assert in_tree_order([(3, 1), (1, None), (4, 2), (2, 1), (7, 99)]) == [(1, 0), (3, 1), (2, 1), (4, 2), (7, 0)]
