"""R27, R28, R34: the screens of draws, lots, coaching, sampling plans and scorecards, in both languages and at both
widths, keep what each page must.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect
from sqlalchemy.orm import Session

from backoffice.clock import SetClock
from backoffice.models.inspection import Scorecard
from backoffice.models.office import Staff
from backoffice.models.sampling import SamplingPlan
from backoffice.queries.populations import Filters
from backoffice.services import coaching, sampling, sampling_plan, scorecard
from backoffice.services.core.work import Work
from backoffice.services.sampling import Order
from tests.browser.pages import check_page
from tests.browser.test_screens import LANGUAGES, Scene
from tests.support.closed import Office, put_in, september
from tests.support.databases import with_default_office
from tests.support.live import give_passwords, listening
from tests.support.lots import PLAN, decided, draw_lots, inspect
from tests.support.offices import actor_of

LOGINS = {"S012": "head", "S022": "inspector", "S024": "quality", "S030": "admin"}
NOW = datetime(2026, 10, 20, 2, 0, tzinfo=UTC)
PLANS, CARDS = "/settings/sampling_plans", "/settings/scorecards"

# who, where ({name}: the id of what stands there)
SCREENS = (
    ("S022", "/inspection/draws"), ("S022", "/inspection/draws/new"), ("S022", "/inspection/draws/new?plan=focus_category"),
    ("S022", "/inspection/draws/{spot}"), ("S024", "/inspection/draws/{spot}/again"), ("S022", "/inspection/draws/{blind}"),
    ("S024", "/inspection/draws/{frozen}"), ("S024", "/inspection/draws/{empty}"),
    ("S024", "/inspection/lots"), ("S012", "/inspection/lots"), ("S024", "/inspection/lots/{stopped}/improvement"),
    ("S024", "/coaching"), ("S024", "/coaching/new"), ("S024", "/coaching/{coached}/end"),
    ("S030", f"{PLANS}/"), ("S030", f"{PLANS}/new/"), ("S030", f"{PLANS}/details/?id={{monthly}}"),
    ("S030", f"{PLANS}/details/?id={{lot_plan}}"), ("S030", f"{PLANS}/details/?id={{draft_plan}}"),
    ("S030", f"{PLANS}/edit/?id={{draft_plan}}"), ("S030", f"{PLANS}/compare/?id={{draft_plan}}"),
    ("S030", f"{PLANS}/draw_up/?id={{lot_plan}}"), ("S030", f"{PLANS}/retire/?id={{draft_plan}}"),
    ("S024", f"{PLANS}/"), ("S024", f"{PLANS}/details/?id={{monthly}}"), ("S024", f"{PLANS}/stop/?id={{monthly}}"),
    ("S030", f"{CARDS}/details/?id={{draft_card}}"), ("S030", f"{CARDS}/edit/?id={{draft_card}}"),
    ("S030", f"{CARDS}/item/?id={{draft_card}}&item=rec_basic"), ("S030", f"{CARDS}/new_item/?id={{draft_card}}&section=record"),
    ("S030", f"{CARDS}/compare/?id={{draft_card}}"), ("S030", f"{CARDS}/new/"), ("S030", f"{CARDS}/file/"),
    ("S030", f"{CARDS}/retire/?id={{draft_card}}"),
)  # fmt: skip


def draw_of(database: object, at: datetime, keys: object, order: Order, *, until_frozen: bool = False) -> int:
    """A draw by the quality manager at a moment; its id."""

    def work_in(session):
        return Work(session, keys, actor_of(session, "S024"), at, at)

    return (sampling.freeze if until_frozen else sampling.draw)(database, work_in, order)


def put_draws(database, keys) -> dict[str, int]:
    """Draws that are whole, blind, broken off and empty, of a hundred complaints closed in September."""
    office = Office(database)
    put_in(database, september(office, 100))
    put_in(database, (office.row(f"TS2026100{n}-0001", category="bill_data_overage") for n in range(3)))
    spot = Order("spot_check", date(2026, 9, 1), date(2026, 9, 30), Filters(channels=("hotline",)), number=12,
                 reason="客户来信反映扩容拖延")  # fmt: skip
    at = NOW - timedelta(days=5)
    empty = replace(spot, filters=Filters(severities=("major",)), reason="重大投诉抽查")
    return {
        "spot": draw_of(database, at, keys, spot),
        "blind": draw_of(database, at, keys, replace(spot, blind=True, reason="隐名抽查")),
        "frozen": draw_of(database, at, keys, replace(spot, number=3, reason="中断的抽样"), until_frozen=True),
        "empty": draw_of(database, at, keys, empty),
    }


def put_lots(session: Session) -> dict[str, int]:
    """A department whose sampling stopped, one that is tightened, one with a lot that is open."""
    for _ in range(7):
        stopped = decided(session, "technical_support", 15)
    for found in (15, 15, 0):
        decided(session, "network", found)
    inspect(session, draw_lots(session, {"billing": 30}), "billing", ["90.00", None])
    return {"stopped": stopped.id}


def put_coaching(session: Session) -> dict[str, int]:
    """One who is coached, one whose coaching is to come, one whose coaching is over."""
    people = dict(session.execute(sa.select(Staff.code, Staff.id)).all())
    manager, today = actor_of(session, "S024"), NOW.date()
    spans = {
        "S016": (today, None),
        "S031": (today + timedelta(days=7), today + timedelta(days=37)),
        "S032": (today, today),
    }
    rows = [
        coaching.begin(session, manager, NOW, coaching.CoachingFacts(people[code], since, until, "上月评分低于 75 分"))
        for code, (since, until) in spans.items()
    ]
    rows[-1].since = rows[-1].until = today - timedelta(days=30)
    return {"coached": rows[0].id}


def put_drafts(session: Session) -> dict[str, int]:
    """Drafts of a plan and of a card with faults, beside what is in force."""
    administrator = actor_of(session, "S030")

    def version(model, code):
        return session.scalars(sa.select(model.id).where(model.code == code)).one()

    ids = {name: version(SamplingPlan, code) for name, code in (("monthly", "monthly_regular"), ("lot_plan", PLAN))}
    plan = sampling_plan.PLANS.draw_up(session, administrator, NOW, ids["monthly"], "九月评审决定")
    plan.definition = {**plan.definition, "share_percent": None, "due_working_days": 90}
    card = scorecard.CARDS.draw_up(session, administrator, NOW, version(Scorecard, "record_process_card"), "评审会决定")
    items = [{**item, "weight": 9} if item["code"] == "rec_basic" else item for item in card.definition["items"]]
    card.definition = {**card.definition, "items": items}
    return {**ids, "draft_plan": plan.id, "draft_card": card.id}


@pytest.fixture(scope="module")
def scene(templates, tmp_path_factory, chromium):
    folder = tmp_path_factory.mktemp("sampling")
    with templates.copy("sqlite", with_default_office, folder) as database:
        give_passwords(database)
        with listening(database, folder / "desk", SetClock(NOW)) as live:
            numbers = put_draws(database, live.app.extensions["desk"].keys)
            with database.writing() as session:
                numbers |= put_lots(session) | put_coaching(session) | put_drafts(session)
            found = Scene(chromium, live, numbers, LOGINS)
            yield found
            for page in found.windows.values():
                page.context.close()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("code", "address"), SCREENS, ids=[f"{code}:{address}" for code, address in SCREENS])
def test_R27_a_screen_of_sampling_keeps_what_every_page_must(scene, code, address, language):
    check_page(scene.opens(code, language, address))


REFUSED = (
    ("S022", "/inspection/draws/new"), ("S024", "/coaching/new"), ("S024", "/inspection/lots/{stopped}/improvement"),
    ("S030", f"{PLANS}/new/"), ("S030", f"{CARDS}/new/"),
)  # fmt: skip


@pytest.mark.parametrize(("code", "address"), REFUSED, ids=[address for _code, address in REFUSED])
def test_R27_an_empty_form_is_refused_and_leads_to_what_is_wanting(scene, code, address):
    page = scene.opens(code, "zh_Hans", address)
    page.evaluate("document.querySelectorAll('main form').forEach(form => { form.noValidate = true; })")
    page.locator("main form button[type=submit].btn-primary").last.click()
    expect(page.locator("#problems")).to_be_focused()
    check_page(page)
    page.locator("#problems a").first.click()
    assert page.evaluate("document.activeElement.id") in (page.locator("#problems a").first.get_attribute("href") or "")


def test_R27_counting_first_shows_the_strata_before_anything_is_kept(scene):
    page = scene.opens("S022", "zh_Hans", "/inspection/draws/new")
    page.select_option("[name=plan]", "spot_check")
    page.fill("[name=first]", "2026-09-01")
    page.fill("[name=last]", "2026-09-30")
    page.fill("[name=reason]", "先看件数")
    page.locator("button[name=act][value=preview]").click()
    expect(page.locator("main")).to_contain_text("总体")
    check_page(page)


def test_R39_what_can_be_done_with_a_row_of_a_list_is_one_link_that_names_the_row(scene):
    page = scene.opens("S030", "zh_Hans", f"{PLANS}/")
    rows = page.locator("tbody tr").count()
    links = page.locator("td.list-buttons-column a")
    assert links.count() == rows
    assert "双评一致性样本" in links.first.inner_text()
    assert links.first.evaluate("e => e.getBoundingClientRect().width") < 60  # its words are for who cannot see it
