"""The process editor (R14) over HTTP: from a draft to a version in force, with bad input, two editors, wrong roles."""

from __future__ import annotations

import io
import re
from xml.etree import ElementTree as ET

import pytest
import sqlalchemy as sa

from backoffice.models.configuration import ProcessVersion
from policies.process_form import tidy
from policies.vocabulary import VersionState
from tests.support.browsing import text_of
from tests.support.counting import statements
from tests.support.filled import SAME_ORIGIN, faults, form_of, send
from tests.support.forms import token

ADMINISTRATOR, CLERK = "S030", "S005"
ROOT = "/settings/processes"


@pytest.fixture
def browser(sign_in):
    return sign_in(ADMINISTRATOR)


def version(office, number=2, severity="general"):
    with office.reading() as session:
        found = session.scalars(
            sa.select(ProcessVersion).where(ProcessVersion.severity == severity, ProcessVersion.version == number)
        ).one_or_none()
        if found is not None:
            session.expunge(found)
        return found


def press(browser, address, page, **fields):
    """A button on a page: the token and what its form holds."""
    return browser.post(address, data={"csrf_token": token(browser, page), **fields}, headers=SAME_ORIGIN)


@pytest.fixture
def draft(browser, office):
    answer = send(browser, f"{ROOT}/draw_up/?id=1", reason="要缩短拟方案")
    assert answer.status_code == 303, answer.text
    return version(office).id


def check(browser, office, draft):
    page = f"{ROOT}/details/?id={draft}"
    return press(browser, f"{ROOT}/check/?id={draft}", page, revision=str(version(office).revision))


def share(browser, draft, step, value):
    return send(browser, f"{ROOT}/step/?id={draft}&step={step}", clock_share=value)


def test_R14_a_share_is_changed_refused_mended_and_put_into_force(browser, office, draft):
    assert share(browser, draft, "plan", "15").status_code == 303
    page = browser.get(f"{ROOT}/details/?id={draft}").text
    assert "合计为 95%" in page
    assert check(browser, office, draft).status_code == 303
    assert version(office).state is VersionState.DRAFT
    assert share(browser, draft, "investigate", "30").status_code == 303
    check(browser, office, draft)
    assert version(office).state is VersionState.CHECKED
    assert "没有问题" in browser.get(f"{ROOT}/details/?id={draft}").text
    early = send(browser, f"{ROOT}/put_into_force/?id={draft}", valid_from="2026-11-01", reason="早了")
    assert (early.status_code, set(faults(early.text))) == (422, {"valid_from"})
    assert "早了" in early.text
    answer = send(browser, f"{ROOT}/put_into_force/?id={draft}", valid_from="2026-12-01", reason="十二月起")
    assert answer.status_code == 303, answer.text
    assert version(office).state is VersionState.EFFECTIVE
    page = browser.get(f"{ROOT}/details/?id={draft}").text
    assert "待生效" in page
    assert "/step/" not in page
    assert "十二月起" in page  # the change with its reason


def test_R14_the_form_of_a_step_as_it_is_changes_nothing(browser, office, draft):
    before = version(office)
    for step in before.definition["steps"]:
        answer = send(browser, f"{ROOT}/step/?id={draft}&step={step['code']}")
        assert answer.status_code == 303, (step["code"], faults(answer.text))
    after = version(office)
    assert after.definition == before.definition
    assert after.revision == before.revision


def test_R14_ways_approvers_and_needs_are_edited_by_name(browser, office, draft):
    address = f"{ROOT}/step/?id={draft}&step=approve"
    page = browser.get(address).text
    for said in ("部门负责人", "批准", "领导批示", "任何时候", "批准限额（元）"):
        assert said in page
    fields = form_of(page)
    assert fields["limit-0-up_to_cny"] == ["500"]
    answer = send(
        browser, address, **{
            "limit-0-up_to_cny": "1,000", "limit-3-role": "duty_manager", "limit-3-up_to_cny": "",
            "way-2-action": "withdraw", "way-2-to": "archive", "way-2-outcome": "withdrawn",
            "way-2-requires": ["closing_reason_text"],
        }
    )  # fmt: skip
    assert answer.status_code == 303, faults(answer.text)
    step = next(one for one in version(office).definition["steps"] if one["code"] == "approve")
    assert step["approvals"][0] == {"role": "department_head", "up_to_cny": 1000}
    assert step["approvals"][3] == {"role": "duty_manager", "up_to_cny": None}
    assert step["next"][2] == {
        "action": "withdraw", "to": "archive", "requires": ["closing_reason_text"], "outcome": "withdrawn",
    }  # fmt: skip
    assert send(browser, address, **{"way-2-dropped": "y", "limit-3-dropped": "y"}).status_code == 303
    step = next(one for one in version(office).definition["steps"] if one["code"] == "approve")
    assert (len(step["next"]), len(step["approvals"])) == (2, 3)


