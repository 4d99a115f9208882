"""The frame of every page: menu, account, language switch, macros; and Flask-Admin's screens in it."""

import re

import pytest
from flask import Blueprint, render_template_string
from wtforms import (
    BooleanField,
    FileField,
    Form,
    HiddenField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
    validators,
)

from backoffice.errors import DomainError
from backoffice.models.configuration import Channel
from policies.access import Permission
from policies.message import Message, Refusal
from tests.support.databases import with_default_office
from views import guard, menu, screens
from views.app import create_app
from views.errors import onto_form
from views.language import lazy
from views.screens import DataScreen

planted = Blueprint("layout_planted", __name__, url_prefix="/layout")


class Sample(Form):
    phone = StringField(lazy("layout.menu.today"), [validators.InputRequired()], description="<help>")
    kind = SelectField(Message("layout.menu.work"), choices=[("a", "A"), ("b", "B")])
    grade = RadioField("grade", choices=[("a", "A")], validators=[validators.InputRequired()])
    note = TextAreaField("note")
    sure = BooleanField("sure", [validators.InputRequired()])
    paper = FileField("paper")
    hidden = HiddenField()


def render(source, **values):
    return render_template_string('{% import "macros/forms.html" as forms %}' + source, **values)


def test_a_field_has_its_label_help_and_error_tied_to_it(app):
    with app.test_request_context():
        form = Sample(data={"kind": "a"})
        form.validate()
        form.phone.errors = [Refusal("layout.due.working_days", {"n": 2})]
        page = render("{{ forms.field(form.phone, autocomplete='tel') }}", form=form)
    assert '<label for="phone">今日<em class="req" aria-hidden="true">*</em>' in page
    control = re.search(r"<input[^>]*>", page)[0]
    assert {'aria-invalid="true"', 'aria-describedby="phone-help phone-error"', 'autocomplete="tel"'} <= set(
        re.findall(r'[\w-]+="[^"]*"', control)
    )
    assert '<span class="help" id="phone-help">&lt;help&gt;</span>' in page
    assert '<span class="error" id="phone-error">剩 2 个工作日</span>' in page


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("kind", '<select class="form-control" id="kind"'),
        ("grade", 'role="radiogroup" aria-labelledby="grade-label"'),
        ("note", '<textarea class="form-control" id="note"'),
        ("sure", '<div class="choices"><label><input id="sure"'),
        ("paper", '<input class="form-control-file" id="paper"'),
        ("hidden", '<input id="hidden" name="hidden" type="hidden"'),
    ],
)
def test_each_kind_of_field_is_laid_out_by_its_own_kind(app, name, wanted):
    with app.test_request_context():
        assert wanted in render("{{ forms.field(form[name]) }}", form=Sample(), name=name)


def test_what_is_wrong_stands_on_top_with_links_to_the_fields(app):
    with app.test_request_context():
        form = Sample(data={"kind": "a"})
        form.validate()
        page = render("{{ forms.problems(form, refusals) }}", form=form, refusals=[Refusal("layout.yes")])
        assert render("{{ forms.problems(form) }}", form=Sample()) == ""
    assert "有 4 处需要改正" in page
    assert re.findall(r'<a href="#(\w+)">', page) == ["phone", "grade", "sure"]
    assert 'role="alert"' in page


def test_a_refusal_of_the_rules_is_put_beside_the_field_that_it_names(app):
    refusals = [Refusal("layout.yes", field="phone"), Refusal("layout.no", field="nowhere"), Refusal("layout.no")]
    with app.test_request_context():
        form = Sample()
        assert onto_form(DomainError(refusals), form) == refusals[1:]
        assert form.phone.errors == ["是"]


def test_a_form_that_posts_carries_a_token_and_one_that_searches_does_not(app):
    with app.test_request_context():
        assert 'name="csrf_token"' in render("{{ forms.form_open('/x') }}")
        assert "csrf" not in render("{{ forms.form_open('/x', method='get') }}")


def test_an_undefined_name_in_a_template_is_an_error(app):
    from jinja2 import UndefinedError

    with app.test_request_context(), pytest.raises(UndefinedError):
        render_template_string("{{ nothing_of_this_name }}")


def test_text_in_a_template_is_escaped(app):
    with app.test_request_context():
        assert render_template_string("{{ _('layout.due.late', span=x) }}", x="<b>") == "超时 &lt;b&gt;"


# The menu


def side(page):
    found = re.search(r'<nav class="side".*?</nav>', page, re.DOTALL)[0]
    return re.findall(r'<a href="([^"]+)"( aria-current="page")?>', found)


