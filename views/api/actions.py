"""Calls that act on a complaint: what can be done now, one action by the fields of its form, files up and down."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.orm import Session
from wtforms import Form

from backoffice.errors import DomainError
from backoffice.models.office import Department, Staff
from backoffice.services import handling
from backoffice.services.core.case import id_of
from forms.actions import Wanted, action_form, values_of
from policies.access import Permission
from policies.api_token import ApiScope
from policies.fields import FIELD_KINDS, FieldKind
from policies.message import Message, Refusal
from policies.workflow import Offer
from views import context
from views.api import values
from views.api.operation import LARGE, Told, late, looks, writes
from views.api.reading import revision_of
from views.case import acting, choosing
from views.case import files as case_files
from views.case.looking import Looked, look, work_in
from views.language import say
from views.spoken import spoken

if TYPE_CHECKING:
    from backoffice.integrations.files import Upload
    from forms.api import ActionIn, FilesIn

OUTDATED = "complaint.refused.changed_meanwhile"


class OutdatedError(DomainError):
    """Somebody else was quicker; ``current`` is how the complaint stands now, ``status`` 412 where a header asked."""

    def __init__(self, error: DomainError, current: dict[str, Any], status: int) -> None:
        super().__init__(error.refusals)
        self.current = current
        self._status = status

    @property
    def status(self) -> int:
        return self._status


@looks("/complaints/<number>/actions", Permission.COMPLAINT_VIEW, scope=ApiScope.ACT, answer="Actions")
def list_actions(number: str) -> Any:
    """What this token can do to the complaint now; what it cannot do says why not."""
    told, showing = late("told"), late("showing")
    with context.reading() as session:
        looked = look(session, number)
        offers = [offer for offer in looked.offers if offer.action not in handling.ELSEWHERE]
        return told.Actions(**showing.state(looked), actions=[_told(looked, offer, None) for offer in offers])


@looks("/complaints/<number>/actions/<action>", Permission.COMPLAINT_VIEW, scope=ApiScope.ACT, answer="Action")
def read_action(number: str, action: str) -> Any:
    """One action with what its fields may be."""
    with context.reading() as session:
        looked = look(session, number)
        offer = acting.offer_of(looked, action)
        return _told(looked, offer, _form(session, looked, offer))


@writes(
    "/complaints/<number>/actions/<action>",
    Permission.COMPLAINT_VIEW,
    scope=ApiScope.ACT,
    body="ActionIn",
    answer="Acted",
    status=200,
    largest=LARGE,
    locks=True,
)
def act_on_complaint(session: Session, asked: ActionIn, number: str, action: str, uploads: tuple[Upload, ...]) -> Any:
    """Carry an action out, whole or not at all, on the revision that the caller saw."""
    revision, by_header = revision_of(asked.revision)
    looked = look(session, number)
    offer = acting.offer_of(looked, action)
    if revision != looked.complaint.revision:  # what has its place no more may have other fields by now
        raise _outdated(looked, by_header=by_header)
    entered = _entered(session, looked, offer, dict(asked.fields))
    try:
        done = handling.act(work_in(session), looked.complaint.id, action, entered, uploads=uploads, revision=revision)
    except DomainError as error:
        if any(refusal.key == OUTDATED for refusal in error.refusals):
            raise _outdated(look(session, number), by_header=by_header) from error
        raise
    session.flush()
    return _acted(session, number, done)


@writes(
    "/complaints/<number>/files",
    Permission.EVIDENCE_ADD,
    scope=ApiScope.FILES,
    body="FilesIn",
    answer="Acted",
    status=200,
    largest=LARGE,
)
def attach_files(session: Session, _asked: FilesIn, number: str, uploads: tuple[Upload, ...]) -> Any:
    """Attach files to the complaint."""
    done = handling.act(work_in(session), id_of(session, number), "attach", {}, uploads=uploads)
    session.flush()
    return _acted(session, number, done)


@looks("/complaints/<number>/files/<int:file_id>", Permission.ATTACHMENT_OPEN, scope=ApiScope.FILES, answer="")
def fetch_file(number: str, file_id: int) -> Any:
    """One file in clear; in the access log before the first byte leaves."""
    return case_files.download(number, file_id)


def _acted(session: Session, number: str, done: handling.Done) -> Told:
    told, showing = late("told"), late("showing")
    session.expire_all()
    looked = look(session, number)
    warnings = [say(one) for one in done.warnings]
    return Told(
        told.Acted(**showing.state(looked), warnings=warnings),
        headers={"ETag": showing.etag(looked.complaint.revision)},
    )


def _outdated(looked: Looked, *, by_header: bool) -> OutdatedError:
    error = DomainError(Refusal("api.refused.outdated", field="revision"))
    return OutdatedError(error, late("showing").state(looked), 412 if by_header else 409)


def _form(session: Session, looked: Looked, offer: Offer, posted: Any = None) -> Form:
    made = action_form(acting.wanted_of(looked, offer), choosing.choices(session, looked, offer), context.zone())
    return spoken(made(posted))


def _entered(session: Session, looked: Looked, offer: Offer, fields: dict[str, Any]) -> dict[str, Any]:
    """What was entered, typed as the rules expect it."""
    codes = (*offer.required, *offer.optional)
    found: dict[str, Any] = {}
    if offer.action == "send_order":
        asked = [one.code for one in choosing.elements_asked(looked)]
        found[values.ELEMENTS] = values.elements(fields.pop(values.ELEMENTS, None), asked)
    form = _form(session, looked, offer, values.posted(session, codes, fields))
    if faults := values.faults_of(form):
        raise DomainError(faults)
    return values_of(form, Wanted(offer.required, offer.optional)) | found


def _told(looked: Looked, offer: Offer, form: Form | None) -> Any:
    told = late("told")
    labels = acting.wanted_of(looked, offer).labels if form is not None else {}
    codes = _codes(looked.case.work.session) if form is not None else {}
    return told.Action(
        code=offer.action,
        name=say(offer.rule.title),
        help=say(offer.rule.help),
        open=offer.is_open,
        why_not=None if offer.refusal is None else say(offer.refusal),
        leads_to=None if offer.way is None else offer.way.to,
        fields=[
            told.Field(
                code=code,
                name=say(Message(labels.get(code, f"workflow.field.{code}"))),
                kind=FIELD_KINDS.get(code, FieldKind.TEXT).value,
                required=code in offer.required,
                choices=_choices(form, code, codes),
            )
            for code in (*offer.required, *offer.optional)
        ],
    )


def _choices(form: Form | None, code: str, codes: dict[str, dict[str, str]]) -> list[Any] | None:
    """What a field may be, people and departments by their codes; None where it is typed."""
    control = form[code] if form is not None and code in form else None
    if control is None or getattr(control, "choices", None) is None:
        return None
    kind = FIELD_KINDS.get(code, FieldKind.TEXT)
    if kind is FieldKind.YES_NO:
        return None
    known = codes["department" if kind is FieldKind.DEPARTMENT else "staff"] if kind in values.PEOPLE else {}
    told = late("told")
    return [
        told.Coded(code=known.get(str(value), str(value)), name=text if isinstance(text, str) else say(text))
        for value, text in values.offered(control)
        if value
    ]


def _codes(session: Session) -> dict[str, dict[str, str]]:
    """The codes of people and departments by their ids."""
    return {
        name: {str(key): code for key, code in session.execute(sa.select(model.id, model.code))}
        for name, model in (("department", Department), ("staff", Staff))
    }
