"""Word lists by which names and addresses are told apart for masking (R39): surnames, kinds of organisation, areas."""

from __future__ import annotations


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


# Surnames of two characters, in simplified and traditional writing.
COMPOUND_SURNAMES = _words(
    """
    欧阳 太史 端木 上官 司马 东方 独孤 南宫 万俟 闻人 夏侯 诸葛 尉迟 公羊 赫连 澹台 皇甫 宗政 濮阳 公冶 太叔
    申屠 公孙 慕容 仲孙 钟离 长孙 宇文 司徒 鲜于 司空 闾丘 子车 亓官 司寇 巫马 公西 颛孙 壤驷 公良 漆雕 乐正
    宰父 谷梁 拓跋 夹谷 轩辕 令狐 段干 百里 呼延 东郭 南门 羊舌 微生 梁丘 左丘 东门 西门 第五 公仪 公乘 贯丘
    公皙 南荣 东里 完颜 耶律 纳兰 叶赫 爱新 那拉 富察 钮祜 章佳 歐陽 司馬 諸葛 尉遲 鍾離 長孫 鮮于 東方 南宮
    單于 单于 赫連 公孫 聞人
    """
)

# Ends of the names of organisations, the longest first.
ORGANISATIONS = _words(
    """
    股份有限公司 有限责任公司 有限公司 集团公司 有限合伙 分公司 合作社 事务所 工作室 研究院 研究所 委员会 居委会
    村委会 业委会 管理处 管理局 派出所 经营部 门市部 服务部 服务站 俱乐部 幼儿园 卫生院 基金会 检察院 公安局
    公司 集团 中学 小学 学校 学院 大学 医院 诊所 中心 银行 酒店 宾馆 饭店 餐厅 餐馆 商店 商行 超市 药店 药房
    书店 网吧 商场 工厂 农场 协会 法院
    """
)

# The same in names written in Latin letters.
LATIN_ORGANISATIONS = _words(
    """
    ltd limited inc llc llp co corp corporation company gmbh ag plc sa bank university school hospital hotel
    group
    """
)

# Country calling codes of two digits; 1 and 7 have one, all others three (ITU-T E.164).
TWO_DIGIT_COUNTRIES = _words(
    """
    20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 65 66 81 82 84
    86 90 91 92 93 94 95 98
    """
)

# Provinces with and without their kind, the longer form first.
PROVINCES = _words(
    """
    内蒙古自治区 广西壮族自治区 西藏自治区 宁夏回族自治区 新疆维吾尔自治区 香港特别行政区 澳门特别行政区 北京市
    天津市 上海市 重庆市 河北省 山西省 辽宁省 吉林省 黑龙江省 江苏省 浙江省 安徽省 福建省 江西省 山东省 河南省
    湖北省 湖南省 广东省 海南省 四川省 贵州省 云南省 陕西省 甘肃省 青海省 台湾省 内蒙古 广西 西藏 宁夏 新疆 香港
    澳门 北京 天津 上海 重庆 河北 山西 辽宁 吉林 黑龙江 江苏 浙江 安徽 福建 江西 山东 河南 湖北 湖南 广东 海南
    四川 贵州 云南 陕西 甘肃 青海 台湾
    """
)

# Cities and districts whose names hold a character that else begins the detail of an address.
NAMED_LIKE_DETAIL = _words(
    """
    石家庄市 枣庄市 驻马店市 景德镇市 镇江市 新乡市 萍乡市 廊坊市 潍坊市 厦门市 阿里地区 新乡县 宁乡市 乡宁县
    西乡县 内乡县 桐乡市 金乡县 湘乡市 东乡区 东乡族自治县 乡城县 武乡县 镇海区 镇雄县 镇康县 镇原县 镇远县
    镇坪县 镇安县 镇平县 镇巴县 镇赉县 镇宁布依族苗族自治县 镇沅彝族哈尼族拉祜族自治县 路桥区 路南区 路北区
    让胡路区 鼓楼区 钟楼区 台儿庄区 庄河市 庄浪县 小店区 张店区 瓦房店市 普兰店区 周村区 道里区 道外区 道县
    道孚县 道真仡佬族苗族自治县 二道区 二道江区 坊子区 屯留区 屯昌县 屯溪区 九寨沟县 金寨县 巴里坤哈萨克自治县
    凯里市 木里藏族自治县
    """
)

# Ends that look like a district and are an estate, a campus or a market.
NOT_A_DISTRICT = _words(
    """
    小区 社区 园区 校区 景区 厂区 街区 片区 库区 住宅区 生活区 宿舍区 家属区 工业区 别墅区 市区 超市 夜市 菜市
    """
)
