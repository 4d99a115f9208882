"""The text of an e-mail (R1): HTML as plain words, what is quoted taken off, and a phone number found in it."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from policies.mail_words import BEFORE, HEAD, HEAD_NEXT

LONGEST_HTML = 1_000_000
UNSEEN = frozenset({"script", "style", "head", "title", "template", "noscript", "svg", "object"})
LINES = frozenset({
    "p", "div", "br", "tr", "li", "ul", "ol", "table", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "pre", "section",
    "article", "header", "footer", "blockquote", "address", "dd", "dt",
})  # fmt: skip
BLANKS = re.compile(r"\s+")
MOBILE = re.compile(r"(?<![\d.-])(?:\+?86[- ]?)?(1[3-9]\d(?:[ -]?\d{4}){2})(?![\d-])")
LANDLINE = re.compile(r"(?<![\d.-])(0\d{2,3}[- ]\d{7,8})(?!\d)")
ABROAD = re.compile(r"(?<![\d.])(\+[1-9](?:[ ()-]{0,2}\d){7,13})(?!\d)")


class _Words(HTMLParser):
    """The words that a reader of the page would see; nothing of it is ever shown as a page."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self.hidden = 0
        self.quoted = 0

    def handle_starttag(self, tag: str, _attrs: list[tuple[str, str | None]]) -> None:
        self.hidden += tag in UNSEEN
        self.quoted += tag == "blockquote"
        self._line(tag)

    def handle_endtag(self, tag: str) -> None:
        self.hidden = max(0, self.hidden - (tag in UNSEEN))
        self.quoted = max(0, self.quoted - (tag == "blockquote"))
        self._line(tag)

    def handle_startendtag(self, tag: str, _attrs: list[tuple[str, str | None]]) -> None:
        self._line(tag)

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.found.append(BLANKS.sub(" ", data))

    def _line(self, tag: str) -> None:
        if tag in LINES:
            self.found.append("\n> " if self.quoted else "\n")
        elif tag in ("td", "th"):
            self.found.append(" ")


def words_of_html(page: str) -> str:
    """What a page says, line by line; what it quotes stands behind ``>``."""
    reader = _Words()
    try:
        reader.feed(page[:LONGEST_HTML])
        reader.close()
    except (AssertionError, ValueError, RecursionError):  # what it read until then
        reader.found.append("\n")
    return tidy("".join(reader.found))


def tidy(text: str) -> str:
    """One kind of line end, no control characters, at most one empty line in a row, no blanks at the ends of lines."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n").replace("\xa0", " ")
    plain = "".join(one for one in plain if one in "\n\t" or one.isprintable())
    lines = [line.rstrip() for line in plain.split("\n")]
    found: list[str] = []
    for line in lines:
        if line or (found and found[-1]):
            found.append(line)
    return "\n".join(found).strip("\n")


def own_words(text: str) -> str:
    """What the sender wrote above or between what is repeated; everything where nothing would be left."""
    lines: list[str] = []
    all_lines = text.split("\n")
    for number, line in enumerate(all_lines):
        after = all_lines[number + 1 : number + 4]
        if BEFORE.fullmatch(line) or (HEAD.match(line) and any(HEAD_NEXT.match(one) for one in after)):
            break
        if not line.lstrip().startswith(">"):
            lines.append(line)
    return tidy("\n".join(lines)) or text


def phone_in(text: str) -> str:
    """The first phone number of a text, as it stands there; nothing where there is none."""
    places = [found for one in (MOBILE, LANDLINE, ABROAD) if (found := one.search(text)) is not None]
    return min(places, key=lambda found: found.start())[1].strip() if places else ""
