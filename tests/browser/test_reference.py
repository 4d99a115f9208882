"""The screens of the office's own data in a browser: both languages and widths, nothing that axe finds, one act each."""

import pytest

from tests.browser.pages import check_page, sign_in, speak

# What is looked at: address, heading in Chinese, heading in English.
SCREENS = [
    ("/settings/", "设置", "Settings"),
    ("/settings/office/", "单位信息", "Office details"),
    ("/settings/departments/", "部门", "Departments"),
    ("/settings/departments/new/", "新增部门", "Add: Department"),
    ("/settings/departments/retire/?id=3", "停用：投诉后台派单台", "Retire: Back-office dispatch desk"),
    ("/settings/staff/", "人员", "Staff"),
    ("/settings/staff/edit/?id=5", "陆小满", "Lu Xiaoman"),
    ("/settings/staff/roles/?id=5", "陆小满的角色", "Roles of Lu Xiaoman"),
    ("/settings/roles/", "角色", "Roles"),
    ("/settings/roles/edit/?id=4", "承办人", "Handler"),
    ("/settings/roles/grants/?id=4", "承办人的权限", "Permissions of Handler"),
    ("/settings/channels/", "渠道", "Channels"),
    ("/settings/channels/edit/?id=1", "客服热线", "Service hotline"),
    ("/settings/categories/", "投诉分类", "Categories"),
    ("/settings/categories/edit/?id=3", "室内无信号或信号弱", "No or weak signal indoors"),
    ("/settings/list_entries/?list=dispatch_elements", "列表", "Lists"),
    ("/settings/processes/", "处理流程", "Processes"),
    ("/settings/processes/details/?id=1", "一般投诉流程 · 第 1 版", "Process for general complaints · version 1"),
    ("/settings/message_templates/edit/?id=1", "受理告知短信", "Acknowledgement SMS"),
    ("/settings/message_templates/edit/?id=2", "受理告知邮件", "Acknowledgement e-mail"),
    ("/settings/message_templates/new/", "新增通知模板", "Add: Message template"),
    ("/settings/delivery/", "邮件与短信", "E-mail and SMS"),
    ("/settings/delivery/?way=sms", "邮件与短信", "E-mail and SMS"),
    ("/settings/mailbox/", "来信邮箱", "Mailbox"),
    ("/settings/public_pages/", "客户页面", "Pages for customers"),
    ("/settings/survey_questions/", "满意度问卷", "Satisfaction survey"),
    ("/settings/backups/", "备份", "Backups"),
    ("/settings/sla_policies/", "时限政策", "Clock policies"),
    ("/settings/sla_policies/new/?id=1", "不经草稿，直接定第 2 版", "Version 2 without a draft"),
    ("/settings/calendars/", "工作日历", "Working calendars"),
    ("/settings/calendars/edit/?id=1", "办公日历", "Office calendar"),
    ("/settings/calendars/year/?year=2026", "2026 年法定节假日与调休", "Public holidays and make-up days of 2026"),
    ("/settings/calendars/import/", "导入年度名单", "Import a year's list"),
    ("/settings/changes/", "变更记录", "Change log"),
    ("/settings/status/", "运行状态", "System status"),
]


@pytest.mark.parametrize(("language", "heading"), [("zh_Hans", 1), ("en", 2)])
def test_every_screen_is_whole_in_both_languages_and_widths(page, language, heading):
    sign_in(page, "admin")
    speak(page, language)
    for screen in SCREENS:
        answer = page.goto(screen[0])
        check_page(page, screen[heading], status=answer.status)


def test_a_refused_form_says_so_at_its_top_and_beside_each_field(page):
    sign_in(page, "admin")
    page.goto("/settings/departments/new/")
    page.fill("#code", "Not A Code")
    page.click("main button.btn-primary")
    page.wait_for_selector("#problems")
    assert page.evaluate("document.activeElement.id") == "problems"
    page.click('#problems a[href="#code"]')
    assert page.evaluate("document.activeElement.id") == "code"
    assert page.locator("#code").get_attribute("aria-describedby").split() == ["code-help", "code-error"]
    check_page(page, "新增部门")


def test_R23_a_version_is_drawn_up_by_keyboard_and_marks_what_it_changes(page):
    sign_in(page, "admin")
    page.goto("/settings/sla_policies/")
    page.locator('main a[href*="/sla_policies/new/"]').focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/new/?id=1")
    page.fill("#valid_from", "2026-12-01")
    page.fill("#reason", "年底提速")
    page.fill('[id="target-resolve-all-general"]', "4")
    page.click("details.why >> nth=0")
    page.click('[id="override-0-dropped"]')
    page.keyboard.press("Enter")
    page.wait_for_url("**/?version=2")
    assert page.locator("td.changed").all_inner_texts() == ["4 个工作日\n有改动"]
    assert page.locator("#differences tbody tr").count() == 2
    check_page(page, "时限政策")


def test_R39_the_page_with_a_password_is_whole_and_is_not_kept(page):
    sign_in(page, "admin")
    page.goto("/settings/staff/reset/?id=5")
    page.click("main button.btn-primary")
    page.wait_for_selector("code.handover")
    assert page.locator("code.handover").count() == 2
    check_page(page, "交付陆小满的密码")


def test_R40_the_gateway_is_saved_without_a_question_though_one_of_its_fields_is_called_method(page):
    sign_in(page, "admin")
    page.goto("/settings/delivery/?way=sms")
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.fill("[name=url]", "https://sms.example/send")
    page.fill("[name=body]", '{"to": "{to}", "text": "{text}"}')
    page.locator("form:has([name=url]) .actionbar button[type=submit]").first.click()
    page.wait_for_load_state()
    page.goto("/settings/delivery/?way=sms")
    assert asked == []
    assert page.faults == []
    page.fill("[name=url]", "https://sms.example/other")
    page.goto("/settings/")
    assert asked == ["beforeunload"]
