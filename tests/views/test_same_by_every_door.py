"""R1: once registered, a complaint does not show by which door it came: the same told by each is the same in every row.

``DOORS`` is the table: a door, the channel by which it comes, and how it brings ``TOLD``. A further door is a further
row; what it brings is compared with the same complaint typed at the console into an office of its own.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from backoffice.models.arrival import ArrivedDraft
from backoffice.models.complaint import BlindIndex, ClockRow, Complaint, ComplaintDepartment, ComplaintPerson
from backoffice.models.configuration import Channel, Setting
from backoffice.models.handling import Attachment
from backoffice.models.history import Event
from backoffice.models.office import Staff
from backoffice.models.work import Outbox
from backoffice.sealing import CaseSeal
from backoffice.services import api_tokens, incoming_mail
from backoffice.services.core.work import Work
from backoffice.services.incoming_mail import Came
from policies.access import SYSTEM
from policies.incoming_mail import MailWay
from policies.public_pages import PublicPages, as_data
from tests.support.api import Caller, token_of
from tests.support.databases import with_default_office
from tests.support.forms import SAME_ORIGIN
from tests.support.live import give_passwords
from tests.support.mails import letter
from tests.support.page_forms import forms_of, tree_of
from views.app import create_app
from views.language import say

CLERK = "S005"
MANAGER = "S003"  # registers, and takes over what comes to the dispatch desk
OFFICE = ZoneInfo("Asia/Shanghai")
PHOTO = ("光猫.txt", "LOS 红灯\n".encode())
TOLD: dict[str, Any] = {
    "category": "net_broadband_slow",
    "severity": "general",
    "urgency": "high",
    "impact": "medium",
    "received_at": "2026-11-23T09:30:00+08:00",
    "contact_phone": "13900004172",
    "customer_name": "欧阳静",
    "preferred_contact": "email",
    "email": "ouyang@example.com",
    "address": "江州市城东区云栖路 18 号",
    "what": "宽带每晚 19:30 起掉线，\n我是欧阳静，电话 13900004172",
    "who": "装维师傅",
    "where": "家中",
    "why": "线路不够",
    "demand": "彻底修复",
    "product": "全家享 300M",
    "product_symptom": "光猫离线",
    "symptom": "wired_slow",
    "summary": "晚间掉线",
    "occurred_at": "2026-11-20T19:30:00+08:00",
    "bought_on": "2025-03-01",
    "confidential": True,
    "external_number": "WX-77",
}
ASKED_OF_CUSTOMERS = (
    "category", "what", "customer_name", "contact_phone", "preferred_contact", "email", "address", "demand",
)  # fmt: skip
MOMENTS = ("received_at", "occurred_at")
APART = {"id", "source", "source_key", "submission", "sealed_key", "sealed_brief", "sealed_record"}
"""What belongs to the door; what is sealed is compared opened."""


@dataclass
class Desk:
    """An office of its own, with a browser and a program."""

    app: Any
    database: Any
    staff_id: int
    epoch: int

    def browser(self) -> Any:
        found, at = self.app.test_client(), int(self.app.extensions["desk"].clock.now().timestamp())
        with found.session_transaction() as cookie:
            cookie["staff"] = {"id": self.staff_id, "epoch": self.epoch, "began": at, "seen": at, "keep": False}
        return found

    def program(self) -> Caller:
        return Caller(self.app, token_of(self.app, CLERK))


def typed(told: dict[str, Any]) -> dict[str, Any]:
    """What is told as a clerk types it."""
    found = {code: value for code, value in told.items() if value is not None and code != "confidential"}
    found |= {code: told[code][:16] for code in MOMENTS}
    return found | ({"confidential": "y"} if told["confidential"] else {})


def sent(browser: Any, page_address: str, **changed: Any) -> Any:
    """The form of a page as it stands there, with what is changed, sent."""
    page = browser.get(page_address)
    assert page.status_code == 200, page.get_data(as_text=True)
    form = next(one for one in forms_of(tree_of(page.get_data(as_text=True)), page_address) if one.has_file)
    data = {control.name: control.values[0] for control in form.controls if control.values}
    return browser.post(form.action, data={**data, "ending": "save", **changed}, headers=SAME_ORIGIN)


def by_the_console(desk: Desk, channel: str) -> None:
    browser = desk.browser()
    files = (BytesIO(PHOTO[1]), PHOTO[0])
    fields = {"call_started_at": "", "call_length": "", **typed(TOLD), "channel": channel, "files": files}
    answer = sent(browser, "/intake/new", **fields)
    assert answer.status_code == 302, answer.get_data(as_text=True)


def body(channel: str) -> dict[str, Any]:
    return {**TOLD, "channel": channel, "files": [{"name": PHOTO[0], "content": b64encode(PHOTO[1]).decode()}]}


def by_the_api(desk: Desk, channel: str) -> None:
    answer = desk.program().post("/complaints", body(channel))
    assert answer.status_code == 201, answer.text


def by_the_api_as_a_draft(desk: Desk, channel: str) -> None:
    answer = desk.program().post("/complaints", body(channel))
    assert answer.status_code == 202, answer.text
    complete(desk, answer.json["draft"])


def by_e_mail(desk: Desk, channel: str) -> None:
    raw = letter(TOLD["summary"], TOLD["what"], f"{TOLD['customer_name']} <{TOLD['email']}>", files=(PHOTO,))
    held, received = desk.app.extensions["desk"], datetime.fromisoformat(TOLD["received_at"])
    with desk.database.writing() as session:
        work = Work(session, held.keys, SYSTEM, held.clock.now(), held.clock.now())
        incoming_mail.take_in(work, Came(raw, MailWay.DELIVERED, received), say)
    complete(desk, only_draft(desk), channel, **typed(TOLD))


def by_the_public_form(desk: Desk, channel: str) -> None:
    with desk.database.writing() as session:
        session.execute(sa.update(Channel).where(Channel.code == channel).values(as_draft=True))
    by_its_customer(desk, channel)
    complete(desk, only_draft(desk), channel, **typed(TOLD))


def by_its_customer(desk: Desk, _channel: str) -> None:
    """Sent by the public form, and registered with nobody of the office in between."""
    clock, customer = desk.app.extensions["desk"].clock, desk.app.test_client()
    with desk.database.writing() as session:
        session.add(Setting(key="public_pages", value=as_data(PublicPages(form=True))))
    page_address = "/public/zh/complaint"
    clock.at -= timedelta(minutes=1)
    page = customer.get(page_address).get_data(as_text=True)
    clock.at += timedelta(minutes=1)
    form = next(one for one in forms_of(tree_of(page), page_address) if one.has_file)
    data = {control.name: control.values[0] for control in form.controls if control.values}
    data |= {code: TOLD[code] for code in ASKED_OF_CUSTOMERS} | {"consent": "y", "files": (BytesIO(PHOTO[1]), PHOTO[0])}
    answer = customer.post(form.action, data=data, headers=SAME_ORIGIN)
    assert answer.status_code == 303, answer.get_data(as_text=True)


def only_draft(desk: Desk) -> int:
    with desk.database.reading() as session:
        return int(session.scalars(sa.select(ArrivedDraft.id)).one())


def complete(desk: Desk, draft: int, channel: str = "", **asked: Any) -> None:
    """A clerk opens the draft, asks the customer for what is missing, and saves it."""
    changed = {"channel": channel, **asked} if channel else {}
    answer = sent(desk.browser(), f"/intake/drafts/{draft}", **changed)
    assert answer.status_code == 302, answer.get_data(as_text=True)


@dataclass(frozen=True)
class Door:
    name: str
    channel: str
    bring: Callable[[Desk, str], None]
    clerk: str = CLERK


DOORS = (
    Door("api", "mobile_app", by_the_api),
    Door("api, completed by a clerk", "wechat", by_the_api_as_a_draft),
    Door("e-mail, completed by a clerk", "email", by_e_mail, MANAGER),
    Door("public form, completed by a clerk", "website", by_the_public_form),
)


@pytest.fixture
def desk_of(templates, tmp_path, clock) -> Callable[[str, str], Any]:
    @contextmanager
    def made(name: str, clerk: str) -> Iterator[Desk]:
        folder = tmp_path / name
        folder.mkdir()
        with templates.copy("sqlite", with_default_office, folder) as database:
            give_passwords(database)
            config = {"DATA_DIR": str(folder / "desk"), "DATABASE_URL": database.url, "CLOCK": clock, "TESTING": True}
            app = create_app(config)
            app.config["PROPAGATE_EXCEPTIONS"] = False
            with database.reading() as session:
                person = session.scalars(sa.select(Staff).where(Staff.code == clerk)).one()
            yield Desk(app, database, person.id, person.session_epoch)
            app.extensions["desk"].database.dispose()

    return made


def rows(session: Any, model: Any, *apart: str) -> list[dict[str, Any]]:
    names = [column.key for column in sa.inspect(model).columns if column.key not in {"id", *apart}]
    found = [{name: getattr(row, name) for name in names} for row in session.scalars(sa.select(model))]
    return sorted(found, key=repr)


def everything(desk: Desk) -> dict[str, Any]:
    """All that the office knows of its one complaint, the door left out."""
    keys = desk.app.extensions["desk"].keys
    with desk.database.reading() as session:
        made = session.scalars(sa.select(Complaint)).one()
        seal = CaseSeal(keys, made.sealed_key, made.number)
        events = []
        for row in session.scalars(sa.select(Event).order_by(Event.sequence)):
            said = json.loads(row.body)
            private = seal.open_json(b64decode(said.pop("sealed")), f"event:{row.sequence}")
            private.pop("original", None)  # what was told before a clerk completed it
            said["facts"].pop("source")
            said["facts"].pop("token", None)
            said.pop("address")
            events.append((row.action, said, private))
        return {
            "complaint": rows(session, Complaint, *APART),
            "brief": seal.open_json(made.sealed_brief, "brief"),
            "record": seal.open_json(made.sealed_record, "record"),
            "events": events,
            "clocks": rows(session, ClockRow),
            "people": rows(session, ComplaintPerson),
            "departments": rows(session, ComplaintDepartment),
            "files": rows(session, Attachment, "sealed_name"),
            "file names": [bytes(seal.open(row.sealed_name, f"file-name:{row.sha256}")).decode()
                           for row in session.scalars(sa.select(Attachment))],
            "digests": sorted(row.kind for row in session.scalars(sa.select(BlindIndex))),
            "messages": [row for row in rows(session, Outbox, "sealed") if row["template"] != api_tokens.SUBJECT],
        }  # fmt: skip


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.name)
def test_R1_the_same_complaint_is_the_same_by_every_door(desk_of, door):
    with desk_of("console", door.clerk) as console, desk_of("door", door.clerk) as other:
        by_the_console(console, door.channel)
        door.bring(other, door.channel)
        expected, found = everything(console), everything(other)
    for part, content in expected.items():
        assert found[part] == content, part
    assert expected["events"]
    assert expected["clocks"]
    assert expected["files"]


def test_R1_what_its_customer_sends_directly_is_the_same_but_for_the_clerk(desk_of):
    with desk_of("console", CLERK) as console, desk_of("door", CLERK) as other:
        at = console.app.extensions["desk"].clock.now().astimezone(OFFICE).strftime("%Y-%m-%dT%H:%M")
        files = (BytesIO(PHOTO[1]), PHOTO[0])
        fields = {code: TOLD[code] for code in ASKED_OF_CUSTOMERS}
        fields |= {"severity": "general", "urgency": "medium", "impact": "low"}  # as the category's graded by itself
        fields |= {"call_started_at": "", "call_length": "", "received_at": at, "channel": "website", "files": files}
        answer = sent(console.browser(), "/intake/new", **fields)
        assert answer.status_code == 302, answer.get_data(as_text=True)
        by_its_customer(other, "website")
        expected, found = everything(console), everything(other)
    assert (len(expected.pop("people")), found.pop("people")) == (1, [])
    for name in ("complaint", "files"):
        for of_a_clerk in ("registered_by_id", "registered_department_id", "by_id"):
            assert found[name][0].pop(of_a_clerk, None) is None
            expected[name][0].pop(of_a_clerk, None)
    for events in (expected["events"], found["events"]):
        (_action, said, _private) = events[0]
        del said["actor"], said["actor_code"]
    for part, content in expected.items():
        assert found[part] == content, part
