"""Why a message stands where it stands, as a sentence: the reason's code in words, the other side's code after it."""

from __future__ import annotations

from policies.delivery import Reason
from views.language import _

KNOWN = frozenset(reason.value for reason in Reason)


def reason_words(said: str) -> str:
    """The sentence for a line such as ``recipient 550 5.1.1``; nothing for nothing."""
    code, _space, detail = said.partition(" ")
    if code not in KNOWN:
        return said
    key = f"outbox.reason.{code}"
    text = _(key)
    return f"{text} ({detail})" if detail else text
