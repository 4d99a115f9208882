"""A scene that takes long to play, played once a run: whichever worker asks first plays it, the others wait and read.

What is shared is never written to: a test copies the folder (``copied``) and works on its copy.
"""

from __future__ import annotations

import fcntl
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path

from tests.support.access_scene import Scene


def once(folder: Path, name: str, play: Callable[[Path], Scene]) -> Scene:
    """The scene of this name in the run's folder; ``play`` makes it in the folder that it is given."""
    kept = folder / f"{name}.scene"
    with (folder / f"{name}.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        if not kept.exists():
            unfinished = kept.with_suffix(".unfinished")
            shutil.rmtree(folder / name, ignore_errors=True)
            unfinished.write_bytes(pickle.dumps(play(folder / name)))
            unfinished.rename(kept)
    scene = pickle.loads(kept.read_bytes())
    assert isinstance(scene, Scene)
    return scene


def copied(scene: Scene, folder: Path) -> Path:
    """A copy of the scene's data of one test's own."""
    shutil.copytree(scene.folder, folder)
    return folder
