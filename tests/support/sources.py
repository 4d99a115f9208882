"""The project's own files, for the tests that read them as text."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent.parent
FLOORS = ("views", "forms", "backoffice", "policies")
TEMPLATES = PROJECT / "templates"
TRANSLATIONS = TEMPLATES / "translations"


def name(path: Path) -> str:
    """The path as it is written in the project."""
    return path.relative_to(PROJECT).as_posix()


@cache
def python_files() -> tuple[Path, ...]:
    """All Python files of the product."""
    return (PROJECT / "run.py", *(path for floor in FLOORS for path in sorted((PROJECT / floor).rglob("*.py"))))


@cache
def tree(path: Path) -> ast.Module:
    """The file, parsed."""
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def templates() -> tuple[Path, ...]:
    """All templates: pages, papers and messages."""
    return tuple(path for path in sorted(TEMPLATES.rglob("*")) if path.suffix in {".html", ".txt", ".svg", ".jinja"})


@cache
def static_files() -> tuple[Path, ...]:
    """The style sheets and scripts that a browser loads."""
    return tuple(path for path in sorted((TEMPLATES / "static").rglob("*")) if path.suffix in {".css", ".js"})


def imports(path: Path) -> Iterator[str]:
    """The full names of the modules that a file imports, wherever in it."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
