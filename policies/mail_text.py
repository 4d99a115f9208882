"""The text of an e-mail (R1): HTML as plain words, what is quoted taken off, and a phone number found in it."""

from __future__ import annotations

import html
import re
from types import MappingProxyType

from policies.mail_words import BEFORE, HEAD, HEAD_NEXT

UNSEEN = frozenset({"head", "template", "noscript", "svg", "object"})
# of these nothing but their own end is looked at
RAW = MappingProxyType({
    name: re.compile(f"</{name}(?=[\\s/>])", re.IGNORECASE | re.ASCII) for name in ("script", "style", "title")
})  # fmt: skip
SIGN = re.compile(r"<(?=/?[a-zA-Z]|[!?])")
TAG = re.compile(r"<(/?)([a-zA-Z][^\s/>]*)")
VALUE = re.compile(r">|=\s*[\"']")
LINES = frozenset({
    "p", "div", "br", "tr", "li", "ul", "ol", "table", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "pre", "section",
    "article", "header", "footer", "blockquote", "address", "dd", "dt",
})  # fmt: skip
BLANKS = re.compile(r"\s+")
MOBILE = re.compile(r"(?<![\d.-])(?:\+?86[- ]?)?(1[3-9]\d(?:[ -]?\d{4}){2})(?![\d-])")
LANDLINE = re.compile(r"(?<![\d.-])(0\d{2,3}[- ]\d{7,8})(?!\d)")
ABROAD = re.compile(r"(?<![\d.])(\+[1-9](?:[ ()-]{0,2}\d){7,13})(?!\d)")


class _Page:
    """The words that a reader of a page would see, in one pass over it: what never ends hides the rest, as in a
    browser, and nothing is looked for a second time where it was not found.
    """

    def __init__(self, page: str) -> None:
        self.page = page
        self.found: list[str] = []
        self.hidden = 0
        self.quoted = 0
        self.missing: set[str] = set()

    def words(self) -> str:
        """All of them, line by line."""
        at = 0
        while at < len(self.page):
            match = SIGN.search(self.page, at)
            sign = len(self.page) if match is None else match.start()
            if not self.hidden and sign > at:
                self.found.append(BLANKS.sub(" ", _plain(self.page[at:sign])))
            at = sign if match is None else self._markup(sign)
        return tidy("".join(self.found))

    def _find(self, what: str, at: int) -> int:
        """Where it stands next; the end of the page where it does not."""
        found = -1 if what in self.missing else self.page.find(what, at)
        if found < 0:
            self.missing.add(what)
            return len(self.page)
        return found

    def _markup(self, sign: int) -> int:
        """Behind what begins with this sign."""
        if self.page.startswith("<!--", sign):
            return self._find("-->", sign + 4) + 3
        if (match := TAG.match(self.page, sign)) is None:
            return self._find(">", sign) + 1
        name, end = match[2].lower(), self._tag_end(match.end())
        if match[1]:
            self._closed(name)
        elif name in RAW:
            return self._behind_raw(name, end)
        elif not self.page.endswith("/>", sign, end):
            self._opened(name)
        self._line(name)
        return end

    def _tag_end(self, at: int) -> int:
        while (match := VALUE.search(self.page, at)) is not None:
            if match[0] == ">":
                return match.end()
            closing = self._find(match[0][-1], match.end())
            at = match.end() if closing == len(self.page) else closing + 1
        return len(self.page)

    def _behind_raw(self, name: str, at: int) -> int:
        found = None if name in self.missing else RAW[name].search(self.page, at)
        if found is None:
            self.missing.add(name)
            return len(self.page)
        return self._tag_end(found.end())

    def _opened(self, name: str) -> None:
        if name == "body":  # the head ends here, whether it says so or not
            self.hidden = 0
        self.hidden += name in UNSEEN
        self.quoted += name == "blockquote"

    def _closed(self, name: str) -> None:
        self.hidden = max(0, self.hidden - (name in UNSEEN))
        self.quoted = max(0, self.quoted - (name == "blockquote"))

    def _line(self, name: str) -> None:
        if name in LINES:
            self.found.append("\n> " if self.quoted else "\n")
        elif name in ("td", "th"):
            self.found.append(" ")


def _plain(text: str) -> str:
    try:
        return html.unescape(text)
    except ValueError:  # the number of a character without end
        return text


def words_of_html(page: str) -> str:
    """What a page says, line by line; what it quotes stands behind ``>``. In time that grows with its length only."""
    return _Page(page).words()


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
