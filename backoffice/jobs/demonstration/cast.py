"""Who plays which part in the demonstration: the sample staff by what they do and where, as actors of the
access table.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.models.office import Department, Role, Staff, StaffRole
from backoffice.queries.actor import load_actor
from policies.access import Actor


class Cast:
    """The sample staff by code, role and department; actors are loaded once."""

    def __init__(self, session: Session) -> None:
        rows = session.execute(
            sa.select(Staff.id, Staff.code, Department.code.label("department"), Role.code.label("role"))
            .join(Department, Department.id == Staff.department_id)
            .join(StaffRole, StaffRole.staff_id == Staff.id)
            .join(Role, Role.id == StaffRole.role_id)
            .order_by(Staff.code)
        )
        self._by_role: dict[tuple[str, str | None], list[str]] = {}
        self.ids: dict[str, int] = {}
        for row in rows:
            self.ids[row.code] = row.id
            for place in (row.department, None):
                self._by_role.setdefault((row.role, place), []).append(row.code)
        self._actors: dict[str, Actor] = {}
        self._session = session
        self.departments = {code: key for key, code in session.execute(sa.select(Department.id, Department.code))}

    def with_role(self, role: str, department: str | None = None) -> list[str]:
        """Codes of those who hold a role, in a department or anywhere."""
        return self._by_role.get((role, department), [])

    def actor(self, code: str) -> Actor:
        """One of them as the access table knows them."""
        if code not in self._actors:
            found = load_actor(self._session, self.ids[code])
            if found is None:
                raise LookupError(code)
            self._actors[code] = found
        return self._actors[code]
