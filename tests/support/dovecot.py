"""A real IMAP server for tests: Dovecot in a folder of its own, with a certificate that only the test trusts.

It runs as whoever runs the tests. Messages are put into its Maildir as a mail server's delivery agent does.
"""

from __future__ import annotations

import contextlib
import getpass
import grp
import os
import pwd
import shutil
import socket
import ssl
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from policies.mailbox import MailboxSettings
from tests.support.certificates import contexts
from views.commands.parts import dovecot

USER, SECRET = "complaints@example.com", "a:secret@word"
SECONDS = 20.0
CONFIG = """
protocols = imap
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
listen = 127.0.0.1
ssl = required
ssl_cert = <{folder}/server.pem
ssl_key = <{folder}/server.pem
disable_plaintext_auth = yes
default_internal_user = {internal}
default_internal_group = {internal_group}
default_login_user = {login}
mail_location = maildir:{folder}/home/Maildir
first_valid_uid = 1
first_valid_gid = 1
passdb {{
  driver = static
  args = password={secret}
}}
userdb {{
  driver = static
  args = uid={owner} gid={group} home={folder}/home
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
"""
_numbers = count(1)


@dataclass
class Server:
    """A server that runs. ``trusted``: what a client must trust; ``port`` is for STARTTLS."""

    folder: Path
    port: int
    tls_port: int
    trusted: ssl.SSLContext
    owner: int
    group: int

    def settings(self, **more: object) -> MailboxSettings:
        """The desk's settings for this mailbox."""
        usual = {"on": True, "host": "127.0.0.1", "port": self.tls_port, "user": USER, "secret": SECRET, "timeout": 20}
        return MailboxSettings(**{**usual, **more})  # type: ignore[arg-type]

    def deliver(self, raw: bytes) -> None:
        """Put a message into the mailbox: whole into ``tmp``, then moved into ``new``."""
        name = f"{int(time.time())}.{next(_numbers)}.desk"
        there = self.folder / "home" / "Maildir"
        for part in ("tmp", "new", "cur"):
            if not (there / part).is_dir():
                (there / part).mkdir(parents=True)
        for path in (there, *there.iterdir()):
            os.chown(path, self.owner, self.group)
        (there / "tmp" / name).write_bytes(raw.replace(b"\r\n", b"\n"))
        os.chown(there / "tmp" / name, self.owner, self.group)
        (there / "tmp" / name).rename(there / "new" / name)

    def number(self, *uids: int, following: int) -> None:
        """Give what was delivered these uids, in order, before anybody opens the mailbox; ``following`` comes next."""
        there = self.folder / "home" / "Maildir"
        names = sorted((path.name for path in (there / "new").iterdir()), key=lambda name: int(name.split(".")[1]))
        lines = [f"{uid} :{name}" for uid, name in zip(uids, names, strict=True)]
        head = f"3 V1700000000 N{following} G{'0123456789abcdef' * 2}"
        (there / "dovecot-uidlist").write_text("\n".join([head, *lines, ""]))
        os.chown(there / "dovecot-uidlist", self.owner, self.group)

    def flags(self, folder: str = "") -> list[str]:
        """The flags of the messages in a folder, as Maildir names them: S seen, F flagged."""
        there = self.folder / "home" / "Maildir" / folder
        found = [path.name for part in ("new", "cur") if (there / part).is_dir() for path in (there / part).iterdir()]
        return sorted(name.partition(":2,")[2] for name in found)


def why_not() -> str:
    """Why it cannot run here; nothing where it can."""
    return "" if dovecot() else "Dovecot is not installed"


@contextlib.contextmanager
def running() -> Iterator[Server]:
    """A server for as long as the body runs, with an empty mailbox."""
    folder = Path(tempfile.mkdtemp(prefix="desk-imap-"))
    folder.chmod(0o755)
    root = os.geteuid() == 0
    person = pwd.getpwnam("dovecot") if root else pwd.getpwuid(os.geteuid())
    me = getpass.getuser() if not root else "dovecot"
    _shown, trusted = contexts(folder)
    port, tls_port = _free(), _free()
    (folder / "home").mkdir()
    os.chown(folder / "home", person.pw_uid, person.pw_gid)
    text = CONFIG.format(
        folder=folder, secret=SECRET, port=port, tls_port=tls_port, owner=person.pw_uid, group=person.pw_gid,
        internal=me, internal_group=grp.getgrgid(person.pw_gid).gr_name, login="dovenull" if root else me,
    )  # fmt: skip
    (folder / "dovecot.conf").write_text(text)
    command = [str(dovecot()), "-F", "-c", str(folder / "dovecot.conf")]
    with (folder / "err").open("wb") as said:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=said)
    try:
        _wait(tls_port, process, folder)
        yield Server(folder, port, tls_port, trusted, person.pw_uid, person.pw_gid)
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(10)
        if process.poll() is None:
            process.kill()
        shutil.rmtree(folder, ignore_errors=True)


def _wait(port: int, process: subprocess.Popen[bytes], folder: Path) -> None:
    end = time.monotonic() + SECONDS
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)
    said = "".join(path.read_text() for path in (folder / "err", folder / "log") if path.is_file())
    raise RuntimeError(f"Dovecot does not run: {said[-2000:]}")


def _free() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
