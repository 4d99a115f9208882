"""How customer data is shown to those who need not see it (R39): enough to tell two apart, never to find one.

Every function answers with text of a shape that it leaves alone when asked again (masking twice is masking once), and
whatever it does not understand comes out as ``***``. Free text is searched in ``policies/masked_text.py``.

What stays readable: of a name the surname; of a phone the first three and last four digits (mobile), the area code and
less than half of the rest (landline), the country and less than half of the rest (abroad), public service numbers such
as 10000; of an address the province, city and district; of an e-mail its first letter and its domain.
"""

from __future__ import annotations

import re
import unicodedata

from policies.masking_words import (
    COMPOUND_SURNAMES,
    LATIN_ORGANISATIONS,
    NAMED_LIKE_DETAIL,
    NOT_A_DISTRICT,
    ORGANISATIONS,
    PROVINCES,
    TWO_DIGIT_COUNTRIES,
)

HIDDEN = "***"

# Said with the surname alone, they tell nothing of the given name.
HONORIFICS = (
    "先生",
    "女士",
    "小姐",
    "太太",
    "老师",
    "师傅",
    "同志",
    "阿姨",
    "大姐",
    "大哥",
    "大爷",
    "大妈",
    "老板",
    "经理",
)
LATIN_HONORIFICS = frozenset({"mr", "mrs", "ms", "miss", "dr", "prof", "sir", "madam", "mx"})
# An organisation keeps its first character and its kind; the longest kind that fits is kept.

_HAN = "\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
_HAN_RUN = re.compile(f"[{_HAN}*]+")
_SHORT_HAN = re.compile(f"[{_HAN}]{{1,3}}")
_DOTS = "·•‧・∙･⋅"
# A person's name falls into runs of Han characters (with stars), words of other scripts, and what stands between them.
_PIECE = re.compile(rf"[{_HAN}*]+|[^\W\d_{_HAN}](?:[^\W\d_{_HAN}]|['’*])*|.", re.DOTALL)
_SPLIT_NAME = re.compile(rf"(?<=(?<![{_HAN}])[{_HAN}])\s+(?=[{_HAN}](?![{_HAN}]))")  # 张　三, set wide


def mask_name(name: str) -> str:
    """张三 → 张*, 欧阳修 → 欧阳*, 买买提·艾力 → 买**·**, Mary Smith → M*** S***, 恒聪信息有限公司 → 恒***有限公司."""
    name = unicodedata.normalize("NFKC", name).strip()
    if _SHORT_HAN.fullmatch(name):  # most names here; the shape that comes out stays when it is asked again
        return _mask_han(name)
    shown = _mask_pieces(name)
    while (again := _mask_pieces(shown)) != shown:  # stars of two pieces may have run together
        shown = again
    return shown


def _mask_pieces(name: str) -> str:
    if _HAN_RUN.fullmatch(name):  # as most names are: one piece
        return _mask_han(name)
    name = _SPLIT_NAME.sub("", re.sub(r"[\d_]", "*", name))
    dotted = any(dot in name for dot in _DOTS)
    pieces = _PIECE.findall(name)
    latin_firm = any(piece.lower() in LATIN_ORGANISATIONS for piece in pieces)
    shown = []
    first = True
    for piece in pieces:
        if _HAN_RUN.fullmatch(piece):
            shown.append(_mask_dotted(piece, first) if dotted else _mask_han(piece))
            first = False
        elif piece[0].isalpha():
            shown.append(_mask_word(piece, latin_firm))
        else:
            shown.append(piece)
    return "".join(shown)


def _mask_dotted(part: str, first: bool) -> str:
    """A part of a name with a dot in it (买买提·艾力): one character of the first part, none of the others."""
    return part[0] + "*" * (len(part) - 1) if first and len(part) > 1 else "*" * len(part)


def _mask_han(run: str) -> str:
    """A name in Han characters: an organisation, a surname with an honorific, or surname and given name."""
    if len(run) > 4 or (len(run) == 4 and "*" not in run):
        kind = _ending(run, ORGANISATIONS)
        if kind:
            return run[0] + HIDDEN + kind
    title = _ending(run, HONORIFICS)
    person = run[: len(run) - len(title)]
    if title and (len(person) == 1 or person in COMPOUND_SURNAMES):
        return run
    if len(person) == 1:
        return "*" + title
    surname = person[:2] if len(person) > 2 and person[:2] in COMPOUND_SURNAMES else person[0]
    return surname + "*" * (len(person) - len(surname)) + title


