"""Files lie in a folder or in a store of objects, behind one interface; what goes wrong there is one sentence."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from backoffice.file_settings import files_of, papers_of
from backoffice.integrations import files, s3
from backoffice.integrations.s3 import Credentials, Request, authorization
from backoffice.integrations.store import FolderStore, MissingError, StoreError, at
from backoffice.services.health import files_word
from policies.health import FilesWord
from policies.message import Refusal
from tests.support.certificates import contexts
from tests.support.object_store import SECRET, object_store
from views.language import say

# Published by Amazon: the test suite of Signature Version 4, and the worked examples of S3's own documentation.
SUITE = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "us-east-1", "service")
SUITE_AT = datetime(2015, 8, 30, 12, 36, tzinfo=UTC)
SUITE_HEADERS = {"host": "example.amazonaws.com", "x-amz-date": "20150830T123600Z"}
S3 = Credentials("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "us-east-1")
S3_AT = datetime(2013, 5, 24, tzinfo=UTC)
S3_HEADERS = {
    "host": "examplebucket.s3.amazonaws.com",
    "x-amz-date": "20130524T000000Z",
    "x-amz-content-sha256": s3.EMPTY,
}


@pytest.mark.parametrize(("method", "query", "signature"), [
    ("GET", {}, "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
    ("POST", {}, "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
    ("GET", {"Param1": "value1", "Param2": "value2"}, "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"),
], ids=["get-vanilla", "post-vanilla", "get-vanilla-query-order-key-case"])  # fmt: skip
def test_requests_of_the_published_suite_are_signed_as_published(method, query, signature):
    request = Request(method, "/", query, SUITE_HEADERS, s3.EMPTY)
    said = authorization(request, SUITE, SUITE_AT)
    assert said == (
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request,"
        f" SignedHeaders=host;x-amz-date, Signature={signature}"
    )


@pytest.mark.parametrize(("request_", "signature"), [
    (Request("GET", "/test.txt", {}, {**S3_HEADERS, "range": "bytes=0-9"}, s3.EMPTY),
     "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"),
    (Request("GET", "/", {"lifecycle": ""}, S3_HEADERS, s3.EMPTY),
     "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"),
    (Request("GET", "/", {"max-keys": "2", "prefix": "J"}, S3_HEADERS, s3.EMPTY),
     "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"),
], ids=["get an object", "get bucket lifecycle", "list objects"])  # fmt: skip
def test_examples_of_the_stores_own_documentation_are_signed_as_published(request_, signature):
    assert authorization(request_, S3, S3_AT).endswith(f"Signature={signature}")


@pytest.fixture(params=["folder", "objects"])
def store(request, tmp_path):
    """Both kinds, as the machine names them."""
    if request.param == "folder":
        yield at(files_of(tmp_path, {"BACKOFFICE_FILES_URL": str(tmp_path / "share")}))
        return
    with object_store() as objects:
        yield at(files_of(tmp_path, {"BACKOFFICE_FILES_URL": objects.url}))


def test_what_is_put_is_there_whole_until_it_is_deleted(store):
    assert not store.exists("ab/abc-1")
    store.put("ab/abc-1", b"first")
    store.put("ab/abc-1", b"again")
    store.put("ab/空 格%+-2", b"\x00" * 300_000)
    assert store.exists("ab/abc-1")
    assert store.get("ab/abc-1") == b"again"
    assert store.get("ab/空 格%+-2") == b"\x00" * 300_000
    store.delete("ab/abc-1")
    store.delete("ab/abc-1")
    with pytest.raises(MissingError):
        store.get("ab/abc-1")
    assert list(store.names()) == ["ab/空 格%+-2"]


def test_names_are_listed_in_order_however_many(store):
    names = [f"{number % 3}/{number:02}" for number in range(11)]
    for name in names:
        store.put(name, b"x")
    store.part("other").put("y", b"")
    assert list(store.names()) == sorted([*names, "other/y"])
    assert list(store.names("1/")) == [name for name in sorted(names) if name.startswith("1/")]
    assert list(store.part("other").names()) == ["y"]


@pytest.mark.parametrize("name", ["", "/etc/passwd", "../keys/office.json", "a/../b", "a//b", "a\\b", "a\0b", "."])
def test_a_name_stays_within_the_store(store, name):
    with pytest.raises(ValueError, match="plain parts"):
        store.put(name, b"x")


def test_several_put_at_once(store):
    def put(number):
        for _again in range(5):
            store.put(f"x/{number % 2}", bytes([number]) * 1000)
            assert len(set(store.get(f"x/{number % 2}"))) == 1

    threads = [threading.Thread(target=put, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert list(store.names()) == ["x/0", "x/1"]


def test_a_file_is_kept_and_opened_the_same_way_wherever_it_lies(store):
    upload = files.check_upload("记录.txt", "内容".encode())
    files.store(store, upload.sha256, 17, upload.content[::-1])
    assert files.load(store, upload.sha256, 17, lambda sealed: sealed[::-1]) == upload.content
    assert files.load(store, upload.sha256, 18, bytes).key == "files.refused.gone"
    assert files.load(store, upload.sha256, 17, bytes).key == "files.refused.changed"


def test_nothing_half_written_stays_when_the_disk_fails(tmp_path, monkeypatch):
    store = FolderStore(tmp_path)
    store.put("ab/x", b"before")

    def full(_descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        store.put("ab/x", b"after")
    assert store.get("ab/x") == b"before"
    assert [path.name for path in (tmp_path / "ab").iterdir()] == ["x"]


# The store of objects


@pytest.fixture
def objects(monkeypatch):
    monkeypatch.setattr(s3, "FIRST_WAIT", 0.01)
    with object_store() as made:
        yield made


def opened(url, **environment):
    return at(files_of(Path("/nowhere"), {"BACKOFFICE_FILES_URL": url, **environment}))


def refused(store):
    with pytest.raises(StoreError) as raised:
        store.put("ab/x", b"content")
    (refusal,) = raised.value.refusals
    assert raised.value.status == 503
    for language in ("en", "zh_Hans"):
        assert SECRET not in say(refusal, language)
    assert SECRET not in repr(store.bucket) + repr(raised.value)
    return refusal.key


def test_names_stand_below_the_prefix_and_the_room(objects):
    opened(objects.url).put("ab/x", b"1")
    at(papers_of(Path("/nowhere"), {"BACKOFFICE_FILES_URL": objects.url})).put("7/whole.sealed", b"2")
    assert sorted(objects.kept) == ["desk/appraisal_papers/7/whole.sealed", "desk/files/ab/x"]


def test_key_and_secret_may_stand_beside_the_address(objects):
    bare = "s3+http://" + objects.url.partition("@")[2]
    opened(bare, BACKOFFICE_FILES_KEY="desk", BACKOFFICE_FILES_SECRET=SECRET).put("ab/x", b"1")
    assert objects.kept == {"desk/files/ab/x": b"1"}


@pytest.mark.parametrize("fault", [500, 503, "cut"])
def test_what_fails_once_is_tried_again(objects, fault):
    store = opened(objects.url)
    objects.faults += [fault, fault]
    store.put("ab/x", b"1")
    assert len(objects.asked) == 3
    assert store.get("ab/x") == b"1"


@pytest.mark.parametrize(("faults", "key"), [
    ([503] * 3, "files.store.failed"),
    (["cut"] * 3, "files.store.silent"),
    ([403], "files.store.forbidden"),
    ([507], "files.store.full"),
    ([301], "files.store.failed"),
])  # fmt: skip
def test_what_goes_on_failing_is_told(objects, faults, key):
    objects.faults += faults
    assert refused(opened(objects.url)) == key
    assert objects.kept == {}


def test_a_server_that_hangs_is_given_up(objects, monkeypatch):
    monkeypatch.setattr(s3, "TRIES", 1)
    store = opened(objects.url)
    slow = s3.S3Store(s3.replace(store.bucket, seconds=0.2))
    objects.faults.append("hang")
    assert refused(slow) == "files.store.silent"


def test_a_wrong_secret_and_a_wrong_bucket_are_told(objects):
    assert refused(opened(objects.url.replace("s3cret", "other"))) == "files.store.forbidden"
    assert refused(opened(objects.url.replace("/office/", "/elsewhere/"))) == "files.store.no_bucket"
    assert refused(opened("s3+http://k:s@127.0.0.1:1/b")) == "files.store.silent"


def test_the_status_asks_the_store_once_and_not_for_long(objects, monkeypatch):
    monkeypatch.setenv("BACKOFFICE_FILES_URL", objects.url)
    assert files_word(Path("/nowhere")) is FilesWord.OK
    objects.faults.append(503)
    assert files_word(Path("/nowhere")) is FilesWord.UNREACHABLE
    assert len(objects.asked) == 2
    monkeypatch.setenv("BACKOFFICE_FILES_URL", "nonsense")
    assert files_word(Path("/nowhere")) is FilesWord.UNREACHABLE


def test_a_certificate_that_nobody_vouches_for_is_refused_and_ones_own_authority_is_taken(tmp_path):
    shown, _trusting = contexts(tmp_path)
    with object_store(shown) as objects:
        assert refused(opened(objects.url)) == "files.store.certificate"
        opened(f"{objects.url}?ca={tmp_path / 'server.pem'}").put("ab/x", b"1")
        assert objects.kept == {"desk/files/ab/x": b"1"}


def test_a_list_that_brings_definitions_is_none(objects, monkeypatch):
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>'
    store = opened(objects.url)
    monkeypatch.setattr(s3.S3Store, "_ask", lambda *_: s3.Answer(200, bomb))
    with pytest.raises(StoreError):
        list(store.names())


@pytest.mark.parametrize("url", [
    "relative/folder", "file://host/share", "ftp://host/x", "s3+https://k:s@host", "s3+https://host/bucket",
    "s3+https://k:s@host:x/bucket", "s3+https://k:s@host/bucket?style=other", "s3+https://k:s@host/bucket?mode=1",
])  # fmt: skip
def test_an_address_that_is_none_is_told(url):
    with pytest.raises(StoreError) as raised:
        files_of(Path("/nowhere"), {"BACKOFFICE_FILES_URL": url})
    assert raised.value.refusals == (
        Refusal("files.store.address", {"variable": "BACKOFFICE_FILES_URL"}, "attachments", 503),
    )


def test_without_an_address_files_lie_in_the_data_directory(tmp_path):
    assert files_of(tmp_path, {}) == tmp_path / "files"
    assert papers_of(tmp_path, {}) == tmp_path / "appraisal_papers"
