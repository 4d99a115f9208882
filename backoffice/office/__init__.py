"""The default office as it ships: YAML, read once into the tables by ``services/office.py``; after that the tables are
the truth.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

try:
    from yaml import CSafeLoader as SafeLoader
except ImportError:  # a build without the C library is slower, not different
    from yaml import SafeLoader  # type: ignore[assignment]

FOLDER = Path(__file__).resolve().parent


@cache
def document(name: str) -> dict[str, Any]:
    """One document of the default office, for example ``document("sla")``; do not change what you get."""
    with (FOLDER / f"{name}.yaml").open(encoding="utf-8") as file:
        content: dict[str, Any] = yaml.load(file, Loader=SafeLoader)
    return content
