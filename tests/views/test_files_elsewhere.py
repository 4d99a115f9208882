"""Files of complaints in a store of objects (R2, R39): kept, opened and missed like those in a folder."""

from __future__ import annotations

import io

import pytest
import sqlalchemy as sa

from backoffice.integrations import s3
from backoffice.models.complaint import Complaint
from backoffice.models.handling import Attachment
from tests.support.object_store import object_store
from tests.views.test_intake import register

CONTENT = "客户来电：每晚掉线\n".encode()
FILE = "/complaints/TS20261123-0001/files/1"


@pytest.fixture
def objects(monkeypatch):
    monkeypatch.setattr(s3, "FIRST_WAIT", 0.01)
    with object_store() as made:
        monkeypatch.setenv("BACKOFFICE_FILES_URL", made.url)
        yield made


def count(office, model):
    with office.reading() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(model))


def test_R2_a_file_of_a_complaint_is_kept_there_sealed_and_opened_again(objects, sign_in, office, tmp_path):
    assert register(sign_in("S005"), files=(io.BytesIO(CONTENT), "来电.txt")).status_code == 302
    ((name, kept),) = objects.kept.items()
    assert name.startswith("desk/files/")
    assert CONTENT not in kept
    assert not (tmp_path / "desk" / "files").exists()
    answer = sign_in("S003").get(FILE)
    assert (answer.status_code, answer.data) == (200, CONTENT)


def test_R2_while_the_store_is_down_nothing_is_registered_and_nothing_typed_is_lost(objects, sign_in, office):
    objects.faults += [503] * 3
    answer = register(sign_in("S005"), files=(io.BytesIO(CONTENT), "来电.txt"))
    assert answer.status_code == 503
    assert "未能完成操作" in answer.text
    assert "宽带每晚 19:30 起掉线" in answer.text
    assert (count(office, Complaint), count(office, Attachment), objects.kept) == (0, 0, {})
    assert register(sign_in("S005"), files=(io.BytesIO(CONTENT), "来电.txt")).status_code == 302


def test_R39_a_file_that_cannot_be_reached_is_told_as_such_and_not_as_gone(objects, sign_in, office):
    register(sign_in("S005"), files=(io.BytesIO(CONTENT), "来电.txt"))
    objects.faults += ["cut"] * 3
    answer = sign_in("S003").get(FILE)
    assert answer.status_code == 503
    assert "没有应答" in answer.text
    objects.kept.clear()
    assert sign_in("S003").get(FILE).status_code == 404
