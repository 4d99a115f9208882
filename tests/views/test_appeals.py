"""R29: the pages on which results are read, appeals lodged and decided."""

from __future__ import annotations

import re
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest

from backoffice.services import appeals
from tests.support.appealed import publish
from tests.support.counting import statements
from tests.support.forms import SAME_ORIGIN, token
from tests.support.inspections import HANDLER, HEAD, INSPECTOR, MANAGER, SECOND, Inspected

REASON = "首次响应在时限内，客户周㛃敏 13900004172 可证"


@pytest.fixture
def scene(app, office, clock):
    desk = app.extensions["desk"]
    made = Inspected(office, desk.keys, Path(desk.config["DATA_DIR"]) / "files").archived()
    publish(made)
    clock.at = made.at
    return made


def lodge(scene, clock, who=HANDLER, items=("tim_steps",)):
    scene.do(who, appeals.submit, scene.number, list(items), REASON)
    clock.at = scene.at


def post(browser, path, **values):
    data = {"csrf_token": token(browser, "/account"), **values}
    return browser.post(path, data=data, headers=SAME_ORIGIN)


def decision(**values):
    return {"mark-tim_steps": "100", "remark-tim_steps": "", "result": "upheld", "ground": "查实在时限内", **values}


def test_R29_the_inspected_reads_score_marks_remarks_and_until_when_an_appeal_is_possible(scene, sign_in):
    handler = sign_in(HANDLER)
    page = handler.get("/my-inspections").text
    assert all(text in page for text in (scene.number, scene.play.number, "84.24", "合格", "已公布，可申诉"))
    one = handler.get(f"/my-inspections/{scene.number}").text
    assert all(text in one for text in ("84.24", "首次响应超时 20 分钟", "7750.00 ÷ 适用权重 92", "贺朗明"))
    assert "13900004172" not in one  # the remark names the customer's phone
    assert f"/my-inspections/{scene.number}/appeal" in one


def test_R29_the_page_of_a_complaint_leads_to_its_published_inspections_whom_they_concern(scene, sign_in):
    """Not who is to score the same record unseen by others, nor who has no part in it."""
    link = f'href="/my-inspections/{scene.number}"'
    address = f"/complaints/{scene.play.number}"
    assert [code for code in (HANDLER, HEAD, MANAGER, SECOND, "S003", "S010") if link in sign_in(code).get(address).text] == [
        HANDLER, HEAD, MANAGER, SECOND, "S003",
    ]  # fmt: skip
    scene.drawn(SECOND, pair_of=scene.number)
    text = sign_in(SECOND).get(address).text
    assert link not in text
    assert "本投诉的质检" not in text


def test_R28_a_decider_who_still_has_to_score_the_record_is_told_to_do_that_first(scene, sign_in, clock):
    lodge(scene, clock)
    address = f"/inspection/appeals/{scene.number}"
    assert sign_in(SECOND).get(address).status_code == 200
    scene.drawn(SECOND, plan="spot_check")
    answer = sign_in(SECOND).get(address)
    assert answer.status_code == 409
    assert "请先完成自己的评分" in answer.text
    assert "首次响应超时 20 分钟" not in answer.text


def test_R29_somebody_with_single_marks_sees_those_and_not_the_score(scene, sign_in):
    clerk = sign_in("S005")
    assert "84.24" not in clerk.get("/my-inspections").text
    one = clerk.get(f"/my-inspections/{scene.number}").text
    assert "5W1H" in one
    assert not any(text in one for text in ("84.24", "首次响应超时", "调查充分"))


@pytest.mark.parametrize(
    ("who", "status"),
    [(HANDLER, 200), ("S005", 200), (HEAD, 200), (INSPECTOR, 200), (MANAGER, 200), ("S029", 200), ("S013", 404),
     ("S012", 404), ("S030", 404)],
)  # fmt: skip
def test_R39_who_reads_a_published_inspection(scene, sign_in, who, status):
    assert sign_in(who).get(f"/my-inspections/{scene.number}").status_code == status


def test_R28_an_inspector_who_still_has_to_score_the_record_sees_nobody_elses_marks(scene, sign_in):
    scene.drawn(SECOND, pair_of=scene.number)
    assert sign_in(SECOND).get(f"/my-inspections/{scene.number}").status_code == 404
    assert sign_in(MANAGER).get(f"/my-inspections/{scene.number}").status_code == 200


