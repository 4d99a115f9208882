"""How far inspectors agree (R28): by period and card, by item, by two inspectors, record by record."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC
from decimal import Decimal
from typing import Any

from flask import Blueprint, render_template, request
from sqlalchemy.orm import Session

from backoffice.queries import agreement as queries
from backoffice.queries.calibrations import called_from
from backoffice.queries.inspection_rules import inspection_figures
from backoffice.queries.rulebook import Rulebook
from forms.period import read_period
from policies.access import Permission
from policies.agreement import AgreementRules, Alike, Compared, Concern, by_item, compare, overall
from policies.agreement_words import Worded, said_difference, said_kappa, signed, worded
from policies.calibration import is_quality_manager
from policies.card import Card
from policies.drift import Sums
from policies.interval import Rate, said_rate
from policies.kappa import Weighting
from policies.message import Message, Name
from views import context
from views.guard import needs

blueprint = Blueprint("agreement", __name__)


@dataclass(frozen=True)
class OfCard:
    """One version of a card: all its items over the records scored twice on it."""

    card: Card
    records: int
    whole: Worded
    kappas: Mapping[str, Message]
    items: Sequence[tuple[Name, bool, Worded]]


@dataclass(frozen=True)
class OfPair:
    """One record scored twice, as the list shows it."""

    pair: queries.Pair
    compared: Compared
    words: Worded
    concerns: tuple[Concern, ...]
    difference: str
    session: str


@dataclass
class OfTwo:
    """Two inspectors over all records that both scored; ``apart``: signed, the second by number less the first."""

    first: Name
    second: Name
    alike: Alike = field(default_factory=Alike)
    apart: Sums = field(default_factory=Sums)
    flagged: int = 0

    @property
    def rate(self) -> Message:
        return said_rate(Rate(self.alike.same, self.alike.both))

    @property
    def difference(self) -> Message:
        return said_difference(self.apart)


@blueprint.get("/inspection/agreement")
@needs(Permission.INSPECTION_SCORE)
def index() -> Any:
    """Agreement of a period; whose scorings lie apart, an inspector sees of the own records alone."""
    actor, zone = context.actor(), context.zone()
    period = read_period(request.args, context.today())
    with context.reading() as session:
        rules = Rulebook(session)
        cards = {code: rules.card(card_id).name for code, card_id in rules.cards_on(context.today()).items()}
        plans = queries.plans_of_pairs(session)
        asked = queries.Asked(
            period.since(zone).astimezone(UTC),
            period.until(zone).astimezone(UTC),
            _one_of(request.args.get("card"), cards),
            _one_of(request.args.get("plan"), plans),
        )
        pairs = queries.pairs(session, asked)
        mine = [one for one in pairs if is_quality_manager(actor) or actor.staff_id in one.people]
        bounds = _bounds(rules)
        listed = _listed(session, rules, mine, bounds)
        return render_template(
            "inspection/agreement.html",
            period=period,
            cards=cards,
            plans=plans,
            plan_names=queries.plan_names(session, plans),
            asked=asked,
            bounds=bounds,
            of_cards=[_of_card(rules, card_id, pairs) for card_id in sorted({one.card_id for one in pairs})],
            pairs=listed,
            twos=_twos(listed),
            sees_all=is_quality_manager(actor),
            is_cut=len(pairs) >= queries.MOST_PAIRS,
            most=queries.MOST_PAIRS,
        )


def _bounds(rules: Rulebook) -> AgreementRules:
    figures = inspection_figures(rules)
    return AgreementRules(Decimal(figures.agreement_target_percent), Decimal(figures.agreement_max_difference))


def levels_of(card: Card) -> dict[str, tuple[Decimal, ...]]:
    """Item → the percentages that can be given, as kappa needs them."""
    return {item.code: item.levels for item in card.items}


def _of_card(rules: Rulebook, card_id: int, pairs: Sequence[queries.Pair]) -> OfCard:
    card = rules.card(card_id)
    marks, levels = [one.marks for one in pairs if one.card_id == card_id], levels_of(card)
    kappas = {one.value: said_kappa(overall(marks, levels, one).kappa) for one in Weighting}
    whole = overall(marks, levels)
    items = [(card.item(one.item).name, card.item(one.item).fatal, worded(one.alike, one.kappa))
             for one in by_item(marks, levels)]  # fmt: skip
    return OfCard(card, len(marks), worded(whole.alike, whole.kappa), kappas, items)


def _listed(session: Session, rules: Rulebook, pairs: Sequence[queries.Pair], bounds: AgreementRules) -> list[OfPair]:
    """Records scored twice, those that lie too far apart first."""
    sessions = called_from(session, [one.second.id for one in pairs])
    found = []
    for pair in pairs:
        compared = compare(*pair.scored, levels_of(rules.card(pair.card_id)))
        found.append(
            OfPair(
                pair,
                compared,
                worded(compared.alike, compared.kappa),
                compared.concerns(bounds),
                "" if compared.difference is None else signed(compared.difference),
                sessions.get(pair.second.id, ""),
            )
        )
    return sorted(found, key=lambda one: not one.concerns)


def _twos(listed: Sequence[OfPair]) -> list[OfTwo]:
    """Every two inspectors, in the order of their ids; a difference is the higher id's score less the lower's."""
    found: dict[tuple[int, int], OfTwo] = {}
    for one in listed:
        first, second = sorted((one.pair.first, one.pair.second), key=lambda scoring: scoring.staff_id)
        two = found.setdefault(one.pair.people, OfTwo(first.name, second.name))
        two.alike = two.alike.plus(one.compared.alike)
        two.flagged += bool(one.concerns)
        if first.score is not None and second.score is not None:
            apart = second.score - first.score
            two.apart = two.apart.plus(Sums(1, apart, apart * apart))
    return [found[people] for people in sorted(found)]


def _one_of(text: str | None, known: Iterable[str]) -> str:
    return text if text is not None and text in known else ""
