"""The dossier's page in a real browser: what every page must keep, the form, and the file that comes down (R22)."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect

from backoffice.models.office import Staff
from tests.browser.pages import check_page, sign_in, speak
from tests.support.played import Play
from tests.support.printing import printing

__all__ = ["printing"]  # a fixture
ARCHIVIST = "S028"


@pytest.fixture
def play(desk) -> Play:
    opened = desk.app.extensions["desk"]
    played = Play(desk.database, opened.keys, Path(opened.config["DATA_DIR"]) / "files")
    played.whole_life()
    desk.move_to(played.at)
    return played


def enter(page, play: Play, code: str, language: str) -> None:
    with play.database.reading() as session:
        login = session.scalars(sa.select(Staff.login).where(Staff.code == code)).one()
    sign_in(page, login)
    speak(page, language)
    page.goto(f"/complaints/{play.number}/dossier")


@pytest.mark.usefixtures("printing")
@pytest.mark.parametrize(
    ("language", "heading", "file_kind"), [("zh_Hans", "卷宗 {}", "masked"), ("en", "Dossier {}", "full")]
)
def test_R22_the_dossier_is_read_and_printed(page, play, language, heading, file_kind):
    enter(page, play, ARCHIVIST, language)
    check_page(page, heading.format(play.number))
    if folder := os.environ.get("DESK_SHOTS"):
        for width in (1280, 390):
            page.set_viewport_size({"width": width, "height": 900})
            page.screenshot(path=f"{folder}/dossier-{language}-{width}.png", full_page=True)
        page.set_viewport_size({"width": 1280, "height": 900})
    page.locator(f"input[name=kind][value={file_kind}]").check()
    if file_kind == "full":
        page.locator("textarea[name=reason]").fill("A court asked for it")
    with page.expect_download() as download:
        page.locator("#print button[type=submit]").click()
    assert download.value.suggested_filename == f"{play.number}-dossier-{file_kind}-1.pdf"
    assert Path(download.value.path()).read_bytes().startswith(b"%PDF-1.7")


def test_R39_a_copy_in_clear_without_a_reason_is_refused_beside_the_field(page, play):
    enter(page, play, ARCHIVIST, "zh_Hans")
    page.locator("input[name=kind][value=full]").check()
    page.locator("#print button[type=submit]").click()
    expect(page.locator("#reason-error")).to_have_text("打印含客户原文的卷宗，请写明理由。")
    expect(page.locator("input[name=kind][value=full]")).to_be_checked()
    check_page(page)
