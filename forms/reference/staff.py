"""A member of staff, their roles, and a role's grants (R39)."""

from __future__ import annotations

from typing import Any

from wtforms import Form

from backoffice.services.role import RoleFacts
from backoffice.services.staff import StaffFacts
from forms.reference import fields
from policies.access import Permission, Scope
from policies.gateways import LONGEST_ADDRESS, LONGEST_PHONE
from policies.message import Message
from policies.reference import LONGEST_CODE, LONGEST_NAME, LONGEST_NOTE
from policies.vocabulary import label_key

LONGEST_STAFF_CODE = 32
LONGEST_LOGIN = 64


class StaffForm(Form):
    """What an administrator says of a person."""

    code = fields.line(
        "reference.field.staff_code", LONGEST_STAFF_CODE, required=True, help_key="reference.help.staff_code"
    )
    login = fields.line(
        "reference.field.login", LONGEST_LOGIN, required=True, help_key="reference.help.login", autocomplete="off"
    )
    name_zh = fields.line("reference.field.person_zh", LONGEST_NAME, required=True)
    name_en = fields.line("reference.field.person_en", LONGEST_NAME, required=True)
    department_id = fields.ChoiceField("reference.field.department_id", fields.whole)
    joined = fields.DateField("reference.field.joined", help_key="reference.help.day")
    language = fields.ChoiceField("reference.field.language")
    email = fields.line("staff.field.email", LONGEST_ADDRESS, help_key="staff.help.email", autocomplete="off")
    phone = fields.line("staff.field.phone", LONGEST_PHONE, help_key="staff.help.phone", autocomplete="off")
    fit_for_post = fields.tick("reference.field.fit_for_post", help_key="reference.help.fit_for_post")

    def facts(self) -> StaffFacts:
        """What was said, for the service."""
        return StaffFacts(
            self.login.data,
            self.name_zh.data,
            self.name_en.data,
            self.department_id.data,
            self.joined.data,
            self.fit_for_post.data,
            self.language.data,
            self.email.data,
            self.phone.data,
        )


class ContactForm(Form):
    """Where one is reached oneself."""

    email = fields.line("staff.field.email", LONGEST_ADDRESS, help_key="staff.help.email", autocomplete="email")
    phone = fields.line("staff.field.phone", LONGEST_PHONE, help_key="staff.help.phone", autocomplete="tel")


class NewStaffForm(StaffForm):
    """A new account, with its roles from the start."""

    roles = fields.ChoicesField("reference.field.roles", help_key="reference.help.roles")


class RolesForm(Form):
    """The roles that a person holds."""

    roles = fields.ChoicesField("reference.field.roles", help_key="reference.help.roles")


class RoleForm(Form):
    """A role's names and what it is for; ``grants_form`` adds the grants."""

    code = fields.line("reference.field.code", LONGEST_CODE, required=True, help_key="reference.help.code")
    name_zh = fields.line("reference.field.name_zh", LONGEST_NAME, required=True)
    name_en = fields.line("reference.field.name_en", LONGEST_NAME, required=True)
    duties_zh = fields.text("reference.field.duties_zh", LONGEST_NOTE)
    duties_en = fields.text("reference.field.duties_en", LONGEST_NOTE)

    def facts(self) -> RoleFacts:
        """What was said, for the service."""
        return RoleFacts(self.name_zh.data, self.name_en.data, self.duties_zh.data, self.duties_en.data)


class GrantsForm(Form):
    """A scope for every permission; the part that ``grants_form`` fills in."""

    def grants(self) -> dict[str, str]:
        """Permission → scope, those left out that are not granted."""
        found = {permission.value: self[grant_field(permission)].data for permission in Permission}
        return {code: scope for code, scope in found.items() if scope and scope != Scope.NONE}


def grants_form() -> type[GrantsForm]:
    """The form with a field for every permission; the view fills in the scopes in the reader's language."""
    made: dict[str, Any] = {
        grant_field(permission): fields.ChoiceField(Message(label_key(permission))) for permission in Permission
    }
    return type("GrantsFormOfRole", (GrantsForm,), made)


def grant_field(permission: Permission) -> str:
    """The name of a permission's field."""
    return f"grant-{permission.value}"
