"""R39: files that somebody means ill with: what is taken, what is refused and how, and how it is handed out again."""

from __future__ import annotations

import io
import resource
import struct
import time
import zipfile
from email.message import Message
from pathlib import Path

import pytest
import sqlalchemy as sa

from backoffice.integrations.files import MAX_BYTES, clean_name
from backoffice.models.handling import Attachment
from tests.support.access_cells import Asking
from tests.support.fuzzing import RAW_TOKEN
from tests.support.page_forms import forms_of, tree_of

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>window.__hacked=1</script></svg>'
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\2\0\0\0\x90wS\xde\0\0\0\0IEND\xaeB`\x82"
GIF_AND_SCRIPT = b"GIF89a/*" + b"\0" * 20 + b"*/=1;window.__hacked=1;"
PDF_AND_PAGE = b"%PDF-1.4\n<html><script>window.__hacked=1</script></html>\n%%EOF"
JPEG = b"\xff\xd8\xff\xe1\x00\x18Exif\0\0GPS 30.27N 120.15E" + b"\0" * 30 + b"\xff\xd9"
LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "'
    + b"ha" * 50
    + b'"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]><a>&c;</a>'
)
OUTSIDE = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'
UTF16 = LAUGHS.decode().encode("utf-16")


def office_document(kind="xl", parts=(), contents=b"<Types/>", **more):
    """A workbook or document in its shortest form, with these parts besides."""
    room = io.BytesIO()
    main = {"xl": "xl/workbook.xml", "word": "word/document.xml"}[kind]
    with zipfile.ZipFile(room, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("[Content_Types].xml", contents)
        packed.writestr("_rels/.rels", b"<Relationships/>")
        packed.writestr(main, b"<workbook/>")
        for name, content in parts:
            packed.writestr(name, content)
    return room.getvalue()


def bomb(megabytes):
    """A workbook whose sheet unpacks to so many MB of nothing, about a thousand to one."""
    return office_document(parts=[("xl/worksheets/sheet1.xml", b"<x/>" + b"\0" * (megabytes * 1024 * 1024))])


def locked():
    content = bytearray(office_document())
    for mark, place in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        at = content.find(mark)
        struct.pack_into("<H", content, at + place, 1)
    return bytes(content)


def laid_upon_each_other():
    """Two entries of the table of contents that point to the same bytes, as the smallest bombs do."""
    room = io.BytesIO()
    with zipfile.ZipFile(room, "w", zipfile.ZIP_STORED) as packed:
        packed.writestr("[Content_Types].xml", b"<Types/>")
        packed.writestr("xl/workbook.xml", b"x" * 5000)
        packed.filelist += [packed.filelist[1]] * 40
    return room.getvalue()


REFUSED = {
    "a script in a picture of vectors": ("a.svg", SVG),
    "the same behind a comment": ("a.svg", b"<!-- a -->" + SVG),
    "the same named a picture": ("a.png", SVG),
    "a page named a picture": ("a.png", b"<!DOCTYPE html><script>window.__hacked=1</script>"),
    "a paper that is a page, named a page": ("a.html", PDF_AND_PAGE),
    "a page": ("a.html", b"<html><script>window.__hacked=1</script></html>"),
    "a page named a text": ("a.txt", b"  \n<html><script>window.__hacked=1</script></html>"),
    "a program": ("a.exe", b"MZ" + b"\0" * 200),
    "a program named a document": ("a.docx", b"MZ" + b"\0" * 200),
    "a picture that is a script, named a script": ("a.js", GIF_AND_SCRIPT),
    "a plain archive": ("a.zip", office_document().replace(b"xl/", b"ab/")),
    "nothing": ("a.txt", b""),
    "more than may be": ("a.txt", b"a" * (MAX_BYTES + 1)),
    "a bomb": ("a.xlsx", bomb(60)),
    "a bomb within": ("a.docx", office_document("word", [("word/embeddings/a.xlsx", bomb(60))])),
    "four deep": ("a.docx", office_document("word", [("word/a.docx", office_document("word", [("word/b.docx", office_document("word", [("word/c.docx", office_document("word"))]))]))])),
    "an archive within": ("a.docx", office_document("word", [("word/embeddings/a.zip", b"PK")])),
    "macros": ("a.xlsx", office_document(parts=[("xl/vbaProject.bin", b"x")])),
    "parts upon each other": ("a.xlsx", laid_upon_each_other()),
    "too many parts": ("a.xlsx", office_document(parts=[(f"xl/{n}.bin", b"") for n in range(5001)])),
    "a locked part": ("a.xlsx", locked()),
    "a way out": ("a.xlsx", office_document(parts=[("../../etc/cron.d/a", b"x")])),
    "a billion laughs": ("a.xlsx", office_document(parts=[("xl/sharedStrings.xml", LAUGHS)])),
    "a billion laughs in wide letters": ("a.xlsx", office_document(parts=[("xl/sharedStrings.xml", UTF16)])),
    "a file from outside": ("a.docx", office_document("word", contents=OUTSIDE)),
    "a cut document": ("a.xlsx", office_document()[:-30]),
}  # fmt: skip

NAMES = {
    "../../etc/passwd.txt": "passwd.txt", "..\\..\\a.txt": "a.txt", "CON.txt": "_CON.txt", "lpt1.txt": "_lpt1.txt", "a\u202etxt.exe.txt": "atxt.exe.txt",
    "a\r\nSet-Cookie: a=b.txt": "aSet-Cookie: a=b.txt", 'a".txt': 'a".txt', "a;filename=b.html.txt": "a;filename=b.html.txt", "x" * 10_000 + ".txt": "x" * 116 + ".txt",
    "\ud800.txt": "file.txt", "   .txt": "txt.txt", "%00.txt": "%00.txt", "<b>.txt": "<b>.txt", "a\0.txt": "a.txt", ".": "file", "a\u2028b.txt": "ab.txt",
}  # fmt: skip

# What is too large for memory lies in a half file of the machine's until Python tidies it away.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture
def number(scene):
    return scene.numbers["investigate", "own"]


@pytest.fixture
def browser(desk, clock):
    return Asking(desk, "handler", clock).browser(csrf_token=RAW_TOKEN)


def sent(desk, browser, number, *files):
    """Send files by the form of the page, as a person does."""
    address = f"/complaints/{number}/attach"
    form = next(one for one in forms_of(tree_of(browser.get(address).text), address) if one.has_file)
    data = {**dict(form.filled()), "file": [(io.BytesIO(content), name) for name, content in files]}
    return browser.post(address, data=data, headers={"Origin": "http://localhost"})


def kept(desk, number):
    with desk.extensions["desk"].database.reading() as session:
        of = sa.text("SELECT id FROM complaint WHERE number = :number")
        ids = session.scalar(of, {"number": number})
        return list(
            session.scalars(sa.select(Attachment).where(Attachment.complaint_id == ids).order_by(Attachment.id))
        )


def test_R39_a_usual_file_is_taken(desk, browser, number):
    before = len(kept(desk, number))
    for name, content in (
        ("a.png", PNG),
        ("b.xlsx", office_document()),
        ("c.txt", "报告".encode()),
        ("d.docx", office_document("word")),
    ):
        assert sent(desk, browser, number, (name, content)).status_code in (302, 303), name
    assert len(kept(desk, number)) == before + 4


def test_R39_what_is_not_what_it_says_is_refused_with_a_sentence_and_nothing_is_kept(desk, browser, number):
    before = len(kept(desk, number))
    for said, (name, content) in REFUSED.items():
        answer = sent(desk, browser, number, (name, content))
        assert answer.status_code in (413, 422), said
        assert name in answer.text, said
        assert "window.__hacked" not in answer.text, said
    assert len(kept(desk, number)) == before


def test_R39_a_bomb_is_refused_before_it_is_unpacked(desk, browser, number):
    content = bomb(100)
    assert len(content) * 500 < 100 * 1024 * 1024
    browser.get("/")
    before, started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    assert sent(desk, browser, number, ("a.xlsx", content)).status_code == 422
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 50 * 1024, f"{grown} KB"
    assert time.process_time() - started < 5


def test_R39_a_thousand_files_at_once_are_refused_whole(desk, browser, number):
    before = len(kept(desk, number))
    answer = sent(desk, browser, number, *((f"{n}.txt", str(n).encode()) for n in range(1000)))
    assert answer.status_code == 422
    assert len(kept(desk, number)) == before
    assert sent(desk, browser, number, *((f"{n}.txt", b"") for n in range(2500))).status_code == 413


@pytest.mark.parametrize(("name", "clean"), NAMES.items())
def test_R39_a_name_is_only_a_name(name, clean):
    if name == "\ud800.txt" or name == "   .txt":
        assert clean_name(name).isprintable()
    else:
        assert clean_name(name) == clean
    assert clean_name(clean_name(name)) == clean_name(name)
    assert len(clean_name(name)) <= 120


def test_R39_what_was_taken_is_handed_out_as_a_download_that_runs_nothing(desk, browser, number):
    """A picture that is a script as well, and names that would write headers of their own."""
    wanted = {
        name: f"{place} window.__hacked=1".encode()
        for place, name in enumerate(NAMES)
        if clean_name(name).endswith(".txt") and not set(name) & set('\r"\0\ud800')
    }
    wanted["a.gif"], wanted["where.jpg"], wanted["a.pdf"] = GIF_AND_SCRIPT, JPEG, PDF_AND_PAGE
    for name, content in wanted.items():
        assert sent(desk, browser, number, (name, content)).status_code in (302, 303), name
    rows = kept(desk, number)[-len(wanted) :]
    contents = {content: name for name, content in wanted.items()}
    for row in rows:
        answer = browser.get(f"/complaints/{number}/files/{row.id}")
        assert answer.data in contents, "the very bytes that came in"
        header = answer.headers["Content-Disposition"]
        read = Message()
        read["Content-Disposition"] = header
        assert header.startswith("attachment; filename*=UTF-8''")
        assert not set(header) & set('\r\n"<>\u202e')
        assert read.get_filename() == clean_name(contents[answer.data])
        assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"
        assert "Set-Cookie" not in [name for name, value in answer.headers if "a=b" in value]
        assert answer.mimetype in ("text/plain", "image/gif", "image/jpeg", "application/pdf")


def test_R39_a_file_lies_on_the_disk_sealed_and_under_no_name_of_its_own(desk, browser, number):
    content = b"a secret that was written down: 13900007777"
    assert sent(desk, browser, number, ("../../13900007777.txt", content)).status_code in (302, 303)
    places = list(Path(desk.config["DATA_DIR"]).rglob("*"))
    assert not any("13900007777" in str(place) for place in places)
    assert not any(content in place.read_bytes() for place in places if place.is_file())
