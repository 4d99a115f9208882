"""R28: what is taken out of a text that is read blind: names, their usual short forms, numbers; and what is left."""

from __future__ import annotations

import pytest

from policies.blind_names import Names, Person, Unit, given_name, short_forms

LU = Person("卢向晨", "Lu Xiangchen", "luxiangchen", "S016", "0571-88886016 转 6016", near=True)
OUYANG = Person("欧阳静", "Ouyang Jing", "ouyang.jing", "S077", "13900004177", near=True)
SHI = Person("时敏", "Shi Min", near=True)
ELSEWHERE = Person("许若舟", "Xu Ruozhou", "xuruozhou", "S023")
UNITS = (
    Unit("技术支持与装维部", "Technical support and field service", "technical_support"),
    Unit("网络部", "Network", "network"),
    Unit("客户服务中心", "Customer service centre", "customer_service"),
    Unit("回访组", "Call-back group", "callback_group"),
)


@pytest.fixture(scope="module")
def names():
    return Names((LU, OUYANG, SHI, ELSEWHERE), UNITS, ["TS20261101-0001"])


def hidden(names, text):
    return names.hide_names(names.hide_numbers(text, "▇"), "▇")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("由卢向晨上门", "由▇上门"),
        ("向晨已回电", "▇已回电"),
        ("卢工、卢师傅、老卢、小卢都说修好了", "▇、▇、▇、▇都说修好了"),
        ("欧阳主任批示", "▇批示"),
        ("由Lu Xiangchen办理", "由▇办理"),
        ("signed by Xiangchen Lu", "signed by ▇"),
        ("ask Xiangchen; Mr. Lu knows", "ask ▇; ▇ knows"),
        ("LuXiangchen_工单.pdf", "▇_工单.pdf"),
        ("luxiangchen 登录，工号S016", "▇ 登录，工号▇"),
        ("许若舟转述", "▇转述"),
        ("请拨0571-8888 6016 转 6016", "请拨▇ ▇"),
        ("分机6016找我", "▇找我"),
        ("移交技术支持与装维部处理", "移交▇处理"),
        ("装维部的师傅，技术支持已答复", "▇的师傅，▇已答复"),
        ("装维师傅迟到", "▇迟到"),
        ("网络部说无故障", "▇说无故障"),
        ("网络那边说无故障", "▇说无故障"),
        ("客户服务中心转来", "▇转来"),
        ("客户服务转来", "▇转来"),
        ("queue technical-support", "queue ▇"),
        ("TS20261101-0001.pdf", "▇.pdf"),
    ],
)
def test_R28_what_tells_somebody_is_taken_out(names, text, shown):
    assert hidden(names, text).replace("▇▇", "▇") == shown


@pytest.mark.parametrize(
    "text",
    [
        "宽带网络每晚掉线，网络质量差",
        "两小时后回访，客户满意",
        "若舟",  # of somebody without a trace on the record only the full name
        "客户姓卢",
        "提前 6016 元退款",
        "S0160",
        "workload",
    ],
)
def test_R28_ordinary_words_stay_readable(names, text):
    assert hidden(names, text) == text


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("技术支持与装维部", ("技术支持与装维", "技术支持", "装维部", "装维")),
        ("网络部", ("网络",)),
        ("分公司管理层", ()),
        ("营业厅", ("营业",)),
        ("客户服务中心", ("客户服务",)),
        ("部", ()),
    ],
)
def test_R28_the_short_forms_of_a_department_are_without_its_kind(name, short):
    assert short_forms(name) == short


def test_R28_family_names_of_two_characters_are_known():
    assert given_name("欧阳静") == ("欧阳", "静")
    assert given_name("欧阳") == ("欧", "阳")
    assert given_name("卢向晨") == ("卢", "向晨")


def test_R28_nothing_known_takes_out_nothing():
    assert hidden(Names([], []), "由卢向晨上门") == "由卢向晨上门"
