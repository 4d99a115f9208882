"""Past courses in another process (R14): the told timelines walked, steps timed, and what a draft would not have had."""

from __future__ import annotations

import copy

import pytest

from policies.deadline import Whole
from policies.process import parse_process
from policies.what_if_course import NotWalked, PastMove, Stop, judge_steps, last_course, walk
from tests.support.clocks import good, office_calendar
from tests.support.past import naive
from tests.support.told_cases import leads_to, local, process, told

TOLD = {case["code"]: case for case in told()}


def course_of(case):
    """The moves that a told timeline tells, with the step that each led to."""
    severity = case.get("severity_at_registration", case["severity"])
    moves = []
    for line in case["timeline"]:
        if "action" not in line:
            continue
        if line["action"] == "regrade":
            severity = case["severity"]
            moves.append(PastMove("regrade", line["step"], line["step"], local(line["at"])))
            continue
        reached = leads_to(severity, line["step"], line["action"])
        moves.append(PastMove(line["action"], line["step"], reached["code"] if reached else "end", local(line["at"])))
    clock = next(clock for clock in case["clocks"] if clock["clock"] == "resolve")
    resolve = Whole(local(clock["start"]), local(clock["due"]), clock["amount"] if clock["unit"] == "hour" else None)
    return last_course(moves, resolve, local(clock["stopped_at"]))


def draft(severity, change):
    """The office's process of a severity, with its steps changed."""
    document = copy.deepcopy(process(severity))
    change({step["code"]: step for step in document["steps"]}, document)
    return parse_process(document)


def judged(case, tried):
    own = parse_process(process(case["severity"]))
    return {one.step: one for one in good(judge_steps(office_calendar(), own, tried, course_of(case)))}


@pytest.mark.parametrize("code", sorted(TOLD))
def test_R14_every_told_course_can_be_walked_in_its_own_process(code):
    case = TOLD[code]
    assert walk(parse_process(process(case["severity"])), course_of(case)) is None


@pytest.mark.parametrize("code", sorted(TOLD))
def test_R14_the_same_process_judges_every_step_alike(code):
    case = TOLD[code]
    assert all(one.before == one.after for one in judged(case, parse_process(process(case["severity"]))).values())


def test_R14_a_way_taken_away_stops_the_courses_that_went_it_and_names_step_and_action():
    def no_first_contact(steps, _document):
        ways = steps["check"]["next"]
        ways[:] = [way for way in ways if way["action"] != "solve_at_first_contact"]

    tried = draft("general", no_first_contact)
    stopped = {code: walk(tried, course_of(case)) for code, case in TOLD.items() if case["severity"] == "general"}
    assert stopped["case_01_first_contact"] == NotWalked(Stop.NO_WAY, "check", "solve_at_first_contact")
    assert stopped["case_02_general_on_time"] is None


def test_R14_a_step_put_in_between_stops_the_course_there_elsewhere_than_it_went():
    def review_first(steps, document):
        for way in steps["check"]["next"]:
            if way["action"] == "accept":
                way["to"] = "explain"
        document["steps"] = [step for step in document["steps"] if step["code"] != "dispatch"]

    found = walk(draft("general", review_first), course_of(TOLD["case_02_general_on_time"]))
    assert (found.why, found.step) == (Stop.NO_STEP, "explain")


def test_R14_a_step_is_late_in_the_process_that_gives_it_less_of_the_resolve_clock():
    """Case 02 accepted at 17:05 the same day; a draft in which register and check have 1 % of 46.5 h: 28 minutes.

    From Friday 18 September 16:40 to Friday the 25th at closing (Sunday the 20th is worked): 1 h 20 min and five days.
    """

    def hurry(steps, _document):
        steps["register"]["clock_share"], steps["check"]["clock_share"] = 0, 1

    case = TOLD["case_02_general_on_time"]
    accepted = next(move for move in course_of(case).moves if move.action == "accept")
    found = judged(case, draft("general", hurry))["check"]
    assert found.before is True
    assert found.due_after < found.due_before
    assert found.after is (naive(accepted.at) <= naive(found.due_after))


def test_R3_a_regraded_course_is_walked_from_where_it_went_on():
    course = course_of(TOLD["case_08_important_regraded"])
    assert (course.regraded, course.order_sent, course.moves[0].from_step) == (True, False, "check")
