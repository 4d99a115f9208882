"""The way from HTML to an archival PDF: nothing from outside, what is missing is said, files keep decent names (R22)."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from backoffice.errors import DomainError
from backoffice.reports import pdf
from backoffice.reports.glyphs import code_point, named, named_markup, printable
from backoffice.reports.paper import ordinal, size_text
from tests.support.dossiers import PHOTO

PROJECT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:9/x.png",
        "https://example.org/x.png",
        "file:///etc/passwd",
        "../../pyproject.toml",
        "//example.org/x.png",
        "ftp://example.org/x",
    ],
)
def test_R22_the_renderer_fetches_nothing_from_outside(address, printing):
    with pytest.raises(ValueError, match="may not have"):
        pdf.write_pdf(f'<img src="{address}">', [])


@pytest.mark.parametrize("tag", ['<img src="{}">', '<link rel="stylesheet" href="{}">', '<embed src="{}">'])
def test_R22_a_readable_file_outside_the_project_is_not_opened(tag, printing, tmp_path):
    (tmp_path / "x.png").write_bytes(PHOTO)
    (tmp_path / "x.css").write_text("p { color: red }")
    path = tmp_path / ("x.css" if "stylesheet" in tag else "x.png")
    with pytest.raises(ValueError, match="may not have"):
        pdf.write_pdf(tag.format(path.as_uri()) + "<p>x", [])


def test_R22_no_request_leaves_the_machine(printing):
    asked = []

    class Listener(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(404)
            self.end_headers()

        def log_message(self, *_):
            """Says nothing."""

    with HTTPServer(("127.0.0.1", 0), Listener) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        with pytest.raises(ValueError, match="may not have"):
            pdf.write_pdf(f'<img src="http://127.0.0.1:{server.server_port}/x.png">', [])
        server.shutdown()
        thread.join(10)
    assert asked == []


def test_printing_without_pango_is_refused_with_the_packages_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    missing = pdf.printing_available()
    assert missing.key == "print.missing.pango"
    assert "libpango-1.0-0" in missing.params["packages"]
    with pytest.raises(DomainError) as refused:
        pdf.write_pdf("<p>x", [])
    assert [(refusal.key, refusal.status) for refusal in refused.value.refusals] == [("print.missing.pango", 409)]


def test_a_machine_without_a_chinese_font_is_told_which_to_install(printing, tmp_path):
    fonts = tmp_path / "fonts.conf"
    fonts.write_text(
        '<?xml version="1.0"?><fontconfig><dir>/usr/share/fonts/truetype/dejavu</dir>'
        f"<cachedir>{tmp_path}/cache</cachedir></fontconfig>"
    )
    code = "from backoffice.reports.pdf import printing_available as a; print(a().key, a().params['packages'])"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        cwd=PROJECT,
        env={**os.environ, "FONTCONFIG_FILE": str(fonts)},
        timeout=60,
        check=True,
    )
    assert done.stdout.split() == ["print.missing.font", "fonts-noto-cjk"]


def test_importing_the_printer_does_not_load_the_renderer():
    code = "import sys, backoffice.reports.dossier; print('weasyprint' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=PROJECT, timeout=60, check=True
    )
    assert done.stdout.strip() == "False"


def test_two_threads_may_print_at_once_and_hear_only_of_their_own_characters(printing):
    found = {}

    def work(name: str, text: str) -> None:
        found[name] = pdf.write_pdf(f"<p>{text}", []).missing

    threads = [
        threading.Thread(target=work, args=(name, text))
        for name, text in (("plain", "投诉"), ("rare", "\U00031350"), ("again", "处理"))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert found == {"plain": frozenset(), "rare": frozenset({"\U00031350"}), "again": frozenset()}


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("测速截图.png", "测速截图.png"),
        ("../../etc/passwd", "passwd"),
        ("C:\\temp\\a.txt", "a.txt"),
        ('a<b>:"|?*.txt', "a_b______.txt"),
        ("\u202egnp.exe", "gnp.exe"),
        ("  .. ", "file"),
        ("长" * 200 + ".pdf", "长" * 116 + ".pdf"),
    ],
)
def test_file_names_are_made_safe(name, safe):
    assert pdf.safe_file_name(name) == safe
    assert len(safe) <= 120


def test_characters_are_named_by_their_code():
    assert code_point("𠮷") == "U+20BB7"
    assert named("客户𠮷", {"𠮷"}) == "客户[U+20BB7]"
    assert named_markup("<客𠮷>", frozenset({"𠮷"})) == '&lt;客<span class="no-glyph">U+20BB7</span>&gt;'


def test_line_ends_are_kept_and_controls_taken_out():
    assert printable("甲\r\n乙\r丙\t\x07丁\x9b") == "甲\n乙\n丙\t丁"


@pytest.mark.parametrize(
    ("number", "written"),
    [(1, "一"), (9, "九"), (10, "十"), (11, "十一"), (20, "二十"), (21, "二十一"), (99, "九十九"), (100, "100")],
)
def test_parts_are_numbered_in_the_language(number, written):
    assert ordinal(number, "zh_Hans") == written
    assert ordinal(number, "en") == str(number)


@pytest.mark.parametrize(
    ("size", "written"), [(0, "0 B"), (1023, "1023 B"), (1024, "1.0 KB"), (421_888, "412 KB"), (3_250_000, "3.1 MB")]
)
def test_sizes_are_written_for_people(size, written):
    assert size_text(size) == written
