"""The printed dossier: an archival PDF that says what it holds, for whom it was made, and loses no character (R22)."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import pikepdf
import pytest

from backoffice.reports.blocks import Column, Fact, Facts, Grid, Paragraph
from backoffice.reports.dossier import dossier_html, file_name, print_dossier, render_preview, sheets
from policies.message import Message
from tests.support.dossiers import (
    LAST,
    PHOTO,
    chinese_dossier,
    english_dossier,
    long_dossier,
    masked,
    part,
    sayer,
)

CHINESE = sayer("zh_Hans")
ENGLISH = sayer("en")
UNKNOWN = "\U00031350"  # an ideograph of Unicode 15 that no font of the system has


def flat(text: str) -> str:
    return re.sub(r"\s+", "", text)


@pytest.fixture(scope="module")
def printed(printing):
    return print_dossier(chinese_dossier(), CHINESE)


@pytest.fixture(scope="module")
def pages(printed, read_back):
    return read_back(printed.data, "-layout").split("\f")[:-1]


@pytest.fixture(scope="module")
def pdf(printed):
    return pikepdf.open(io.BytesIO(printed.data))


def outline(pdf) -> list[tuple[str, int]]:
    numbers = {page.objgen: number for number, page in enumerate((page.obj for page in pdf.pages), 1)}
    with pdf.open_outline() as tree:
        return [(str(item.title), numbers[item.destination[0].objgen]) for item in tree.root]


def test_R22_the_pdf_declares_itself_archival(pdf):
    with pdf.open_metadata() as metadata:
        assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"]) == ("3", "B")
        assert "TS20260401-0032" in metadata["dc:title"]
        assert metadata["xmp:CreateDate"].startswith("2026-04-22T01:30:00")
    assert [str(intent.S) for intent in pdf.Root.OutputIntents] == ["/GTS_PDFA1"]
    assert pdf.Root.OutputIntents[0].DestOutputProfile.read_bytes()[36:40] == b"acsp"
    assert str(pdf.Root.Lang) == "zh-Hans"
    assert not pdf.is_encrypted
    assert "/ID" in pdf.trailer


def test_R22_every_font_is_embedded_and_only_in_part(pdf, printed):
    descriptors = [
        thing
        for thing in pdf.objects
        if isinstance(thing, pikepdf.Dictionary) and thing.get("/Type") == "/FontDescriptor"
    ]
    assert descriptors
    for descriptor in descriptors:
        assert any(key in descriptor for key in ("/FontFile2", "/FontFile3")), descriptor.FontName
    assert len(printed.data) < 1_500_000, "whole Chinese fonts would be tens of megabytes"


def test_R22_no_script_and_no_way_outside(pdf):
    assert "/JavaScript" not in pdf.Root.get("/Names", {})
    assert "/OpenAction" not in pdf.Root
    actions = [thing for thing in pdf.objects if isinstance(thing, pikepdf.Dictionary) and "/URI" in thing]
    assert actions == []


def test_R22_attachments_travel_inside_with_their_relationship(pdf):
    assert [str(spec.UF) for spec in pdf.Root.AF] == [
        "001-测速截图 4月1日 21_14.png",
        "002-OLT-07 上联流量 4月1–3日.txt",
    ]
    assert [str(spec.AFRelationship) for spec in pdf.Root.AF] == ["/Source", "/Supplement"]
    assert pdf.Root.AF[0].EF.F.read_bytes() == PHOTO
    assert [str(spec.EF.F.Subtype) for spec in pdf.Root.AF] == ["/image/png", "/text/plain"]
    assert [str(spec.EF.F.Params.ModDate) for spec in pdf.Root.AF] == ["D:20260401131400Z", "D:20260403080000Z"]
    names = [bytes(name) for name in list(pdf.Root.Names.EmbeddedFiles.Names)[::2]]
    assert names == sorted(names)
    assert len(names) == len(set(names)) == 2


def test_R22_the_list_names_every_file_with_its_check_value_embedded_or_not(pages):
    text = flat("".join(pages))
    for file in chinese_dossier().files:
        assert flat(file.name) in text
        assert file.sha256 in text
    assert "过大，未嵌入" in text
    assert text.count("已嵌入本卷") == 2


def test_R22_bookmarks_are_the_parts_in_the_office_order(pdf):
    assert [title for title, _ in outline(pdf)] == [
        "卷内目录", "一、投诉处理单", "二、原始受理记录", "三、初步核实记录", "四、受理告知", "五、内部流转单", "六、调查报告",
        "七、方案稿到签发稿", "八、沟通记录", "九、实施凭证", "十、回访记录", "十一、总结与案例", "十二、系统留痕摘要", "十三、附件清单",
        "十四、归档说明", "追加 1：客户来信",
    ]  # fmt: skip


def test_R22_the_contents_give_the_page_on_which_each_part_begins(pdf, pages):
    expected = {title.split("、", 1)[-1].split("：", 1)[-1]: page for title, page in outline(pdf)[1:]}
    found = {}
    for line in pages[1].splitlines():
        if match := re.match(
            r"\s*(?:[一二三四五六七八九十]+|\+\d)\s+(\S+)\s+(?:\S+\s+)*?(\d{1,2})(?:\s+\S+)?\s*$", line
        ):
            found[match[1]] = int(match[2])
    assert found == expected


def test_R22_parts_that_are_not_needed_are_left_out_and_numbering_has_no_gap():
    content = chinese_dossier()
    codes = [sheet.part.code for sheet in sheets(content)]
    assert "extension" not in codes
    assert "statements" not in codes
    assert [sheet.number for sheet in sheets(content)][:11] == [*list("一二三四五六七八九十"), "十一"]


def test_R22_a_required_part_that_is_missing_says_so_in_its_place(pages):
    text = "".join(pages)
    assert "尚缺：还有措施没有完成" in text
    assert re.search(r"实施凭证\s+\d+\s+尚缺", pages[1])


def test_R22_each_page_carries_number_secrecy_office_time_and_its_place(pages, printed):
    assert len(pages) == printed.pages
    for number, page in enumerate(pages[1:], 2):
        text = flat(page)
        assert f"第{number}页共{printed.pages}页" in text
        assert "TS20260401-0032投诉档案卷宗" in text
        assert "内部·全文本" in text
        assert "江州移动客户服务中心" in text
        assert "2026年4月22日09:30制卷" in text


def test_R22_the_cover_says_who_printed_which_copy_when(pages, printed):
    cover = flat(pages[0])
    assert "档案号2026-KF-TS20260401-0032" in cover
    assert "唐静于2026年4月22日09:30打印，第2份" in cover
    assert "全文本" in cover
    assert f"页数{printed.pages}" in cover or re.search(rf"页数.*?{printed.pages}", cover)
    assert "标准（5年）" in cover


def test_R22_the_history_ends_with_count_and_last_check_value(pages):
    text = flat("".join(pages))
    assert "事件19条，首尾相接，未见改动" in text
    assert LAST in text


def test_R40_a_broken_chain_is_said_on_paper(printing, read_back):
    content = chinese_dossier()
    paper = print_dossier(replace(content, chain=replace(content.chain, intact=False)), CHINESE)
    assert "校验不符" in flat(read_back(paper.data))


def test_R22_an_addition_has_its_own_page_and_date_after_the_end(pages):
    assert "全卷完" in flat(pages[-2])
    assert "追加1：客户来信" in flat(pages[-1])
    assert "归档后追加：2026年5月6日10:12，唐静" in flat(pages[-1])


@pytest.mark.parametrize("character", ["𠮷", "㛃"])
def test_R22_rare_characters_print_as_themselves(character, pages, printed):
    assert character in "".join(pages)
    assert printed.warning is None


def test_R22_a_character_without_a_glyph_is_named_on_paper_and_to_the_person(printing, read_back):
    content = replace(chinese_dossier(), matter=f"客户{UNKNOWN}先生投诉掉线")
    paper = print_dossier(content, CHINESE)
    assert paper.warning == Message("dossier.warning.no_glyph", {"codes": "U+31350"})
    cover = flat(read_back(paper.data, "-l", "1"))
    assert "客户U+31350先生投诉掉线" in cover
    assert "纸上以代码代替：U+31350" in cover
    assert UNKNOWN not in read_back(paper.data)
    with pikepdf.open(io.BytesIO(paper.data)) as pdf, pdf.open_metadata() as metadata:
        assert "[U+31350]" in metadata["dc:description"]


def test_R39_a_masked_copy_says_so_and_holds_no_file(printing, read_back):
    paper = print_dossier(masked(chinese_dossier()), CHINESE)
    with pikepdf.open(io.BytesIO(paper.data)) as pdf:
        assert "/AF" not in pdf.Root
        assert "/EmbeddedFiles" not in pdf.Root.get("/Names", {})
    text = flat(read_back(paper.data))
    assert "脱敏本" in text.split("\f")[0][:60]
    assert "客户信息已脱敏" in text
    assert "全文本" not in text
    assert text.count("脱敏本不附原件") == 3
    assert paper.file_name == "TS20260401-0032-dossier-masked-2.pdf"


def test_R22_what_people_wrote_is_text_and_never_markup():
    content = replace(chinese_dossier(), matter='<img src="http://example.org/x.png"><script>1</script>&amp;')
    html = dossier_html(content, CHINESE)
    assert "<script" not in html
    assert "<img" not in html
    assert "&lt;script&gt;1&lt;/script&gt;&amp;amp;" in html
    assert "<script" not in render_preview(content, CHINESE)


def test_R22_control_characters_and_turned_text_are_taken_out():
    content = replace(chinese_dossier(), matter="甲\u202e乙\x00丙\ud800\u2066丁")
    assert "甲乙丙\ufffd丁" in dossier_html(content, CHINESE)


def test_R22_an_english_dossier_is_english(printing, read_back):
    paper = print_dossier(english_dossier(), ENGLISH)
    text = read_back(paper.data)
    assert "1. Complaint handling form" in text
    assert f"Page 2 of {paper.pages}" in text
    assert "Events: 19, linked without a gap; no change found" in text
    assert "Full copy" in text
    assert "周敏" in text
    with pikepdf.open(io.BytesIO(paper.data)) as pdf:
        assert str(pdf.Root.Lang) == "en"
        assert [title for title, _ in outline(pdf)][:2] == ["Index", "1. Complaint handling form"]


def test_R22_four_hundred_events_and_endless_words_stay_inside_the_page(printing, read_back):
    paper = print_dossier(long_dossier(400), CHINESE)
    boxes = read_back(paper.data, "-bbox")
    width = float(re.search(r'<page width="([\d.]+)"', boxes)[1])
    edges = [float(edge) for edge in re.findall(r'xMax="([\d.]+)"', boxes)]
    assert len(edges) > 2000
    assert max(edges) <= width - 20 / 25.4 * 72 + 1, "the right margin is 20 mm"
    assert "第399条：" in flat(read_back(paper.data))


def test_R22_the_same_content_gives_the_same_bytes(printed):
    assert print_dossier(chinese_dossier(), CHINESE).data == printed.data


def test_R22_the_preview_holds_the_same_words_as_the_paper():
    content = chinese_dossier()
    fragment = render_preview(content, CHINESE)
    assert "<html" not in fragment
    assert "style=" not in fragment
    assert "<style" not in fragment
    for text in (
        "一、投诉处理单",
        "十四、归档说明",
        "光猫序列号、掉线时段",
        "周㛃",
        LAST,
        "追加 1：客户来信",
        "尚缺：还有措施没有完成",
    ):
        assert text in fragment
    assert set(re.findall(r'<a href="#([^"]+)"', fragment)) <= set(re.findall(r' id="([^"]+)"', fragment))
    assert "Complaint handling form" in render_preview(english_dossier(), ENGLISH)


def test_a_table_whose_widths_do_not_add_up_is_refused():
    with pytest.raises(ValueError, match="add up to 100"):
        Grid((Column("a", 50), Column("b", 40)), ())
    with pytest.raises(ValueError, match="a cell for each column"):
        Grid((Column("a", 50), Column("b", 50)), (("only one",),))


def test_a_form_pairs_short_facts_and_leaves_empty_ones_out():
    facts = Facts((Fact("a", "1"), Fact("b", ""), Fact("c", "2"), Fact("d", "3"), Fact("e", "4", wide=True)))
    assert [[fact.label for fact in line] for line in facts.lines] == [["a", "c"], ["d"], ["e"]]
    assert not Facts((Fact("a", ""),))


def test_a_hundredth_part_or_an_empty_dossier_still_prints(printing):
    parts = tuple(part("lesson", Paragraph(f"{number}")) for number in range(3))
    bare = replace(chinese_dossier(), parts=parts, files=(), closing=(), additions=(), stamp=None, cover=())
    assert print_dossier(bare, CHINESE).pages == 3


def test_the_file_name_is_plain_ascii():
    content = chinese_dossier()
    assert file_name(replace(content, number="../诉/2026:1")) == "2026_1-dossier-full-2.pdf"
    assert file_name(replace(content, number="投诉")) == "dossier-dossier-full-2.pdf"
