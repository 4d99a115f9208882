"""Inspections for the access matrix: one about P that is open to appeal, one about P with P's appeal and its file, and
one about somebody else with an appeal that P may have to decide; and one about a colleague of P's department.
"""

from __future__ import annotations

from backoffice.integrations.files import Upload
from backoffice.services import appeals
from tests.support.appealed import publish
from tests.support.inspections import HANDLER, INSPECTOR, Inspected
from tests.support.played import Play

PLAN = "spot_check"
FILE = Upload("说明.txt", b"answered in time\n", "text/plain")


NUMBERS = {"own": "SPOT_CHECK-1-001", "department": "SPOT_CHECK-1-004", "foreign": "SPOT_CHECK-1-003"}


def add(play: Play, person: str, colleague: str, department: str) -> None:
    """Publish them on one archived complaint, as SPOT_CHECK-1-001 (P, open), -002 (P, appealed), -003 (S016's) and -004
    (the colleague's, of this department).
    """
    scene = Inspected(play.database, play.keys, play.files)
    scene.play = play
    for subject, inspector, appeal in ((person, INSPECTOR, False), (person, "S023", True), (HANDLER, "S024", True)):
        number = publish(scene, inspector=inspector, subject=subject, plan=PLAN)
        if appeal:
            with scene.database.writing() as session:
                work = scene.work(session, HANDLER if subject == HANDLER else person)
                appeals.submit(work, number, ["tim_steps"], "在时限内", [FILE])
    publish(scene, subject=colleague, department=department, plan=PLAN, unit="intake")
