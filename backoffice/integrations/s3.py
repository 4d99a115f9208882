"""Files in a store of objects that speaks Amazon's S3 (MinIO, Ceph, Garage, AWS …): signed requests, nothing more.

Requests are signed by Signature Version 4 (Amazon's IAM User Guide, "Create a signed request"); the secret itself never
travels, and stands in no message. Each request has a connection of its own: files are few beside pages, and
none is left open. What failed on the way is tried again, twice: putting, getting and deleting a whole content may be
done twice without harm.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import http.client
import ssl
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from urllib.parse import quote
from xml.etree import ElementTree as ET

from backoffice.integrations.store import MissingError, Store, checked, unreachable

SECONDS = 15.0
PROBE_SECONDS = 3.0
TRIES = 3
FIRST_WAIT = 0.2
MOST_BYTES = 64 * 1024 * 1024
ALGORITHM = "AWS4-HMAC-SHA256"
EMPTY = hashlib.sha256(b"").hexdigest()
AGAIN = (500, 502, 503, 504, 429)


@dataclass(frozen=True)
class Bucket:
    """Where, and as whom. ``by_host``: the bucket stands before the host's name instead of first in the path."""

    host: str
    name: str
    key: str
    secret: str = field(repr=False)
    port: int | None = None
    secure: bool = True
    region: str = "us-east-1"
    by_host: bool = False
    prefix: str = ""
    authorities: str | None = None
    """A file with the certificates of an authority of one's own."""
    seconds: float = SECONDS

    @property
    def domain(self) -> str:
        return f"{self.name}.{self.host}" if self.by_host else self.host

    @property
    def authority(self) -> str:
        """As it stands in the header ``host``: with the port where it is not the usual one."""
        usual = 443 if self.secure else 80
        return self.domain if self.port in (None, usual) else f"{self.domain}:{self.port}"

    @property
    def root(self) -> str:
        return "/" if self.by_host else f"/{self.name}/"


@dataclass(frozen=True)
class Credentials:
    """Who signs, for which service and region."""

    key: str
    secret: str = field(repr=False)
    region: str
    service: str = "s3"


