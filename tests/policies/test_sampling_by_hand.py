"""R27: the commands of the user guide, run as they stand there, give what the office's worked example says."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import yaml

PROJECT = Path(__file__).parents[2]
EXAMPLE = yaml.safe_load((PROJECT / "backoffice/office/sampling.yaml").read_text())["draw_rules"]["worked_example"]


def test_R27_the_commands_of_the_guide_repeat_the_worked_example(tmp_path):
    guide = (PROJECT / "docs" / "users" / "draws.md").read_text(encoding="utf-8")
    commands = re.search(r"```sh\n(.+?)```", guide, re.DOTALL)[1]
    assert f"SEED='{EXAMPLE['seed']}'\nN={EXAMPLE['n']}\n" in commands
    (tmp_path / "numbers.txt").write_text("\n".join(EXAMPLE["population"]))
    done = subprocess.run(["bash", "-c", commands], cwd=tmp_path, capture_output=True, text=True, check=True)
    first, *drawn = done.stdout.split("\n")
    assert first.split()[0] == EXAMPLE["population_sha256"]
    assert drawn[:-1] == EXAMPLE["drawn"]
