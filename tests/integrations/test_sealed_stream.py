"""R39: a backup's file shows whatever was cut, changed, swapped or added, and opens under its passphrase only."""

from __future__ import annotations

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backoffice.integrations import sealed_stream
from backoffice.integrations.archive import ArchiveReader, ArchiveWriter, Digest
from backoffice.integrations.sealed_stream import MAGIC, SealedFileError, SealedReader, SealedWriter

SECRET = "lantern river seven quiet stones"
CONTENT = b"\x00the customer's name\xff" * 400


@pytest.fixture(autouse=True, scope="module")
def cheap():
    """The key is made in a moment, and chunks are small: what is tried here is the form, many times over."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sealed_stream, "TIME", 1)
        patch.setattr(sealed_stream, "MEMORY", 64)
        patch.setattr(sealed_stream, "CHUNK", 1000)
        yield


def written(content: bytes = CONTENT, secret: str = SECRET) -> bytes:
    stream = io.BytesIO()
    writer = SealedWriter(stream, secret, {"office": "0123"})
    for start in range(0, len(content), 777):
        writer.write(content[start : start + 777])
    writer.close()
    return stream.getvalue()


def read(raw: bytes, size: int, secret: str = SECRET) -> bytes:
    reader = SealedReader(io.BytesIO(raw), secret)
    found = reader.read(size)
    reader.finish()
    return found


def refusal(raw: bytes, secret: str = SECRET) -> str:
    with pytest.raises(SealedFileError) as refused:
        read(raw, len(CONTENT), secret)
    return refused.value.refusals[0].key


def body_of(raw: bytes) -> int:
    """Where the chunks begin."""
    return len(MAGIC) + 6 + int.from_bytes(raw[len(MAGIC) + 2 : len(MAGIC) + 6], "big") + 32


@pytest.mark.parametrize("size", [0, 1, 999, 1000, 1001, 2000, 2001, 8400])
def test_R39_what_was_written_is_read(size):
    assert read(written(CONTENT[:size]), size) == CONTENT[:size]


def test_R39_nothing_of_the_content_or_the_passphrase_stands_in_the_file():
    raw = written()
    assert b"customer" not in raw
    assert SECRET.encode() not in raw
    assert written() != raw


def test_R39_another_passphrase_opens_nothing():
    assert refusal(written(), SECRET + " ") == "backup.refused.passphrase"


def test_R39_a_passphrase_typed_on_another_keyboard_is_the_same():
    assert read(written(secret="ｐａｓｓ 河灯"), len(CONTENT), "pass 河灯") == CONTENT


RAW_SIZE = 9000


@given(place=st.integers(0, 10**9), bit=st.integers(0, 7))
def test_R39_a_changed_bit_anywhere_is_found(place, bit):
    raw = bytearray(written())
    raw[place % len(raw)] ^= 1 << bit
    assert refusal(bytes(raw)).startswith("backup.refused.")


def test_R39_every_byte_of_the_front_counts():
    raw = written()
    for place in range(body_of(raw)):
        changed = bytearray(raw)
        changed[place] ^= 1
        assert refusal(bytes(changed)).startswith("backup.refused.")


@given(kept=st.integers(0, 10**9))
def test_R39_a_file_cut_anywhere_is_found(kept):
    raw = written()
    assert refusal(raw[: kept % len(raw)]).startswith("backup.refused.")


def test_R39_a_file_cut_between_two_chunks_is_found():
    raw = written()
    start = body_of(raw)
    for chunks in range((len(raw) - start) // 1016 + 1):
        assert refusal(raw[: start + chunks * 1016]) == "backup.refused.broken"


def test_R39_swapped_repeated_and_added_chunks_are_found():
    raw = written()
    start = body_of(raw)
    one, two = raw[start : start + 1016], raw[start + 1016 : start + 2032]
    rest = raw[start + 2032 :]
    for wrong in (
        two + one + rest,
        one + one + two + rest,
        one + rest,
        one + two + rest + b"\x00",
        one + two + rest + one,
    ):
        assert refusal(raw[:start] + wrong) == "backup.refused.broken"


def test_R39_chunks_of_another_backup_under_the_same_passphrase_are_found():
    one, two = written(), written()
    assert refusal(one[: body_of(one)] + two[body_of(two) :]) == "backup.refused.broken"


@pytest.mark.parametrize("raw", [b"", b"PK\x03\x04", b"CDESKBA", b"SQLite format 3\x00" * 10])
def test_R39_another_file_is_no_backup(raw):
    assert refusal(raw) == "backup.refused.no_backup"


def test_R39_a_newer_form_is_named():
    raw = bytearray(written())
    raw[len(MAGIC) + 1] = 2
    assert refusal(bytes(raw)) == "backup.refused.newer_format"


@pytest.mark.parametrize(
    ("name", "value"),
    [("memory", 1 << 30), ("memory", 655.6), ("time", 10**6), ("lanes", 0), ("name", "md5"), ("salt", "")],
)
def test_R39_a_forged_front_does_not_take_the_machine(name, value):
    raw = written()
    length = int.from_bytes(raw[len(MAGIC) + 2 : len(MAGIC) + 6], "big")
    said = json.loads(raw[len(MAGIC) + 6 :][:length])
    said["kdf"][name] = value
    forged = json.dumps(said).encode()
    assert refusal(raw[: len(MAGIC) + 2] + len(forged).to_bytes(4, "big") + forged) == "backup.refused.broken"


def test_R39_parts_come_back_with_their_counts_and_what_is_missing_is_found():
    def archived(parts, said=None):
        stream = io.BytesIO()
        archive = ArchiveWriter(SealedWriter(stream, SECRET, {}), {"made_at": "now"})
        for name in parts:
            archive.part(name, {"kind": "file"}, iter([(name.encode() * 500, name.encode() * 500, 0)]))
        archive.last({"rows": len(parts)})
        return stream.getvalue()

    reader = ArchiveReader(SealedReader(io.BytesIO(archived(["a", "b", ""])), SECRET))
    found = {}
    for head, blocks in reader.parts():
        digest = Digest()
        for block in blocks:
            digest.add(block)
        found[head["name"]] = reader.check(digest).size
    assert (reader.first, reader.last["rows"], found) == ({"made_at": "now"}, 3, {"a": 500, "b": 500, "": 0})


def test_R39_a_part_read_otherwise_than_written_is_found():
    stream = io.BytesIO()
    archive = ArchiveWriter(SealedWriter(stream, SECRET, {}), {})
    archive.part("a", {}, iter([(b"stored", b"said", 1)]))
    archive.last({})
    reader = ArchiveReader(SealedReader(io.BytesIO(stream.getvalue()), SECRET))
    for _head, blocks in reader.parts():
        digest = Digest()
        for block in blocks:
            digest.add(block, 1)
        with pytest.raises(SealedFileError):
            reader.check(digest)