def test_the_menu_shows_only_what_its_endpoint_lets_the_person_open(app, sign_in):
    for code in ("S005", "S030", "S022", "S029"):
        browser = sign_in(code)
        addresses = [address for address, _ in side(browser.get("/account").text)]
        assert addresses
        for address in addresses:
            assert browser.get(address, follow_redirects=True).status_code == 200, f"{code}: {address}"
    assert "/settings/" in [address for address, _ in side(sign_in("S030").get("/account").text)]
    assert "/settings/" not in [address for address, _ in side(sign_in("S005").get("/account").text)]


def test_R39_who_may_not_see_the_settings_is_refused_there_too(sign_in, client):
    assert sign_in("S005").get("/settings/").status_code == 403
    assert client.get("/settings/").status_code == 303


def test_every_entry_of_the_menu_leads_to_a_page_that_says_who_may_open_it(app):
    entries = [entry for group in menu.MENU for entry in group.entries]
    missing = [entry.endpoint for entry in entries if entry.endpoint not in app.view_functions]
    assert missing == []
    assert [entry.endpoint for entry in entries if guard.rule_of(app, entry.endpoint) is None] == []


def test_the_page_that_is_open_is_marked_in_the_menu(sign_in):
    assert ("/settings/", ' aria-current="page"') in side(sign_in("S030").get("/settings/").text)


def test_a_count_beside_an_entry_is_bounded_and_says_that_something_is_overdue(sign_in, monkeypatch):
    monkeypatch.setattr(menu, "waiting", lambda *_: {"due": 1000, "overdue": 1, "to_check": 7})
    page = sign_in("S005").get("/account").text
    assert '<span class="count hot">99+<span class="sr-only"> （有超时）</span></span>' in page
    assert '<span class="count">7</span>' in page


def test_a_work_list_stands_in_the_menu_of_those_whom_it_is_for(sign_in):
    def lists(code):
        return {address.partition("list=")[2] for address, _ in side(sign_in(code).get("/account").text)} - {""}

    assert lists("S005") >= {"to_check", "watch"}  # intake
    assert "to_dispatch" not in lists("S005")
    assert lists("S008") >= {"to_dispatch"}  # dispatcher
    assert lists("S012") >= {"to_appoint", "department"}  # head of a department
    assert "to_call_back" in lists("S011")
    assert lists("S030") == set()  # administrator


def test_the_list_that_is_open_is_marked_and_not_the_page_of_all(sign_in):
    marked = [address for address, mark in side(sign_in("S008").get("/complaints?list=to_dispatch").text) if mark]
    assert marked == ["/complaints?list=to_dispatch"]


def test_only_who_may_look_at_complaints_gets_the_search_at_the_top(sign_in):
    assert 'class="topsearch"' in sign_in("S005").get("/account").text
    assert 'class="topsearch"' not in sign_in("S030").get("/account").text


def test_the_account_menu_offers_to_leave_and_the_language_to_change(sign_in):
    page = sign_in("S005").get("/account").text
    assert re.search(r'<form[^>]+action="/sign-out"', page)
    assert re.search(r'<button[^>]+name="language" value="en" lang="en"', page)
    assert re.search(r'<button[^>]+name="theme" value="dark"', page)


def test_the_demonstration_says_that_it_is_one(app, office, sign_in):
    import sqlalchemy as sa

    from backoffice.models.office import Office

    for demonstration in (False, True):
        with office.writing() as session:
            session.execute(sa.update(Office).values(demonstration=demonstration))
        page = sign_in("S005").get("/account").text
        assert ('<span class="tag tag-warn">演示</span>' in page) is demonstration


# Flask-Admin's screens


class Channels(DataScreen):
    permissions = (Permission.CONFIGURATION_EDIT,)
    column_list = ("code", "name_zh", "live", "position")
    column_searchable_list = ("code", "name_zh")
    column_filters = ("kind",)
    column_numbers = ("position",)
    form_columns = ("code", "name_zh", "name_en")
    can_edit = can_create = True
    page_size = 4


@pytest.fixture
def admin(templates, tmp_path, clock, monkeypatch):
    """An application with one stock screen of Flask-Admin, and its administrator's browser."""
    from views import app as wiring

    made = (lambda: Channels(Channel, name=lazy("layout.menu.import"), endpoint="planted_channels"),)
    monkeypatch.setattr(wiring, "SCREENS", (*wiring.SCREENS, *made))
    with templates.copy("sqlite", with_default_office, tmp_path) as database:
        config = {"DATA_DIR": str(tmp_path / "d"), "DATABASE_URL": database.url, "CLOCK": clock, "TESTING": True}
        app = create_app(config)
        app.config["PROPAGATE_EXCEPTIONS"] = False
        yield app, database
        app.extensions["desk"].database.dispose()


