"""Invented customers and what they say, as many as are asked for: by a whole number, the same for the same number.

Phones stand in a block that stands for no one (154: in no operator's numbering). ``RARE`` is said by about five in a
million, ``COMMON`` by about one in ten, whatever else they say, so that searches can be measured with both.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

COMMON, RARE = "反复掉线", "琥珀色指示灯"
IN_TEN, IN_A_MILLION = 10, 5
MILLION = 1_000_000
BLOCK = 15_400_000_000
FIELDS = ("customer_name", "contact_phone", "address", "email", "what", "who", "where", "why", "demand", "product",
          "product_symptom")  # fmt: skip

_SURNAMES = [
    "赵",
    "钱",
    "孙",
    "李",
    "周",
    "吴",
    "郑",
    "王",
    "冯",
    "陈",
    "褚",
    "卫",
    "蒋",
    "沈",
    "韩",
    "杨",
    "朱",
    "秦",
    "尤",
    "许",
    "何",
    "吕",
    "施",
    "张",
    "孔",
    "曹",
    "严",
    "华",
    "金",
    "魏",
    "陶",
    "姜",
    "戚",
    "谢",
    "邹",
    "喻",
    "欧阳",
    "司马",
    "诸葛",
    "上官",
]
_GIVEN = "禾帆衿秋水远越桐行齐舒瑾星辰青澜安文清一子知若明雨景思望怀南北听予棠屿岚溪舟棣蘅"
_STREETS = [
    "云栖路",
    "和风路",
    "朝霞街",
    "柳岸路",
    "松涛路",
    "望江街",
    "桂雨巷",
    "石榴路",
    "竹影路",
    "麦田街",
    "白鹭路",
    "枫桥巷",
]
_ESTATES = ["云栖苑", "和风里", "朝霞家园", "柳岸小区", "松涛公寓", "望江花园", "桂雨府", "石榴园", "竹影台", "白鹭洲"]
_SINCE = (
    "上周起",
    "近两周",
    "昨天傍晚开始",
    "从月初开始",
    "装修之后",
    "换套餐之后",
    "雷雨过后",
    "连续三天",
    "每逢周末",
    "一个月以来",
)
_TIMES = ("晚上八点到十一点", "早高峰", "午休时间", "整个白天", "凌晨前后", "下班以后", "一整天", "时好时坏")
_EFFECTS = ("没法办公", "孩子上不了网课", "店里收不了款", "老人联系不上家里", "电视一直转圈", "视频会议总是中断",
            "多付了一笔钱", "白跑了三趟营业厅", "一直没有人回电", "短信提醒收不到")  # fmt: skip
_DONE = (
    "已自行重启过多次",
    "打过两次客服电话",
    "在营业厅问过一次",
    "换过网线和插座",
    "查过账单和短信",
    "之前没有反映过",
    "邻居家也一样",
    "请熟人看过也没好",
)
_WHY = (
    "认为处理太慢",
    "认为事先没有说明",
    "认为是我方原因",
    "认为收费不合理",
    "认为前次没有真正解决",
    "认为答复前后不一",
    "认为设备老化",
)
_DEMANDS = (
    "尽快修好并回复结果",
    "说明原因并给予补偿",
    "核实后退还费用",
    "恢复正常并致歉",
    "上门检测并给出时间",
    "书面答复",
    "更换设备",
)
_PRODUCTS = ("畅享套餐", "家庭宽带三百兆", "融合套餐", "千兆宽带", "亲情号码套餐", "校园套餐", "商企专线", "电视会员")
_DEVICES = ("光猫", "机顶盒", "路由器", "手机", "账单", "合约", "遥控器", "无线放大器")
_WHO = ("受理座席（未记工号）", "营业员（工号不详）", "装维师傅", "没有具体人员", "外呼人员")
_WHERE = ("家中卧室与客厅", "单位办公室", "小区地下车库", "营业厅现场", "门面店铺", "学校宿舍", "乡下老屋")


@dataclass(frozen=True)
class Leaf:
    """What a complaint can be about: a leaf of the category tree with the names of its symptoms."""

    id: int
    code: str
    name: str
    trunk: str
    department: str
    symptoms: tuple[str, ...]


def told(number: int, leaf: Leaf, customer: int | None = None) -> dict[str, str]:
    """The texts of record ``number`` about a leaf; of another's earlier ``customer`` where it is one again."""
    person = number if customer is None else customer
    chance = random.Random(person)
    one = chance.choice
    name = one(_SURNAMES) + one(_GIVEN) + one(_GIVEN)
    address = f"{one(_STREETS)}{one(range(1, 400))}号{one(_ESTATES)}{one(range(1, 30))}幢{one(range(101, 2500))}室"
    chance = random.Random(-1 - number)
    one = chance.choice
    symptom = one(leaf.symptoms) if leaf.symptoms else leaf.name
    more = "".join(_said_besides(number))
    device = one(_DEVICES)
    return {
        "customer_name": name,
        "contact_phone": str(BLOCK + person),
        "address": address,
        "email": f"kehu{person}@example.com",
        "what": f"{leaf.name}：{one(_SINCE)}{symptom}，{one(_TIMES)}最明显，{one(_EFFECTS)}。{one(_DONE)}。{more}",
        "who": one(_WHO),
        "where": one(_WHERE),
        "why": f"客户{one(_WHY)}",
        "demand": one(_DEMANDS),
        "product": f"{one(_PRODUCTS)} {device}",
        "product_symptom": f"{device}{symptom}",
    }


def _said_besides(number: int) -> Iterator[str]:
    """The common and the rare words: by the number's place, so that any run of numbers holds its share of them."""
    if number % IN_TEN == 3:
        yield f"{COMMON}，记录在案。"
    if number % (MILLION // IN_A_MILLION) == 77:
        yield f"设备上亮着{RARE}。"


def sentinels() -> dict[str, str]:
    """Texts that stand for a customer's in a pattern, each found again wherever the services put it."""
    found = {field: f"〖{field}〗" for field in FIELDS}
    long = {"what": "〖what〗" + "占" * 120}
    return found | long | {"contact_phone": "15499999999", "email": "zhan.wei@example.org"}
