"""What has been written down on a complaint so far, loaded once for the rules: entries, orders, talks,
calls, evidence.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, cached_property
from typing import Any

import sqlalchemy as sa

from backoffice.models.complaint import ClockRow, WorkOrder
from backoffice.models.extension import Extension
from backoffice.models.handling import Addition, Attachment, CallBack, Communication, Evidence, Measure, StepEntry
from backoffice.models.regrade import Dispute, RegradeProposal
from backoffice.models.script import ScriptWay
from backoffice.models.teamwork import CorrectiveAction, FollowUp, PlanReviewer, Statement
from backoffice.queries.rulebook import Rulebook
from backoffice.services.core.case import Case
from policies.vocabulary import DisputeState, ProposalState

SELDOM: tuple[Any, ...] = (
    Addition, Attachment, CallBack, CorrectiveAction, Dispute, Evidence, Extension, FollowUp, Measure, PlanReviewer,
    RegradeProposal, ScriptWay, Statement,
)  # fmt: skip
"""What most complaints have nothing of, or not yet."""
_PROBE = sa.select(*(sa.exists().where(model.complaint_id == sa.bindparam("of")) for model in SELDOM))


@cache
def _belonging(model: Any, order: tuple[Any, ...]) -> sa.Select[Any]:
    """The rows of a complaint in their order; every page of one asks a dozen such, hence each is made once."""
    return sa.select(model).where(model.complaint_id == sa.bindparam("of")).order_by(*order, model.id)


class Holdings:
    """Rows that belong to one complaint, oldest first, each kind loaded when it is first asked for.

    ``only_shown``: for a page, through which nothing comes to be; of which kinds there is nothing is then asked in one
    statement, instead of one for each of the many kinds that most complaints have nothing of.
    """

    def __init__(self, case: Case, *, only_shown: bool = False) -> None:
        self.case = case
        self._only_shown = only_shown

    @cached_property
    def rules(self) -> Rulebook:
        """The office's rules, read once for everything that is asked of this complaint."""
        return Rulebook(self.case.work.session)

    def _rows(self, model: Any, *order: Any) -> Sequence[Any]:
        if self._only_shown and model in SELDOM and model not in self._there:
            return []
        return list(self.case.work.session.scalars(_belonging(model, order), {"of": self.case.complaint.id}))

    @cached_property
    def _there(self) -> frozenset[Any]:
        """Of which of the seldom kinds there is anything."""
        found = self.case.work.session.execute(_PROBE, {"of": self.case.complaint.id}).one()
        return frozenset(model for model, there in zip(SELDOM, found, strict=True) if there)

    @cached_property
    def orders(self) -> Sequence[WorkOrder]:
        return self._rows(WorkOrder)

    @cached_property
    def entries(self) -> Sequence[StepEntry]:
        return self._rows(StepEntry)

    @cached_property
    def values(self) -> list[dict[str, Any]]:
        """The opened values of each entry, in the order of ``entries``."""
        return [dict(self.case.seal.open_json(entry.sealed, "entry") or {}) for entry in self.entries]

    @cached_property
    def measures(self) -> Sequence[Measure]:
        return [row for row in self._rows(Measure) if not row.dropped]

    @cached_property
    def communications(self) -> Sequence[Communication]:
        return self._rows(Communication, Communication.at)

    @cached_property
    def call_backs(self) -> Sequence[CallBack]:
        return self._rows(CallBack, CallBack.at)

    @cached_property
    def evidence(self) -> Sequence[Evidence]:
        return self._rows(Evidence)

    @cached_property
    def attachments(self) -> Sequence[Attachment]:
        return self._rows(Attachment)

    @cached_property
    def additions(self) -> Sequence[Addition]:
        return self._rows(Addition)

    @cached_property
    def clocks(self) -> Sequence[ClockRow]:
        return self._rows(ClockRow)

    @cached_property
    def disputes(self) -> Sequence[Dispute]:
        return self._rows(Dispute) if self.orders else []

    @cached_property
    def script_ways(self) -> Sequence[ScriptWay]:
        return self._rows(ScriptWay)

    @property
    def dispute(self) -> Dispute | None:
        """The dispute that waits for its decision."""
        return next((one for one in self.disputes if one.state is DisputeState.OPEN), None)

    @cached_property
    def extensions(self) -> Sequence[Extension]:
        return self._rows(Extension)

    @cached_property
    def proposals(self) -> Sequence[RegradeProposal]:
        return self._rows(RegradeProposal)

    @property
    def proposal(self) -> RegradeProposal | None:
        """The proposal to regrade that waits for its approval."""
        return next((one for one in self.proposals if one.state is ProposalState.OPEN), None)

    @cached_property
    def reviewers(self) -> Sequence[PlanReviewer]:
        """Reviewers of every plan so far."""
        return self._rows(PlanReviewer)

    @cached_property
    def statements(self) -> Sequence[Statement]:
        return self._rows(Statement)

    @cached_property
    def corrective_actions(self) -> Sequence[CorrectiveAction]:
        return self._rows(CorrectiveAction)

    @cached_property
    def follow_up(self) -> FollowUp | None:
        return next(iter(self._rows(FollowUp)), None)

    @property
    def order(self) -> WorkOrder | None:
        """The order that binds now: the newest that was not ended."""
        return next((order for order in reversed(self.orders) if order.status.is_current), None)

    def latest(self, *actions: str) -> tuple[StepEntry, dict[str, Any]] | None:
        """The newest entry of one of these actions with its values."""
        for entry, values in zip(reversed(self.entries), reversed(self.values), strict=True):
            if entry.action in actions:
                return entry, values
        return None

    def value(self, field: str) -> Any:
        """The newest value that was entered for a field, whatever the step; None where there is none."""
        return next((values[field] for values in reversed(self.values) if values.get(field) not in (None, "")), None)
