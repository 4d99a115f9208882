"""The table of actions for the documents: action → permissions → clock events, made from the rules themselves."""

from __future__ import annotations

from policies.actions import ACTIONS
from views.language import say

HEAD = """# Actions

Made from `policies/actions.py`; a test holds this page to it. *Kind*: `move` leaves a step by a way of its process,
`act` leaves it where it is.

| action | zh | en | kind | any of these permissions | clock events | rules |
| --- | --- | --- | --- | --- | --- | --- |
"""


def page() -> str:
    """The page in Markdown."""
    rows = []
    for rule in ACTIONS.values():
        names = [say(rule.title, language) for language in ("zh_Hans", "en")]
        permissions = " ".join(f"`{permission}`" for permission in rule.permissions)
        events = " ".join(f"`{event.value}`" for event in rule.events)
        cells = (f"`{rule.code}`", *names, rule.kind.value, permissions, events, " ".join(rule.rules))
        rows.append("| " + " | ".join(cells) + " |")
    return HEAD + "\n".join(rows) + "\n"


if __name__ == "__main__":
    print(page(), end="")
