"""What is told of draws and lots (R27): inspectors hear what they got, heads and leaders what came of a lot.

One message an inspector and draw, however many records; it names the plan and the date, never a record, so that it
gives nothing of a blind draw away.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from backoffice.models.office import Department
from backoffice.models.sampling import Draw, InspectionLot
from backoffice.queries import recipients
from backoffice.queries.rulebook import Rulebook
from backoffice.services.core.inspection_notices import LEADERS
from backoffice.services.core.places import Style
from backoffice.services.core.staff_messages import tell_staff
from backoffice.services.core.work import Work
from policies.vocabulary_inspection import LotSeverity

GIVEN, NOT_ACCEPTED, STOPPED = "inspections_given_notice", "lot_not_accepted_notice", "lot_stopped_notice"


def tell_inspectors(work: Work, draw: Draw, given: Mapping[int | None, int]) -> None:
    """Each inspector hears how many records of this draw are theirs to score, and until when."""
    for inspector, count in sorted((who, count) for who, count in given.items() if who is not None):

        def fill(language: str, count: int = count) -> Mapping[str, str]:
            style = _style(work, language)
            named = {"plan_name": style.name(draw.plan), "count": str(count), "due_time": style.moment(draw.due_at)}
            return {**_office(work, style), **named}

        tell_staff(work, GIVEN, [inspector], fill, key=f"draw:{draw.id}:{inspector}")


def tell_lots(work: Work, decided: Sequence[InspectionLot]) -> None:
    """The department's head and who leads the inspectors hear of a lot that is not accepted, or ends the sampling."""
    for lot in decided:
        stopped = lot.next_severity is LotSeverity.DISCONTINUED and lot.severity is not LotSeverity.DISCONTINUED
        if stopped or lot.accepted is False:
            _tell_lot(work, lot, STOPPED if stopped else NOT_ACCEPTED)


def _tell_lot(work: Work, lot: InspectionLot, template: str) -> None:
    department = work.session.get(Department, lot.department_id)

    def fill(language: str) -> Mapping[str, str]:
        style = _style(work, language)
        return {
            **_office(work, style),
            "department_name": style.name(department) if department else "",
            "plan_name": style.name(lot.draw.plan),
            "period": lot.draw.period_label,
            "count": str(lot.nonconforming or 0),
            "limit_count": str(lot.acceptance_number),
        }

    heads = recipients.head_of(work.session, lot.department_id)
    leaders = recipients.of_roles(work.session, LEADERS)
    tell_staff(work, template, {*heads, *leaders}, fill, key=f"lot:{lot.id}:{template}")


def _style(work: Work, language: str) -> Style:
    return Style(Rulebook(work.session), language)


def _office(work: Work, style: Style) -> Mapping[str, str]:
    office = Rulebook(work.session).office()
    return {"office_name": style.name(office), "service_phone": office.service_phone}
