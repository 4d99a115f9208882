"""Who may do what: the catalogue of permissions, the scopes, and the one question that everything asks.

Roles are rows (permission → scope, seeded from ``backoffice/office/organisation.yaml``); a person's roles melt into one
``Actor``. ``may()`` answers for menu, endpoint and object; ``backoffice/queries/scope.py`` says the same as SQL.
The rules that keep two duties apart (nobody approves an own plan …) are in ``policies/duties.py``.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType

from policies.message import Refusal


class Permission(StrEnum):
    """Every act that a person may be granted; the text under each says what it opens. A code is never reused."""

    # Intake
    COMPLAINT_REGISTER = "complaint_register"
    """Create a complaint, enter its particulars, tick what was read back (R1, R2). Has no object."""
    COMPLAINT_TAKE = "complaint_take"
    """Take over a complaint that came in by itself (web form, e-mail, import) and become its intake person (R1)."""
    COMPLAINT_VIEW = "complaint_view"
    """Read a complaint and its timeline; customer data masked (R1, R39)."""
    COMPLAINT_EDIT = "complaint_edit"
    """Correct the particulars of a complaint; old values stay in the history (R2, R40)."""
    COMPLAINT_CHECK = "complaint_check"
    """Decide whether it is real, reasonable and ours: accept, not established, refer out, merge (R4)."""
    CHECK_APPROVE = "check_approve"
    """Review the decision that a complaint does not stand, or stands elsewhere, before the customer is told (R4)."""
    COMPLAINT_ACKNOWLEDGE = "complaint_acknowledge"
    """Tell the customer that the complaint is accepted, by phone or by a queued notice (R5)."""
    COMPLAINT_REGRADE = "complaint_regrade"
    """Change severity or priority with a reason (R3)."""
    COMPLAINT_SOLVE = "complaint_solve"
    """Solve at first contact and record the result (R6)."""
    COMPLAINT_WITHDRAW = "complaint_withdraw"
    """Record that the customer takes the complaint back, with the reason (R4, R22)."""
    COMPLAINT_CLOSE_UNSATISFIED = "complaint_close_unsatisfied"
    """End the rounds with a reason although the customer is not satisfied (R21)."""
    COMPLAINT_ARCHIVE = "complaint_archive"
    """Check the dossier for completeness and freeze it (R22)."""
    COMPLAINT_IMPORT = "complaint_import"
    """Import records of an outage or of another system, with their original times (R9). Has no object."""
    CUSTOMER_LOOKUP = "customer_lookup"
    """See, masked, that a caller complained before: number, date, category, status of earlier complaints (R2, R39)."""
    # Dispatch
    ORDER_SEND = "order_send"
    """Send a work order to the responsible department after pre-processing (R10)."""
    ORDER_TRANSFER = "order_transfer"
    """Transfer an order to another department with a reason, within the cap (R11)."""
    ORDER_APPOINT = "order_appoint"
    """Name the owner and co-handlers of an order within the set time (R12)."""
    ORDER_ANSWER = "order_answer"
    """Give the department's answer with evidence (R12, R18)."""
    ORDER_URGE = "order_urge"
    """Urge an open order (R13)."""
    DUTY_PLAN = "duty_plan"
    """Keep the duty roster (scope all) and enter who is away and who stands in, of one's department or of all (R13)."""
    PROGRESS_NOTE = "progress_note"
    """Report the progress of an order, asked or unasked (R13)."""
    DISPUTE_RAISE = "dispute_raise"
    """Put to a manager that the order belongs to another specialty, with the reason (R11)."""
    DISPUTE_DECIDE = "dispute_decide"
    """Decide a dispute between departments; the decision binds (R11)."""
    # Handling
    INVESTIGATION_RECORD = "investigation_record"
    """Record evidence, facts, root cause and fault (R18)."""
    EVIDENCE_ADD = "evidence_add"
    """Add a piece of evidence or attach a file to an open complaint (R18, R22)."""
    PLAN_WRITE = "plan_write"
    """Write the plan and the alternatives considered (R19)."""
    PLAN_REVIEW = "plan_review"
    """Chair the review of a plan before it goes to approval: pass it or return it (R16, R17)."""
    PLAN_APPROVE = "plan_approve"
    """Approve with an opinion within one's amount, or return for another plan; never one's own (R19)."""
    MEASURE_RECORD = "measure_record"
    """Record each refund, compensation, repair or other measure (R20)."""
    COMMUNICATION_RECORD = "communication_record"
    """Record every talk with the customer (R20)."""
    RESULT_TELL = "result_tell"
    """Tell the customer the result; the resolve clock stops (R15, R20)."""
    TASK_FORCE_LEAD = "task_force_lead"
    """Set up the task force or investigation team, coordinate, report progress (R16, R17)."""
    STATEMENT_PUBLISH = "statement_publish"
    """Issue and log statements to media and regulators (R17)."""
    STATEMENT_APPROVE = "statement_approve"
    """Approve a statement to media or regulators, or return it; never one's own (R17)."""
    POST_REVIEW_FINISH = "post_review_finish"
    """Finish the post-review of a major complaint with its improvements (R17)."""
    CALLBACK_RECORD = "callback_record"
    """Call back on complaints that one did not handle and record the opinion (R21)."""
    EXTENSION_REQUEST = "extension_request"
    """Ask for more time and state the special circumstances (R25)."""
    EXTENSION_APPROVE = "extension_approve"
    """Grant or refuse an extension; the customer must have been told (R25)."""
    # Customer data and papers
    CUSTOMER_REVEAL = "customer_reveal"
    """See customer data in clear; needs a reason, each look is logged (R39)."""
    ATTACHMENT_OPEN = "attachment_open"
    """Open an attached file; recordings and papers cannot be masked, so each opening is logged (R39)."""
    DOSSIER_PRINT = "dossier_print"
    """Print or preview the dossier with masked customer data; logged (R22, R39)."""
    DOSSIER_PRINT_FULL = "dossier_print_full"
    """Print the dossier with customer data in clear; logged with its reason (R22, R39)."""
    DOSSIER_ADD = "dossier_add"
    """Add a later paper to an archived case, with its own date; what is archived stays (R22)."""
    DATA_EXPORT = "data_export"
    """Export lists and reports, masked as the role is; each export is logged (R35, R39)."""
    DATA_ERASE = "data_erase"
    """Erase personal data past its retention without changing statistics (R39)."""
    # Notices, knowledge
    NOTICE_PUBLISH = "notice_publish"
    """Publish, update and lift known-fault notices (R8)."""
    KNOWLEDGE_EDIT = "knowledge_edit"
    """Maintain intake scripts, articles and cases (R7, R38)."""
    # Inspection, appraisal, training
    SAMPLE_DRAW = "sample_draw"
    """Draw inspection samples by a sampling plan (R27)."""
    SAMPLING_PLAN_APPROVE = "sampling_plan_approve"
    """Put a sampling plan that somebody else drew up into force, stop one, cancel a draw nobody has begun (R27)."""
    INSPECTION_SCORE = "inspection_score"
    """Score other people's records on a scorecard (R27, R28)."""
    APPEAL_SUBMIT = "appeal_submit"
    """Object once to one's own inspection or appraisal result (R29, R33)."""
    APPEAL_DECIDE = "appeal_decide"
    """Decide an appeal; never the original inspector (R29, R33)."""
    CORRECTIVE_ASSIGN = "corrective_assign"
    """Assign a corrective action with an owner and a date (R30, R37)."""
    CORRECTIVE_VERIFY = "corrective_verify"
    """Verify the effect and close; never one's own action (R30)."""
    SHEET_COMPUTE = "sheet_compute"
    """Compute the monthly sheets by the scheme (R33)."""
    SHEET_CHECK = "sheet_check"
    """Check figures and exceptions, publish the sheets (R33)."""
    SHEET_APPROVE = "sheet_approve"
    """Approve and lock the sheets (R33)."""
    SHEET_VIEW = "sheet_view"
    """Read appraisal sheets of others, as far as it reaches; everybody reads the own ones (R33)."""
    TRAINING_MANAGE = "training_manage"
    """Manage courses, exams, fitness for the post and coaching (R34)."""
    # Figures
    STATISTICS_VIEW = "statistics_view"
    """Read statistics, analysis and indicators (R31, R35, R36)."""
    REPORT_APPROVE = "report_approve"
    """Approve and issue the monthly analysis report (R37)."""
    # The office itself
    CONFIGURATION_EDIT = "configuration_edit"
    """Maintain channels, categories, departments, processes, clocks, templates and schemes (R1, R3, R14, R23, R32)."""
    USER_MANAGE = "user_manage"
    """Manage accounts, roles and deactivation (R39)."""
    AUDIT_VIEW = "audit_view"
    """Read the trail of access, exports and changes (R40)."""


