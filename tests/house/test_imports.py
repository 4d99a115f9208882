"""The floors import downwards only, and the product uses what its requirements name (architecture.md)."""

import importlib.metadata
import re
import subprocess
import sys
from pathlib import Path

from tests.support.sources import FLOORS, PROJECT, imports, name, python_files

LINTER = str(Path(sys.executable).parent / "lint-imports")
PACKAGES = ("views", "forms", "backoffice", "backoffice/services", "backoffice/services/core", "backoffice/queries",
            "backoffice/reports", "backoffice/integrations", "backoffice/jobs", "backoffice/models", "policies")  # fmt: skip


def lint(folder):
    command = [LINTER, "--no-logo", "--no-cache", "--config", str(PROJECT / "pyproject.toml")]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_the_floors_import_downwards_only():
    code, said = lint(PROJECT)
    assert code == 0, said


def test_an_import_upwards_is_found(tmp_path):
    for package in PACKAGES:
        (tmp_path / package).mkdir(parents=True)
        (tmp_path / package / "__init__.py").touch()
    (tmp_path / "policies" / "deadline.py").write_text("import backoffice.models\n")
    (tmp_path / "backoffice" / "services" / "intake.py").write_text("import flask\n")
    code, said = lint(tmp_path)
    assert code != 0
    assert "policies.deadline" in said
    assert "backoffice.services.intake" in said


def test_nothing_imports_the_doorbell():
    found = [name(path) for path in python_files() for module in imports(path) if module.split(".")[0] == "run"]
    assert found == []


def test_what_runs_before_the_environment_is_made_needs_the_standard_library_only():
    early = [
        PROJECT / "run.py",
        *(PROJECT / "views" / part for part in ("__init__.py", "cli.py", "commands/__init__.py", "commands/parts.py")),
    ]
    lazy = {"views.app", "flask", "backoffice.errors"}  # create_app(), its annotation, and what a refusal is
    allowed = set(sys.stdlib_module_names) | {"views", "__future__"}
    found = [(name(path), module) for path in early for module in set(imports(path)) - lazy
             if module.split(".")[0] not in allowed]  # fmt: skip
    assert found == []


def test_the_product_imports_only_what_its_requirements_name():
    text = (PROJECT / "requirements" / "run.in").read_text(encoding="utf-8")
    named = {normal(re.match(r"[\w.-]+", line)[0]) for line in text.splitlines() if re.match(r"\w", line)}
    home = importlib.metadata.packages_distributions()
    found = []
    for path in python_files():
        for module in imports(path):
            top = module.split(".")[0]
            if top in sys.stdlib_module_names or top in FLOORS:
                continue
            if not {normal(distribution) for distribution in home.get(top, ())} & named:
                found.append((name(path), module))
    # Flask brings the first three and documents them as its own surface, as pydantic does with its core.
    theirs = {"werkzeug", "jinja2", "markupsafe", "pydantic_core"}
    assert [entry for entry in found if entry[1].split(".")[0] not in theirs] == []


def normal(distribution):
    return distribution.lower().replace("_", "-")
