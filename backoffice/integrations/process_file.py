"""A process as a file in the console's own form (R14): YAML or JSON in, YAML out; one process a file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from policies.message import Refusal

MOST_SIGNS = 200_000


class _Plain(yaml.SafeLoader):
    """Values only: nothing that refers to another place of the file, so that a short file cannot grow without end."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("aliases are not read")
        return super().compose_node(parent, index)


_Plain.yaml_implicit_resolvers = {  # a date stays the text that it is written as
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read_process(text: str) -> dict[str, Any] | Refusal:
    """The one process in a text, or why there is none to be read: with the line where that is known."""
    if len(text) > MOST_SIGNS:
        return Refusal("process.refused.file_long", {"most": MOST_SIGNS, "n": len(text)}, "text", 422)
    try:
        content = yaml.load(text, Loader=_Plain)  # noqa: S506 (a safe loader, made narrower); JSON is YAML as well
    except yaml.MarkedYAMLError as fault:
        line = fault.problem_mark.line + 1 if fault.problem_mark is not None else 1
        return Refusal("process.refused.file_line", {"line": line}, "text", 422)
    except (yaml.YAMLError, RecursionError, ValueError, TypeError):
        return Refusal("process.refused.file", {}, "text", 422)
    if isinstance(content, Mapping) and isinstance(content.get("processes"), list):
        if len(content["processes"]) != 1:
            return Refusal("process.refused.file_one", {"n": len(content["processes"])}, "text", 422)
        content = content["processes"][0]
    if not isinstance(content, Mapping) or not all(isinstance(key, str) for key in content):
        return Refusal("process.refused.file", {}, "text", 422)
    return dict(content)


def write_process(definition: Mapping[str, Any]) -> str:
    """A process as a file that can be read in again."""
    return yaml.safe_dump(dict(definition), allow_unicode=True, sort_keys=False, width=118)
