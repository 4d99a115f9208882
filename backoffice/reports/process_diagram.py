"""A process drawn as SVG (R14): steps from top to bottom, the way on straight down, other ways through lanes beside.

Takes plain, worded values. Every step and every way stands in it once. The looks come from the page's style sheet
(classes ``flow …``); on paper the caller gives the rules along, since a printed picture knows no other.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from functools import cached_property
from html import escape

BOX = 216  # width of a step
PORT = 19  # height that one way beside a step takes
LINE = 16  # height of a line of text
GAP = 34  # between two steps
LANE = 12  # between two lanes
SMALL = 12.0  # size of text in px: labels, the line under a name
NAME = 13.5
EDGE = 8
Part = tuple[float, float]  # from where to where a part of the picture reaches, in px from its top


@dataclass(frozen=True)
class Box:
    """A step: its number and name, who does it, and, of a complaint, how it stands there: ``state`` "", done or now;
    ``note`` the times. ``last``: not a step but an end, archived or gone on in another process.
    """

    code: str
    name: str
    number: str = ""
    under: str = ""
    state: str = ""
    note: str = ""
    last: bool = False


@dataclass(frozen=True)
class Arrow:
    """A way from one box to another; ``taken``: how often a complaint went it, None where no complaint is shown."""

    source: str
    target: str
    label: str
    taken: int | None = None


@dataclass(frozen=True)
class Diagram:
    """What is drawn: boxes in order, ways, and the name of the whole for who cannot see it."""

    title: str
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]


@dataclass
class _Row:
    """A box in its place: the ways beside it, and where they leave and arrive."""

    box: Box
    lines: list[str]
    top: float = 0
    height: float = 0
    entry: float | None = None
    exits: dict[int, float] = field(default_factory=dict)


def draw(diagram: Diagram, rules: str = "") -> str:
    """The picture as an ``<svg>`` element; ``rules`` is CSS to stand within it, for paper."""
    return _Drawing(diagram).svg(rules)


def draw_pages(diagram: Diagram, rules: str, tallest: float, scale: float) -> list[str]:
    """The picture cut between steps into parts of at most ``tallest`` px, for paper; ``scale``: mm for a px."""
    drawing = _Drawing(diagram)
    return [drawing.svg(rules, part, scale) for part in drawing.parts(tallest)]


def measure(text: str, size: float) -> float:
    """About how wide a text is, in px: a Chinese sign as wide as high, others a little over half."""
    return sum(size if unicodedata.east_asian_width(sign) in "WF" else size * 0.56 for sign in text)


class _Drawing:
    def __init__(self, diagram: Diagram) -> None:
        self.diagram = diagram
        place = {box.code: n for n, box in enumerate(diagram.boxes)}
        self.place = place
        self.arrows = [arrow for arrow in diagram.arrows if arrow.source in place and arrow.target in place]
        self.straight = self._straight()
        self.beside = [n for n in range(len(self.arrows)) if n not in self.straight.values()]
        self.rows = self._rows()
        self.lanes = self._lanes()

    def _straight(self) -> dict[int, int]:
        """Row → the way that leads straight down to the next one: its first."""
        found: dict[int, int] = {}
        for n, arrow in enumerate(self.arrows):
            row = self.place[arrow.source]
            if self.place[arrow.target] == row + 1 and row not in found:
                found[row] = n
        return found

    def _rows(self) -> list[_Row]:
        rows, top = [], float(EDGE)
        for number, box in enumerate(self.diagram.boxes):
            row = _Row(box, _lines(f"{box.number} {box.name}".strip(), NAME, BOX - 20), top)
            texts = len(row.lines) + len(self._under(row.box))
            ways = [n for n in self.beside if self.arrows[n].source == box.code]
            port = top + 13
            if any(self.arrows[n].target == box.code for n in self.beside):
                row.entry, port = port, port + PORT
            for way in ways:
                row.exits[way], port = port, port + PORT
            row.height = max(16 + texts * LINE, port - top - 4, 34)
            rows.append(row)
            top += row.height + (GAP if number in self.straight else GAP / 2)
        return rows

    @staticmethod
    def _under(box: Box) -> list[str]:
        return [line for text in (box.under, box.note) if text for line in _lines(text, SMALL, BOX - 20)]

    def _lanes(self) -> dict[str, int]:
        """Target → its lane. All ways to one target share a lane; the short ones lie next to the boxes."""
        spans: dict[str, tuple[float, float]] = {}
        for n in self.beside:
            arrow = self.arrows[n]
            ends = (self.rows[self.place[arrow.source]].exits[n], self._entry(arrow.target))
            low, high = spans.get(arrow.target, (min(ends), max(ends)))
            spans[arrow.target] = (min(low, *ends), max(high, *ends))
        lanes: dict[str, int] = {}
        used: list[list[tuple[float, float]]] = []
        for target, (low, high) in sorted(spans.items(), key=lambda one: (one[1][1] - one[1][0], one[1])):
            for lane, others in enumerate(used):
                if all(high < start - 4 or low > end + 4 for start, end in others):
                    others.append((low, high))
                    lanes[target] = lane
                    break
            else:
                lanes[target] = len(used)
                used.append([(low, high)])
        return lanes

    def _entry(self, code: str) -> float:
        entry = self.rows[self.place[code]].entry
        if entry is None:
            raise ValueError(f"nothing arrives at {code} from beside")
        return entry

    @cached_property
    def labels(self) -> float:
        """How far the labels beside the boxes reach."""
        widths = [measure(self._label(n), SMALL) for n in self.beside]
        over = [measure(self._label(n), SMALL) - BOX / 2 for n in self.straight.values()]
        return max([40.0, *widths, *over]) + 18

    def _lane_x(self, target: str) -> float:
        return EDGE + BOX + self.labels + 6 + LANE * self.lanes[target]

    def _label(self, n: int) -> str:
        """The words on a way: beside the boxes also the number of the step it leads to, and how often it was gone."""
        arrow = self.arrows[n]
        number = self.diagram.boxes[self.place[arrow.target]].number
        words = f"{arrow.label} → {number}" if number and n in self.beside else arrow.label
        return f"{words} ×{arrow.taken}" if arrow.taken and arrow.taken > 1 else words

    @cached_property
    def size(self) -> tuple[float, float]:
        """Width and height of the whole."""
        lanes = max(self.lanes.values(), default=-1) + 1
        width = EDGE + BOX + self.labels + LANE * lanes + 2 * EDGE
        return width, self.rows[-1].top + self.rows[-1].height + EDGE if self.rows else 2 * EDGE

    def parts(self, tallest: float) -> list[Part]:
        """From where to where each part reaches: cut above the step with which a part would become too tall."""
        found, low = [], 0.0
        for row in self.rows:
            if row.top + row.height - low > tallest and row.top - 9 > low:
                found.append((low, row.top - 9))
                low = row.top - 9
        return [*found, (low, self.size[1])]

    def svg(self, rules: str, part: Part | None = None, scale: float = 0) -> str:
        """The whole picture, or the part of it that belongs to a page."""
        width, height = self.size
        low, high = part or (0.0, height)
        size = f'width="{width:.0f}" height="{high - low:.0f}"'
        if scale:
            size = f'width="{width * scale:.1f}mm" height="{(high - low) * scale:.1f}mm"'
        ways = sorted(range(len(self.arrows)), key=lambda n: bool(self.arrows[n].taken))  # those taken lie on top
        whole = (low, high)
        parts = [
            (
                f'<svg xmlns="http://www.w3.org/2000/svg" class="flow" role="img" {size} '
                f'viewBox="0 {low:.0f} {width:.0f} {high - low:.0f}">'
                f"<title>{escape(self.diagram.title)}</title>"
            ),
            f"<style>{rules}</style>" if rules else "",
            *(self._line(n, whole) for n in ways),
            *(self._box(row) for row in self.rows if low <= row.top < high),
            *(self._text(n, whole) for n in range(len(self.arrows))),
            "</svg>",
        ]
        return "".join(parts)

    def _kind(self, n: int) -> str:
        arrow = self.arrows[n]
        back = self.place[arrow.target] <= self.place[arrow.source]
        shown = " taken" if arrow.taken else " idle" if arrow.taken == 0 else ""
        return f"way{' back' if back else ''}{shown}"

    def _line(self, n: int, part: Part) -> str:
        arrow, (low, high) = self.arrows[n], part
        source, target = self.rows[self.place[arrow.source]], self.rows[self.place[arrow.target]]
        if n in self.straight.values():
            x, ends = EDGE + BOX / 2, (source.top + source.height, target.top - 6)
            path, head = "", f"M{x - 4:.0f} {target.top - 7:.0f}h8l-4 7z" if low <= target.top < high else ""
        else:
            x, right, ends = self._lane_x(arrow.target), EDGE + BOX, (source.exits[n], self._entry(arrow.target))
            path = f"M{right} {ends[0]:.0f}H{x:.0f}" if low <= ends[0] < high else ""
            head = f"M{right + 7} {ends[1] - 4:.0f}v8l-7 -4z" if low <= ends[1] < high else ""
        if max(ends) < low or min(ends) >= high:
            return ""
        begin, end = (min(max(y, low), high) for y in ends)
        path += f"{'V' if path else f'M{x:.0f} {begin:.0f}V'}{end:.0f}"
        path += f"H{EDGE + BOX + 6}" if head and n not in self.straight.values() else ""
        heads = f'<path class="head" d="{head}"/>' if head else ""
        return f'<g class="{self._kind(n)}"><path class="line" d="{path}"/>{heads}</g>'

    def _text(self, n: int, part: Part) -> str:
        arrow = self.arrows[n]
        if n in self.straight.values():
            row = self.rows[self.place[arrow.source]]
            below = self.rows[self.place[arrow.target]]
            x, y = EDGE + BOX / 2 + 8, (row.top + row.height + below.top) / 2 + 3
        else:
            x, y = EDGE + BOX + 8, self.rows[self.place[arrow.source]].exits[n] - 3
        if not part[0] <= y < part[1]:
            return ""
        return f'<text class="label {self._kind(n)}" x="{x:.0f}" y="{y:.0f}">{escape(self._label(n))}</text>'

    def _box(self, row: _Row) -> str:
        box = row.box
        kind = " ".join(part for part in ("step", box.state, "last" if box.last else "") if part)
        texts = [("name", line) for line in row.lines]
        texts += [("under", line) for line in self._under(box)]
        y = row.top + (row.height - len(texts) * LINE) / 2 + 12
        radius = min(row.height / 2, 17) if box.last else 6
        lines = "".join(
            f'<text class="{sort}" x="{EDGE + 10}" y="{y + n * LINE:.0f}">{escape(text)}</text>'
            for n, (sort, text) in enumerate(texts)
        )
        return (
            f'<g class="{kind}"><rect x="{EDGE}" y="{row.top:.0f}" width="{BOX}" height="{row.height:.0f}" '
            f'rx="{radius:.0f}"/>{lines}</g>'
        )


def _lines(text: str, size: float, width: float) -> list[str]:
    """A text broken into lines that fit; a word that is too long is broken too."""
    lines: list[str] = []
    line = ""
    for word in _words(text):
        if line and measure(line + word, size) > width:
            lines.append(line.rstrip())
            line = ""
        for sign in word if measure(word, size) > width else (word,):
            if line and measure(line + sign, size) > width:
                lines.append(line.rstrip())
                line = ""
            line += sign
    return [*lines, line.rstrip()] if line.strip() else lines


def _words(text: str) -> list[str]:
    """Where a text may be broken: after a space, and between Chinese signs."""
    words: list[str] = []
    for sign in text:
        wide = unicodedata.east_asian_width(sign) in "WF"
        if words and not wide and not words[-1].endswith(" ") and not _is_wide(words[-1]):
            words[-1] += sign
        else:
            words.append(sign)
    return words


def _is_wide(word: str) -> bool:
    return unicodedata.east_asian_width(word[-1]) in "WF"


PAPER = (
    "text{font-family:'Noto Sans CJK SC','Noto Sans',sans-serif;fill:#111}"
    ".name{font-size:13.5px;font-weight:bold}.under,.label{font-size:12px}.under{fill:#444}"
    ".step rect{fill:#fff;stroke:#333;stroke-width:1}.last rect{fill:#eee}"
    ".line{fill:none;stroke:#555;stroke-width:1}.head{fill:#555}.back .line{stroke-dasharray:4 3}"
)
"""The looks on paper: black and white."""
