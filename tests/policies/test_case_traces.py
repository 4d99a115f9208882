"""R38, R39: a case shows nobody, however a name, a number or an address is written; what tells nothing stays."""

from __future__ import annotations

import pytest

from policies.case_traces import Customer, anonymised, customer_of, traces_in

RECORD = {
    "customer_name": "周㛃敏", "contact_phone": "13900004172", "email": "zhou@example.com",
    "address": "浙江省杭州市西湖区文三路 18 号 3 栋 1102 室", "elements": {"customer_number": "KD13900004172"},
}  # fmt: skip
NUMBERS = ("TS20261123-0001", "GD20261123-0012")

WESTERN = {
    "customer_name": "Mary Smith", "contact_phone": "0571-88881234 / +1 617-555-1234",
    "address": "浙江省杭州市西湖区文三路1号",
}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("宽带每晚掉线，周㛃敏本人电话 13900004172", "宽带每晚掉线，***本人电话 ***"),
        ("请打 139 1234 5678 找李工", "请打 *** 找李工"),
        ("住文三路 18 号 3 栋 1102 室", "住***"),
        ("邮箱 zhou@example.com 或 other@example.org", "邮箱 *** 或 ***"),
        ("证件 330102199001011234", "证件 ***"),
        ("并入 TS20261123-0001，工单 GD20261123-0012", "并入 ***，工单 ***"),
        ("客户号 KD13900004172", "客户号 ***"),
        ("近 7 日离线 41 次，降速到 3.1 Mbps", "近 7 日离线 41 次，降速到 3.1 Mbps"),
    ],
)
def test_R38_R39_a_case_hides_names_numbers_addresses_and_its_own_numbers_whole(text, expected):
    customer = customer_of(RECORD, NUMBERS)
    hidden = anonymised(text, customer)
    assert hidden == expected
    assert traces_in([hidden], customer) == []
    assert anonymised(hidden, customer) == hidden


def test_R38_what_still_names_the_customer_is_found():
    customer = customer_of(RECORD, NUMBERS)
    assert traces_in(["客户周㛃敏说", "好"], customer) == ["周㛃敏"]
    assert traces_in(["没有"], Customer()) == []


@pytest.mark.parametrize(
    ("record", "text", "piece"),
    [
        (RECORD, "手机 139 0000 4172", "139 0000 4172"),
        (RECORD, "手机 139-0000-4172", "139-0000-4172"),
        (RECORD, "手机１３９００００４１７２", "１３９００００４１７２"),
        (RECORD, "请 周 㛃 敏 接电话", "周 㛃 敏"),
        (RECORD, "他住 1102室", "1102室"),
        (RECORD, "并入 ts20261123 0001", "ts20261123 0001"),
        (RECORD, "宽带账号 kd 1390 0004 172", "kd 1390 0004 172"),
        (WESTERN, "so mary smith said", "mary smith"),
        (WESTERN, "MARY-SMITH", "MARY-SMITH"),
        (WESTERN, "Ms Smith said", "Smith"),
        (WESTERN, "座机 057188881234", "057188881234"),
        (WESTERN, "座机 8888 1234", "8888 1234"),
        (WESTERN, "住文三路 1号", "文三路 1号"),
        (WESTERN, "call +1 (617) 555-1234", "1 (617) 555-1234"),
        ({}, "另一位客户 13987654321", "13987654321"),
        ({}, "证件 330102199001011234", "330102199001011234"),
        ({"customer_name": "José Pérez"}, "Jose\u0301 called", "Jose"),
        ({"customer_name": "周㛃敏女士"}, "周㛃敏来电", "周㛃敏"),
        ({"customer_name": "买买提·艾力"}, "艾力来电", "艾力"),
    ],
)
def test_R38_however_it_is_written_it_is_found_and_taken_out(record, text, piece):
    customer = customer_of(record, NUMBERS)
    found = traces_in([text], customer)
    assert [one.strip("\u0301") for one in found] == [piece]
    assert traces_in([anonymised(text, customer)], customer) == []


@pytest.mark.parametrize(
    ("record", "text"),
    [
        (WESTERN, "the smithsonian in summary"),
        (RECORD, "赔付 1102 元"),
        (RECORD, "11 月 18 号换了 3 台光猫"),
        ({"customer_name": "Ann"}, "an announcement"),
        ({"customer_name": "Will Young"}, "it will take young staff a week"),
        ({"contact_phone": "10086"}, "5G 网络 12 次"),
        (
            {"elements": {"device_model": "5G", "frequency_scope": "12", "signal_reading": "-21"}},
            "5G 终端 12 次，-21 dBm",
        ),
        (
            {"elements": {"event_time": "2026-11-20 19:30", "bill_month": "2026-10"}},
            "2026-10 账单，2026-11-20 19:30 起",
        ),
        ({"elements": {"payment_serial": "123456"}}, "流水 91234 与 12345"),
    ],
)
def test_R38_what_tells_nothing_of_the_customer_stays(record, text):
    customer = customer_of(record, ())
    assert traces_in([text], customer) == []


@pytest.mark.parametrize(
    ("elements", "text", "expected"),
    [
        ({"device_model": "5G", "frequency_scope": "12"}, "5G 终端每天 12 次", "5G 终端每天 12 次"),
        ({"payment_serial": "654321"}, "流水 654321", "流水 ***"),
        ({"contract_number": "HT-2026-001234"}, "合同 HT2026001234", "合同 ***"),
        ({"service_address": "杭州市余杭区五常大道 9 号"}, "五常大道装机", "***装机"),
        ({"opposite_number": "0571-87654321"}, "对方 87654321", "对方 ***"),
    ],
)
def test_R38_of_dispatch_elements_phones_addresses_and_accounts_are_taken_out(elements, text, expected):
    assert anonymised(text, customer_of({"elements": elements}, ())) == expected


def test_R38_what_was_said_before_a_correction_counts_too():
    customer = customer_of(RECORD, ()) | customer_of({"customer_name": "周敏捷"}, ())
    assert traces_in(["周敏捷与周㛃敏"], customer) == ["周敏捷", "周㛃敏"]
