"""The office's own lists: causes, evidence types, dispatch elements, routes."""

import pytest
import sqlalchemy as sa

from backoffice.errors import DomainError
from backoffice.models.configuration import ListEntry
from backoffice.queries.rulebook import Rulebook
from backoffice.services import list_entry
from policies.list_entries import EntryFacts, OfficeList
from tests.support.offices import actor_of, changes_of, said


def entry(session, name, code):
    return session.scalars(sa.select(ListEntry).where(ListEntry.list == name, ListEntry.code == code)).one()


def test_R18_a_cause_is_added_and_the_rules_know_it_at_once(office_database, at):
    with office_database.writing() as session:
        assert "solar_storm" not in {row.code for row in Rulebook(session).entries("causes")}
    with office_database.writing() as session:
        facts = EntryFacts("太阳风暴", "Solar storm", 40)
        list_entry.create(session, actor_of(session), at, OfficeList.CAUSES, "solar_storm", facts)
    with office_database.reading() as session:
        assert "solar_storm" in {row.code for row in Rulebook(session).entries("causes")}
        [line] = changes_of(session, "list_entry")
        assert line.changes["list"] == [None, "causes"]


def test_R10_an_element_has_a_kind_a_hint_and_its_choices(office_database, at):
    facts = EntryFacts("制式", "Network type", 50, "现场所见", "As seen on site", "choice", ("4G", "5G"))
    with office_database.writing() as session:
        actor = actor_of(session)
        row = list_entry.create(session, actor, at, OfficeList.DISPATCH_ELEMENTS, "network_type", facts)
        assert row.extra == {
            "hint": {"zh": "现场所见", "en": "As seen on site"},
            "kind": "choice",
            "choices": ["4G", "5G"],
        }
        assert list_entry.facts_of(row) == facts


@pytest.mark.parametrize(
    ("facts", "field", "why"),
    [
        (EntryFacts("名", "Name", 1, kind="colour"), "kind", "unknown"),
        (EntryFacts("名", "Name", 1, kind=None), "kind", "missing"),
        (EntryFacts("名", "Name", 1, kind="text", choices=("a",)), "choices", "choices_of_no_choice"),
        (EntryFacts("名", "Name", 1, kind="choice", choices=("a", "a")), "choices", "twice"),
        (EntryFacts("名", "Name", 1, kind="choice", choices=("x" * 61,)), "choices", "too_long"),
        (EntryFacts("名", "Name", 1, kind="text", note_zh="长" * 401), "note_zh", "too_long"),
        (EntryFacts("名" * 201, "Name", 1, kind="text"), "name_zh", "too_long"),
        (EntryFacts("名", "Name", None, kind="text"), "position", "missing"),
    ],
)
def test_R10_bad_values_of_an_element_are_refused_beside_their_field(office_database, at, facts, field, why):
    with office_database.writing() as session:
        with pytest.raises(DomainError) as error:
            list_entry.create(session, actor_of(session), at, OfficeList.DISPATCH_ELEMENTS, "thing", facts)
        assert said(error) == [(field, why)]


def test_R18_a_code_is_taken_only_within_its_list(office_database, at):
    with office_database.writing() as session:
        actor = actor_of(session)
        facts = EntryFacts("网络故障", "Network fault", 1)
        with pytest.raises(DomainError) as error:
            list_entry.create(session, actor, at, OfficeList.CAUSES, "network_fault", facts)
        assert said(error) == [("code", "code_taken")]
        list_entry.create(session, actor, at, OfficeList.EVIDENCE_TYPES, "network_fault", facts)


@pytest.mark.parametrize(
    ("name", "code", "why"),
    [
        ("dispatch_elements", "customer_number", "base_element"),
        ("dispatch_elements", "fault_location", "entry_in_use"),
        ("routes", "field_or_network", "entry_in_use"),
        ("channel_kinds", "voice", "entry_in_use"),
    ],
)
def test_R10_an_entry_in_use_is_not_retired_and_its_users_are_named(office_database, at, name, code, why):
    with office_database.writing() as session:
        row = entry(session, name, code)
        with pytest.raises(DomainError) as error:
            list_entry.retire(session, actor_of(session), at, row.id, "not needed")
        assert said(error) == [(None, why)]
        if why == "entry_in_use":
            assert error.value.refusals[0].params["names"]


def test_R14_evidence_that_a_process_requires_is_not_retired(office_database, at):
    from backoffice.models.configuration import ProcessVersion

    with office_database.writing() as session:
        required = next(
            evidence
            for version in session.scalars(sa.select(ProcessVersion))
            for step in version.definition["steps"]
            for evidence in step.get("required_evidence", ())
        )
        row = entry(session, "evidence_types", required)
        with pytest.raises(DomainError) as error:
            list_entry.retire(session, actor_of(session), at, row.id, "not needed")
        assert said(error) == [(None, "entry_in_use")]


def test_R18_a_cause_is_retired_and_restored(office_database, at):
    with office_database.writing() as session:
        actor = actor_of(session)
        row = entry(session, "causes", "network_fault")
        list_entry.retire(session, actor, at, row.id, "split in two")
        assert "network_fault" not in {one.code for one in Rulebook(session).entries("causes")}
        list_entry.restore(session, actor, at, row.id, "joined again")
        assert "network_fault" in {one.code for one in Rulebook(session).entries("causes")}


def test_the_lists_that_rules_are_written_with_are_not_there_for_an_office(office_database, at):
    with office_database.writing() as session:
        row = entry(session, "outcomes", "resolved")
        with pytest.raises(DomainError) as error:
            list_entry.change(session, actor_of(session), at, row.id, EntryFacts("好了", "Fine", 1))
        assert error.value.status == 404