@dataclass(frozen=True)
class Request:
    """What is signed. ``path`` is as it is sent; ``headers`` have lower names, and all stand in the signature."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    payload: str


def authorization(request: Request, by: Credentials, at: datetime) -> str:
    """The header that proves who asks; ``at`` is the same moment as the header ``x-amz-date``."""
    scope = f"{at:%Y%m%d}/{by.region}/{by.service}/aws4_request"
    canonical = _canonical(request)
    said = "\n".join((ALGORITHM, f"{at:%Y%m%dT%H%M%SZ}", scope, hashlib.sha256(canonical.encode()).hexdigest()))
    signature = hmac.digest(_signing_key(by, at), said.encode(), "sha256").hex()
    return f"{ALGORITHM} Credential={by.key}/{scope}, SignedHeaders={_names(request)}, Signature={signature}"


def query_text(query: Mapping[str, str]) -> str:
    """A query in the order and writing in which it is signed."""
    return "&".join(f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}" for name, value in sorted(query.items()))


def _canonical(request: Request) -> str:
    headers = "".join(f"{name}:{' '.join(value.split())}\n" for name, value in sorted(request.headers.items()))
    query = query_text(request.query)
    return "\n".join((request.method, request.path, query, headers, _names(request), request.payload))


def _names(request: Request) -> str:
    return ";".join(sorted(request.headers))


def _signing_key(by: Credentials, at: datetime) -> bytes:
    key = b"AWS4" + by.secret.encode()
    for part in (f"{at:%Y%m%d}", by.region, by.service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    content: bytes


class S3Store(Store):
    """The contents of a bucket, or of what begins with its prefix."""

    def __init__(self, bucket: Bucket) -> None:
        self.bucket = bucket

    def put(self, name: str, content: bytes) -> None:
        self._accepted(self._ask("PUT", self._path(name), content=content))

    def get(self, name: str) -> bytes:
        answer = self._ask("GET", self._path(name))
        if answer.status == 404:
            if b"NoSuchBucket" in answer.content:
                raise unreachable("no_bucket", bucket=self.bucket.name, host=self.bucket.host)
            raise MissingError(name)
        return self._accepted(answer).content

    def exists(self, name: str) -> bool:
        answer = self._ask("HEAD", self._path(name))
        return answer.status != 404 and bool(self._accepted(answer))

    def delete(self, name: str) -> None:
        answer = self._ask("DELETE", self._path(name))
        if answer.status != 404:
            self._accepted(answer)

    def names(self, beginning: str = "") -> Iterator[str]:
        query = {"list-type": "2", "prefix": self.bucket.prefix + beginning}
        while True:
            found = self._listed(self._accepted(self._ask("GET", self.bucket.root, query)))
            for one in found.iterfind("{*}Contents/{*}Key"):
                yield (one.text or "").removeprefix(self.bucket.prefix)
            more = found.findtext("{*}NextContinuationToken")
            if not more:
                return
            query["continuation-token"] = more

    def answers(self) -> bool:
        """Whether the store is there and lets the desk in, now: asked once, and not for long."""
        shortly = S3Store(replace(self.bucket, seconds=PROBE_SECONDS))
        try:
            return shortly._once("HEAD", shortly._path("status"), {}, b"").status in (200, 404)
        except (OSError, http.client.HTTPException):
            return False

    def _listed(self, answer: Answer) -> ET.Element:
        """A list as the server writes it; one that brings definitions of its own is none."""
        try:
            if b"<!" not in answer.content:
                return ET.fromstring(answer.content)  # noqa: S314 - without definitions there is nothing to expand
        except ET.ParseError:
            pass
        raise unreachable("failed", host=self.bucket.host, status="list")

    def part(self, name: str) -> S3Store:
        return S3Store(replace(self.bucket, prefix=f"{self.bucket.prefix}{checked(name)}/"))

    def _path(self, name: str) -> str:
        return self.bucket.root + quote(self.bucket.prefix + checked(name), safe="-_.~/")

    def _accepted(self, answer: Answer) -> Answer:
        if 200 <= answer.status < 300:
            return answer
        facts = {"host": self.bucket.host, "bucket": self.bucket.name, "status": answer.status}
        if answer.status in (401, 403):
            skewed = b"RequestTimeTooSkewed" in answer.content
            raise unreachable("clock" if skewed else "forbidden", **facts)
        if answer.status == 404:
            raise unreachable("no_bucket", **facts)
        if answer.status == 507 or b"QuotaExceeded" in answer.content or b"StorageFull" in answer.content:
            raise unreachable("full", **facts)
        raise unreachable("failed", **facts)

    # The way there

    def _ask(self, method: str, path: str, query: Mapping[str, str] | None = None, content: bytes = b"") -> Answer:
        wait = FIRST_WAIT
        for left in reversed(range(TRIES)):
            try:
                answer = self._once(method, path, query or {}, content)
            except ssl.SSLCertVerificationError as error:
                raise unreachable("certificate", host=self.bucket.host) from error
            except (OSError, http.client.HTTPException) as error:
                if not left:
                    raise unreachable("silent", host=self.bucket.host, seconds=round(self.bucket.seconds)) from error
            else:
                if answer.status not in AGAIN or not left:
                    return answer
            time.sleep(wait)
            wait *= 2
        raise AssertionError("the last try returns or raises")

    def _once(self, method: str, path: str, query: Mapping[str, str], content: bytes) -> Answer:
        at = datetime.now(UTC)
        payload = hashlib.sha256(content).hexdigest() if content else EMPTY
        headers = {
            "host": self.bucket.authority,
            "x-amz-content-sha256": payload,
            "x-amz-date": f"{at:%Y%m%dT%H%M%SZ}",
        }
        by = Credentials(self.bucket.key, self.bucket.secret, self.bucket.region)
        headers["authorization"] = authorization(Request(method, path, query, headers, payload), by, at)
        text = query_text(query)
        with contextlib.closing(self._connection()) as connection:
            connection.request(method, f"{path}?{text}" if text else path, body=content or None, headers=headers)
            answer = connection.getresponse()
            read = answer.read(MOST_BYTES + 1)
        if len(read) > MOST_BYTES:
            raise http.client.HTTPException("an answer larger than anything that was put")
        return Answer(answer.status, read)

    def _connection(self) -> http.client.HTTPConnection:
        bucket = self.bucket
        if not bucket.secure:
            return http.client.HTTPConnection(bucket.domain, bucket.port, timeout=bucket.seconds)
        trusted = ssl.create_default_context(cafile=bucket.authorities)
        return http.client.HTTPSConnection(bucket.domain, bucket.port, timeout=bucket.seconds, context=trusted)
