"""What invented customers say and invented staff write, drawn from ``office/demonstration.yaml`` with a fixed seed."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

from backoffice.models.configuration import Category
from backoffice.office import document


@dataclass
class Material:
    """Draws texts; the same seed draws the same texts in the same order."""

    chance: random.Random

    def __post_init__(self) -> None:
        self._texts: dict[str, Any] = document("demonstration")

    def one(self, *path: str) -> str:
        """One of the texts under a path of the document."""
        found: Any = self._texts
        for name in path:
            found = found[name]
        return str(self.chance.choice(found))

    def name(self) -> str:
        """An invented customer."""
        return self.one("surnames") + self.one("given_names")

    def phone(self) -> str:
        """A mobile number of a block that stands for no one: 139 0000 and four digits."""
        return f"1390000{self.chance.randrange(10_000):04}"

    def address(self) -> str:
        """An invented address."""
        return self.fill(self.one("elements", "address"))

    def fill(self, text: str, **more: str) -> str:
        """Put invented names and numbers into the places of a text."""
        chance = self.chance
        return text.format(
            street=self.one("streets"),
            estate=self.one("estates"),
            n=chance.randrange(1, 200),
            b=chance.randrange(1, 20),
            r=chance.randrange(101, 2500),
            **more,
        )

    def story(self, trunk: str, leaf: Category) -> dict[str, str]:
        """The 5W1H of a complaint about a leaf."""
        symptom = self.chance.choice(leaf.symptoms)["name"]["zh"] if leaf.symptoms else leaf.name_zh
        kind = trunk if trunk in self._texts["stories"] else "default"
        return {
            "what": self.fill(self.one("stories", kind, "what"), leaf=leaf.name_zh, symptom=symptom),
            "why": self.one("stories", kind, "why"),
            "demand": self.one("stories", kind, "demand"),
            "product_symptom": self.one("stories", kind, "product"),
            "who": self.one("who"),
            "where": self.one("where"),
        }

    def handling(self, name: str, **more: str) -> str:
        """A text that staff write while handling."""
        return self.fill(self.one("handling", name), **more) if more else self.one("handling", name)