class Scope(StrEnum):
    """How far a permission reaches; each includes the narrower ones. Compare by ``width``, not as text."""

    NONE = "none"
    OWN = "own"
    DEPARTMENT = "department"
    ALL = "all"

    @property
    def width(self) -> int:
        """0 for none up to 3 for all."""
        return _NARROW_TO_WIDE.index(self)


_NARROW_TO_WIDE = tuple(Scope)

# What shows customer data in clear (R39): never beside the management of users, and on a confidential complaint only
# for the people on the case, however wide the grant.
CLEAR_DATA = frozenset({Permission.CUSTOMER_REVEAL, Permission.ATTACHMENT_OPEN, Permission.DOSSIER_PRINT_FULL})

Grants = Mapping[Permission, Scope]


@dataclass(frozen=True)
class Actor:
    """Who acts: a member of staff with roles melted into grants, or the system in a job.

    ``departments`` are the own department and those under it. ``roles`` (codes) count only where a process names the
    role that must approve. ``staff_id`` is None for the system. ``withheld``: what the roles grant only with the
    entry training (R34), and it is missing; not among the ``grants``.
    """

    staff_id: int | None
    code: str
    department_id: int | None = None
    departments: frozenset[int] = frozenset()
    roles: frozenset[str] = frozenset()
    grants: Grants = field(default_factory=lambda: MappingProxyType({}))
    withheld: frozenset[Permission] = frozenset()

    def scope(self, permission: Permission) -> Scope:
        """The width in which this permission is held; ``Scope.NONE`` where it is not."""
        return self.grants.get(permission, Scope.NONE)

    @cached_property
    def _sign(self) -> tuple[Hashable, ...]:
        held = frozenset(self.grants.items())
        return self.staff_id, self.code, self.department_id, self.departments, self.roles, held, self.withheld

    def __hash__(self) -> int:
        """That of everything that the person is and may: what is kept under an actor is never shown to another."""
        return hash(self._sign)

    @property
    def is_system(self) -> bool:
        return self.staff_id is None