@pytest.fixture
def browser(admin, clock):
    import sqlalchemy as sa

    from backoffice.models.office import Office, Staff

    app, database = admin
    with database.writing() as session:
        session.execute(sa.update(Office).values(set_up_at=clock.now()))
        session.execute(sa.update(Staff).values(must_change_password=False))
        staff = session.scalars(sa.select(Staff).where(Staff.code == "S030")).one()
    client = app.test_client()
    at = int(clock.now().timestamp())
    with client.session_transaction() as cookie:
        cookie["staff"] = {"id": staff.id, "epoch": staff.session_epoch, "began": at, "seen": at, "keep": False}
    return client


LIST = "/settings/planted_channels/"


def test_a_stock_list_stands_in_the_frame_with_names_for_all_that_can_be_pressed(browser):
    page = browser.get(LIST).text
    assert '<nav class="side"' in page
    assert re.search(r'<td class="num" data-label="[^"]+">\d+</td>', page)
    assert '<span class="sr-only">查看 hotline</span>' in page
    assert "共 14 条" in page
    assert 'rel="next" href="/settings/planted_channels/?page=1' in page
    assert not re.search(r"javascript:|jquery|select2", page, re.IGNORECASE)


def test_a_list_is_searched_filtered_and_sorted_without_a_script(browser):
    assert "hotline" in browser.get(f"{LIST}?search=hotline").text
    assert "没有符合条件的记录" in browser.get(f"{LIST}?search=nothing-like-it").text
    choices = {
        text.strip(): value
        for value, text in re.findall(r'<option value="([^"]+)">([^<]+)</option>', browser.get(LIST).text)
    }
    equals = next(value for text, value in choices.items() if text.endswith("等于") and "不" not in text)
    page = browser.get(f"{LIST}?filter={equals}&filter_value=voice").text
    assert "hotline" in page
    assert "website" not in page
    without = re.search(r'<a class="chip on" href="([^"]+)"', page)[1].replace("&amp;", "&")
    assert "website" in browser.get(without).text
    down = re.findall(r'data-label="[^"]+">(\d+)</td>', browser.get(f"{LIST}?sort=3&desc=1").text)
    assert down == sorted(down, key=int, reverse=True)


@pytest.mark.parametrize(
    "address",
    ["?page=abc", "?page=-1", "?page=99999999999999999999", "?sort=99", "?sort=-1", "?desc=x", "?page_size=1000000",
     "?search=" + "x" * 5000, "?search=%25_%5c", "?flt0_0=", "?flt0_99=1", "?flt=1", "?flt_=1", "?flt0_0=%ff",
     "?filter=99&filter_value=x", "?filter=:::", "?filter=0", "details/?id=1,2", "details/?id=abc", "details/",
     "details/?id=1&id=2", "details/?id=", "details/?id=" + "9" * 30, "edit/?id=1,2", "edit/?id=-1", "edit/?id=%00",
     "edit/?id=٣", "export/csv/", "export/xlsx/", "export/%2e%2e/", "ajax/lookup/?name=x&query=1", "ajax/lookup/",
     "nowhere/", "details/?id=1&url=https://elsewhere.example/", "new/?url=javascript:1"],
)  # fmt: skip
def test_no_address_breaks_a_stock_screen_and_none_leads_to_another_site(browser, address):
    answer = browser.get(LIST + address)
    assert answer.status_code < 500
    assert "elsewhere" not in (answer.location or "")
    assert 'href="https://elsewhere' not in answer.text
    assert 'href="javascript' not in answer.text


@pytest.mark.parametrize("address", ["action/", "delete/", "ajax/update/", "new/", "edit/?id=1"])
@pytest.mark.parametrize("fields", [{}, {"action": "delete", "rowid": "1"}, {"id": "1,2"}, {"list_form_pk": "x"}])
def test_no_post_breaks_a_stock_screen(browser, address, fields):
    token = re.search(r'name="csrf_token" value="([^"]+)"', browser.get(LIST).text)[1]
    assert browser.post(LIST + address, data={"csrf_token": token, **fields}).status_code < 500


def test_a_row_that_is_not_there_is_not_found(browser):
    assert browser.get(f"{LIST}details/?id=9999").status_code == 404
    assert browser.get(f"{LIST}edit/?id=9999").status_code == 404


def test_a_screen_of_a_person_without_its_permission_is_closed_with_all_its_hidden_routes(admin, browser, clock):
    app, _ = admin
    routes = [rule.rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("planted_channels.")]
    assert len(routes) >= 8
    anonymous = app.test_client()
    for route in routes:
        if "static" in route:
            continue
        address = route.replace("<export_type>", "csv")
        assert anonymous.get(address).status_code in (303, 405)


def test_a_type_error_of_a_screen_stays_what_it_is(app):
    class Broken(screens.Screen):
        pass

    def failing(self):
        raise TypeError("its own")

    with pytest.raises(TypeError, match="its own"):
        Broken()._run_view(failing)


def test_the_settings_show_the_screens_of_this_person_by_category(browser):
    page = browser.get("/settings/").text
    assert f'<a class="title" href="{LIST}">' in page
