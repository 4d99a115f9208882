"""People at their browsers while the plug is pulled: they sign in, open a form, send it, and write down what they were
answered. Each works in a thread of their own over real HTTP; the journal is all that they know.
"""

from __future__ import annotations

import http.client
import random
import re
import secrets
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from tests.support.live import PASSWORD

CLERKS = ("intake", "s006", "s007", "s035")  # who registers
DISPATCHER, HEAD, OWNER = "dispatcher", "s015", "S016"
DEPARTMENT = "technical_support"
SHANGHAI = ZoneInfo("Asia/Shanghai")
TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
HIDDEN = re.compile(r'name="(submission|revision)"[^>]*value="([^"]*)"')
OPTION = re.compile(r'<option[^>]*value="(\d+)"[^>]*>([^<]*)<')
CUT = (OSError, http.client.HTTPException)
TRIES = 50  # to open a form while the server comes and goes
FIELDS = dict[str, str]


class NoFormError(Exception):
    """The desk does not give this form: the complaint has gone on without this person."""


class Fate(Enum):
    """What a person knows of what they sent."""

    DONE = "done"  # answered: it was done
    REFUSED = "refused"  # answered: it was not done
    OPEN = "open"  # cut off, or answered that the desk cannot say


@dataclass
class Sent:
    """One form that was sent. ``nonce`` stands in a text or a file of it; of an act without words it is
    ``number/action``, which there can be only once.
    """

    who: str
    action: str
    nonce: str
    number: str = ""
    out_at: float = 0.0
    cut_at: float = 0.0
    status: int = 0
    fate: Fate = Fate.OPEN
    repeated: int = 0
    file: bool = False


@dataclass
class Journal:
    """What all of them sent, and which page asked for was not come by."""

    sent: list[Sent] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    @property
    def answered(self) -> int:
        """How many are known to be done by now."""
        return sum(1 for one in self.sent if one.fate is Fate.DONE)

    def in_flight_at(self, moment: float) -> int:
        """Forms that had been sent whole at a moment and were never answered, or only that the desk cannot say."""
        return sum(1 for one in self.sent if 0 < one.out_at < moment <= one.cut_at)


class Browser:
    """One account's browser: a connection that is kept open, and cookies."""

    def __init__(self, port: int, login: str) -> None:
        self.port, self.login = port, login
        self.cookies: dict[str, str] = {}
        self.out_at = 0.0
        self.writing = False
        self.connection: http.client.HTTPConnection | None = None

    def get(self, path: str) -> tuple[int, str]:
        """A page: its status and text."""
        status, _headers, body = self.ask("GET", path)
        return status, body

    def post(self, path: str, body: bytes, kind: str) -> tuple[int, str]:
        """Send a form: the status, and where it leads. Answered is what has its status and headers here."""
        status, headers, _body = self.ask("POST", path, body, {"Content-Type": kind, "Origin": self.origin})
        return status, headers.get("Location") or ""

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ask(
        self, method: str, path: str, body: bytes | None = None, more: FIELDS | None = None
    ) -> tuple[int, http.client.HTTPMessage, str]:
        """One request. After a fault the next one takes a new connection."""
        if self.connection is None:
            self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=90)
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()), **(more or {})}
        try:
            self.out_at = 0.0
            self.connection.request(method, path, body, headers)
            self.out_at = time.monotonic()
            self.writing = method == "POST"
            answer = self.connection.getresponse()
            self.writing = False
            for cookie in answer.headers.get_all("Set-Cookie") or ():
                name, _equals, value = cookie.split(";")[0].partition("=")
                self.cookies[name] = value
        except CUT:
            self.writing = False
            self.close()
            raise
        try:
            text = answer.read().decode("utf-8", "replace")
        except CUT:
            self.close()
            if method != "POST":
                raise
            text = ""
        if answer.will_close:
            self.close()
        return answer.status, answer.headers, text

    def sign_in(self) -> None:
        """Through the form of the sign-in page."""
        _status, page = self.get("/sign-in")
        typed = {"csrf_token": TOKEN.findall(page)[-1], "login": self.login, "password": PASSWORD}
        status, _where = self.post("/sign-in", urlencode(typed).encode(), FORM)
        if status != 303:
            raise OSError(f"{self.login} was not let in ({status})")

    def close(self) -> None:
        self.writing = False
        if self.connection is not None:
            self.connection.close()
        self.connection = None