@pytest.mark.parametrize(
    ("changes", "beside"),
    [
        ({"clock_share": "lots"}, {"clock_share"}),
        ({"clock_share": "-1"}, {"clock_share"}),
        ({"clock_share": "33.333"}, {"clock_share"}),
        ({"clock_share": "1e9999"}, {"clock_share"}),
        ({"name_zh": ""}, {"name_zh"}),
        ({"role": "wizard"}, {"role"}),
        ({"role": ""}, {"role"}),
        ({"status": "archived"}, {"status"}),
        ({"way-0-to": "nowhere"}, {"way-0-to"}),
        ({"way-0-to": ""}, {"way-0-to"}),
        ({"way-1-when": "sunday"}, {"way-1-when"}),
        ({"limit-0-up_to_cny": "free"}, {"limit-0-up_to_cny"}),
        ({"required_fields": ["mood"]}, {"required_fields"}),
    ],
)
def test_R14_bad_input_comes_back_beside_its_field_and_nothing_is_kept(browser, office, draft, changes, beside):
    before = version(office).definition
    answer = send(browser, f"{ROOT}/step/?id={draft}&step=approve", note_zh="我写的说明", **changes)
    assert (answer.status_code, set(faults(answer.text))) == (422, beside)
    assert "我写的说明" in answer.text
    assert version(office).definition == before


def test_R14_the_second_of_two_editors_is_told_and_keeps_what_he_typed(browser, office, draft, sign_in):
    other, address = sign_in(ADMINISTRATOR), f"{ROOT}/step/?id={draft}&step=plan"
    mine = form_of(browser.get(address).text)
    assert share(other, draft, "plan", "15").status_code == 303
    answer = browser.post(address, data={**mine, "clock_share": "18", "note_zh": "我的话"}, headers=SAME_ORIGIN)
    assert answer.status_code == 409
    assert "其他人改过此版" in answer.text
    assert "我的话" in answer.text
    assert form_of(answer.text)["clock_share"] == ["18"]
    step = next(one for one in version(office).definition["steps"] if one["code"] == "plan")
    assert step["clock_share"] == 15
    # he has been shown both versions, and decides
    assert "20 15 18" in text_of(answer), "what he was shown, what is there, what he typed"
    again = browser.post(address, data=form_of(answer.text), headers=SAME_ORIGIN)
    assert again.status_code == 303
    step = next(one for one in version(office).definition["steps"] if one["code"] == "plan")
    assert (step["clock_share"], step["note"]["zh"]) == (18, "我的话")


def test_R14_steps_are_added_moved_and_removed(browser, office, draft):
    answer = send(
        browser, f"{ROOT}/new_step/?id={draft}&after=plan", name_zh="会签", name_en="Countersign",
        role="department_head", status="planning", clock_share="0", **{"way-0-action": "submit_plan", "way-0-to": "approve"},
    )  # fmt: skip
    assert answer.status_code == 303, faults(answer.text)

    def codes():
        return [step["code"] for step in version(office).definition["steps"]]

    assert codes()[codes().index("plan") + 1] == "countersign"
    page = f"{ROOT}/details/?id={draft}"
    said = {"step": "countersign", "by": "up", "revision": str(version(office).revision)}
    assert press(browser, f"{ROOT}/move/?id={draft}", page, **said).status_code == 303
    assert codes()[codes().index("countersign") + 1] == "plan"
    assert press(browser, f"{ROOT}/move/?id={draft}", page, **said).status_code == 303, "outdated: told, not moved"
    assert codes()[codes().index("countersign") + 1] == "plan"
    asked = browser.get(f"{ROOT}/drop/?id={draft}&step=dispute").text
    assert "提出争议" in asked
    assert send(browser, f"{ROOT}/drop/?id={draft}&step=dispute").status_code == 303
    assert "dispute" not in codes()


def test_R14_more_lines_can_be_had_without_saving(browser, office, draft):
    address = f"{ROOT}/step/?id={draft}&step=plan"
    fields = form_of(browser.get(address).text)
    answer = browser.post(address, data={**fields, "more": "1", "note_zh": "未存"}, headers=SAME_ORIGIN)
    assert answer.status_code == 200
    assert int(form_of(answer.text)["ways"][0]) == int(fields["ways"][0]) + 2
    assert "未存" in answer.text
    assert version(office).revision == 1


FILES = [
    ("", "text"),
    ("code: [", "text"),
    ("- just\n- a list", "text"),
    ("a: &a [1]\nb: *a", "text"),
    ("[" * 3000, "text"),
    ("{}", None),
    ("severity: general\ncode: x\nname: {zh: 甲, en: A}\nsteps: 7", None),
    ("processes: [{}, {}]", "text"),
    ("severity: no\ncode: yes", None),
]


@pytest.mark.parametrize(("text", "field"), FILES, ids=range(len(FILES)))
def test_R14_a_file_that_is_no_process_is_refused_in_words_and_comes_back(browser, office, text, field):
    answer = send(browser, f"{ROOT}/file/", text=text, reason="总公司下发")
    assert answer.status_code in (409, 422), answer.status_code
    assert set(faults(answer.text)) == ({field} if field else set())
    assert "总公司下发" in answer.text
    assert version(office) is None


