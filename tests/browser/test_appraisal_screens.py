"""Appraisal schemes in the console (R32): whole in both languages and widths; the example follows what is typed."""

from __future__ import annotations

import copy
import os
import re

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect

from backoffice.models.appraisal import AppraisalScheme
from policies.vocabulary import VersionState
from tests.browser.pages import WIDTHS, check_page, sign_in, speak
from tests.support.worked_sheets import lock_worked_month

ROOT, RULES = "/settings/appraisal_schemes", "/settings/appraisal_rules"


def drawn_up(page: Page, root: str, number: int) -> int:
    """A draft of a version, by its form; gives its number in the address."""
    page.goto(f"{root}/draw_up/?id={number}")
    page.locator("main textarea[name=reason]").fill("Review of October")
    page.locator("main .actionbar button.btn-primary").click()
    page.wait_for_url(re.compile("details"))
    return int(page.url.rpartition("=")[2])


def look(page: Page, name: str, heading: str | None = None) -> None:
    """The page as it must be; with a folder in SHOTS also as a picture at both widths."""
    check_page(page, heading)
    for width in WIDTHS if "SHOTS" in os.environ else ():
        page.set_viewport_size({"width": width, "height": 900})
        page.screenshot(path=f"{os.environ['SHOTS']}/{name}-{width}.png", full_page=True)
    page.set_viewport_size({"width": WIDTHS[0], "height": 900})


@pytest.mark.parametrize(("language", "n"), [("zh_Hans", 0), ("en", 1)])
def test_R32_every_screen_of_schemes_is_whole_in_both_languages_and_widths(page, language, n):
    sign_in(page, "admin")
    speak(page, language)
    screens = [
        (f"{ROOT}/", ("考核方案", "Appraisal schemes")),
        (f"{ROOT}/new/", ("新方案", "New scheme")),
        (f"{ROOT}/details/?id=2", None),
        (f"{RULES}/", ("考核规则", "Appraisal rules")),
        (f"{RULES}/details/?id=1", None),
    ]
    for place, (address, heading) in enumerate(screens):
        page.goto(address)
        look(page, f"{language}-{place}", heading[n] if heading else None)
    scheme, rules = drawn_up(page, ROOT, 2), drawn_up(page, RULES, 1)
    drafts = [
        f"{ROOT}/details/?id={scheme}", f"{ROOT}/edit/?id={scheme}", f"{ROOT}/compare/?id={scheme}",
        *(f"{RULES}/edit/?id={rules}&part={part}" for part in ("days", "grades", "penalties", "consecutive_rules")),
        f"{RULES}/details/?id={rules}",
    ]  # fmt: skip
    for place, address in enumerate(drafts):
        page.goto(address)
        look(page, f"{language}-draft-{place}")


@pytest.mark.parametrize(("language", "heading"), [("zh_Hans", "方案试算"), ("en", "Trials of schemes")])
def test_R32_a_trial_is_whole_in_both_languages_and_widths(page, desk, language, heading):
    with desk.database.writing() as session:
        lock_worked_month(session)
        draft = session.scalars(sa.select(AppraisalScheme).where(AppraisalScheme.code == "handler_2026")).one()
        definition = copy.deepcopy(draft.definition)
        definition["items"][0]["target"], definition["items"][2]["scoring"]["per_point"] = 5, 20
        said = {"name_zh": draft.name_zh, "name_en": draft.name_en, "subject": draft.subject}
        session.add(
            AppraisalScheme(
                code=draft.code, version=2, valid_from=draft.valid_from, state=VersionState.DRAFT,
                definition=definition, **said,
            )
        )  # fmt: skip
    sign_in(page, "quality")
    speak(page, language)
    page.goto(f"{ROOT}/try")
    look(page, f"{language}-trials", heading)
    page.goto(f"{ROOT}/handler_2026/2/try")
    look(page, f"{language}-trial")


def test_R32_the_example_follows_what_is_typed_and_the_sum_of_the_weights_is_shown(page):
    sign_in(page, "admin")
    draft = drawn_up(page, ROOT, 2)
    page.goto(f"{ROOT}/edit/?id={draft}")
    example = page.locator("[data-example]")
    expect(example).to_contain_text("98.00")  # every target just reached, inspections of 90 taken as they are
    page.locator("[name='items-0-value']").fill("3.75")
    expect(example).to_contain_text("85.50")  # half of the satisfaction's 25 less
    expect(example).to_contain_text("等级 B（良好）")
    page.locator("[name='items-0-weight']").fill("20")
    expect(page.locator("[data-sum]")).to_have_text("95")
    expect(page.locator("[data-sum]")).to_have_class(re.compile("bad"))
    per_point = page.locator("[name='items-2-per_point']")
    expect(per_point).to_be_visible()
    page.locator("[name='items-2-kind']").select_option("bands")
    expect(per_point).to_be_hidden()
    expect(page.locator("[name='items-2-bands']")).to_be_visible()
    expect(example).to_contain_text("改好下面几处就能试算")
    page.reload()
    assert page.locator("[name='items-0-weight']").input_value() == "25"  # nothing of it was written
