"""The house's style, run and not remembered: sizes, plain templates, nothing from outside, no literal text for people."""

import ast
import re
from html.parser import HTMLParser

import pytest
from jinja2 import Environment

from tests.support.sources import PROJECT, name, python_files, static_files, templates, tree

CHINESE = re.compile("[\u3000-\u303f\u3400-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff]")
OUTSIDE = re.compile(r"""(?:src|href|action|url\(|import|fetch\()\s*[=(]?\s*["']?(?:https?:)?//(?!www\.w3\.org)""")
SPOKEN_ATTRIBUTES = {"title", "placeholder", "alt", "label", "aria-label", "aria-description", "aria-placeholder"}
WORD = re.compile(r"[A-Za-z]{2,}")
FILE_LINES = 400
FUNCTION_LINES = 60

# Chinese that is data or the shape of a text, not something said to a person; each with its reason.
CHINESE_IN_CODE = {
    "policies/masking.py": "forms of address and ends of addresses, by which personal data is masked",
    "policies/masking_words.py": "compound surnames, places and kinds of company, by which personal data is masked",
    "policies/masked_text.py": "how phones and plates are written in free text, so that they are found and masked",
    "policies/case_traces.py": "how streets, rooms and days are written, by which a customer is told in a case",
    "policies/blind_names.py": "titles, kinds of departments and ways to name an extension, by which people are told in a text",
    "policies/calendar_days.py": "how people write a span of time",
    "policies/intake.py": "how people write an extension after a phone number",
    "backoffice/integrations/dates.py": "how people write a date in a file that is imported",
    "policies/mail_words.py": "what mail programs write above automatic replies and above what they quote",
    "backoffice/reports/paper.py": "numerals of a Chinese heading",
    "backoffice/reports/pdf.py": "characters that are tried to see whether the fonts can print Chinese",
    "views/commands/bundle.py": "the note inside a bundle, which is read where no catalogue is installed yet",
}


IDEOGRAPH = re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
# A block that stands inside a tag's class attribute, in the template that fills it.
CLASS_BLOCK = re.compile(r"\{%-? block (?:box|\w*class\w*) -?%\}[^<{]*\{%-? endblock -?%\}")


