"""R39: an administrator sets the nightly backup up; the passphrase is never on a page."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from backoffice.models.history import ReferenceChange
from backoffice.services import backup_plan
from policies.backup import Plan
from tests.support.backups import SECRET
from tests.support.browsing import text_of

PAGE = "/settings/backups/"


@pytest.fixture
def browser(sign_in):
    return sign_in("S030")


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "backups"
    path.mkdir()
    return path


def post(browser, **data):
    token = browser.get("/account").get_data(as_text=True).split('name="csrf_token" value="')[1].split('"')[0]
    said = {"at": "02:30", "folder": "", "days": "7", "weeks": "4", "months": "12", **data}
    return browser.post(PAGE, data={"csrf_token": token, **said}, follow_redirects=True)


def kept(office):
    with office.reading() as session:
        return backup_plan.plan(session)


def test_R39_the_plan_is_kept_and_logged(browser, office, folder):
    page = post(browser, on="y", folder=str(folder), at="03:15", days="10")
    assert "设置已保存" in text_of(page)
    assert kept(office) == Plan(True, "03:15", str(folder), 10, 4, 12)
    with office.reading() as session:
        change = session.scalars(sa.select(ReferenceChange).where(ReferenceChange.subject == "backup")).one()
    assert set(change.changes) == {"backup_on", "backup_at", "backup_folder", "backup_days"}
    assert "每天夜里自动备份" in text_of(browser.get(PAGE))
    assert "备份" in text_of(browser.get("/settings/changes/"))


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"on": "y"}, "请填写存放备份的文件夹"),
        ({"on": "y", "folder": "backups"}, "完整路径"),
        ({"on": "y", "folder": "/nowhere/at/all"}, "不存在或不能写入"),
        ({"at": "25:00"}, "时:分"),
        ({"days": "0"}, "1 到 400"),
        ({"months": "401"}, "0 到 400"),
    ],
)
def test_R39_what_is_wrong_is_said_and_nothing_typed_is_lost(browser, office, said, why):
    page = post(browser, **said)
    assert page.status_code == 422
    assert why in text_of(page)
    assert kept(office) == Plan()
    for value in said.values():
        assert f'value="{value}"' in page.get_data(as_text=True)


def test_R39_backups_do_not_go_into_the_data_directory(browser, app):
    page = post(browser, on="y", folder=app.config["DATA_DIR"])
    assert page.status_code == 422
    assert "在数据目录里" in text_of(page)


def test_R39_the_page_says_what_to_do_about_the_passphrase_and_never_shows_it(browser, tmp_path, monkeypatch):
    secret = tmp_path / "secret.txt"
    monkeypatch.setenv("BACKOFFICE_BACKUP_PASSPHRASE_FILE", str(secret))
    assert "没有可读的口令文件" in text_of(browser.get(PAGE))
    secret.write_text(SECRET, encoding="utf-8")
    secret.chmod(0o600)
    page = text_of(browser.get(PAGE))
    assert f"口令从 {secret} 读取" in page
    assert SECRET not in page


@pytest.mark.parametrize("code", ["S005", "S015", "S029"])
def test_R39_only_who_edits_the_configuration_sees_it(sign_in, code):
    assert sign_in(code).get(PAGE).status_code == 403
