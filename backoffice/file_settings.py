"""Where an office's files lie: the one place that reads the machine's variables for it.

``BACKOFFICE_FILES_URL``: nothing (folders in the data directory), a folder that all servers share (``/srv/share`` or
``file:///srv/share``), or a bucket (``s3+https://key:secret@host:port/bucket/prefix?region=…&style=host&ca=…``). Key
and secret may stand in ``BACKOFFICE_FILES_KEY`` and ``BACKOFFICE_FILES_SECRET`` instead.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from backoffice.integrations.s3 import Bucket, S3Store
from backoffice.integrations.store import Place, Store, StoreError, unreachable

URL, KEY, SECRET = "BACKOFFICE_FILES_URL", "BACKOFFICE_FILES_KEY", "BACKOFFICE_FILES_SECRET"
FILES, PAPERS, IMPORTS = "files", "appraisal_papers", "import_files"
OPTIONS = frozenset({"region", "style", "ca"})


def files_of(folder: Path, environment: Mapping[str, str] | None = None) -> Place:
    """Where attachments lie; ``folder`` is the data directory. Raises ``StoreError`` for an address that is none."""
    return _room(folder, FILES, environment)


def papers_of(folder: Path, environment: Mapping[str, str] | None = None) -> Place:
    """Where papers lie that were printed in the background, until they are taken."""
    return _room(folder, PAPERS, environment)


def imports_of(folder: Path, environment: Mapping[str, str] | None = None) -> Place:
    """Where files lie that are to be imported, until that is done."""
    return _room(folder, IMPORTS, environment)


def _room(folder: Path, name: str, environment: Mapping[str, str] | None) -> Place:
    said = os.environ if environment is None else environment
    if not said.get(URL):
        return folder / name
    return _room_of(said[URL], said.get(KEY, ""), said.get(SECRET, ""), name)


@lru_cache(maxsize=16)
def _room_of(url: str, key: str, secret: str, name: str) -> Place:
    place = _place(url, key, secret)
    return place / name if isinstance(place, Path) else place.part(name)


def _place(text: str, key: str, secret: str) -> Path | Store:
    try:
        url = urlsplit(text.strip())
        port, host = url.port, url.hostname
    except ValueError:
        raise _no_address() from None
    if url.scheme in ("", "file"):
        if not url.path.startswith("/") or url.netloc:
            raise _no_address()
        return Path(unquote(url.path))
    if url.scheme not in ("s3+https", "s3+http") or not host:
        raise _no_address()
    return S3Store(_bucket(url, host, port, (unquote(url.username or key), unquote(url.password or "") or secret)))


def _bucket(url: SplitResult, host: str, port: int | None, who: tuple[str, str]) -> Bucket:
    more = dict(parse_qsl(url.query))
    name, _, prefix = unquote(url.path).strip("/").partition("/")
    if not name or not all(who) or not more.keys() <= OPTIONS or more.get("style", "path") not in ("path", "host"):
        raise _no_address()
    if "ca" in more and not Path(more["ca"]).is_file():
        raise unreachable("authority", variable=URL, path=more["ca"])
    return Bucket(
        host,
        name,
        *who,
        port=port,
        secure=url.scheme == "s3+https",
        region=more.get("region", "us-east-1"),
        by_host=more.get("style") == "host",
        prefix=f"{prefix}/" if prefix else "",
        authorities=more.get("ca"),
    )


def _no_address() -> StoreError:
    return unreachable("address", variable=URL)
