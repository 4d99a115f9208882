"""An important or a major complaint played through the services, by the people whose work it is, step by step."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from backoffice.models.handling import Measure
from backoffice.models.teamwork import Statement
from policies.vocabulary import ContactWay, Fault, Level, Severity
from policies.vocabulary_teamwork import PlanVote, StatementKind
from tests.support.played import Play

EXPERT = {"name": "外聘甲", "organisation": "江州理工学院", "field": "网络规划"}
PUT_RIGHT = {
    "title": "修订断网通报规则", "type": "rule_change", "root_cause": "通报没有时限", "expected_effect": "15 分钟内发布通报",
}  # fmt: skip


class Grave(Play):
    """Acts on one important or major complaint. Network has the order: S012 is its head, S013 its handler."""

    severity = Severity.IMPORTANT

    def begin(self, **more: Any) -> None:
        """Registered by S005, checked, accepted; a major one with its emergency response."""
        self.severity = more.pop("severity", Severity.IMPORTANT)
        texts = {"severity_reason": "多户断网", **more.pop("texts", {})}
        self.register(severity=self.severity, urgency=Level.HIGH, impact=Level.HIGH, texts=texts, **more)
        self.act("S005", "acknowledge", way=ContactWay.PHONE, text="已受理")
        self.act("S005", "start_check")
        if self.severity is Severity.MAJOR:
            self.act("S002", "communicate", way=ContactWay.PHONE, text="致电客户")
            self.act("S002", "respond", containment_measures="启动备用路由")
        self.act("S005", "accept")

    def team(self, leader: str = "S003", members: tuple[str, ...] = ("S013", "S021"), **more: Any) -> None:
        who = "S002" if self.severity is Severity.MAJOR else "S003"
        self.act(
            who, "set_up_team", task_force_leader=self.staff(leader), task_force_members=[self.staff(one) for one in members],
            **{"experts": [EXPERT], **more},
        )  # fmt: skip

    def order(self) -> None:
        elements = dict.fromkeys(
            ("customer_number", "pre_check_result", "speed_test", "device_model", "available_time"), "x1"
        )
        self.act(
            "S008", "send_order", department=self.department("network"), requirements="查清断网原因", elements=elements,
            handover_reason="网络侧", deadline=self.at + timedelta(days=4), promised_time=self.at + timedelta(days=5),
        )  # fmt: skip
        self.act("S012", "appoint", owner=self.staff("S013"))

    def facts(self) -> None:
        if self.severity is Severity.IMPORTANT:
            self.act("S013", "respond_first", way=ContactWay.PHONE, text="说明进展")
        else:
            self.evidence("system_record")
            self.act("S013", "communicate", way=ContactWay.PHONE, text="业务恢复")
            self.act("S013", "contain", contained_at=self.at + timedelta(minutes=30))
        self.evidence("system_record", "department_opinion", "staff_statement")
        if self.severity is Severity.MAJOR:
            self.evidence("expert_opinion")
            self.act("S013", "communicate", way=ContactWay.PHONE, text="说明调查进展")
        self.act(
            "S013", "submit_facts", facts="主备光缆同路由", root_cause="路由规划缺陷", cause_code="network_fault",
            fault=Fault.OUR_FAULT, responsible_party="网络部",
        )  # fmt: skip

    def evidence(self, *kinds: str, code: str = "S013") -> None:
        for kind in kinds:
            self.act(code, "record_evidence", evidence_type=kind, text=f"{kind} 一份")

    def plan(self, text: str = "改造双路由", amount: str = "300", **more: Any) -> None:
        values = {"communication_needed": True} if self.severity is Severity.MAJOR else {}
        self.act(
            "S013", "submit_plan", root_cause="路由规划缺陷", measures=[{"text": text, "amount": amount}],
            owner=self.staff("S013"), expected_completion=self.at + timedelta(days=2), alternatives="租用他网；未采用",
            compensation_amount=Decimal(amount), improvements="光缆改造须双路由验收", **{**values, **more},
        )  # fmt: skip

    def review(self, *votes: tuple[str, PlanVote]) -> None:
        """The named reviewers vote; two agree unless it is said otherwise."""
        votes = votes or (("S015", PlanVote.AGREE), ("S021", PlanVote.AGREE_WITH_CHANGES))
        self.act("S003", "name_reviewers", reviewers=[self.staff(code) for code, _ in votes])
        for code, vote in votes:
            self.act(code, "vote_on_plan", vote=vote, text=f"{code} 的意见")

    def pass_review(self) -> None:
        self.review()
        self.evidence("review_minutes", code="S003")
        self.act("S003", "pass_review", review_conclusion="通过，补充验收标准")

    def approve(self) -> None:
        if self.severity is Severity.IMPORTANT:
            self.act(
                "S002", "coordinate", coordination_needed=True, coordination_decisions="网络部与信息技术部联合割接"
            )
        self.act("S001", "approve", approval_opinion_text="同意，尽快实施")

    def report(self) -> None:
        self.act("S003", "submit_report", text="调查已完成，方案待实施")

    def measures(self) -> None:
        with self.database.reading() as session:
            mine = sa.select(Measure.id).where(Measure.complaint_id == self.complaint_id)
            rows = list(session.scalars(mine.where(Measure.done_at.is_(None), Measure.dropped.is_(False))))
        for row in rows:
            self.act("S013", "tick_measure", measure=str(row), result="已割接")
        self.act("S013", "communicate", way=ContactWay.PHONE, text="告知措施完成")
        self.act("S013", "complete_measures", measure_results="双路由开通，测试正常")

    def speak(self, kind: StatementKind = StatementKind.MEDIA, **more: Any) -> None:
        """A statement drafted by S028, approved by S001, published."""
        self.act(
            "S028", "draft_statement", statement_kind=kind, addressee="本地媒体", text="通信已恢复，深表歉意", **more
        )
        self.act("S001", "approve_statement", statement=self.newest_statement())
        self.act("S028", "publish_statement", statement=self.newest_statement(), publication_way="官方网站")

    def newest_statement(self) -> str:
        with self.database.reading() as session:
            ids = sa.select(Statement.id).where(Statement.complaint_id == self.complaint_id)
            return str(session.scalars(ids.order_by(Statement.id.desc()).limit(1)).one())

    def result(self) -> None:
        self.act("S001", "apologise", way=ContactWay.VISIT, text="当面致歉")
        self.act("S001", "tell_result", result_channel=ContactWay.VISIT, customer_opinion="接受", apologised=True)

    def call(self) -> None:
        self.act(
            "S011", "confirm_satisfied", callback_method=ContactWay.PHONE, resolved_flag=True, satisfaction=5,
            customer_opinion="满意",
        )  # fmt: skip

    def post_review(self) -> None:
        self.evidence("post_review_minutes", code="S003")
        row = {**PUT_RIGHT, "owner": self.staff("S012")}
        self.act("S024", "finish_review", improvements="通报规则与电池更换", corrective_actions=[row])

    def to_review(self, **more: Any) -> None:
        """Up to the review of the plan."""
        self.begin(**more)
        self.team()
        self.order()
        self.facts()
        self.plan()

    def to_close(self, **more: Any) -> None:
        """Up to the closing: called back and satisfied."""
        self.to_review(**more)
        self.pass_review()
        self.approve()
        self.report()
        self.measures()
        if self.severity is Severity.MAJOR:
            self.speak()
        self.result()
        self.call()

    def archive(self) -> None:
        if self.severity is Severity.MAJOR:
            self.post_review()
        self.act("S028", "archive", lesson="光缆必须双路由")
