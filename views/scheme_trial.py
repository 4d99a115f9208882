"""A scheme tried on a past month (R32): grades and cost before and after; whose, only to who may see all sheets."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, abort, render_template, request
from sqlalchemy.orm import Session

from backoffice.models.appraisal import AppraisalPeriod, AppraisalRules, AppraisalScheme
from backoffice.services import scheme_trial as trial
from backoffice.services.appraisal_scheme import facts_of
from backoffice.services.trial_left_out import left_out
from policies.access import Permission
from policies.appraisal import Rules
from policies.appraisal_trial import Tried, in_order, may_see_names, move_of, outcome_of
from policies.process_version import where
from views import context
from views.addresses import HIGHEST_PAGE, whole_number
from views.filters import named
from views.guard import needs
from views.language import _
from views.reference.versioned import LOOK

blueprint = Blueprint("scheme_trial", __name__)
PAGE = 50
OPENED_BY = (Permission.CONFIGURATION_EDIT, Permission.SHEET_COMPUTE, Permission.SHEET_CHECK)


@blueprint.get("/settings/appraisal_schemes/try")
@needs(*OPENED_BY)
def index() -> str:
    """The versions of the schemes, each to be tried."""
    with context.reading() as session:
        rows = list(
            session.scalars(
                sa.select(AppraisalScheme)
                .where(AppraisalScheme.retired_at.is_(None))
                .order_by(AppraisalScheme.code, AppraisalScheme.version.desc())
            )
        )
        shown = [(row, *_standing(row, rows)) for row in rows]
        return render_template("appraisal_trial/index.html", rows=shown, has_month=bool(trial.months(session)))


@blueprint.get("/settings/appraisal_schemes/<code>/<int:version>/try")
@needs(*OPENED_BY)
def page(code: str, version: int) -> str:
    """One version on one month; nothing is written."""
    with context.reading() as session:
        scheme = _scheme(session, code, version)
        periods = trial.months(session)
        period = _period(periods)
        facts: dict[str, Any] = {"scheme": scheme, "periods": periods, "period": period, "found": None}
        facts["unreadable"] = False
        facts["standing"] = _standing(scheme, _of_code(session, code))
        if period is not None:
            facts |= _tried(session, scheme, period)
        return render_template("appraisal_trial/page.html", **facts)


def _scheme(session: Session, code: str, version: int) -> AppraisalScheme:
    if version > HIGHEST_PAGE:
        abort(404)
    mine = sa.select(AppraisalScheme).where(AppraisalScheme.code == code, AppraisalScheme.version == version)
    return session.scalars(mine).one_or_none() or abort(404)


def _of_code(session: Session, code: str) -> list[AppraisalScheme]:
    return list(session.scalars(sa.select(AppraisalScheme).where(AppraisalScheme.code == code)))


def _standing(row: AppraisalScheme, rows: list[AppraisalScheme]) -> tuple[str, str]:
    stands = where(facts_of(row), [facts_of(one) for one in rows if one.code == row.code], context.today())
    return stands.value, LOOK[stands]


def _period(periods: list[AppraisalPeriod]) -> AppraisalPeriod | None:
    asked = request.args.get("month")
    if asked is None:
        return trial.usual(periods)
    return next((one for one in periods if one.month == asked), None) or abort(404)


def _tried(session: Session, scheme: AppraisalScheme, period: AppraisalPeriod) -> dict[str, Any]:
    """What the trial found, or that the draft cannot be reckoned yet."""
    versions = trial.versions(session)
    rules = _rules(versions, period)
    facts: dict[str, Any] = {"versions": versions, "rules": rules}
    if rules is None:
        return facts
    try:
        asked = trial.question(scheme, rules, period)
        tried = trial.tried(session, asked, context.now())
        outside = left_out(session, asked.scheme, asked.period)
    except (ValueError, KeyError, InvalidOperation, ZeroDivisionError):
        return {**facts, "unreadable": True}
    sees = may_see_names(context.actor())
    everything = in_order(tried, asked.rules)
    shown = everything if "all" in request.args else [one for one in everything if _moves(one, asked.rules)]
    number = max(1, whole_number(request.args.get("page"), highest=HIGHEST_PAGE) or 1)
    rows = shown[(number - 1) * PAGE : number * PAGE] if sees else []
    return {
        **facts,
        "found": outcome_of(tried, asked.rules),
        "outside": outside,
        "sees_names": sees,
        "rows": [(one, move_of(one, asked.rules), _change(one)) for one in rows],
        "page": number,
        "most_named": PAGE,
        "has_next": len(shown) > number * PAGE,
        "shown": len(shown),
        "uncounted": _uncounted(tried, rules),
    }


def _rules(versions: list[AppraisalRules], period: AppraisalPeriod) -> AppraisalRules | None:
    asked = request.args.get("rules")
    if asked:
        return next((one for one in versions if one.id == whole_number(asked)), None) or abort(404)
    return next((one for one in versions if one.id == period.rules_id), next(iter(versions), None))


def _moves(one: Tried, rules: Rules) -> bool:
    return move_of(one, rules) != 0 or one.after is None


def _change(one: Tried) -> Decimal | None:
    if one.after is None or one.after.score is None or one.before.score is None:
        return None
    return one.after.score - one.before.score


def _uncounted(tried: list[Tried], rules: AppraisalRules) -> list[str]:
    names = {row["code"]: named(dict(row["name"])) for row in rules.definition.get("indicators", ())}
    return [names.get(code, _("layout.none")) for code in dict.fromkeys(c for one in tried for c in one.uncounted)]