@dataclass(frozen=True)
class Subject:
    """What an act is about, as far as access asks.

    ``people``: staff ids with any function on the case. ``departments``: ids of those that registered it or
    have or ever had its order. ``confidential``: the customer asked that only the people on the case see customer data.
    ``untaken``: open, and it came in by itself without an intake person yet.
    """

    people: frozenset[int] = frozenset()
    departments: frozenset[int] = frozenset()
    confidential: bool = False
    untaken: bool = False


class CustomerView(StrEnum):
    """What of the customer a reader of a complaint gets to see before any reveal (R39)."""

    HIDDEN = "hidden"
    MASKED = "masked"
    REVEALABLE = "revealable"


def melt(roles: Iterable[Grants]) -> Grants:
    """The grants of a person with several roles: per permission the widest scope."""
    melted: dict[Permission, Scope] = {}
    for grants in roles:
        for permission, scope in grants.items():
            melted[permission] = max(scope, melted.get(permission, Scope.NONE), key=lambda held: held.width)
    return MappingProxyType({permission: scope for permission, scope in melted.items() if scope is not Scope.NONE})


SYSTEM = Actor(
    staff_id=None,
    code="system",
    grants=MappingProxyType({permission: Scope.ALL for permission in Permission if permission not in CLEAR_DATA}),
)
"""Timed jobs, commands and the customer's own answers act as this; it never opens customer data to a reader."""


