"""R12: who leaves hands over first what is open."""

import pytest

from backoffice.errors import DomainError
from backoffice.models.complaint import WorkOrder
from backoffice.models.office import Department, Staff
from backoffice.services import staff
from policies.vocabulary import OrderStatus
from tests.support import scenes
from tests.support.offices import actor_of, said, the


def test_R12_nobody_is_retired_who_still_owns_open_orders_and_they_are_named(office_database, at):
    with office_database.writing() as session:
        person, department = the(session, Staff, "S014"), the(session, Department, "network")
        complaint = scenes.complaint(session, "TS20261123-0001", at)
        complaint.owner_id = person.id
        for number, status in enumerate((OrderStatus.APPOINTED, OrderStatus.COMPLETED)):
            order = WorkOrder(
                number=f"GD20261123-{number:04}",
                complaint_id=complaint.id,
                department_id=department.id,
                owner_id=person.id,
                status=status,
                sent_at=at,
            )
            session.add(order)
        session.flush()
        with pytest.raises(DomainError) as error:
            staff.retire(session, actor_of(session), at, person.id, "moved away")
        assert said(error) == [(None, "staff_has_orders")]
        numbers = error.value.refusals[0].params["numbers"]
        assert [name.zh for name in numbers] == ["GD20261123-0000"]
        assert person.retired_at is None
