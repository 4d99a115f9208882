"""Keys that do something by themselves are named on a sheet, and each person may switch them off (WCAG 2.1.4)."""

from __future__ import annotations

from tests.support.forms import SAME_ORIGIN, token


def switch(browser, wanted):
    data = {"csrf_token": token(browser, "/account"), "shortcuts": wanted}
    return browser.post("/account/keys", data=data, headers=SAME_ORIGIN)


def test_the_sheet_names_the_keys_in_the_readers_language(sign_in):
    page = sign_in("S005").get("/account/keys").text
    assert "清单中的下一件" in page
    assert "<kbd>j</kbd>" in page


def test_who_switches_them_off_gets_no_script_that_listens_to_keys_and_nobody_else_loses_theirs(sign_in):
    browser, other = sign_in("S005"), sign_in("S006")
    assert "js/keys.js" in browser.get("/complaints").text
    assert switch(browser, "off").location == "/account/keys"
    page = browser.get("/complaints").text
    assert "js/keys.js" not in page
    assert "aria-keyshortcuts" not in page
    assert "js/keys.js" in other.get("/complaints").text
    assert "快捷键已停用" in browser.get("/account/keys").text
    switch(browser, "on")
    assert "js/keys.js" in browser.get("/complaints").text


def test_a_switch_that_is_none_is_refused(sign_in):
    assert switch(sign_in("S005"), "perhaps").status_code == 400
