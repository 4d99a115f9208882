"""R31: whatever the month holds, one more complaint closed in time lowers nobody's timeliness.

Any mixture of owners, departments, outcomes and missed clocks stands in the database, on SQLite and on PostgreSQL; one
complaint that was closed in time is added for anybody; the registry is asked for everybody before and after.
"""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backoffice.queries.indicators import figures, month_of
from policies.indicator import Figure, is_rated, parse_indicators, value_of
from policies.vocabulary import Outcome
from policies.vocabulary_appraisal import SubjectKind
from tests.support.counted import Counted
from tests.support.told_cases import SHANGHAI, local, office

OFFICE = parse_indicators(office("appraisal"))
SEPTEMBER = month_of("2026-09", SHANGHAI, local("2026-10-10T12:00"))
TIMELINESS = {"on_time_rate": "resolve", "first_response_rate": "first_response", "answer_rate": "answer"}
OWNERS, PLACES = ("S012", "S013", "S014", "S016"), ("network", "technical_support", "billing")
ESTABLISHED = (Outcome.RESOLVED, Outcome.CLOSED_UNSATISFIED, Outcome.CLOSED_UNREACHABLE)

complaint = st.fixed_dictionaries({
    "owner": st.sampled_from(OWNERS), "place": st.sampled_from(PLACES), "outcome": st.sampled_from(Outcome),
    "missed": st.sets(st.sampled_from(sorted(TIMELINESS.values()))).map(tuple), "open": st.booleans(),
})  # fmt: skip
in_time = st.tuples(st.sampled_from(OWNERS), st.sampled_from(PLACES), st.sampled_from(ESTABLISHED))


def everybody(session) -> dict[tuple[str, SubjectKind, int], Figure]:
    return {
        (code, level, subject): figure
        for code in TIMELINESS
        for level in OFFICE[code].levels
        for subject, figure in figures(session, code, SEPTEMBER, level).items()
    }


def put(made: Counted, owner: str, place: str, outcome: Outcome, missed: tuple[str, ...] = (), *, still_open=False):
    more = {"closed_at": None, "outcome": None} if still_open else {"outcome": outcome}
    made.complaint(owner_id=made.staff(owner), department_id=made.department(place), missed=missed, **more)


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(month=st.lists(complaint, max_size=5), added=in_time)
def test_R31_one_more_closed_in_time_lowers_nobodys_timeliness(office_database, month, added):
    with office_database.writing() as session:
        made = Counted(session)
        for one in month:
            put(made, one["owner"], one["place"], one["outcome"], one["missed"], still_open=one["open"])
        before = everybody(session)
        put(made, *added)
        after = everybody(session)
        session.rollback()
    assert set(before) <= set(after)
    for key, figure in before.items():
        indicator = OFFICE[key[0]]
        old, new = value_of(indicator, figure), value_of(indicator, after[key])
        assert old is None or old <= new, key
        assert is_rated(indicator, after[key]) or not is_rated(indicator, figure), key
    owner, _place, _outcome = added
    mine = ("on_time_rate", SubjectKind.PERSON, made_id(office_database, owner))
    known = before.get(mine)
    assert after[mine].numerator == (0 if known is None else known.numerator) + 1


def made_id(database, code: str) -> int:
    with database.reading() as session:
        return Counted(session).staff(code)


@pytest.mark.parametrize("late", [0, 1, 4])
def test_R31_and_after_the_first_one_in_time_it_is_not_nought(office_database, late):
    with office_database.writing() as session:
        made = Counted(session)
        for _ in range(late):
            put(made, "S013", "network", Outcome.RESOLVED, ("resolve",))
        put(made, "S013", "network", Outcome.RESOLVED)
        found = figures(session, "on_time_rate", SEPTEMBER, SubjectKind.PERSON)[made.staff("S013")]
        assert (found.numerator, found.denominator) == (1, late + 1)
        session.rollback()
