"""What all commands on the office's own data share: one after another, and every change counted."""

from concurrent.futures import ThreadPoolExecutor

from backoffice.models.office import Department
from backoffice.queries.rulebook import Rulebook
from backoffice.services import department
from backoffice.services.department import DepartmentFacts
from tests.support.offices import actor_of, changes_of, the


def test_changes_made_at_once_are_all_counted_and_all_logged(office_database, at):
    with office_database.writing() as session:
        actor, row = actor_of(session), the(session, Department, "hr")
        before = Rulebook(session).revision

    def rename(number):
        with office_database.writing() as session:
            facts = DepartmentFacts("人力资源部", f"People {number}", "control", head_id=row.head_id)
            department.change(session, actor, at, row.id, facts)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(rename, range(8)))
    with office_database.reading() as session:
        assert Rulebook(session).revision == before + 8
        lines = [line.changes["name_en"] for line in changes_of(session, "department")]
    # each saw what the one before it left
    assert [new for _old, new in lines[:-1]] == [old for old, _new in lines[1:]]


def test_two_moves_at_once_never_make_a_circle(office_database, at):
    with office_database.writing() as session:
        actor = actor_of(session)
        first, second = the(session, Department, "network"), the(session, Department, "billing")

    def move(pair):
        row, parent = pair
        with office_database.writing() as session:
            facts = DepartmentFacts(row.name_zh, row.name_en, row.kind, "", "", parent.id, row.head_id, True)
            department.change(session, actor, at, row.id, facts)

    with ThreadPoolExecutor(2) as pool:
        tries = [pool.submit(move, pair) for pair in ((first, second), (second, first))]
        failed = [one for one in tries if one.exception() is not None]
    assert len(failed) == 1
    with office_database.reading() as session:
        parents = {row.id: row.parent_id for row in session.query(Department)}
    assert {parents[first.id], parents[second.id]} == {None, first.id if parents[second.id] else second.id}
