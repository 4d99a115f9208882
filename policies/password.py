"""What a password must be (R39): long, not guessable from the account, not one that everybody knows.

No rule asks for capitals, digits or a change every so often: length and a list of what is tried first protect better.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from policies.message import Refusal

MIN_LENGTH = 10
MAX_LENGTH = 200  # more only costs the server time
MIN_DIFFERENT = 5
DEMO_PASSWORD = "demo-office-2026"  # noqa: S105 (published on purpose; refused wherever real data may be)

# What is tried first, of ten characters and more; a repeated or consecutive run is found by its pattern.
_COMMON = """
    password12 password123 password1234 passw0rd123 p@ssw0rd123 p@ssword123 password@123 mypassword mypassword1
    welcome123 welcome1234 changeme123 letmein123 administrator admin12345 admin123456 admin@12345 adminadmin
    root123456 qwerty1234 qwerty12345 qwerty123456 qwertyuiop1 1q2w3e4r5t 1q2w3e4r5t6y 1qaz2wsx3edc zaq12wsxcde
    q1w2e3r4t5 qazwsxedc1 abc1234567 abcd123456 abcd1234567 a123456789 aa123456789 a1234567890 123456789a
    123456789q 1234567890a woaini1314 woaini5201314 5201314520 iloveyou123 iloveyou1314 aini1314520 wang123456
    zhang123456 li123456789 dragon12345 football123 baseball123 superman123 sunshine123 princess123 monkey12345
    shadow12345 master12345 computer123 internet123 telecom123 telecom12345 chinamobile chinamobile10086
    chinatelecom chinatelecom10000 chinaunicom chinaunicom10010 kefu123456 tousu123456 complaint123 complaints123
    service123 service12345 huawei12345 0123456789a 9876543210a 147258369a 1472583690 7894561230 789456123a
    159357159357 aaaaaa123456 123123123a asdfghjkl1 asdf1234567 zxcvbnm123 zxcvbnm1234 zxcvbnm,./ !qaz2wsx3edc
    1234567890qw qwe123456789 test123456 test1234567 guest123456
"""
COMMON = frozenset(_COMMON.split())
PRODUCT = (
    "complaint desk",
    "complaints",
    "complaint",
    "desk",
    "\u6295\u8bc9\u5904\u7406\u5de5\u4f5c\u53f0",
    "\u6295\u8bc9",
    "tousu",
    "kefu",
    "office",
)
_ROWS = (
    "01234567890123456789",
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiopasdfghjklzxcvbnm",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
)
_RUNS = _ROWS + tuple(row[::-1] for row in _ROWS)


def prepared(password: str) -> str:
    """The one form in which a password is hashed and compared, whatever keyboard it was typed on."""
    return unicodedata.normalize("NFKC", password)


def check_password(
    password: str,
    *,
    login: str,
    names: Iterable[str] = (),
    office: Iterable[str] = (),
    demonstration: bool = False,
) -> tuple[Refusal, ...]:
    """Why this may not become the password of that account; empty when it may. The refusals' field is ``password``.

    ``office`` is what the office calls itself, its departments and roles, in any language: with the product's own
    words these are tried first by whoever knows where an account works.
    """
    password = prepared(password)
    if len(password) < MIN_LENGTH:
        return (_refusal("too_short", least=MIN_LENGTH),)
    if len(password) > MAX_LENGTH:
        return (_refusal("too_long", most=MAX_LENGTH),)
    plain = password.casefold()
    if _is_made_of(plain, (login, *names)):
        return (_refusal("is_the_account"),)
    if _is_made_of(plain, (*PRODUCT, *office, *(word for name in office for word in name.split()))):
        return (_refusal("is_the_office"),)
    if plain == DEMO_PASSWORD and not demonstration:
        return (_refusal("of_the_demonstration"),)
    if is_tried_first(plain):
        return (_refusal("common"),)
    return ()


def is_tried_first(plain: str) -> bool:
    """Whether a word (case folded) is one that everybody knows, a run of the keyboard, or one piece over and over."""
    return plain in COMMON or _is_a_pattern(plain)


def _refusal(key: str, **params: object) -> Refusal:
    return Refusal(f"sign_in.password.{key}", params, field="password", status=422)


def _is_made_of(plain: str, known: Iterable[str]) -> bool:
    """Whether little is left once these words and digits are taken out."""
    said = [word.casefold() for word in known if len(word) >= 3]
    words = {*said, *("".join(word.split()) for word in said)}
    rest = plain
    for word in sorted(words, key=len, reverse=True):
        rest = rest.replace(word, "")
    return rest != plain and len(re.sub(r"[\W\d_]", "", rest)) < 3


def _is_a_pattern(plain: str) -> bool:
    """Few different characters, one short piece repeated, or a run of the keyboard or the alphabet."""
    if len(set(plain)) < MIN_DIFFERENT:
        return True
    if re.fullmatch(r"(.{1,5})\1+.{0,4}", plain):
        return True
    letters = re.sub(r"[\W_]", "", plain)
    return bool(letters) and any(letters in run for run in _RUNS)
