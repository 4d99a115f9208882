"""A general complaint played through the services, for tests that need one with everything in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.database import Database
from backoffice.integrations.files import Upload
from backoffice.keys import Keys
from backoffice.models.office import Department, Staff
from backoffice.queries.actor import load_actor
from backoffice.services.core.work import Work
from backoffice.services.handling import act
from backoffice.services.intake import Registration, register
from policies.vocabulary import ContactWay, Fault, Level, Severity

RECEIVED = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)  # Monday 10:00 in Shanghai
RECORDING = b"the customer: it drops every evening\n"
TEXTS = {
    "customer_name": "周㛃敏",
    "contact_phone": "13900004172",
    "address": "浙江省杭州市西湖区文三路 18 号 3 栋 1102 室",
    "email": "zhou@example.com",
    "what": "宽带每晚 19:30 起掉线，周㛃敏本人电话 13900004172",
    "who": "装维师傅",
    "where": "家中",
    "why": "客户认为线路不够",
    "demand": "彻底修复",
    "product": "全家享 300M",
    "product_symptom": "光猫 HG-6145F 频繁离线",
    "severity_reason": "",
}


@dataclass
class Play:
    """Acts on one complaint, an hour between two acts, each by the person whose role it is."""

    database: Database
    keys: Keys
    files: Path
    at: datetime = RECEIVED
    complaint_id: int = 0
    number: str = ""

    def work(self, session: Session, code: str) -> Work:
        staff_id = session.scalars(sa.select(Staff.id).where(Staff.code == code)).one()
        actor = load_actor(session, staff_id)
        assert actor is not None
        return Work(session, self.keys, actor, self.at, self.at, self.files, "192.0.2.7")

    def register(self, code: str = "S005", **more: Any) -> None:
        texts = {**TEXTS, **more.pop("texts", {})}
        registration = Registration(
            **{
                "channel": "hotline",
                "category": "net_broadband_slow",
                "severity": Severity.GENERAL,
                "urgency": Level.MEDIUM,
                "impact": Level.LOW,
                "received_at": self.at,
                "texts": texts,
                "preferred_contact": ContactWay.PHONE,
                "call_started_at": self.at,
                "call_seconds": 552,
                "occurred_at": self.at - timedelta(days=1),
                "read_back": frozenset({"customer_name", "contact_phone", "address", "what", "demand"}),
                "elements": {},
                "uploads": (Upload("周㛃敏来电录音.txt", RECORDING, "text/plain"),),
                **more,
            }
        )
        with self.database.writing() as session:
            case = register(self.work(session, code), registration)
            self.complaint_id, self.number = case.complaint.id, case.complaint.number

    def act(self, code: str, action: str, **values: Any) -> None:
        self.at += timedelta(minutes=40)
        with self.database.writing() as session:
            act(self.work(session, code), self.complaint_id, action, values)

    def staff(self, code: str) -> int:
        with self.database.reading() as session:
            return session.scalars(sa.select(Staff.id).where(Staff.code == code)).one()

    def department(self, code: str) -> int:
        with self.database.reading() as session:
            return session.scalars(sa.select(Department.id).where(Department.code == code)).one()

    def dispatch(self) -> None:
        """Accepted, acknowledged, sent to technical support, given to its handler S016."""
        self.send()
        self.act("S015", "appoint", owner=self.staff("S016"))

    def send(self) -> None:
        """Accepted, acknowledged, sent to technical support (head S015)."""
        self.act("S005", "acknowledge", way=ContactWay.PHONE, text="已受理，联系人段维")
        self.act("S005", "start_check")
        self.act("S005", "accept", handover_reason="需上门测试", promised_time=self.at + timedelta(days=5))
        elements = {
            "customer_number": "KD13900004172",
            "pre_check_result": "近 7 日离线 41 次",
            "speed_test": "3.1 Mbps",
            "device_model": "HG-6145F",
            "available_time": "18:00 以后",
        }
        self.act(
            "S008",
            "send_order",
            department=self.department("technical_support"),
            requirements="查清晚高峰掉线原因",
            deadline=self.at + timedelta(days=4),
            handover_reason="需上门测试",
            promised_time=self.at + timedelta(days=5),
            elements=elements,
        )

    def handle(self, amount: str = "178.00") -> None:
        """Investigated, a first plan returned, the second approved, carried out, the result told."""
        self.act("S016", "respond_first", way=ContactWay.PHONE, text="约定今晚上门，周㛃敏在家")
        self.act("S016", "record_evidence", evidence_type="system_record", text="OLT-07 上联口流量 97%")
        found = {
            "facts": "属实，晚高峰丢包 6.8%–11.2%",
            "root_cause": "上联 2×10GE 拥塞",
            "cause_code": "network_capacity",
            "fault": Fault.OUR_FAULT,
            "responsible_party": "技术支撑部：扩容计划延后",
        }
        self.act("S016", "submit_facts", **found)
        self.plan("割接分流")
        self.act("S015", "return_plan", approval_opinion_text="缺扩容安排，补后再报")
        self.plan("割接 64 户分流并扩容", amount)
        self.act("S015", "approve", approval_opinion_text="分流先行，扩容不得再延")
        with self.database.reading() as session:
            statement = "SELECT id FROM measure WHERE complaint_id = :id AND done_at IS NULL AND NOT dropped"
            measures = list(session.scalars(sa.text(statement), {"id": self.complaint_id}))
        for measure in measures:
            self.act("S016", "tick_measure", measure=str(measure), result="峰值降至 46%")
        self.act("S016", "communicate", way=ContactWay.PHONE, text="告知已分流，请客户晚间留意")
        self.act("S016", "complete_measures", measure_results="已割接并扩容，晚高峰丢包 0.1%")
        self.act(
            "S016",
            "tell_result",
            result_told_at=self.at + timedelta(minutes=40),
            result_channel=ContactWay.PHONE,
            customer_opinion="接受",
            apologised=True,
        )

    def plan(self, text: str, amount: str = "0") -> None:
        self.act(
            "S016",
            "submit_plan",
            root_cause="上联 2×10GE 拥塞",
            measures=[{"text": text, "owner": self.staff("S016"), "amount": amount}],
            owner=self.staff("S016"),
            expected_completion=self.at + timedelta(days=2),
            alternatives="提速至 500M；未采用",
            compensation_amount=Decimal(amount),
            improvements="割接须与上联扩容同批验收",
        )

    def close(self) -> None:
        """Called back by S011, satisfied; archived by S028."""
        self.act(
            "S011",
            "confirm_satisfied",
            callback_method=ContactWay.PHONE,
            resolved_flag=True,
            satisfaction=5,
            customer_opinion="晚上不掉了",
        )
        self.act(
            "S028", "archive", lesson="三户以上掉线先查上联，不先换光猫", no_corrective_reason="同片割接验收已在整改"
        )

    def whole_life(self) -> None:
        self.register()
        self.dispatch()
        self.handle()
        self.close()
