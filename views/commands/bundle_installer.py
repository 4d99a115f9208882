"""The installer inside a bundle: `python3 complaint-desk.zip` checks every member and installs without any network.

Standard library only, and nothing of the project: it runs from within the file (there it is ``__main__.py``), on a
machine that has nothing but Python.
"""

import argparse
import hashlib
import json
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path, PurePosixPath

MANIFEST = "MANIFEST.json"
FORMAT = 1
INSTALLER = "__main__.py"
PROJECT = "project/"
DONE, WRONG_USE, FAULT = 0, 2, 1


class BundleError(Exception):
    """Why nothing was installed, in one sentence with what to do next."""


def main(arguments: "list[str]") -> int:
    """Check, then install, then say what to do next. Returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python3 " + Path(sys.argv[0]).name,
        description="Installs Complaint Desk from this one file. No network is needed.",
    )
    parser.add_argument("--to", metavar="DIR", default="complaint-desk", help="where to (default: ./complaint-desk)")
    parser.add_argument("--check", action="store_true", help="check this file and install nothing")
    parser.add_argument("--upgrade", action="store_true", help="put this version in the place of the one in DIR")
    args = parser.parse_args(arguments)
    try:
        with zipfile.ZipFile(sys.argv[0]) as bundle:
            manifest = checked(bundle)
            print("Every file of the bundle is as it was packed ({}).".format(len(manifest["members"])), flush=True)
            if args.check:
                return DONE
            refuse_other_machine(manifest)
            folder = Path(args.to).expanduser().absolute()
            install(bundle, manifest, folder, upgrade=args.upgrade)
    except (BundleError, zipfile.BadZipFile, OSError) as error:
        print(f"Nothing was installed: {error}", file=sys.stderr)
        return FAULT
    return first_start(folder)


def checked(bundle: zipfile.ZipFile) -> dict:
    """The manifest, once every member is what it says. Raises ``BundleError``."""
    try:
        manifest = json.loads(bundle.read(MANIFEST).decode("utf-8"))
        members = dict(manifest["members"])
    except (KeyError, ValueError, TypeError, zipfile.BadZipFile):
        raise BundleError("the bundle has no list of its files; fetch it again") from None
    if manifest.get("format") != FORMAT:
        raise BundleError("the bundle is of a kind that this installer does not know; make it anew")
    names = [name for name in bundle.namelist() if name != MANIFEST]
    if sorted(names) != sorted(members):
        raise BundleError("the bundle holds other files than its list names; fetch it again")
    for name in names:
        if not is_safe(name):
            raise BundleError(f"the bundle names a place outside its own folder: {name}")
        try:
            same = digest(bundle, name) == members[name]
        except (zipfile.BadZipFile, ValueError, OSError):
            same = False
        except Exception as error:  # noqa: BLE001 (zlib and its like have errors of their own)
            raise BundleError(f"{name} cannot be unpacked ({error}); fetch the bundle again") from None
        if not same:
            raise BundleError(f"{name} is not as it was packed; fetch the bundle again")
    return manifest


def digest(bundle: zipfile.ZipFile, name: str) -> str:
    """The SHA-256 of a member."""
    made = hashlib.sha256()
    with bundle.open(name) as member:
        for block in iter(lambda: member.read(1 << 20), b""):
            made.update(block)
    return made.hexdigest()


def is_safe(name: str) -> bool:
    """Whether a member stays within the folder that it is unpacked into."""
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts and "\\" not in name and ":" not in name


def refuse_other_machine(manifest: dict) -> None:
    """The packages of a bundle are for one version of Python and one kind of machine."""
    wanted, here = tuple(manifest["python"]), sys.version_info[:2]
    if wanted != here:
        text = "the bundle is for Python {0}.{1} and this is {2}.{3}: start it with python{0}.{1}, or have one made"
        raise BundleError((text + " with --python {2}.{3}").format(*wanted, *here))
    if manifest["platform"] != sysconfig.get_platform():
        raise BundleError(
            "the bundle is for {} and this machine is {}: have one made on, or for, such a machine".format(
                manifest["platform"], sysconfig.get_platform()
            )
        )


def install(bundle: zipfile.ZipFile, manifest: dict, folder: Path, *, upgrade: bool) -> None:
    """Unpack beside the place, then put into place; what an office keeps in the folder is left alone."""
    is_there = folder.exists() and any(folder.iterdir())
    if is_there and not upgrade:
        raise BundleError(f"{folder} is not empty: name another place with --to, or say --upgrade")
    if is_there and not (folder / "run.py").is_file():
        raise BundleError(f"{folder} holds something else than Complaint Desk: name another place with --to")
    beside = folder.with_name(folder.name + ".unpacking")
    if beside.exists():
        shutil.rmtree(str(beside))
    for name in sorted(manifest["members"]):
        if name == INSTALLER:
            continue
        target = beside / (name.removeprefix(PROJECT))
        target.parent.mkdir(parents=True, exist_ok=True)
        with bundle.open(name) as member, target.open("wb") as file:
            shutil.copyfileobj(member, file, 1 << 20)
    (beside / MANIFEST).write_text(json.dumps(manifest, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    if not is_there:
        if folder.exists():
            folder.rmdir()
        beside.replace(folder)
        return
    replace(beside, folder)


def replace(beside: Path, folder: Path) -> None:
    """The new files in the place of the old; what the old version had and the new one has not is taken away."""
    new = {path.relative_to(beside) for path in beside.rglob("*") if path.is_file()}
    for path in sorted(new):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        old = folder / path
        if path.name == MANIFEST and old.is_file():
            for name in json.loads(old.read_text(encoding="utf-8")).get("members", {}):
                place = Path(name.removeprefix(PROJECT))
                if is_safe(name) and name != INSTALLER and place not in new:
                    (folder / place).unlink(missing_ok=True)
        (beside / path).replace(old)
    shutil.rmtree(str(beside))


def first_start(folder: Path) -> int:
    """Have the desk prepare its environment from the packages that came along, and look at itself."""
    done = subprocess.run([sys.executable, "run.py", "doctor"], cwd=str(folder), check=False)
    if done.returncode != 0:
        print(f"The files are in {folder}, but the desk cannot run yet: see above.", file=sys.stderr)
        return FAULT
    print(f"\nComplaint Desk is installed in {folder}. Next: cd {folder} && {Path(sys.executable).name} run.py")
    return DONE


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
