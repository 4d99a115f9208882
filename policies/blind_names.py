"""By which words somebody could be told in a text that is read blind (R28): names of staff and departments, and theirs.

A nickname cannot be known. What is known besides the name as it stands: the given name alone, the family name with a
title ("卢工", "老卢", "Mr Lu"), the name turned round, the sign-in name, the number of the person, the phone and its
extension; of a department its short form ("装维部", "装维") and its code. A short form that is an ordinary word as well
("网络") is taken out only where a text speaks of it as of somebody ("网络那边"), else the record could not be read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from policies.masking_words import COMPOUND_SURNAMES

SHORTEST = 2
ORDINARY = 2
"""A short form of so many Chinese characters is an ordinary word as well."""

KINDS = ("分公司", "项目部", "中心", "支局", "部门", "部", "室", "科", "处", "组", "台", "厅", "班", "队")
"""What the name of a department ends in; without it there is its short form."""
KINDS_EN = r"(?:department|dept|division|group|team|desk|centre|center|office|unit|halls?|branch)"
JOINED = re.compile(r"[与和及、/]")
ACTS = (
    r"(?:部门|部|中心|室|科|组|班组|台|那边|这边|方面|侧|口|条线|专业|同事|同仁|人员|员工|师傅|工程师|"
    r"领导|负责人|班长|主任|经理)"
)
ACTS_EN = r"(?:" + KINDS_EN + r"|colleagues?|people|guys|staff|side|engineers?|manager)"
TITLES = r"(?:工程师|工|师傅|师|经理|主任|班长|组长|主管|总|部长|科长|处长|老师|哥|姐)"
TITLES_EN = r"(?:mr|mrs|ms|miss|manager|engineer|director)"
NO_NICKNAME = frozenset("时区心组孩数型")
"""With these "小" is an ordinary word ("小时", "小区"), whoever has the family name."""
EXTENSION = re.compile(r"(?:转|分机|ext\.?|x|#)\s*(\d{3,6})\s*$", re.IGNORECASE)


@dataclass(frozen=True)
class Person:
    """Somebody of the office. ``near``: with a trace on the record, so that shorter forms of the name count too."""

    name_zh: str
    name_en: str = ""
    login: str = ""
    code: str = ""
    phone: str = ""
    near: bool = False


@dataclass(frozen=True)
class Unit:
    """A department."""

    name_zh: str
    name_en: str = ""
    code: str = ""


class Names:
    """Finds in a text what tells people and departments; ``plain`` are other words to be taken out as they stand."""

    def __init__(self, people: Iterable[Person], units: Iterable[Unit], plain: Iterable[str] = ()) -> None:
        people, units = list(people), list(units)
        numbers = {form for one in people for form in _numbers(one)}
        self._numbers = _any(sorted(numbers, key=len, reverse=True))
        patterns = {_bounded(word) for word in plain if len(word) >= SHORTEST}
        patterns |= {pattern for one in people for pattern in _of_person(one)}
        patterns |= {pattern for one in units for pattern in _of_unit(one)}
        self._names = _any(sorted(patterns, key=len, reverse=True))

    def hide_numbers(self, text: str, instead: str) -> str:
        """Phones and extensions; before anything else shortens them."""
        return text if self._numbers is None else self._numbers.sub(instead, text)

    def hide_names(self, text: str, instead: str) -> str:
        return text if self._names is None else self._names.sub(instead, text)


def given_name(name: str) -> tuple[str, str]:
    """A Chinese name apart: family name and given name."""
    cut = 2 if name[:2] in COMPOUND_SURNAMES and len(name) > 2 else 1
    return name[:cut], name[cut:]


def short_forms(name: str) -> tuple[str, ...]:
    """A Chinese name of a department without its kind, and the parts that it joins: 装维部 → 装维."""
    found = []
    for part in (name, *(JOINED.split(name) if JOINED.search(name) else ())):
        kind = next((kind for kind in KINDS if part.endswith(kind) and len(part) > len(kind)), "")
        found += [part, part.removesuffix(kind)]
    return tuple(dict.fromkeys(one for one in found if one != name and len(one) >= SHORTEST))


def _of_person(one: Person) -> set[str]:
    found = {_bounded(word) for word in (one.name_zh, one.name_en, one.login, one.code) if len(word) >= SHORTEST}
    words = one.name_en.split()
    if len(words) > 1:
        found.add(_bounded(" ".join([*words[1:], words[0]])))
        found.add(_bounded("".join(words)))
    if one.near:
        found |= _shorter_zh(one.name_zh) | _shorter_en(words)
    return found


def _shorter_zh(name: str) -> set[str]:
    if name.isascii() or len(name) < SHORTEST:
        return set()
    family, given = given_name(name)
    found = {f"{re.escape(family)}{TITLES}", f"[老阿]{re.escape(family)}"}
    if family not in NO_NICKNAME:
        found.add(f"小{re.escape(family)}")
    if len(given) >= SHORTEST:
        found.add(re.escape(given))
    return found


def _shorter_en(words: Sequence[str]) -> set[str]:
    if len(words) < 2:
        return set()
    given = " ".join(words[1:])
    found = {_bounded_pattern(rf"{TITLES_EN}\.?\s+{re.escape(words[0])}")}
    return found | ({_bounded(given)} if len(given) > SHORTEST else set())


def _of_unit(one: Unit) -> set[str]:
    found = {_bounded(word) for word in (one.name_zh, one.name_en) if len(word) >= SHORTEST}
    for short in short_forms(one.name_zh):
        has_kind = short.endswith(KINDS) and len(short) > ORDINARY
        found.add(re.escape(short) if has_kind or len(short) > ORDINARY else f"{re.escape(short)}{ACTS}")
    words = re.sub(rf"\s*\b{KINDS_EN}$", "", one.name_en, flags=re.IGNORECASE).strip()
    if len(words) > SHORTEST and words != one.name_en:
        found.add(_bounded(words) if " " in words else _bounded_pattern(rf"{re.escape(words)}\s+{ACTS_EN}"))
    if "_" in one.code:
        found.add(_bounded_pattern(r"[_\s-]?".join(re.escape(part) for part in one.code.split("_"))))
    return found


def _numbers(one: Person) -> set[str]:
    """The phone as it stands and with other gaps, and the extension where the text calls it one."""
    found = set()
    digits = re.sub(r"\D", "", EXTENSION.sub("", one.phone))
    if len(digits) >= 3:
        found.add(r"(?<!\d)" + r"[\s()-]*".join(digits) + r"(?!\d)")
    extension = EXTENSION.search(one.phone)
    if extension is not None:
        found.add(rf"(?:转|分机|短号|内线|ext(?:ension)?\.?)\s*(?:号|为|是|[:：])?\s*{extension[1]}(?!\d)")
    return found


def _bounded(word: str) -> str:
    """A word as it is looked for: not inside another where words are told apart by spaces."""
    quoted = re.escape(word)
    return _bounded_pattern(quoted) if word.isascii() else quoted


def _bounded_pattern(pattern: str) -> str:
    # Not \b: to it Chinese characters and underscores are parts of a word, and "由Lu Xiangchen办理" would stay.
    return rf"(?<![A-Za-z0-9]){pattern}(?![A-Za-z0-9])"


def _any(patterns: Sequence[str]) -> re.Pattern[str] | None:
    return re.compile("|".join(patterns), re.IGNORECASE) if patterns else None