def reaches(actor: Actor, scope: Scope, subject: Subject) -> bool:
    """Whether a grant of that width covers this subject."""
    if scope is Scope.ALL:
        return True
    on_the_case = actor.staff_id is not None and actor.staff_id in subject.people
    if scope is Scope.DEPARTMENT:
        return on_the_case or bool(actor.departments & subject.departments)
    return scope is Scope.OWN and on_the_case


def may(actor: Actor, permission: Permission, subject: Subject | None = None) -> bool:
    """May this person do this, to this (R39)? Without a subject: holds it in any width, as menus and lists ask.

    What nobody took yet is read by those who may take it over: nobody could choose what nobody sees.
    """
    scope = actor.scope(permission)
    if scope is Scope.NONE or subject is None:
        return scope is not Scope.NONE
    if subject.confidential and permission in CLEAR_DATA and actor.staff_id not in subject.people:
        return False
    if subject.untaken and permission is Permission.COMPLAINT_VIEW:
        scope = max(scope, actor.scope(Permission.COMPLAINT_TAKE), key=lambda held: held.width)
    return reaches(actor, scope, subject)


def may_any(actor: Actor, permissions: Iterable[Permission], subject: Subject | None = None) -> bool:
    """Whether one of these permissions suffices, as for an action that two offices may take."""
    return any(may(actor, permission, subject) for permission in permissions)


def refuse_unless(
    actor: Actor,
    permission: Permission,
    subject: Subject | None = None,
    *,
    view: Permission = Permission.COMPLAINT_VIEW,
) -> Refusal | None:
    """Why not, or None.

    403 without the permission; on a foreign record 403 where it may be read, else 404 as if it were not there.
    """
    named = {"permission": permission}
    if not may(actor, permission):
        return refuse_lacking(actor, (permission,))
    if may(actor, permission, subject):
        return None
    if subject is not None and may(actor, view, subject):
        key = (
            "access.refused.confidential"
            if subject.confidential and permission in CLEAR_DATA
            else "access.refused.scope"
        )
        return Refusal(key, named, status=403)
    return Refusal("access.refused.unknown", status=404)


def refuse_each(actor: Actor, permissions: Sequence[Permission], subject: Subject | None = None) -> Refusal | None:
    """Why not by the first of these permissions, or by the one that is held back until the training (R34)."""
    first = next((one for one in permissions if one in actor.withheld), permissions[0])
    return refuse_unless(actor, first, subject)


def refuse_lacking(actor: Actor, permissions: Sequence[Permission]) -> Refusal:
    """Why somebody does not get by who holds none of these: not permitted at all, or not before the training (R34)."""
    if actor.withheld.intersection(permissions):
        return Refusal("access.refused.unfit", status=403)
    return Refusal("access.refused.permission", {"permission": permissions[0]}, status=403)


def customer_view(actor: Actor, subject: Subject) -> CustomerView:
    """How the customer appears on a page (R39): hidden on a foreign confidential case, else masked, or revealable."""
    if may(actor, Permission.CUSTOMER_REVEAL, subject):
        return CustomerView.REVEALABLE
    if subject.confidential and actor.staff_id not in subject.people:
        return CustomerView.HIDDEN
    return CustomerView.MASKED


def widened(before: Grants, after: Grants) -> tuple[Permission, ...]:
    """The permissions that reach further in ``after`` than in ``before``, in the order of the catalogue."""
    return tuple(
        permission
        for permission in Permission
        if after.get(permission, Scope.NONE).width > before.get(permission, Scope.NONE).width
    )


def roles_holding(roles: Mapping[str, Grants], permissions: Iterable[Permission]) -> frozenset[str]:
    """Codes of the roles that hold one of the permissions in any width; a process is checked against it when saved."""
    wanted = frozenset(permissions)
    return frozenset(
        code
        for code, grants in roles.items()
        if any(grants.get(permission, Scope.NONE) is not Scope.NONE for permission in wanted)
    )
