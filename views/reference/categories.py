"""The category tree (R3, R10): trunks, branches, leaves, and what a leaf gives to its complaints."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa
from flask import abort, request, url_for
from flask_admin import expose
from sqlalchemy.orm import Session
from wtforms import Form

from backoffice.models.configuration import Category, ListEntry
from backoffice.models.office import Department
from backoffice.queries import usage
from backoffice.services import category as service
from forms.reference.category import LeafForm, NodeForm
from policies.category_tree import BRANCH, LEAF, TRUNK
from policies.message import Refusal
from policies.reference import in_tree_order
from policies.vocabulary import Level, Severity
from views import context
from views.addresses import whole_number
from views.filters import named
from views.language import _, label, lazy
from views.reference.base import ReferenceScreen, choices, coded, in_use, reading
from views.screens import LONGEST_SEARCH


@dataclass(frozen=True)
class TreeRow:
    """A category in its place, with the department that its complaints go to."""

    row: Category
    department: Department | None
    inherited: bool
    route: str
    severity: Severity | None


class CategoryScreen(ReferenceScreen):
    """The tree, one panel a trunk."""

    subject = service.SUBJECT
    list_template = "reference/categories.html"
    form_template = "reference/category_form.html"
    column_list = ("name_zh",)

    def __init__(self) -> None:
        super().__init__(
            Category,
            name=lazy("reference.categories.title"),
            category=lazy("reference.group.intake"),
            endpoint="categories",
        )
        self.summary = lazy("reference.categories.summary")

    @expose("/")
    def index_view(self) -> Any:
        """The tree, narrowed by words or to what is out of use as well."""
        with_retired = request.args.get("retired") == "1"
        search = (request.args.get("search") or "").strip()[:LONGEST_SEARCH]
        rows = {row.id: row for row in reading().scalars(sa.select(Category).order_by(Category.position, Category.id))}
        kept = {row.id for row in rows.values() if with_retired or row.retired_at is None}
        if search:
            kept &= _with_those_above(rows, {row.id for row in rows.values() if _says(row, search)})
        ordered = in_tree_order((row.id, row.parent_id) for row in rows.values() if row.id in kept)
        trunks: list[tuple[TreeRow, list[TreeRow]]] = []
        departments = {row.id: row for row in reading().scalars(sa.select(Department))}
        routes = dict(coded(reading().scalars(sa.select(ListEntry).where(ListEntry.list == "routes"))))
        for row_id, _depth in ordered:
            shown = _tree_row(rows, rows[row_id], departments, routes)
            if shown.row.level == TRUNK or not trunks:
                trunks.append((shown, []))
            else:
                trunks[-1][1].append(shown)
        retired = sum(row.retired_at is not None for row in rows.values())
        chosen = self._chosen_trunk(trunks, everything=bool(search))
        return self.render(
            self.list_template,
            trunks=trunks,
            shown=[pair for pair in trunks if chosen is None or pair[0].row.id == chosen],
            chosen=chosen,
            search=search,
            with_retired=with_retired,
            retired=retired,
            total=len(rows),
            branch_level=BRANCH,
        )

    @staticmethod
    def _chosen_trunk(trunks: Sequence[tuple[TreeRow, list[TreeRow]]], *, everything: bool) -> int | None:
        """The trunk of the address, the first when it names none; None where all are to be seen."""
        asked = request.args.get("trunk")
        if everything or asked == "all" or not trunks:
            return None
        if asked is None:
            return trunks[0][0].row.id
        number = whole_number(asked)
        return number if any(trunk.row.id == number for trunk, _rows in trunks) else abort(404)

    def form_of(self, row: Category | None) -> type[Form]:
        """A leaf says more than what stands above it."""
        return LeafForm if self._level(row) == LEAF else NodeForm

    def _level(self, row: Category | None) -> int:
        """The level of what is shown: of the row, or of what would stand under ``?parent=``."""
        if row is not None:
            return row.level
        parent = self._parent()
        return TRUNK if parent is None else parent.level + 1

    @staticmethod
    def _parent() -> Category | None:
        """The category under which a new one is asked for; 404 when it is none, or a leaf."""
        asked = request.args.get("parent")
        if asked is None:
            return None
        number = whole_number(asked)
        parent = None if number is None else reading().get(Category, number)
        if parent is None or parent.level == LEAF:
            abort(404)
        return parent

    def start(self) -> dict[str, Any]:
        """At the end of its branch; the elements that every order carries are ticked."""
        parent = self._parent()
        statement = sa.select(sa.func.max(Category.position)).where(
            Category.parent_id == (parent.id if parent else None)
        )
        last = reading().scalar(statement)
        return {
            "parent_id": parent.id if parent else None,
            "position": 0 if last is None else min(last + 1, service.MOST_PLACES),
            "default_severity": Severity.GENERAL.value,
            "default_urgency": Level.MEDIUM.value,
            "default_impact": Level.LOW.value,
            "required_elements": list(service.base_elements(reading())),
        }

    def data_of(self, row: Category) -> dict[str, Any]:
        """What is said of it now."""
        return asdict(service.facts_of(row)) | {"symptoms": service.facts_of(row).symptoms}

    def fill(self, form: Any, row: Category | None) -> None:
        """Parents one level up, departments that receive orders, routes, elements."""
        level = self._level(row)
        form.parent_id.choices = self._parents(level, row)
        departments = in_use(Department, row.default_department_id if row else None)
        receiving = departments.where(Department.receives_orders)
        inherited = reading().get(Department, service.inherited_department(self._above(row)) or 0)
        blank = _("reference.none") if inherited is None else _("reference.categories.inherits", name=named(inherited))
        form.default_department_id.choices = choices(reading().scalars(receiving), blank=blank)
        if level == LEAF:
            form.default_severity.choices = [(value.value, label(value)) for value in Severity]
            form.default_urgency.choices = [(value.value, label(value)) for value in Level]
            form.default_impact.choices = [(value.value, label(value)) for value in Level]
            form.route.choices = _entries("routes", {row.route} if row else set())
            held = set(row.required_elements) if row else set()
            form.required_elements.choices = _entries("dispatch_elements", held)

    def _above(self, row: Category | None) -> Category | None:
        return self._parent() if row is None else row.parent

    @staticmethod
    def _parents(level: int, row: Category | None) -> list[tuple[Any, str]]:
        if level == TRUNK:
            return [("", _("reference.categories.top"))]
        candidates = in_use(Category, row.parent_id if row else None).where(Category.level == level - 1)
        ordered = reading().scalars(candidates.order_by(None).order_by(Category.path))
        if level == BRANCH:
            return choices(ordered)
        names = {item.id: named(item) for item in reading().scalars(sa.select(Category).where(Category.level == TRUNK))}
        return [(item.id, f"{names.get(item.parent_id, '')} / {named(item)}") for item in ordered]

    def page_facts(self, row: Category | None) -> dict[str, Any]:
        """The level, and where it stands."""
        level = self._level(row)
        above = self._above(row)
        return {
            "level": level,
            "is_leaf": level == LEAF,
            "above": [above.parent, above]
            if above is not None and above.parent is not None
            else [above]
            if above
            else [],
            "complaints": usage.complaints_under(reading(), row.id) if row is not None and level == LEAF else None,
        }

    def after(self, row: Category) -> str:
        """Back to the tree, at the place of the row."""
        trunk = int(row.path.split("/")[1])
        return f"{url_for('categories.index_view', trunk=trunk)}#category-{row.id}"

    def create(self, session: Session, form: NodeForm) -> Category:
        """A new trunk, branch or leaf."""
        return service.create(session, context.actor(), context.now(), form.code.data, form.facts())

    def change(self, session: Session, row_id: int, form: NodeForm) -> Category:
        """Another name, place or defaults."""
        return service.change(session, context.actor(), context.now(), row_id, form.facts())

    def retire(self, session: Session, row_id: int, reason: str) -> Category:
        """Out of use."""
        return service.retire(session, context.actor(), context.now(), row_id, reason)

    def restore(self, session: Session, row_id: int, reason: str) -> Category:
        """Back into use."""
        return service.restore(session, context.actor(), context.now(), row_id, reason)

    def hangs_on(self, row: Category) -> Sequence[Refusal]:
        """What stands under it."""
        return service.why_not_retire(reading(), row)


def _says(row: Category, search: str) -> bool:
    """Whether a category's names, code or symptoms hold the words."""
    wanted = search.casefold()
    said = [row.name_zh, row.name_en, row.code]
    said += [name for symptom in row.symptoms for name in symptom["name"].values()]
    return any(wanted in text.casefold() for text in said)


def _with_those_above(rows: dict[int, Category], found: set[int]) -> set[int]:
    kept: set[int] = set()
    for row_id in found:
        above: int | None = row_id
        while above is not None and above not in kept:
            kept.add(above)
            above = rows[above].parent_id
    return kept


def _tree_row(
    rows: dict[int, Category], row: Category, departments: dict[int, Department], routes: dict[str, str]
) -> TreeRow:
    node: Category | None = row
    while node is not None and node.default_department_id is None:
        node = rows.get(node.parent_id or 0)
    department = departments.get(node.default_department_id or 0) if node is not None else None
    severity = Severity(row.default_severity) if row.default_severity in list(Severity) else None
    return TreeRow(row, department, node is not row, routes.get(row.route or "", ""), severity)


def _entries(name: str, held: set[Any]) -> list[tuple[Any, str]]:
    statement = sa.select(ListEntry).where(ListEntry.list == name).order_by(ListEntry.position, ListEntry.id)
    return coded(entry for entry in reading().scalars(statement) if entry.retired_at is None or entry.code in held)