def _ending(run: str, endings: tuple[str, ...]) -> str:
    """The first of these that the name ends with and that is not all of it; most end with none."""
    if not run.endswith(endings):
        return ""
    return next((one for one in endings if run.endswith(one) and len(run) > len(one)), "")


def _mask_word(word: str, firm: bool) -> str:
    """A word of a name in another script: its first letter; a title or the kind of a firm stays."""
    plain = word.lower().rstrip(".")
    if plain in LATIN_HONORIFICS or (firm and plain in LATIN_ORGANISATIONS):
        return word
    return word[0] + HIDDEN


# Telephone ------------------------------------------------------------------------------------------------------------

# Emergency, operators, government and company service numbers: nobody's personal number.
_SERVICE_NUMBER = re.compile(r"1[12]\d|1[02]\d{3}|11[68]114|9[56]\d{3,4}")
_MOBILE = re.compile(r"1[3-9]\d{9}")
# Area codes: 10, 20–29 have two digits after the zero, all others three.
_LANDLINE = re.compile(r"0(10|2\d|[3-9]\d{2})(\d{7,8})")
_COMPANY_LINE = re.compile(r"([48]00)(\d{7})")
_EXTENSION = re.compile(
    r"(?:转|轉|分机|分機|内线|ext\.?|x|#|,)\s*:?\s*(\d{1,6})\s*$|(?<=\d{7})\s*[-–—]\s*(\d{1,6})\s*$", re.IGNORECASE
)
_SEPARATORS = re.compile(r"[\s().\-–—_]+")
_MASKED_PHONE = re.compile(
    r"(?:\+86 )?1[3-9]\d\*{4}\d{4}"
    r"|(?:(?:\+86 )?(?:0\d{2,3}|[48]00)-|\+\d{1,3} )?\*{4,12}\d{0,4}(?:-\*{3})?"
    r"|\*{3,4}\d{0,2}"
)


def _plain(text: str) -> str:
    """Full-width digits and signs as their plain forms, without blanks around them."""
    return unicodedata.normalize("NFKC", text).strip()


def _split_extension(number: str) -> tuple[str, str]:
    """The number and the digits of its extension (0571-88881234转802); a mobile has none."""
    found = _EXTENSION.search(number)
    if found is None:
        return number, ""
    base = number[: found.start()]
    if len(re.sub(r"\D", "", base)) < 7:
        return number, ""
    return base, found.group(1) or found.group(2)


def _parts(text: str) -> tuple[str, str, str]:
    """Country (digits, empty for the own), national number (digits) and extension; all empty when it is no number."""
    base, extension = _split_extension(_plain(text))
    digits = _SEPARATORS.sub("", base)
    if not re.fullmatch(r"\+?\d{3,20}", digits):
        return "", "", ""
    if digits.startswith("00") and len(digits) > 10:
        digits = "+" + digits[2:]
    if digits.startswith("86") and (_MOBILE.fullmatch(digits[2:])):
        digits = "+" + digits
    if not digits.startswith("+"):
        return "", _national(digits), extension
    digits = digits[1:]
    size = 1 if digits[0] in "17" else 2 if digits[:2] in TWO_DIGIT_COUNTRIES else 3
    country, number = digits[:size], digits[size:]
    if country != "86":
        return country, number, extension
    landline = "0" + number
    return (
        "",
        landline if not _MOBILE.fullmatch(number) and _LANDLINE.fullmatch(landline) else _national(number),
        extension,
    )


def _national(digits: str) -> str:
    """A number inside the country: a zero dialled before a mobile falls away."""
    return digits[1:] if digits.startswith("0") and _MOBILE.fullmatch(digits[1:]) else digits


def normalise_phone(text: str) -> str:
    """One spelling for one number, for the blind index: ``+86 139-1234-4172`` and ``013912344172`` → ``13912344172``.

    Landline with area code, digits only: ``057188881234``; with extension ``057188881234x802``; abroad
    ``+16175551234``. Empty when it holds no number.
    """
    country, number, extension = _parts(text)
    if not number:
        return ""
    return ("+" + country if country else "") + number + ("x" + extension if extension else "")


def split_phones(text: str) -> list[str]:
    """The numbers of a field that holds several: ``13912344172 / 0571-88881234`` → both, as they were written."""
    return [part.strip() for part in re.split(r"[/／、;；|\n]|\s或\s?|或", text) if part.strip()]


def number_for_sms(text: str) -> str:
    """Of the numbers of a field the one to which a short message goes: the first mobile, else the first."""
    numbers = split_phones(text)
    mobiles = [one for one in numbers if _MOBILE.fullmatch(normalise_phone(one))]
    return next(iter([*mobiles, *numbers]), "")


