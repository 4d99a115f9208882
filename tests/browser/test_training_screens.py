"""R34: the screens of training, in both languages and at both widths, keep what each page must. The desk and the windows
are those of ``test_screens``; what they show is the training of the demonstration.
"""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from backoffice.clock import SetClock
from backoffice.jobs.demonstration.schooling import play_training
from backoffice.jobs.demonstration.told_cases import Player
from backoffice.models.training import TrainingCourse, TrainingOrder, TrainingSession
from policies.vocabulary_training import CourseKind, DueKind
from tests.browser.pages import check_page
from tests.browser.test_screens import LANGUAGES, Scene
from tests.support.databases import with_default_office
from tests.support.live import give_passwords, listening
from tests.support.played import RECEIVED

LOGINS = {"S012": "head", "S013": "handler", "S024": "quality"}

# who, where
SCREENS = (
    ("S024", "/training"), ("S024", "/training?list=overdue"), ("S024", "/training/sessions"),
    ("S024", "/training/people"), ("S024", "/training/sessions/new"), ("S024", "/training/orders/new"),
    ("S024", "/training/sessions/{exam}"), ("S024", "/training/sessions/{drill}"),
    ("S024", "/training/sessions/{exam}/people"), ("S024", "/training/people/S013"),
    ("S024", "/training/people/S013/qualify"), ("S024", "/training/orders/{coaching}"),
    ("S024", "/training/orders/{coaching}/coach"), ("S024", "/training/orders/{coaching}/cancel"),
    ("S012", "/training"), ("S012", "/training/people"), ("S013", "/my-training"),
    ("S024", "/settings/training_courses/"), ("S024", "/settings/training_rules/"), ("S024", "/coaching"),
    ("S013", "/work/handling"), ("S024", "/work/inspection"), ("S024", "/appraisal/appeals?list=mine"),
)  # fmt: skip


@pytest.fixture(scope="module")
def scene(templates, tmp_path_factory, chromium):
    folder = tmp_path_factory.mktemp("training")
    clock = SetClock(RECEIVED)
    with templates.copy("sqlite", with_default_office, folder) as database:
        give_passwords(database)
        with listening(database, folder / "desk", clock) as live:
            keys = live.app.extensions["desk"].keys
            play_training(Player(database, keys, folder / "desk" / "files"), RECEIVED)
            with database.reading() as session:
                of = sa.select(TrainingSession.id).join(TrainingCourse)
                drill = session.scalars(of.where(TrainingCourse.kind == CourseKind.DRILL)).first()
                exam = session.scalars(of.where(TrainingCourse.code == "plan_and_compensation")).first()
                kind = TrainingOrder.kind == DueKind.COACHING
                coaching = session.scalars(sa.select(TrainingOrder.id).where(kind)).one()
            found = Scene(chromium, live, {"drill": drill, "exam": exam, "coaching": coaching}, LOGINS)
            yield found
            for page in found.windows.values():
                page.context.close()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("code", "address"), SCREENS, ids=[f"{code} {address}" for code, address in SCREENS])
def test_R34_a_screen_of_training_keeps_what_every_page_must(scene, code, address, language):
    check_page(scene.opens(code, language, address))
