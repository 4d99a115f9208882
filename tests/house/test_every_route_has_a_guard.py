"""R39: every address of the desk says who may open it, and one that does not is closed."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.support.browsing import Browser
from tests.support.live import PASSWORD, give_passwords
from views.app import create_app
from views.guard import rule_of

# What everybody may open without signing in. A line here is a decision: it shows no data of the office but its name.
OPEN_TO_EVERYBODY = {
    "console.static",
    "preferences.choose",
    "public.complaint",
    "public.index",
    "public.progress",
    "public.receipt",
    "public.start",
    "public.survey",
    "public.survey_link",
    "public.words",
    "resend.token",
    "sign_in.enter",
    "sign_in.sign_in",
    "sign_in.sign_out",
    "static",
    "watching.healthz",
    "watching.metrics",
}
# What every person of the office may open, whatever their roles: the home page, what is their own,
# and whom to ask outside office hours. Everybody may own a corrective action (R30) or have a sheet of the appraisal (R33):
# which ones one sees is asked of each.
OPEN_TO_THE_OFFICE = {
    "account.contact",
    "account.end_sessions",
    "account.index",
    "appraisal.act",
    "appraisal.appeal",
    "appraisal.counted",
    "appraisal.file",
    "appraisal.mine",
    "appraisal.sheet",
    "appraisal_papers.certificate",
    "appraisal_papers.sheet",
    "corrective.act",
    "corrective.file",
    "corrective.index",
    "corrective.notice",
    "corrective.show",
    "drafts.discard",
    "drafts.index",
    "drafts.keep",
    "drafts.read",
    "drafts.save",
    "home.index",
    "indicators.count",
    "indicators.index",
    "indicators.show",
    "roster.absences",
    "roster.add_absence",
    "roster.index",
    "roster.remove_absence",
    "inbox.index",
    "inbox.read",
    "my_inspections.download",
    "my_inspections.index",
    "my_inspections.page",
    "shortcuts.choose",
    "shortcuts.index",
    "sign_in.change_password",
    "training.file",
    "training.mine",
    "training.person",
    "training.show",
    "training.sign",
}


# The calls of the JSON API: only a token opens them, each with the scope that it names. One asks for no scope.
WITHOUT_A_SCOPE = {"api.read_description"}


@pytest.fixture
def dialect():
    """Routes are the same on every database."""
    return "sqlite"


@pytest.fixture
def app(office_database, clock, tmp_path):
    give_passwords(office_database)
    made = create_app({"DATA_DIR": str(tmp_path), "DATABASE_URL": office_database.url, "CLOCK": clock, "TESTING": True})
    yield made
    made.extensions["desk"].database.dispose()


def endpoints(app: Flask) -> set[str]:
    return {rule.endpoint for rule in app.url_map.iter_rules()}


def test_R39_every_route_says_who_may_open_it(app):
    assert sorted(endpoint for endpoint in endpoints(app) if rule_of(app, endpoint) is None) == []


def test_R39_what_is_open_without_signing_in_is_named_here_one_by_one(app):
    assert {endpoint for endpoint in endpoints(app) if rule_of(app, endpoint).is_public} == OPEN_TO_EVERYBODY


def test_R39_what_is_open_to_everybody_of_the_office_is_named_here_one_by_one(app):
    rules = {endpoint: rule_of(app, endpoint) for endpoint in endpoints(app)}
    plain = {one: rule for one, rule in rules.items() if not rule.for_tokens}
    found = {endpoint for endpoint, rule in plain.items() if not rule.permissions and not rule.is_public}
    assert found == OPEN_TO_THE_OFFICE


def test_R39_a_call_of_the_api_is_opened_by_a_token_alone_with_its_scope(app):
    rules = {endpoint: rule_of(app, endpoint) for endpoint in endpoints(app)}
    calls = {endpoint for endpoint, rule in rules.items() if rule.for_tokens}
    assert calls == {endpoint for endpoint in rules if endpoint.startswith("api.")}
    assert {endpoint for endpoint in calls if rules[endpoint].scope is None} == WITHOUT_A_SCOPE


def test_R39_a_route_that_says_nothing_is_closed_to_everybody(app):
    app.add_url_rule("/forgotten", "forgotten", lambda: "secret")
    browser = Browser(app)
    assert browser.get("/forgotten").status_code == 403
    browser.sign_in("executive", PASSWORD)
    answer = browser.get("/forgotten")
    assert answer.status_code == 403
    assert "secret" not in answer.get_data(as_text=True)


def test_R39_an_address_that_is_not_there_is_not_there_for_everybody(app):
    browser = Browser(app)
    assert browser.get("/no-such-page").status_code == 404
    browser.sign_in("executive", PASSWORD)
    assert browser.get("/no-such-page").status_code == 404
