"""How customer data appears in a dossier (R39): in clear, masked, or not at all on a foreign confidential case."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum, unique
from typing import Any

from policies.dispatch_values import ElementKind
from policies.masked_text import mask_text
from policies.masking import HIDDEN, mask_address, mask_email, mask_name, mask_phone


@unique
class Copy(StrEnum):
    """What kind of copy is made."""

    FULL = "full"
    MASKED = "masked"
    HIDDEN = "hidden"


class Veil:
    """Lets through what this kind of copy may show; free text is searched for what identifies a person."""

    def __init__(self, copy: Copy, record: Mapping[str, Any]) -> None:
        self.copy = copy
        self._names = _known(record, "customer_name")
        self._hidden = _known(record, "customer_name", "contact_phone", "email", "address")

    @property
    def in_clear(self) -> bool:
        return self.copy is Copy.FULL

    def name(self, text: str) -> str:
        return self._shown(text, mask_name)

    def phone(self, text: str) -> str:
        return self._shown(text, mask_phone)

    def address(self, text: str) -> str:
        return self._shown(text, mask_address)

    def email(self, text: str) -> str:
        return self._shown(text, mask_email)

    def text(self, text: str) -> str:
        """Free text: what people wrote, file names, titles."""
        if self.in_clear:
            return text
        if self.copy is Copy.HIDDEN:
            for known in self._hidden:
                text = text.replace(known, HIDDEN)
        return mask_text(text, self._names)

    def element(self, kind: ElementKind, text: str) -> str:
        """The value of a dispatch element, by its kind."""
        if kind is ElementKind.ADDRESS:
            return self.address(text)
        return self.phone(text) if kind is ElementKind.PHONE else self.text(text)

    def _shown(self, text: str, mask: Any) -> str:
        if self.in_clear or not text:
            return text
        return HIDDEN if self.copy is Copy.HIDDEN else str(mask(text))


def _known(record: Mapping[str, Any], *codes: str) -> tuple[str, ...]:
    """What the record says of the customer, longest first, so that a part of it does not spoil the whole."""
    found = {str(record.get(code) or "").strip() for code in codes} - {""}
    return tuple(sorted(found, key=len, reverse=True))