def test_R14_a_version_downloaded_can_be_read_in_again(browser, office):
    given = browser.get(f"{ROOT}/download/?id=1")
    assert given.mimetype == "application/yaml"
    fields = form_of(browser.get(f"{ROOT}/file/").text)
    fields |= {"reason": "照旧", "file": (io.BytesIO(given.data), "general.yaml")}
    answer = browser.post(f"{ROOT}/file/", data=fields, headers=SAME_ORIGIN, content_type="multipart/form-data")
    assert answer.status_code == 303, answer.text
    made, first = version(office), version(office, 1)
    assert made.state is VersionState.DRAFT
    assert made.definition["steps"] == tidy(first.definition)["steps"]
    page = browser.get(f"{ROOT}/compare/?id={made.id}&with={first.id}").text
    assert "没有差别" in page


def test_R14_two_versions_stand_side_by_side(browser, office, draft):
    share(browser, draft, "plan", "15")
    send(browser, f"{ROOT}/drop/?id={draft}&step=dispute")
    page = browser.get(f"{ROOT}/compare/?id={draft}").text
    rows = re.findall(r"<tr><th scope=\"row\">(.*?)</th><td>(.*?)</td><td.*?>(.*?)</td><td.*?>(.*?)</td>", page)
    said = [[re.sub(r"<.*?>", "", cell) for cell in row] for row in rows]
    assert ["拟订方案", "份额", "20%", "15%"] in said
    assert any(row[0] == "争议裁定" and row[3] == "没有" for row in said)
    assert any(row[1] == "提出争议" and row[3] == "没有" for row in said)
    assert browser.get(f"{ROOT}/compare/?id={draft}&with=999").status_code == 404


def test_R14_the_diagram_names_every_step_and_every_way_once(browser, office):
    for number, severity in enumerate(("general", "important", "major"), 1):
        page = browser.get(f"{ROOT}/details/?id={number}").text
        picture = ET.fromstring(re.search(r"<svg.*?</svg>", page, re.DOTALL)[0])
        space = "{http://www.w3.org/2000/svg}"
        steps = version(office, 1, severity).definition["steps"]
        labels = [text for text in picture.iter(f"{space}text") if "label" in text.get("class")]
        assert len(labels) == sum(len(step["next"]) for step in steps)
        names = "".join(
            "".join(text.itertext()) for text in picture.iter(f"{space}text") if text.get("class") == "name"
        )
        for n, step in enumerate(steps, 1):
            assert names.count(f"{n} {step['name']['zh']}") >= 1


def test_R14_the_flow_chart_is_printed(browser):
    answer = browser.get(f"{ROOT}/chart/?id=1")
    assert answer.status_code == 200
    assert answer.mimetype == "application/pdf"
    assert answer.data.startswith(b"%PDF")


def test_R39_what_is_in_force_has_no_form_and_a_clerk_no_page(browser, sign_in, office, draft):
    for address in ("step/?id=1&step=plan", "head/?id=1", "new_step/?id=1", "drop/?id=1&step=plan"):
        assert browser.get(f"{ROOT}/{address}").status_code == 409
    clerk = sign_in(CLERK)
    for address in (f"step/?id={draft}&step=plan", f"head/?id={draft}", "file/", f"compare/?id={draft}", "chart/?id=1",
                    f"put_into_force/?id={draft}", f"retire/?id={draft}", "download/?id=1", "draw_up/?id=1"):  # fmt: skip
        assert clerk.get(f"{ROOT}/{address}").status_code == 403, address


def test_R14_a_draft_is_thrown_away_with_a_reason(browser, office, draft):
    answer = send(browser, f"{ROOT}/retire/?id={draft}", reason="")
    assert (answer.status_code, set(faults(answer.text))) == (422, {"reason"})
    assert send(browser, f"{ROOT}/retire/?id={draft}", reason="不做了").status_code == 303
    assert version(office).state is VersionState.RETIRED
    assert send(browser, f"{ROOT}/retire/?id=1", reason="x").status_code == 409, "in force"


def test_R39_odd_addresses_are_not_there(browser, draft):
    for address in (f"step/?id={draft}&step=nowhere", f"step/?id={draft}", "step/?id=x", "details/?id=999",
                    f"drop/?id={draft}&step=", "compare/?id=0", "chart/?id=-1"):  # fmt: skip
        assert browser.get(f"{ROOT}/{address}").status_code == 404, address


def test_R14_a_step_named_like_a_part_of_the_form_breaks_nothing(browser, office, draft):
    answer = send(browser, f"{ROOT}/new_step/?id={draft}", name_zh="甲", name_en="data", role="handler",
                  status="planning", clock_share="0", after="plan")  # fmt: skip
    assert answer.status_code == 303
    assert browser.get(f"{ROOT}/put_into_force/?id={draft}").status_code == 200
    answer = send(browser, f"{ROOT}/put_into_force/?id={draft}", valid_from="2026-12-01", reason="x")
    assert answer.status_code == 409


def test_R14_a_page_of_a_version_takes_a_bounded_number_of_queries(browser, app, draft):
    with statements(app) as sent:
        browser.get(f"{ROOT}/details/?id={draft}")
    assert len(sent) <= 30