FORM = "application/x-www-form-urlencoded"


def multipart(fields: FIELDS, field_name: str, name: str, content: bytes) -> tuple[bytes, str]:
    """A form with a file, as a browser sends it."""
    mark = secrets.token_hex(16)
    parts = [
        f'--{mark}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{text}\r\n' for key, text in fields.items()
    ]
    head = f'--{mark}\r\nContent-Disposition: form-data; name="{field_name}"; filename="{name}"\r\n\r\n'
    return "".join(
        [*parts, head]
    ).encode() + content + f"\r\n--{mark}--\r\n".encode(), f"multipart/form-data; boundary={mark}"


class Person(threading.Thread):
    """A clerk who registers complaints and leads each a part of its way, with the accounts that this takes."""

    def __init__(self, place: int, port: int, journal: Journal, power: threading.Event) -> None:
        super().__init__(name=f"person-{place}", daemon=True)
        self.chance = random.Random(place)
        self.journal, self.power = journal, power
        self.stopped = threading.Event()
        self.clerk = CLERKS[place % len(CLERKS)]
        self.browsers = {login: Browser(port, login) for login in (self.clerk, DISPATCHER, HEAD)}

    def run(self) -> None:
        lives: Iterator[None] = iter(())
        try:
            while not self.stopped.is_set():
                self.power.wait()
                try:
                    if next(lives, self) is self:
                        lives = self.life()
                except NoFormError:
                    lives = iter(())
        except Exception as error:  # noqa: BLE001 (whatever it is, the run must hear of it)
            self.journal.faults.append(f"{self.name}: {type(error).__name__} {error}")
        for browser in self.browsers.values():
            browser.close()

    def stop(self) -> None:
        self.stopped.set()

    @property
    def is_writing(self) -> bool:
        """Whether a form of theirs is on its way at this very moment."""
        return any(browser.writing for browser in self.browsers.values())

    def life(self) -> Iterator[None]:
        """Register a complaint, then act on it; one form each time this is asked to go on."""
        number = yield from self.register()
        if not number:
            return
        acts = [
            (self.clerk, "acknowledge", {"way": "sms", "text": "{}"}),
            (self.clerk, "attach", {}),
            (self.clerk, "communicate", {"way": "phone", "text": "{}"}),
            (self.clerk, "start_check", {}),
            (self.clerk, "accept", {"handover_reason": "{}", "promised_time": _soon(4)}),
            (DISPATCHER, "send_order", {
                "requirements": "{}", "handover_reason": "要测试", "deadline": _soon(3), "promised_time": _soon(4),
                "element-customer_number": "KD1", "element-pre_check_result": "离线", "element-speed_test": "3.1",
                "element-device_model": "HG", "element-available_time": "18:00 后",
            }),
            (HEAD, "appoint", {}),
        ]  # fmt: skip
        for login, action, values in acts[: self.chance.randint(1, len(acts))]:
            if not (yield from self.act(login, number, action, dict(values))):
                return

    def register(self) -> Iterator[None]:
        browser = self.browsers[self.clerk]
        page = self.open(browser, "/intake/new")
        nonce, with_file, now = _nonce(), self.chance.random() < 0.3, _now()
        typed = {
            **_hidden(page), "contact_phone": f"139{self.chance.randrange(10**8):08}", "customer_name": "欧阳静",
            "preferred_contact": "phone", "channel": "hotline", "received_at": now, "call_started_at": now,
            "call_length": "9:12", "address": "江州市城东区云栖路 18 号", "what": f"宽带每晚掉线 {nonce}", "who": "装维师傅",
            "where": "家中", "why": "线路不够", "demand": "彻底修复", "product_symptom": "光猫离线",
            "category": "net_broadband_slow", "severity": "general", "urgency": "medium", "impact": "low",
            "told_by": "", "ending": "save",
        }  # fmt: skip
        typed |= dict.fromkeys((f"read_back_{one}" for one in ("contact_phone", "what", "address", "demand")), "y")
        sent = Sent(self.clerk, "register", nonce, file=with_file)
        where = yield from self.send(browser, "/intake/new", typed, sent, "files" if with_file else "")
        sent.number = where.rpartition("/")[2]
        return sent.number

    def act(self, login: str, number: str, action: str, values: FIELDS) -> Iterator[None]:
        browser, path = self.browsers[login], f"/complaints/{number}/{action}"
        page = self.open(browser, path)
        has_words = action == "attach" or any("{}" in text for text in values.values())
        nonce = _nonce() if has_words else f"{number}/{action}"
        sent = Sent(login, action, nonce, number, file=action == "attach")
        typed = {**_hidden(page), **{name: text.format(sent.nonce) for name, text in values.items()}}
        if action == "send_order":
            typed["department"] = _choice(page, "department", "技术支持")
        if action == "appoint":
            typed["owner"] = _choice(page, "owner", "")
        return bool((yield from self.send(browser, path, typed, sent, "file" if sent.file else "")))

    def open(self, browser: Browser, path: str) -> str:
        """A form; whoever is not signed in does that first, and whoever is cut off asks again."""
        for _try in range(TRIES):
            try:
                if not browser.cookies:
                    browser.sign_in()
                status, page = browser.get(path)
            except CUT:
                self.wait()
                continue
            if status == 200:
                return page
            if status < 500:
                break
            self.wait()
        raise NoFormError(path)

    def wait(self) -> None:
        """A moment, and until there is power again."""
        if self.stopped.is_set():
            raise NoFormError
        time.sleep(0.05)
        self.power.wait()

    def send(self, browser: Browser, path: str, typed: FIELDS, sent: Sent, file_field: str) -> Iterator[None]:
        """Send a form and write down what came of it. Of those that were cut off, half are sent again as they are."""
        if file_field:
            content = f"file {sent.nonce}\n".encode() * self.chance.randint(1, 4000)
            body, kind = multipart(typed, file_field, f"{sent.nonce}.txt", content)
        else:
            body, kind = urlencode(typed).encode(), FORM
        self.journal.sent.append(sent)
        where = self.sent_once(browser, path, body, kind, sent)
        yield
        while sent.fate is Fate.OPEN and sent.repeated < 3 and self.chance.random() < 0.5:
            sent.repeated += 1
            self.power.wait()
            where = self.sent_once(browser, path, body, kind, sent)
            yield
        return where if sent.fate is Fate.DONE else ""

    def sent_once(self, browser: Browser, path: str, body: bytes, kind: str, sent: Sent) -> str:
        """A repeated form that is refused leaves open whether the first copy was done."""
        sent.out_at, sent.cut_at = 0.0, 0.0
        try:
            status, where = browser.post(path, body, kind)
        except CUT:
            sent.out_at, sent.cut_at = browser.out_at, time.monotonic()
            return ""
        sent.status = status
        if status >= 500:
            sent.out_at, sent.cut_at = browser.out_at, time.monotonic()
        if status == 302:
            sent.fate = Fate.DONE
        elif status < 500 and not sent.repeated:
            sent.fate = Fate.REFUSED
            self.journal.faults.append(f"{sent.action} {sent.number} was refused: {status}")
        return where


def _hidden(page: str) -> FIELDS:
    return {**dict(HIDDEN.findall(page)), "csrf_token": TOKEN.findall(page)[-1]}


def _choice(page: str, name: str, words: str) -> str:
    """The value of a choice by its words; the first where any will do."""
    select = re.search(rf'<select[^>]*name="{name}".*?</select>', page, re.DOTALL)
    assert select is not None, name
    return next(value for value, text in OPTION.findall(select[0]) if words in text)


def _nonce() -> str:
    return f"plug-{secrets.token_hex(6)}"


def _now() -> str:
    return datetime.now(SHANGHAI).strftime("%Y-%m-%dT%H:%M")


def _soon(days: int) -> str:
    return (datetime.now(SHANGHAI) + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M")