def test_R28_what_is_not_published_is_not_there(scene, sign_in):
    drawn = scene.drawn(SECOND, plan="spot_check")
    for path in ("", "/appeal"):
        assert sign_in(HANDLER).get(f"/my-inspections/{drawn}{path}").status_code == 404
    assert sign_in(MANAGER).get(f"/inspection/appeals/{drawn}").status_code == 404


def test_R29_a_head_reads_those_of_the_department(scene, sign_in):
    page = sign_in(HEAD).get("/my-inspections?list=department").text
    assert all(text in page for text in (scene.number, "84.24", "卢向晨"))
    assert scene.number not in sign_in("S012").get("/my-inspections?list=department").text
    assert "本部门的质检" not in sign_in(HANDLER).get("/my-inspections?list=department").text


def test_R29_an_appeal_is_lodged_with_a_file_and_its_page_says_so(scene, sign_in, clock):
    handler = sign_in(HANDLER)
    path = f"/my-inspections/{scene.number}/appeal"
    assert "首次响应" in handler.get(path).text
    files = [(BytesIO(b"10:35 called\n"), "周㛃敏 通话.txt")]
    answer = post(handler, path, items=["tim_steps"], reasons=REASON, file=files)
    assert (answer.status_code, answer.location) == (303, f"/my-inspections/{scene.number}")
    page = handler.get(f"/my-inspections/{scene.number}").text
    assert "申诉中" in page
    assert "可证" in page
    assert "周㛃敏" not in page
    assert f"{path}" not in page  # once
    link = re.search(r"/my-inspections/[^\"]+/files/\d+", page).group()
    assert handler.get(link).data == b"10:35 called\n"
    assert sign_in(SECOND).get(link).data == b"10:35 called\n"
    assert sign_in(HEAD).get(link).status_code == 403
    assert link not in sign_in(HEAD).get(f"/my-inspections/{scene.number}").text
    assert sign_in("S013").get(link).status_code == 404


def test_R29_what_is_missing_is_said_beside_it_and_what_was_typed_stays(scene, sign_in):
    handler = sign_in(HANDLER)
    path = f"/my-inspections/{scene.number}/appeal"
    empty = post(handler, path, reasons=" ")
    assert (empty.status_code, "至少勾选一个" in empty.text, "写明申诉理由" in empty.text) == (422, True, True)
    no_items = post(handler, path, reasons="写了很久的理由")
    assert (no_items.status_code, "写了很久的理由" in no_items.text) == (422, True)
    ticked = post(handler, path, items=["tim_steps", "no_such"], reasons="")
    assert ticked.status_code == 422
    assert re.search(r'value="tim_steps"[^>]*checked|checked[^>]*value="tim_steps"', ticked.text)
    bad = post(handler, path, items=["tim_steps"], reasons="r", file=[(BytesIO(b"MZ\x00\x01"), "a.exe")])
    assert bad.status_code in (413, 422)
    assert "a.exe" in bad.text


def test_R29_late_second_and_foreign_appeals_are_sentences_with_their_status(scene, sign_in, clock):
    path = f"/my-inspections/{scene.number}/appeal"
    assert sign_in(HEAD).get(path).status_code == 403
    assert post(sign_in(HEAD), path, items=["tim_steps"], reasons="r").status_code == 403
    assert sign_in("S029").get(path).status_code == 403  # holds no right to appeal
    lodge(scene, clock)
    again = post(sign_in(HANDLER), path, items=["tim_steps"], reasons="又写了一遍")
    assert (again.status_code, "已对这次质检申诉过" in again.text, "又写了一遍" in again.text) == (409, True, True)
    other = sign_in("S005").get(path)
    assert (other.status_code, "已有同事" in other.text) == (409, True)


def test_R29_after_the_period_the_page_says_that_the_score_stands(scene, sign_in, clock):
    clock.at = scene.later(days=9)
    path = f"/my-inspections/{scene.number}"
    late = sign_in(HANDLER).get(f"{path}/appeal")
    assert (late.status_code, "申诉期已于" in late.text) == (409, True)
    typed = post(sign_in(HANDLER), f"{path}/appeal", items=["tim_steps"], reasons="晚了一天")
    assert (typed.status_code, "晚了一天" in typed.text) == (409, True)
    assert f"{path}/appeal" not in sign_in(HANDLER).get(path).text


