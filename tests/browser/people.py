"""People of the office in browser windows of their own, who work on one complaint; and the desk's clock."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from playwright.sync_api import Browser, Page, expect

from tests.browser.pages import SIGN_IN, sign_in, watch


class People:
    """Who does what to a complaint through the real forms; ``logins``: what the story calls somebody → login."""

    def __init__(self, browser: Browser, desk, logins: Mapping[str, str], at: datetime) -> None:
        self.browser, self.desk, self.logins = browser, desk, logins
        self.pages: dict[str, Page] = {}
        self.number = ""
        self.at = at
        self.last = ""

    def page(self, who: str) -> Page:
        """The window of somebody, signed in."""
        if who not in self.pages:
            context = self.browser.new_context(base_url=self.desk.url, viewport={"width": 1280, "height": 900})
            context.set_default_timeout(20_000)
            self.pages[who] = watch(context.new_page())
            sign_in(self.pages[who], self.logins[who])
        return self.pages[who]

    def goes(self, who: str, address: str) -> Page:
        """Somebody opens a page, signed in anew where the session has run out meanwhile."""
        page = self.page(who)
        page.goto(address)
        if SIGN_IN in page.url:
            sign_in(page, self.logins[who])
            page.goto(address)
        return page

    def opens(self, who: str, tab: str = "record") -> Page:
        """Somebody looks at the complaint."""
        return self.goes(who, f"/complaints/{self.number}?tab={tab}")

    def passes(self, **time: float) -> None:
        """Time goes by."""
        self.at += timedelta(**time)
        self.desk.move_to(self.at)

    def does(self, who: str, button: str, **fields: object) -> Page:
        """Somebody presses a button of the complaint, fills the form in and sends it; some minutes pass."""
        self.passes(minutes=10)
        page = self.page(who)
        if self.last != who or not page.url.endswith(f"/complaints/{self.number}"):
            page = self.opens(who)  # else this person goes on where the last act has led to
        self.last = who
        page.locator("#h-act ~ .toolbar").get_by_role("link", name=button, exact=True).click()
        self.fills(page, **fields)
        page.locator(".actionbar button[type=submit]").click()
        return page

    def done(self, who: str, button: str, **fields: object) -> Page:
        """The same, and it went well."""
        page = self.does(who, button, **fields)
        problems = page.locator("#problems")
        assert problems.count() == 0, problems.inner_text()
        expect(page.locator(".alert-success").first).to_contain_text("已完成")
        return page

    def refused(self, who: str, button: str, why: str, **fields: object) -> Page:
        """The same, and it is refused in words."""
        page = self.does(who, button, **fields)
        expect(page.locator("#problems")).to_contain_text(why)
        return page

    def fills(self, page: Page, **fields: object) -> None:
        """Fills controls by their names; a list ticks the boxes with these labels."""
        for name, value in fields.items():
            if isinstance(value, list):
                for label in value:
                    page.locator(f"#{name}").get_by_label(label).check()
                continue
            control = page.locator(f"[name={name!r}]").first
            kind = control.evaluate("e => e.tagName === 'SELECT' ? 'select' : e.type")
            if kind == "select":
                control.select_option(label=str(value))
            elif kind in ("radio", "checkbox"):
                page.locator(f"[name={name!r}][value={value!r}]").check()
            else:
                control.fill(str(value))

    def local(self, days: int) -> str:
        """A moment as a form takes it, so many days from now, in the office's time."""
        return (self.at + timedelta(days=days, hours=8)).strftime("%Y-%m-%dT%H:%M")

    def close(self) -> None:
        """Closes every window; none may have seen a fault of a script or of the content policy."""
        faults = [fault for page in self.pages.values() for fault in page.faults]  # type: ignore[attr-defined]
        for page in self.pages.values():
            page.context.close()
        assert faults == []
