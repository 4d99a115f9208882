"""Scorecards in the console (R28): their versions, a preview with trial marks, two side by side, and as a file."""

from __future__ import annotations

from decimal import InvalidOperation
from typing import Any

import sqlalchemy as sa
from flask import make_response, request
from flask_admin import expose
from werkzeug.wrappers import Response

from backoffice.integrations.process_file import write_process
from backoffice.models.inspection import Inspection, Scorecard
from backoffice.queries.inspection_rules import scoring_rules
from backoffice.queries.rulebook import Rulebook
from backoffice.services import scorecard as service
from forms.inspection import read_card
from policies.card import Card, parse_card
from policies.card_form import ITEM, weights
from policies.message import Refusal
from policies.scorecard import refuse_marks, score_card
from views.language import label, lazy
from views.reference import card_words
from views.reference.base import Page, log_of, name_cell, once, reading
from views.reference.card_editing import EditingCards
from views.reference.processes import ReadScreen
from views.reference.versioned import VersionedPages, from_cell, standing_cell


def _standing(_view: Any, _context: Any, row: Scorecard, _name: str) -> str:
    every = once("scorecards", lambda: list(reading().scalars(sa.select(Scorecard))))
    return standing_cell([one for one in every if one.code == row.code], row)


class ScorecardScreen(EditingCards, VersionedPages, ReadScreen):
    """The versions of the scorecards."""

    kept = service.CARDS
    list_template = "reference/card_list.html"
    details_template = "reference/card.html"
    column_list = ("name_zh", "applies_to", "version", "valid_from", "items", "state")
    column_labels = {
        "name_zh": lazy("card_editor.card"),
        "applies_to": lazy("card_editor.field.applies_to"),
        "version": lazy("reference.field.version"),
        "valid_from": lazy("reference.field.valid_from"),
        "items": lazy("card_editor.items"),
        "state": lazy("reference.field.state"),
    }
    column_numbers = ("version", "items")
    column_default_sort = [("code", False), ("version", True)]
    column_formatters = {
        "name_zh": name_cell,
        "applies_to": lambda _view, _context, row, _name: label(row.applies_to),
        "items": lambda _view, _context, row, _name: len(row.definition["items"]),
        "valid_from": lambda _view, _context, row, _name: from_cell(row),
        "state": _standing,
    }

    def __init__(self) -> None:
        super().__init__(
            Scorecard, name=lazy("card_editor.title"), category=lazy("plans.category"), endpoint="scorecards"
        )
        self.summary = lazy("card_editor.summary")

    @expose("/details/")
    def details_view(self) -> Page:
        """A version: its groups and items with their weights, what its check finds, and the versions beside it."""
        row = self.get_one(request.args.get("id"))
        drawn = sa.select(sa.func.count()).select_from(Inspection).where(Inspection.card_id == row.id)
        sums = weights(row.definition)
        return self.render(
            self.details_template,
            sections=_sections(row),
            sums={one.code: one for one in sums},
            total=sum(one.said for one in sums),
            used=reading().scalar(drawn) or 0,
            changes=log_of(service.SUBJECT, row.id),
            **self.version_facts(row),
        )

    @expose("/preview/", methods=("GET", "POST"))
    def preview(self) -> Page:
        """The card as its inspector will see it, with marks for trial; nothing of it is written."""
        row = self.get_one(request.args.get("id"))
        card, scoring = _read(row), scoring_rules(Rulebook(reading()))
        if card is None:
            page = self.render("reference/card_preview.html", row=row, card=None, refusals=[_UNREADABLE])
            return page, 409
        posted = request.method == "POST"
        entered = read_card(card, request.form if posted else {})
        refusals = refuse_marks(card, entered.marks, scoring, unread=entered.unread) if posted else ()
        page = self.render(
            "reference/card_preview.html",
            row=row,
            card=card,
            scoring=scoring,
            typed=entered.typed,
            refusals=refusals,
            score=score_card(card, entered.marks, scoring) if posted else None,
        )
        return (page, 422) if refusals else page

    @expose("/compare/")
    def compare(self) -> Page:
        """Two versions of a card side by side: what the second says otherwise than the first."""
        after, before, others = self.sides()
        rows = [] if before is None else card_words.compared(before.definition, after.definition)
        return self.render("reference/card_compare.html", row=after, before=before, others=others, rows=rows)

    @expose("/download/")
    def download(self) -> Response:
        """A version as a file in the console's own form, from which a draft can be made."""
        row = self.get_one(request.args.get("id"))
        answer = make_response(write_process(row.definition))
        answer.mimetype = "application/yaml"
        answer.headers["Content-Disposition"] = f'attachment; filename="{row.code}-{row.version}.yaml"'
        return answer


_UNREADABLE = Refusal("card.refused.unreadable")


def _read(row: Scorecard) -> Card | None:
    try:
        return parse_card(row.definition)
    except (ValueError, KeyError, InvalidOperation):
        return None


def _sections(row: Scorecard) -> list[tuple[Any, list[Any]]]:
    """Each group with its items; items of no group last."""
    unsaid = dict.fromkeys(ITEM)
    groups, items = row.definition["groups"], [{**unsaid, **one} for one in row.definition["items"]]
    found = [(group, [one for one in items if one["group"] == group["code"]]) for group in groups]
    known = {group["code"] for group in groups}
    stray = [one for one in items if one["group"] not in known]
    return [*found, (None, stray)] if stray else found
