"""R39: masked is masked: what each field may still show, on told examples, invented persons and any text at all."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies import masking
from policies.masked_text import mask_text
from policies.masking import (
    mask_address,
    mask_bank_card,
    mask_email,
    mask_id_card,
    mask_name,
    mask_phone,
    mask_plate,
    normalise_phone,
)

DATA = Path(__file__).parent.parent / "data"
PERSONS = list(csv.DictReader((DATA / "cn_persons" / "faker_zh_CN_500.csv").read_text(encoding="utf-8").splitlines()))
FIELDS = (mask_name, mask_phone, mask_address, mask_email, mask_id_card, mask_bank_card, mask_plate)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("张三", "张*"),
        ("王小明", "王**"),
        ("范徐丽泰", "范***"),
        ("欧阳修", "欧阳*"),
        ("司马相如", "司马**"),
        ("诸葛亮", "诸葛*"),
        ("上官婉儿", "上官**"),
        ("歐陽菲菲", "歐陽**"),
        ("欧阳", "欧*"),
        ("张", "*"),
        ("张 三", "张*"),
        ("张　三", "张*"),
        ("𠮷田", "𠮷*"),
        ("㛃丽华", "㛃**"),
        ("张先生", "张先生"),
        ("欧阳女士", "欧阳女士"),
        ("王建国师傅", "王**师傅"),
        ("买买提·艾力", "买**·**"),
        ("古丽娜扎尔•买买提", "古****•***"),
        ("Mary Smith", "M*** S***"),
        ("Mr. O'Neil", "Mr. O***"),
        ("김철수", "김***"),
        ("恒聪百汇信息有限公司", "恒***有限公司"),
        ("杭州市第一医院", "杭***医院"),
        ("Acme Widgets Ltd", "A*** W*** Ltd"),
        ("张三（李四代）", "张*(李**)"),
        ("王小明13912344172", "王*************"),
        ("", ""),
    ],
)
def test_R39_of_a_name_only_the_surname_is_shown(name, shown):
    assert mask_name(name) == shown


@pytest.mark.parametrize(
    ("phone", "shown"),
    [
        ("13912344172", "139****4172"),
        ("139 1234 4172", "139****4172"),
        ("１３９１２３４４１７２", "139****4172"),
        ("+86 139-1234-4172", "+86 139****4172"),
        ("0086 13912344172", "+86 139****4172"),
        ("013912344172", "139****4172"),
        ("0571-88881234", "0571-*****234"),
        ("(010) 6552 1234", "010-*****234"),
        ("05718888123", "0571-****123"),
        ("0571-88881234转802", "0571-*****234-***"),
        ("0571-88881234-802", "0571-*****234-***"),
        ("010-65521234 ext. 5", "010-*****234-***"),
        ("88881234", "*****234"),
        ("10000", "10000"),
        ("110", "110"),
        ("12345", "12345"),
        ("66123", "***23"),
        ("555", "***"),
        ("400-800-1234", "400-****234"),
        ("+1 617 555 1234", "+1 ******1234"),
        ("+852 9123 4567", "+852 *****567"),
        ("13912344172 / 0571-88881234", "139****4172 / 0571-*****234"),
        ("微信同号", "***"),
        ("", ""),
    ],
)
def test_R39_of_a_phone_less_than_what_would_reach_the_customer_is_shown(phone, shown):
    assert mask_phone(phone) == shown


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("浙江省杭州市西湖区文三路1号", "浙江省杭州市西湖区***"),
        ("浙江省 杭州市 西湖区 文三路", "浙江省杭州市西湖区***"),
        ("浙江杭州文三路小区", "浙江***"),
        ("北京市海淀区中关村大街1号", "北京市海淀区***"),
        ("河北省石家庄市桥西区中山路", "河北省石家庄市桥西区***"),
        ("江苏省南京市鼓楼区", "江苏省南京市鼓楼区"),
        ("贵州省黔东南苗族侗族自治州凯里市韶山路", "贵州省黔东南苗族侗族自治州凯里市***"),
        ("内蒙古自治区锡林郭勒盟锡林浩特市", "内蒙古自治区锡林郭勒盟锡林浩特市"),
        ("幸福小区3栋", "***"),
        ("文三路99号", "***"),
        ("42 Cross St  Boston  MA  02113", "***"),
        ("", ""),
    ],
)
def test_R39_of_an_address_only_province_city_and_district_are_shown(address, shown):
    assert mask_address(address) == shown


def test_R39_other_papers_keep_their_ends():
    assert mask_email("xiazhu@example.net") == "x***@example.net"
    assert mask_email("x@example.net") == "***@example.net"
    assert mask_email("none") == "***"
    assert mask_id_card("42020519901004669X") == "42**************9X"
    assert mask_bank_card("6222 0202 0011 2233 445") == "**************3445"
    assert mask_plate("浙A·12345") == "浙A****5"


@pytest.mark.parametrize(
    ("written", "one"),
    [
        ("139 1234-4172", "13912344172"),
        ("+86 13912344172", "13912344172"),
        ("0086-139-1234-4172", "13912344172"),
        ("8613912344172", "13912344172"),
        ("013912344172", "13912344172"),
        ("１３９１２３４４１７２", "13912344172"),
        ("0571-8888 1234", "057188881234"),
        ("+86 571 8888 1234", "057188881234"),
        ("(0571)88881234转802", "057188881234x802"),
        ("+1 (617) 555-1234", "+16175551234"),
        ("001 617 555 1234", "+16175551234"),
        ("10000", "10000"),
        ("无", ""),
    ],
)
def test_R2_one_number_has_one_spelling_however_it_is_written(written, one):
    assert normalise_phone(written) == one
    assert normalise_phone(one) == one


def test_R39_no_invented_person_can_be_read_back_from_the_masked_fields():
    for person in PERSONS:
        assert mask_name(person["name"]) == person["name"][0] + "*" * (len(person["name"]) - 1) or (
            person["name"][:2] in masking.COMPOUND_SURNAMES
        )
        assert mask_phone(person["phone"]) == person["phone"][:3] + "****" + person["phone"][-4:]
        assert person["id_card"][2:-2] not in mask_id_card(person["id_card"])
        street = re.search(r"[\u4e00-\u9fff]{1,3}[路街][a-zA-Z]座 \d{6}$", person["address"])
        assert street is not None
        assert street.group() not in mask_address(person["address"])
        assert not re.search(r"[a-zA-Z0-9路街]", mask_address(person["address"]))


def test_R39_personal_data_of_invented_persons_is_found_inside_a_sentence():
    for person in PERSONS:
        text = (
            f"客户{person['name']}来电，手机{person['phone']}，身份证{person['id_card']}，邮箱{person['email']}，"
            f"卡号{person['bank_card']}，车牌{person['plate']}，2026-09-18 报障，单号 TS20260918-0007，金额 178.50 元。"
        )
        masked = mask_text(text, names=[person["name"]])
        for field in ("name", "phone", "id_card", "email", "bank_card", "plate"):
            assert person[field] not in masked, field
        assert "2026-09-18 报障，单号 TS20260918-0007，金额 178.50 元。" in masked


def test_R39_the_personal_data_planted_in_the_boston_requests_is_found():
    patterns = [
        re.compile(line.split(" #")[0])
        for line in (DATA / "boston311" / "pii_regex_searchset.txt").read_text(encoding="utf-8").splitlines()
    ]
    found = 0
    with (DATA / "boston311" / "boston311-100-with-fake-pii.csv").open(encoding="utf-8") as rows:
        for row in csv.DictReader(rows):
            text = row["closure_reason"]
            found += any(pattern.search(text) for pattern in patterns)
            assert not any(pattern.search(mask_text(text)) for pattern in patterns), text
    assert found >= 2  # the social security number and the e-mail with phone, at least


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("打10000没人接", "打10000没人接"),
        ("我的电话是88881234，请回", "我的电话是*****234，请回"),
        ("电话：0571-88881234转802", "电话：0571-*****234-***"),
        ("手机１３９１２３４４１７２", "手机139****4172"),
        ("139 1234 4172", "139****4172"),
        ("139-1234-4172", "139****4172"),
        ("+8613912344172", "+86 139****4172"),
        ("幺三九一二三四四幺七二", "***"),
        ("二〇二六年九月", "二〇二六年九月"),
        ("4111 1111 1111 1111", "************1111"),
        ("流量用了 1234567890123 字节", "流量用了 1234567890123 字节"),
        ("2026-09-18 16:40 收到，20260918 归档", "2026-09-18 16:40 收到，20260918 归档"),
        ("工单 GD20260918-0012", "工单 GD20260918-0012"),
        ("GB29 NWBK 6016 1331 9268 19", "**************6819"),
    ],
)
def test_R39_numbers_in_free_text_are_masked_when_they_are_a_persons(text, shown):
    assert mask_text(text) == shown


SOME_TEXT = st.one_of(
    st.text(),
    st.text(alphabet="0123456789+-() *转/x"),
    st.text(alphabet="张三欧阳李公司先生·* A'b1（)"),
    st.text(alphabet="浙江省杭州市西湖区文三路1号小 *"),
    st.text(alphabet="ab1@.*x-+"),
    st.text(alphabet="电话139012 -浙A：", min_size=6),
)


@pytest.mark.parametrize("mask", [*FIELDS, mask_text], ids=lambda mask: mask.__name__)
@given(text=SOME_TEXT)
def test_R39_masking_twice_is_masking_once(mask, text):
    once = mask(text)
    assert mask(once) == once


@given(number=st.from_regex(r"\A\+?[0-9][0-9 ()-]{5,18}[0-9]\Z"))
def test_R39_a_number_of_seven_digits_or_more_never_shows_all_of_its_end(number):
    digits = re.sub(r"\D", "", number)
    shown = mask_phone(number)
    if len(digits) >= 7:
        assert digits[-7:] not in re.sub(r"\D", "", shown)
        assert "***" in shown


@given(name=st.text(alphabet=st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF), min_size=2, max_size=4))
def test_R39_a_given_name_is_never_shown(name):
    shown = mask_name(name)
    if not name.endswith((*masking.HONORIFICS, *masking.ORGANISATIONS)):
        assert shown.count("*") >= max(1, len(name) - 2)
        assert shown[-1] == "*"


@given(number=st.from_regex(r"\A1[3-9][0-9]{9}\Z"), before=st.sampled_from(["", "打", "：", "电话", " "]))
def test_R39_a_mobile_is_found_wherever_it_stands(number, before):
    assert number not in mask_text(f"客户{before}{number}说没信号")


@pytest.mark.parametrize(
    ("told", "number"),
    [
        ("13900004172", "13900004172"),
        ("0571-88881234 / +86 139-0000-4172", "+86 139-0000-4172"),
        ("0571-88881234；0571-88885678", "0571-88881234"),
        ("13900004172、13900004173", "13900004172"),
        ("", ""),
    ],
)
def test_R13_a_short_message_goes_to_the_first_mobile_of_several_numbers(told, number):
    assert masking.number_for_sms(told) == number