def mask_phone(text: str) -> str:
    """139****4172, 0571-****234, +1 ******1234, 10000; each of several numbers by itself; what is no number ``***``."""
    if _MOBILE.fullmatch(text) and text.isascii():
        return _mask_mobile(text)
    numbers = split_phones(text)
    return " / ".join(_mask_number(number) for number in numbers) if numbers else ""


def _mask_number(text: str) -> str:
    if _MASKED_PHONE.fullmatch(text):
        return text
    country, number, extension = _parts(text)
    tail = "-" + HIDDEN if extension else ""
    if not number:
        return HIDDEN
    if country:
        return f"+{country} {_mask_digits(number)}{tail}"
    own = "+86 " if re.match(r"\s*(\+86|0086)", _plain(text)) else ""
    if _MOBILE.fullmatch(number):
        return own + _mask_mobile(number)
    if _SERVICE_NUMBER.fullmatch(number):
        return number
    line = _LANDLINE.fullmatch(number)
    if line:
        return f"{own}0{line[1]}-{_mask_digits(line[2])}{tail}"
    line = _COMPANY_LINE.fullmatch(number)
    if line:
        return f"{own}{line[1]}-{_mask_digits(line[2])}{tail}"
    if len(number) < 7:
        return "*" * max(3, len(number) - 2) + (number[-2:] if len(number) > 4 else "")
    return _mask_digits(number) + tail


def _mask_mobile(digits: str) -> str:
    return f"{digits[:3]}****{digits[-4:]}"


def _mask_digits(digits: str) -> str:
    """The last digits, at most four and less than half of all; the rest as stars, at least four."""
    kept = max(0, min(4, (len(digits) - 1) // 2))
    return "*" * max(4, min(12, len(digits) - kept)) + digits[len(digits) - kept :]


# E-mail, address, cards ----------------------------------------------------------------------------------------------


# Characters that begin the detail of an address; what holds one is a city or district only if the word list names it.
_DETAIL = "路街道巷弄号栋幢楼座室村镇乡寨屯苑园庄店厦院里坊组队厂场校"
_CITY = re.compile(rf"[{_HAN}]{{2,10}}?(?:自治州|地区|盟|市)")
_DISTRICT = re.compile(rf"[{_HAN}]{{1,14}}?(?:自治县|自治旗|新区|开发区|林区|特区|区|县|旗|市)")


def mask_address(text: str) -> str:
    """Province, city and district stay, the rest is ``***``: 浙江省杭州市西湖区文三路1号 → 浙江省杭州市西湖区***."""
    text = unicodedata.normalize("NFKC", text).strip()
    if not text:
        return ""
    kept = next((province for province in PROVINCES if text.startswith(province)), "")
    rest = text[len(kept) :].lstrip(" ,，")
    for pattern in (_CITY, _DISTRICT):
        found = pattern.match(rest)
        if found and _names_an_area(found.group()):
            kept += found.group()
            rest = rest[found.end() :].lstrip(" ,，")
    return kept + HIDDEN if rest or not kept else kept


def _names_an_area(name: str) -> bool:
    """Whether these characters are a city or district and not the beginning of a street or an estate."""
    if name in NAMED_LIKE_DETAIL:
        return True
    return not name.endswith(NOT_A_DISTRICT) and not any(character in _DETAIL for character in name)


def mask_email(text: str) -> str:
    """a***@example.com; what is no address ``***``."""
    text = _plain(text)
    if not text:
        return ""
    name, _, domain = text.rpartition("@")
    if not name or not re.fullmatch(r"[\w.-]+\.\w{2,}", domain):
        return HIDDEN
    name = name.replace("@", "")
    return (name[0] if len(name.strip("*")) > 1 or name[1:] == HIDDEN else "") + HIDDEN + "@" + domain


def mask_id_card(text: str) -> str:
    """The first two and the last two characters of an identity card or another paper's number."""
    return _mask_middle(text, 2, 2)


def mask_bank_card(text: str) -> str:
    """The last four digits."""
    return _mask_middle(text, 0, 4)


def mask_plate(text: str) -> str:
    """浙A·12345 → 浙A****5: place and last character."""
    return _mask_middle(text.replace("·", "").replace("-", ""), 2, 1)


def _mask_middle(text: str, head: int, tail: int) -> str:
    """Keeps that many characters at both ends where at least as many are hidden."""
    text = re.sub(r"[\s-]", "", _plain(text))
    if not text:
        return ""
    middle = len(text) - head - tail
    if middle < max(3, head + tail):
        return HIDDEN
    return text[:head] + "*" * min(middle, 14) + text[len(text) - tail :]