def test_R29_the_list_shows_whose_turn_it_is_and_another_inspector_decides(scene, sign_in, clock):
    lodge(scene, clock)
    second = sign_in(SECOND)
    page = second.get("/inspection/appeals").text
    assert all(text in page for text in (scene.number, "轮到您", "卢向晨", "贺朗明"))
    path = f"/inspection/appeals/{scene.number}"
    one = second.get(path).text
    assert all(text in one for text in ("可证", "首次响应超时 20 分钟", 'name="mark-tim_steps"'))
    assert "13900004172" not in one
    assert 'name="mark-tim_ack"' not in one  # not contested
    answer = post(second, path, **decision())
    assert (answer.status_code, answer.location) == (303, path)
    done = second.get(path).text
    assert all(text in done for text in ("改判", "89.13", "查实在时限内"))
    assert 'name="mark-tim_steps"' not in done
    assert scene.number in second.get("/inspection/appeals?list=decided").text
    handler = sign_in(HANDLER).get(f"/my-inspections/{scene.number}").text
    assert all(text in handler for text in ("89.13", "申诉后定案：改判", "部分符合</del>", "查实在时限内"))


def test_R29_the_first_inspector_reads_it_and_may_not_decide(scene, sign_in, clock):
    lodge(scene, clock)
    first, path = sign_in(INSPECTOR), f"/inspection/appeals/{scene.number}"
    page = first.get(path)
    assert (page.status_code, "须由其他质检人员裁定" in page.text) == (200, True)
    assert 'name="mark-tim_steps"' not in page.text
    answer = post(first, path, **decision())
    assert (answer.status_code, "须由其他质检人员裁定" in answer.text) == (403, True)
    assert sign_in(HANDLER).get(path).status_code == 403
    assert post(sign_in(HANDLER), path, **decision()).status_code == 403


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"mark-tim_steps": "50"}, "有异议的每一项都须改动"),
        ({"result": "dismissed"}, "不得改动任何一项"),
        ({"result": ""}, "请选择裁定结果"),
        ({"result": "x"}, "请选择裁定结果"),
        ({"ground": "  "}, "写明裁定依据"),
        ({"mark-tim_steps": "0"}, "不得使任何一项变得更差"),
        ({"mark-tim_steps": "7e99"}, "首次响应"),
        ({"mark-tim_steps": ""}, "首次响应"),
    ],
)
def test_R29_a_decision_that_does_not_agree_is_said_and_what_was_typed_stays(scene, sign_in, clock, values, said):
    lodge(scene, clock)
    sent = {**decision(), "remark-tim_steps": "这一条写了说明", **values}
    answer = post(sign_in(SECOND), f"/inspection/appeals/{scene.number}", **sent)
    assert (answer.status_code, said in answer.text, "这一条写了说明" in answer.text) == (422, True, True)


def test_R29_who_comes_second_is_told_and_keeps_the_ground(scene, sign_in, clock):
    lodge(scene, clock)
    path = f"/inspection/appeals/{scene.number}"
    assert post(sign_in(SECOND), path, **decision()).status_code == 303
    late = post(sign_in(MANAGER), path, **decision(ground="晚了一步的依据"))
    assert (late.status_code, "已经裁定" in late.text, "晚了一步的依据" in late.text) == (409, True, True)


def test_the_lists_ask_as_much_for_many_as_for_one(scene, sign_in, app, clock):
    lodge(scene, clock)
    asked = (
        (sign_in(HANDLER), "/my-inspections"),
        (sign_in(HEAD), "/my-inspections?list=department"),
        (sign_in(SECOND), "/inspection/appeals"),
    )

    def counts():
        found = []
        for browser, path in asked:
            browser.get(path)
            with statements(app) as sent:
                assert browser.get(path).status_code == 200
            found.append(len(sent))
        return found

    few = counts()
    for plan in ("spot_check", "not_established_check"):
        number = publish(scene, plan=plan, appeal_until=scene.at + timedelta(days=9))
        scene.do(HANDLER, appeals.submit, number, ["tim_steps"], REASON)
    many = counts()
    assert many == few
    assert max(few) < 30


@pytest.mark.parametrize("number", ["x", "%20", "a" * 300, "%E2%80%AE", "0", "'--"])
def test_an_inspection_that_is_not_there_is_no_fault(scene, sign_in, number):
    for path in (f"/my-inspections/{number}", f"/my-inspections/{number}/appeal", f"/inspection/appeals/{number}"):
        assert sign_in(MANAGER).get(path).status_code == 404
    assert sign_in(HANDLER).get("/my-inspections?before=x&list=nothing").status_code == 200
    assert sign_in(MANAGER).get("/inspection/appeals?before=-1&list=nothing").status_code == 200
