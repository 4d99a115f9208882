"""The documents say what the code does."""

from __future__ import annotations

import re
from pathlib import Path

from views.commands.actions import page

PROJECT = Path(__file__).resolve().parents[2]


def test_the_table_of_actions_is_that_of_the_rules():
    assert (PROJECT / "docs" / "actions.md").read_text(encoding="utf-8") == page()


def test_every_link_in_the_documents_leads_somewhere():
    broken = [
        f"{path.relative_to(PROJECT)}: {target}"
        for path in [PROJECT / "README.md", *(PROJECT / "docs").rglob("*.md")]
        for target in re.findall(r"\]\(([^)#]+)\)", path.read_text(encoding="utf-8"))
        if not target.startswith(("http:", "https:")) and not (path.parent / target).exists()
    ]
    assert not broken


def test_the_two_commands_stand_in_the_readme():
    readme = (PROJECT / "README.md").read_text(encoding="utf-8")
    assert re.search(r"^python3 run\.py +#", readme, re.MULTILINE)
    assert "python3 run.py test" in readme