def functions(path):
    return [node for node in ast.walk(tree(path)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


@pytest.mark.parametrize("path", python_files(), ids=name)
def test_a_file_has_one_subject_and_a_function_fits_a_screen(path):
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= FILE_LINES
    long = [f"{node.name} ({node.end_lineno - node.lineno + 1} lines)" for node in functions(path)
            if node.end_lineno - node.lineno + 1 > FUNCTION_LINES]  # fmt: skip
    assert long == []


@pytest.mark.parametrize("path", python_files(), ids=name)
def test_nothing_is_left_to_do(path):
    assert re.findall(r"\b(?:TODO|FIXME|XXX|NotImplementedError)\b", path.read_text(encoding="utf-8")) == []


def test_code_holds_no_chinese_text_but_what_is_data():
    found = [f"{name(path)}:{node.lineno} {node.value}" for path in python_files() if name(path) not in CHINESE_IN_CODE
             for node in literals(path)]  # fmt: skip
    assert found == []


def test_every_exemption_for_chinese_in_code_is_still_needed():
    needed = {name(path) for path in python_files() for node in literals(path)}
    assert set(CHINESE_IN_CODE) <= needed


def literals(path):
    """The string constants with Chinese words that are no docstrings and are written out, not as an escape."""
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    source = path.read_text(encoding="utf-8")
    if not IDEOGRAPH.search(source):
        return []
    return [node for node in ast.walk(tree(path)) if isinstance(node, ast.Constant) and isinstance(node.value, str)
            and id(node) not in docstrings and IDEOGRAPH.search(ast.get_source_segment(source, node) or "")]  # fmt: skip


class Reader(HTMLParser):
    """Collects what is wrong with a template's plain HTML, with the line."""

    def __init__(self):
        super().__init__()
        self.faults = []
        self._silent = None

    def fault(self, what):
        self.faults.append(f"line {self.getpos()[0]}: {what}")

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if tag == "style":
            self.fault("<style>: the style sheet is the place")
        if tag == "script" and "src" not in given and given.get("type") not in {"application/json", "importmap"}:
            self.fault("<script> without src: templates/static/js is the place")
        for key, value in attributes:
            if key == "style" or re.fullmatch(r"on[a-z]+", key):
                self.fault(f"{key}= in a tag")
            if key in SPOKEN_ATTRIBUTES and value and (WORD.search(value) or CHINESE.search(value)):
                self.fault(f"literal text in {key}: {value!r}")
        if tag in {"script", "style"}:
            self._silent = tag

    def handle_endtag(self, tag):
        if tag == self._silent:
            self._silent = None

    def handle_data(self, data):
        if self._silent is None and (WORD.search(data) or CHINESE.search(data)):
            self.fault(f"literal text: {' '.join(data.split())[:60]!r}")


def plain(source):
    """The template without what Jinja replaces, lines kept: only what is sent as it is written."""
    pieces = []
    for _, kind, text in Environment().lex(CLASS_BLOCK.sub("", source)):
        if kind == "data":
            pieces.append(text)
        else:
            # A value stands for something without letters; a statement or comment for nothing.
            pieces.append(("0" if kind == "variable_begin" else "") + "\n" * text.count("\n"))
    return "".join(pieces)


def faults_of(source):
    reader = Reader()
    reader.feed(plain(source))
    reader.close()
    return reader.faults


@pytest.mark.parametrize("path", templates(), ids=name)
def test_a_template_has_no_literal_text_no_inline_style_and_no_inline_script(path):
    assert faults_of(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "planted",
    [
        "<p>Overdue</p>",
        "<p>已超时</p>",
        '<p style="color: red">{{ x }}</p>',
        '<button onclick="go()">{{ x }}</button>',
        "<script>go()</script>",
        "<style>p { color: red }</style>",
        '<input placeholder="Name">',
        '<input {% if x %}aria-label="Name"{% endif %}>',
    ],
)
def test_what_a_template_must_not_have_is_found(planted):
    assert faults_of(planted) != []


def test_what_a_template_may_have_passes():
    assert (
        faults_of("{# a note #}<p class=\"warm\" title=\"{{ _('x.y') }}\">{{ _('x.y', n=1) }} · 3 {{ x|named }}</p>")
        == []
    )


@pytest.mark.parametrize("path", [*templates(), *static_files()], ids=name)
def test_nothing_is_loaded_from_outside(path):
    assert OUTSIDE.findall(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "planted",
    [
        '<script src="https://cdn.example/x.js">',
        "<link href='//cdn.example/x.css'>",
        "@import url(http://cdn.example/x.css)",
        "fetch('https://cdn.example')",
    ],
)
def test_what_comes_from_outside_is_found(planted):
    assert OUTSIDE.findall(planted) != []


def test_the_requirements_name_no_place_to_fetch_them_from():
    for path in (PROJECT / "requirements").iterdir():
        assert re.findall(r"https?://|--(?:extra-)?index-url|--find-links", path.read_text(encoding="utf-8")) == [], (
            path
        )


def test_every_pinned_package_has_a_hash():
    for path in (PROJECT / "requirements").glob("*.txt"):
        entries = re.split(r"^(?=[\w.-]+==)", path.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
        assert len(entries) > 20
        assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []


SAYING = re.compile(r"(\w+\.)*(assert\w*|expect|check\w*|pytest\.fail|run_state_machine_as_test)")


def asserts(node, helpers):
    """Whether a test says anywhere what must hold, itself or by a helper of its file or of tests/support."""
    for part in ast.walk(node):
        if isinstance(part, ast.Assert | ast.With):
            return True
        if isinstance(part, ast.Call):
            called = ast.unparse(part.func)
            if SAYING.fullmatch(called) or (called in helpers and asserts(helpers[called], {})):
                return True
    return False


@pytest.mark.parametrize("path", sorted((PROJECT / "tests").rglob("test_*.py")), ids=name)
def test_every_test_says_what_must_hold(path):
    shared = (PROJECT / "tests" / "support").glob("*.py")
    helpers = {node.name: node for file in (*shared, path) for node in functions(file)}
    silent = [node.name for node in functions(path) if node.name.startswith("test") and not asserts(node, helpers)]
    assert silent == []
