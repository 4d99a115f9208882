"""Who hears of an appeal (R29): whoever is to decide it; the appellant, the inspector and the inspected of the
decision; the quality managers when it is overdue.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from backoffice.models.inspection import InspectionAppeal
from backoffice.queries import recipients
from backoffice.services.core.appeals import Appealing
from backoffice.services.core.places import Style, places
from backoffice.services.core.staff_messages import Places, tell_staff

MANAGER = "quality_manager"


def tell_decider(one: Appealing, appeal: InspectionAppeal) -> None:
    """The one whose turn it is; where nobody may decide, the quality managers, who must see that somebody can."""
    people = _managers(one) if appeal.decider_id is None else [appeal.decider_id]
    _tell(one, appeal, "appeal_to_decide_notice", people, "lodged")


def tell_decided(one: Appealing, appeal: InspectionAppeal) -> None:
    """The appellant; and the inspector and the inspected, whose score it is, in other words."""
    _tell(one, appeal, "appeal_notice", [appeal.by_id], "decided")
    others = {one.inspection.inspector_id, one.inspection.subject_id} - {appeal.by_id, None}
    _tell(one, appeal, "appeal_result_notice", [other for other in others if other is not None], "decided")


def tell_overdue(one: Appealing, appeal: InspectionAppeal) -> None:
    """The quality managers, once."""
    _tell(one, appeal, "appeal_overdue_notice", _managers(one), "overdue")


def _tell(one: Appealing, appeal: InspectionAppeal, template: str, people: Collection[int], occasion: str) -> None:
    key = f"appeal:{appeal.id}:{occasion}"
    tell_staff(one.of.work, template, people, _places(one, appeal), case=one.of.case, key=key)


def _managers(one: Appealing) -> Collection[int]:
    return recipients.of_roles(one.of.work.session, [MANAGER])


def _places(one: Appealing, appeal: InspectionAppeal) -> Places:
    def fill(language: str) -> Mapping[str, str]:
        style = Style(one.of.rules, language)
        names = (one.of.rules.document("scorecards") or {}).get("appeal_results", ())
        result = next((row["name"][style.short] for row in names if row["code"] == appeal.result), "")
        score = appeal.old_score if appeal.new_score is None else appeal.new_score
        return {
            **places(one.of.case, {}, language),
            "due_time": style.moment(appeal.decide_due_at),
            "result_text": str(result),
            "score": f"{score:.2f}",
        }

    return fill
