"""A whole invented dossier as primitives, and the catalogue read straight from its rooms, for tests of printing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from babel.messages.pofile import read_po

from backoffice.reports.blocks import (
    Column,
    Fact,
    Facts,
    Grid,
    Moment,
    Notice,
    Opinion,
    Paragraph,
    Subheading,
    Tick,
    Timeline,
)
from backoffice.reports.dossier import (
    AdditionContent,
    AttachedFile,
    ChainMark,
    DossierContent,
    PartContent,
    PrintMark,
    Stamp,
)
from policies.dossier import DEFAULT_RULES
from policies.message import Message

ROOMS = Path(__file__).resolve().parents[2] / "templates" / "translations"
LAST = "7be1c40d92f35a8861d0e7b4a3c95f2e0847d61bc2f9e385a0714bd6c83e5f19"
PHOTO = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415408d763f8ffff3f0005fe02fe"
    "dccc59e70000000049454e44ae426082"
)


@cache
def catalogue(language: str) -> dict[str, str]:
    texts = {}
    for room in ("dossier", "print"):
        with (ROOMS / language / f"{room}.po").open("rb") as file:
            texts.update({entry.id: entry.string for entry in read_po(file) if entry.id})
    return texts


def sayer(language: str):
    """Renders messages like the pages do, without an application: nested messages and lists included."""

    def shown(value: object) -> object:
        if isinstance(value, Message):
            return say(value)
        if isinstance(value, tuple):
            return "、".join(str(shown(item)) for item in value)
        return value

    def say(message: Message) -> str:
        text = catalogue(language)[message.key]
        return text % {name: shown(value) for name, value in message.params.items()} if "%" in text else text

    return say


def part(code: str, *blocks, **more) -> PartContent:
    return PartContent(code, Message(f"dossier.part.{code}"), blocks, **more)


def chinese_parts() -> tuple[PartContent, ...]:
    return (
        part("cover"),
        part("index"),
        part(
            "handling_form",
            Facts(
                (
                    Fact("编号", "TS20260401-0032"),
                    Fact("渠道", "客服热线"),
                    Fact("第几次投诉", "30 日内同类第 2 次"),
                    Fact("保密", Tick("客户要求保密", False)),
                    Fact("诉求", "彻底修复，并减免两个月月费", wide=True),
                    Fact("认定", (Tick("有效", True), Tick("无效", False), Tick("群体性", False)), wide=True),
                    Fact("根本原因", "OLT-07 上联 2×10GE 峰值利用率 97%，割接后未同步扩容。", wide=True),
                    Fact(
                        "措施", ("割接 64 户到 OLT-09 分流", "减免两个月月费 178.00 元", "上联扩容至 4×10GE"), wide=True
                    ),
                    Fact("责任人", "陈立（网络维护部）"),
                    Fact("回访结果", "满意，5 分"),
                )
            ),
            Opinion("承办人", "全部措施实施完毕，结果已告知客户。", "签名：陈立（电子签名）　2026-04-20 11:10"),
            date="2026-04-20",
        ),
        part(
            "original_record",
            Facts(
                (
                    Fact("受理时间", "2026-04-01 16:40"),
                    Fact("渠道", "客服热线（来电 16:40，9 分 12 秒）"),
                    Fact("客户", "周㛃，个人客户（联系人 𠮷田）"),
                    Fact("联系方式", "139 0000 4172，希望 18:00 后电话"),
                    Fact("地址", "江州市城东区云栖路 18 号云栖苑 3 栋 1102 室", wide=True),
                    Fact("类别", "宽带 / 质量 / 频繁掉线"),
                    Fact("优先级", "高（紧急高 × 影响中）"),
                    Fact(
                        "何事",
                        "家庭宽带 300M，每晚 19:30–23:00 频繁掉线；光猫灯正常但网页打不开，重启约十分钟后又掉。",
                        wide=True,
                    ),
                    Fact("何人", "装维师傅（工牌 ZW-0217），3月24日上门更换光猫", wide=True),
                    Fact("何时", "2026-03-22 起出现"),
                    Fact("何地", "家中，书房与客厅均如此"),
                    Fact(
                        "复述确认",
                        (Tick("姓名", True), Tick("电话", True), Tick("地址", True), Tick("何因", False)),
                        wide=True,
                    ),
                    Fact("完整度", "96 分"),
                )
            ),
            Subheading("时限及其依据"),
            Grid(
                (
                    Column("时钟", 16),
                    Column("规定", 30),
                    Column("到期", 20, "center"),
                    Column("完成", 20, "center"),
                    Column("结果", 14, "center"),
                ),
                (
                    ("告知受理", "24 小时，不间断", "2026-04-02 16:40", "2026-04-01 17:05", "按时"),
                    ("部门指派", "4 工作小时，自派单起", "2026-04-02 11:50", "2026-04-02 14:00", "超时 40 分"),
                    (
                        "处理时限",
                        "10 个工作日，批准延期 2 个工作日；清明 4月4–6日与周末不计",
                        "2026-04-20 18:00",
                        "2026-04-20 11:10",
                        "按时",
                    ),
                ),
            ),
            date="2026-04-01",
        ),
        part("check_record", Facts((Fact("结论", "属实、合理、属本公司"), Fact("核实人", "林晓"))), date="2026-04-01"),
        part(
            "acknowledgement",
            Facts(
                (
                    Fact("方式", "短信并电话"),
                    Fact("时间", "2026-04-01 17:05"),
                    Fact("内容", "已受理、处理流程、办结时限、联系人陈立", wide=True),
                )
            ),
            date="2026-04-01",
        ),
        part(
            "work_order",
            Grid(
                (
                    Column("工单号", 24),
                    Column("部门与经办", 18),
                    Column("要求与要件", 30),
                    Column("时限", 18, "center"),
                    Column("结果", 10, "center"),
                ),
                (
                    (
                        "GD20260401-0032-1",
                        ("网络维护部", "陈立，协办吴海"),
                        "查清晚高峰掉线原因，给出扩容时间。要件：光猫序列号、掉线时段、测速截图、地址、联系电话",
                        "2026-04-20 18:00",
                        "完成",
                    ),
                    (
                        "GD20260401-0032-2",
                        ("装维中心", "孟浩"),
                        "复测入户光功率，更换光模块；归属由沈国强裁定",
                        "2026-04-08 12:00",
                        "按时",
                    ),
                ),
            ),
            date="2026-04-01",
        ),
        part(
            "investigation",
            Facts(
                (
                    Fact("事实", "属实。每晚 19:40–22:50 丢包率 6.8%–11.2%，客户测速 3.1–8.4 Mbps。", wide=True),
                    Fact("根本原因", "OLT-07 上联 2×10GE 峰值利用率 97%。", wide=True),
                    Fact("责任认定", "我方责任", wide=True),
                )
            ),
            date="2026-04-03",
        ),
        part(
            "plan_drafts",
            Grid(
                (
                    Column("措施", 34),
                    Column("责任人", 16),
                    Column("预计完成", 17, "center"),
                    Column("实际完成", 20, "center"),
                    Column("金额（元）", 13, "right"),
                ),
                (
                    ("割接 64 户到 OLT-09 分流", "吴海", "2026-04-08", "2026-04-08 10:31", "–"),
                    ("减免两个月月费", "计费支撑室", "2026-04-09", "2026-04-09 09:00", "178.00"),
                ),
            ),
            Paragraph("备选：提速至 500M。未采用，不解决上联口拥塞。", small=True),
            Subheading("批示"),
            Opinion(
                "网络维护部\n主任意见", "分流先行，扩容不得再延。", "签名：贺军（电子签名）　2026-04-07 10:20", "同意"
            ),
            Opinion(
                "分管经理\n批示",
                "补偿超 100 元，准予减免；请向客户当面致歉，扩容后一周内复查同一上联口的其他小区。",
                "签名：沈国强（电子签名）　2026-04-07 15:36",
                "同意",
            ),
            date="2026-04-07",
        ),
        part("extension"),
        part(
            "communications",
            Grid(
                (Column("时间", 20), Column("方式", 18), Column("我方", 12), Column("内容", 50)),
                (
                    ("2026-04-01 16:40", "来电 9 分 12 秒", "林晓", "客户投诉掉线，情绪急；登记、复述、告知流程。"),
                    ("2026-04-07 16:02", "短信", "系统", "延期告知：到货延迟两个工作日，新时限 4月20日。已送达。"),
                ),
            ),
            date="2026-04-17",
        ),
        part(
            "measures",
            absence=Message("dossier.absence.lacking", {"items": Message("dossier.missing.measure_open")}),
            lacking=True,
        ),
        part("statements"),
        part(
            "call_back_record",
            Facts(
                (
                    Fact("回访人", "唐静（未参与处理）"),
                    Fact("时间方式", "2026-04-20 18:22，电话 3 分 06 秒"),
                    Fact("问题解决", "已解决"),
                    Fact("满意度", "满意，5 分"),
                    Fact("客户意见", "“现在晚上不掉了，经理还亲自打了电话。希望下次不要等我投诉才修。”", wide=True),
                )
            ),
            date="2026-04-20",
        ),
        part(
            "lesson",
            Paragraph("新小区割接须与上联扩容同批验收；同一 PON 口 3 户以上掉线，先查上联，不先换光猫。"),
            Notice("已写入案例 AL-2026-031"),
        ),
        part(
            "event_log",
            Timeline(
                (
                    Moment(
                        "2026-04-01 16:40", "受理，热线来电，完整度 96 分", "林晓", key=True, check="9f2c71e0a84d3b16"
                    ),
                    Moment(
                        "2026-04-01 16:52",
                        "改级：一般改为重要，30 天内同类第 2 次，时限重算",
                        "林晓",
                        check="c07a5d9211fe8e43",
                    ),
                    Moment(
                        "2026-04-01 17:20",
                        "派单至网络维护部，要件 5/5 齐全",
                        "派单台 唐静",
                        key=True,
                        check="41bbe6f3902c7a5d",
                    ),
                    Moment(
                        "2026-04-02 14:00",
                        "指定经办人陈立，超时 40 分；11:50 到期时已提醒负责人",
                        "贺军",
                        late=True,
                        check="d3580e7f16ab42c9",
                    ),
                    Moment(
                        "2026-04-07 15:50",
                        "延期批准：办结由 4月16日 18:00 改为 4月20日 18:00，光模块厂家到货延迟；16:02 已告知客户",
                        "沈国强",
                        check="a07e5b9c23d10f68",
                    ),
                    Moment("2026-04-21 09:40", "完整性检查通过，归档，冻结", "唐静", key=True, check=LAST[:16]),
                )
            ),
        ),
    )


def chinese_dossier() -> DossierContent:
    return DossierContent(
        language="zh_Hans",
        number="TS20260401-0032",
        archive_number="2026-KF-TS20260401-0032",
        office="江州移动客户服务中心",
        matter="云栖苑 3 栋晚高峰宽带频繁掉线，更换光猫后仍旧",
        secrecy=Message("dossier.secrecy.internal"),
        made=datetime(2026, 4, 22, 1, 30, tzinfo=UTC),
        made_text="2026年4月22日 09:30",
        print_mark=PrintMark(by="唐静", at="2026年4月22日 09:30", copy=2, masked=False),
        cover=(
            Fact("投诉人", "周㛃"),
            Fact("严重程度", "重要"),
            Fact("受理日期", "2026年4月1日"),
            Fact("办结日期", "2026年4月20日"),
            Fact("承办部门", "网络维护部"),
            Fact("承办人", "陈立"),
            Fact("责任认定", "我方责任"),
            Fact("客户意见", "满意（5 分）"),
            Fact("立卷人", "唐静"),
            Fact("立卷日期", "2026年4月21日"),
            Fact("保存期限", Message("dossier.retention.standard", {"years": 5})),
            Fact("保存至", "2031年12月31日"),
        ),
        parts=chinese_parts(),
        chain=ChainMark(events=19, last=LAST, intact=True),
        stamp=Stamp(
            "江州移动 归档",
            (("全宗号", "KF"), ("年度", "2026"), ("件号", "0417"), ("机构", "客服"), ("保管期限", "5 年")),
        ),
        files=(
            AttachedFile(
                "测速截图 4月1日 21:14.png",
                len(PHOTO),
                "9f2c71e0a84d3b16c5e8f7720b91d34ea6cc01875df24e90b3a7612fd8450c1e",
                "客户",
                datetime(2026, 4, 1, 13, 14, tzinfo=UTC),
                PHOTO,
                original=True,
            ),
            AttachedFile(
                "OLT-07 上联流量 4月1–3日.txt",
                12,
                "41bbe6f3902c7a5d8ef0134b6da7c925f83e60d17b4a9c52e60f8d3b71a2c94e",
                "网络维护部",
                datetime(2026, 4, 3, 8, tzinfo=UTC),
                b"97 % \xe5\xb3\xb0\xe5\x80\xbc\n",
            ),
            AttachedFile(
                "通话录音 4月1日 16:40.mp3",
                3_250_000,
                "c07a5d9211fe8e43027bd6a95c38f14470e2ab9d63518fc7e4b0297ad1f6835b",
                "热线",
                datetime(2026, 4, 1, 8, 40, tzinfo=UTC),
                None,
                Message("dossier.files.too_large"),
            ),
        ),
        closing=(
            Facts(
                (
                    Fact("完整性检查", "16 项齐全"),
                    Fact("保管期限", "5 年，至 2031年12月31日；期满销毁个人信息，统计数据保留", wide=True),
                )
            ),
            Opinion(
                "归档人", "经检查，本卷材料齐全，与系统记录一致，准予归档。", "签名：唐静（电子签名）　2026-04-21 09:40"
            ),
        ),
        closing_date="2026-04-21",
        additions=(
            AdditionContent("客户来信", "2026年5月6日 10:12", "唐静", (Paragraph("客户来信致谢，\n并寄来复测截图。"),)),
        ),
    )


def masked(content: DossierContent) -> DossierContent:
    files = tuple(replace(file, data=None, not_embedded=Message("dossier.files.masked")) for file in content.files)
    return replace(content, files=files, print_mark=replace(content.print_mark, masked=True))


def english_dossier() -> DossierContent:
    plain = {code.code: () for code in DEFAULT_RULES.parts}
    plain["handling_form"] = (
        Facts(
            (
                Fact("Number", "TS20260401-0032"),
                Fact("Channel", "Hotline"),
                Fact("Demand", "A lasting repair and two months' fee", wide=True),
                Fact("Finding", (Tick("Valid", True), Tick("Not valid", False), Tick("Group", False)), wide=True),
            )
        ),
    )
    plain["original_record"] = (
        Facts(
            (
                Fact("Customer", "周敏 (Zhou Min)"),
                Fact("Received", "2026-04-01 16:40"),
                Fact("What", "Broadband drops every evening between 19:30 and 23:00.", wide=True),
            )
        ),
    )
    plain["event_log"] = (
        Timeline(
            (
                Moment(
                    "2026-04-01 16:40",
                    "Received by hotline, completeness 96",
                    "Lin Xiao",
                    key=True,
                    check="9f2c71e0a84d3b16",
                ),
            )
        ),
    )
    parts = tuple(part(code, *blocks) for code, blocks in plain.items())
    return replace(
        chinese_dossier(),
        language="en",
        office="Jiangzhou Mobile Customer Service Centre",
        matter="Evening broadband drop-outs at Yunqi Court 3, unchanged after a new modem",
        made_text="22 Apr 2026 09:30",
        print_mark=PrintMark("Tang Jing", "22 Apr 2026 09:30", 1, masked=False),
        cover=(
            Fact("Complainant", "周敏 (Zhou Min)"),
            Fact("Severity", "Important"),
            Fact("Received", "1 April 2026"),
            Fact("Closed", "20 April 2026"),
            Fact("Department", "Network maintenance"),
            Fact("Handler", "Chen Li"),
        ),
        parts=parts,
        stamp=Stamp(
            "Jiangzhou Mobile archived",
            (("Fonds", "KF"), ("Year", "2026"), ("Item", "0417"), ("Unit", "CS"), ("Kept", "5 years")),
        ),
        closing=(
            Opinion(
                "Archivist",
                "Checked; complete and in agreement with the system's record.",
                "Signed: Tang Jing (electronically), 2026-04-21 09:40",
            ),
        ),
        additions=(),
    )


def long_dossier(events: int = 400) -> DossierContent:
    url = "https://example.org/" + "a0b1c2d3e4f5" * 30
    moments = tuple(
        Moment(
            f"2026-04-{1 + n % 28:02d} {8 + n % 10:02d}:{n % 60:02d}",
            f"第 {n} 条：更新进展，客户催问后再次核查上联口流量与光功率" + (url if n == 7 else ""),
            "陈立",
            check=f"{n:016x}",
        )
        for n in range(events)
    )
    content = chinese_dossier()
    parts = tuple(
        replace(one, blocks=(Timeline(moments),)) if one.code == "event_log" else one for one in content.parts
    )
    parts = tuple(
        replace(
            one,
            blocks=(
                *one.blocks,
                Grid((Column("时间", 20), Column("内容", 80)), (("2026-04-01", url), ("2026-04-02", "长" * 300))),
                Paragraph(url),
            ),
        )
        if one.code == "communications"
        else one
        for one in parts
    )
    return replace(content, parts=parts)
