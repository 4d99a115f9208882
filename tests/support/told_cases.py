"""The ten told cases of ``office/inspection_cases.yaml`` as plain values, for tests of rules without a database."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

OFFICE = Path(__file__).parents[2] / "backoffice" / "office"
SHANGHAI = ZoneInfo("Asia/Shanghai")


@cache
def office(name: str) -> Any:
    """A document of the default office."""
    return yaml.safe_load((OFFICE / f"{name}.yaml").read_text(encoding="utf-8"))


def told() -> list[dict[str, Any]]:
    return office("inspection_cases")["cases"]


def local(text: str | datetime) -> datetime:
    """A told time, local to the office, as aware UTC."""
    naive = text if isinstance(text, datetime) else datetime.fromisoformat(text)
    return naive.replace(tzinfo=SHANGHAI).astimezone(UTC)


def process(severity: str) -> dict[str, Any]:
    return next(process for process in office("processes")["processes"] if process["severity"] == severity)


def leads_to(severity: str, step: str, action: str) -> dict[str, Any] | None:
    """The step to which an action leads, read from the office's own process; None when it ends or regrades."""
    steps = {one["code"]: one for one in process(severity)["steps"]}
    way = next(way for way in steps[step]["next"] if way["action"] == action)
    return steps.get(way["to"])
