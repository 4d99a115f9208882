#!/usr/bin/env python3
"""The doorbell: `python3 run.py` makes its environment, then hands over to ``views.cli``.

Standard library only. Nothing imports this file, except a server that is told to: ``gunicorn 'run:create_app()'``.
"""

import sys

if sys.version_info < (3, 11):  # before anything that an older Python would stumble over
    sys.exit(
        "Complaint Desk needs Python 3.11 or later, and this is {}.{}.{}: start it with python3.11 run.py".format(
            *sys.version_info
        )
    )

import contextlib
import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask

PROJECT = Path(__file__).resolve().parent
ENVIRONMENT = PROJECT / ".venv"
STAMP = ENVIRONMENT / "desk-ready.json"
LOG = ENVIRONMENT / "desk-setup.log"
WHEELS = PROJECT / "wheels"  # the packages, where they came along in a bundle
PYTHON = ENVIRONMENT / ("Scripts/python.exe" if os.name == "nt" else "bin/python")

NOT_LOADED = 4
HANDED_OVER = "COMPLAINT_DESK_HANDED_OVER"

NO_NETWORK = (
    "Temporary failure in name resolution",
    "Name or service not known",
    "Network is unreachable",
    "Failed to establish a new connection",
    "Connection refused",
    "Could not fetch URL",
    "Failed to fetch",
    "dns error",
    "Connect timeout",
    "ConnectTimeoutError",
    "Read timed out",
    "ProxyError",
)


def create_app(*args: Any, **kwargs: Any) -> "Flask":
    """The application, for a server of one's own; the environment must be the project's.

    Settings come from the environment. What keeps it from opening is said in one line, and the exit code is the one
    at which gunicorn gives up instead of trying again and again.
    """
    from views.serving import create_served, refusal_of

    try:
        return create_served(*args, **kwargs)
    except Exception as error:
        sentence = refusal_of(error)
        if sentence is None:
            raise
        print(f"run.py: {sentence}", file=sys.stderr, flush=True)
        raise SystemExit(NOT_LOADED) from None


def main(arguments: list[str]) -> int:
    """Prepare what the command needs, then run it. Returns its exit code."""
    sys.path.insert(0, str(PROJECT))
    # Help needs nothing that is not here yet, so that it answers before anything is fetched.
    if arguments[:1] not in (["-h"], ["--help"]):
        wanted = "test" if arguments[:1] == ["test"] else "run"
        try:
            _prepare(wanted, ask_again=arguments[:2] == ["doctor", "--install"])
        except SetupError as error:
            return _stop(str(error))
        except KeyboardInterrupt:
            return _stop("Stopped; run it again to go on from here.")
        if Path(sys.prefix).resolve() != ENVIRONMENT.resolve():
            return _hand_over(arguments)
    os.environ.pop(HANDED_OVER, None)
    from views.cli import main as command_line

    return command_line(arguments)


class SetupError(Exception):
    """What keeps the environment from being made, in one sentence with the way out."""


def _stop(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return 1


def _hand_over(arguments: list[str]) -> int:
    """Run this file again under the environment's own Python."""
    if os.environ.get(HANDED_OVER) == str(ENVIRONMENT):
        return _stop(f"The environment in {ENVIRONMENT} is broken: delete that folder and run it again.")
    os.environ[HANDED_OVER] = str(ENVIRONMENT)
    command = [str(PYTHON), str(PROJECT / "run.py"), *arguments]
    if os.name == "nt":  # there, exec returns to the shell before the new process has ended
        return subprocess.call(command)
    sys.stdout.flush()
    return os.execv(command[0], command)  # noqa: S606 (no shell is wanted)


# --- The environment -------------------------------------------------------------------------------------------------


def _prepare(wanted: str, *, ask_again: bool) -> None:
    """Packages of the set ``wanted`` and the system's parts; does nothing but compare a stamp when all is there."""
    requirements = PROJECT / "requirements" / f"{wanted}.txt"
    try:
        digest = hashlib.sha256(requirements.read_bytes()).hexdigest()
    except OSError as error:
        raise SetupError(f"{requirements} cannot be read: is this the whole project?") from error
    if not _is_ready(wanted, digest):
        with _one_at_a_time(requirements):
            if not _is_ready(wanted, digest):
                _install_packages(requirements)
                # Whoever has the test set has the console's packages in the same versions too.
                run_digest = hashlib.sha256((PROJECT / "requirements" / "run.txt").read_bytes()).hexdigest()
                _write_stamp({wanted: digest, "run": run_digest})
    parts_asked = f"{wanted} parts"
    if ask_again or wanted == "test" or not _read_stamp().get(parts_asked):
        from views.commands.parts import provide

        provide(wanted, log=LOG)
        _write_stamp({parts_asked: "asked"})


def _is_ready(wanted: str, digest: str) -> bool:
    return _is_made() and _read_stamp().get(wanted) == digest


def _is_made() -> bool:
    """Whether there is an environment; without its ``pyvenv.cfg`` that Python would be the machine's own."""
    return PYTHON.exists() and (ENVIRONMENT / "pyvenv.cfg").is_file()


def _read_stamp() -> dict[str, str]:
    try:
        stamp = json.loads(STAMP.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def _write_stamp(news: dict[str, str]) -> None:
    stamp = {**_read_stamp(), **news}
    # An environment made by somebody else may be read-only here: it is used as it is.
    with contextlib.suppress(OSError):
        STAMP.write_text(json.dumps(stamp, indent=1) + "\n", encoding="utf-8")


@contextlib.contextmanager
def _one_at_a_time(requirements: Path) -> "Iterator[None]":
    """Two starts at the same moment make one environment, not two halves."""
    with requirements.open("rb") as held:
        with contextlib.suppress(ImportError):  # not on Windows
            import fcntl

            fcntl.flock(held, fcntl.LOCK_EX)
        yield


def _install_packages(requirements: Path) -> None:
    print(f"Preparing the environment in {ENVIRONMENT} (once; about half a minute) …", file=sys.stderr, flush=True)
    try:
        if ENVIRONMENT.exists() and not _is_made():
            shutil.rmtree(ENVIRONMENT)  # what an interrupted or moved set-up left
        ENVIRONMENT.mkdir(exist_ok=True)
        log = LOG.open("w", encoding="utf-8")
    except OSError as error:
        raise SetupError(f"The environment cannot be made in {ENVIRONMENT}: {error.strerror}.") from error
    with log:
        if requirements.name == "run.txt" and _bundled_pip() is not None:
            if not _install_from_bundle(requirements, log):
                raise SetupError(_why_not(requirements))
            return
        uv = _working_uv()
        # uv does not read pip's settings: where an office's mirror is known to pip alone, pip still gets through.
        if uv and _install_with_uv(uv, requirements, log):
            return
        if not _has_pip(log) and not _make_with_pip(log) and not uv:
            raise SetupError(_how_to_get_venv())
        pip = [str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--retries", "2"]
        if not (_is_made() and _logged([*pip, "--require-hashes", "-r", str(requirements)], log)):
            raise SetupError(_why_not(requirements))


def _bundled_pip() -> Path | None:
    """The wheel of pip that came along in a bundle; a wheel is a folder of Python that runs as it is."""
    return next(iter(sorted(WHEELS.glob("pip-*.whl"))), None)


def _install_from_bundle(requirements: Path, log: IO[str]) -> bool:
    """Make the environment from the bundle's own wheels, by their hashes, without asking any network."""
    make = [sys.executable, "-m", "venv", "--without-pip", str(ENVIRONMENT)]
    pip = [str(PYTHON), str(_bundled_pip()) + "/pip", "install", "--isolated", "--disable-pip-version-check"]
    wanted = ["--no-input", "--no-index", "--find-links", str(WHEELS), "--require-hashes", "-r", str(requirements)]
    return (_is_made() or _logged(make, log)) and _is_made() and _logged([*pip, *wanted], log)


def _working_uv() -> str | None:
    """uv, if it is there and runs (a version manager may leave a shim that does not)."""
    uv = shutil.which("uv")
    if not uv:
        return None
    return uv if subprocess.run([uv, "--version"], capture_output=True, check=False).returncode == 0 else None


def _install_with_uv(uv: str, requirements: Path, log: IO[str]) -> bool:
    make = [uv, "venv", "--allow-existing", "--python", sys.executable, str(ENVIRONMENT)]
    install = [uv, "pip", "install", "--python", str(PYTHON), "--require-hashes", "-r", str(requirements)]
    return (_is_made() or _logged(make, log)) and _is_made() and _logged(install, log)


def _has_pip(log: IO[str]) -> bool:
    return _is_made() and _logged([str(PYTHON), "-m", "pip", "--version"], log)


def _make_with_pip(log: IO[str]) -> bool:
    """Make the environment, or give one that is there its pip. Debian keeps what that needs in a package of its own."""
    from views.commands.parts import apt_install

    probe = [sys.executable, "-c", "import ensurepip, venv"]
    if not _logged(probe, log):
        apt_install([_venv_package()], log=log)
    return _logged(probe, log) and _logged([sys.executable, "-m", "venv", str(ENVIRONMENT)], log)


def _venv_package() -> str:
    return f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"


def _how_to_get_venv() -> str:
    from views.commands.parts import apt_command

    return (
        f"The environment cannot be made in {ENVIRONMENT}: Python's venv is not complete on this machine."
        f" To have it: {apt_command([_venv_package()])}"
    )


def _logged(command: list[str], log: IO[str]) -> bool:
    log.write("\n$ " + " ".join(command) + "\n")
    log.flush()
    # uv shall trust the certificates that this machine trusts, an office's own among them, as pip does.
    environment = {**os.environ, "UV_SYSTEM_CERTS": "1", "UV_NATIVE_TLS": "1"}
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, env=environment, check=False
    )
    return done.returncode == 0


def _why_not(requirements: Path) -> str:
    text = LOG.read_text(encoding="utf-8", errors="replace")
    if "DO NOT MATCH THE HASHES" in text or "Hash mismatch" in text:
        return (
            f"A package is not the file that {requirements.name} expects (its hash differs), so that nothing was"
            f" installed; see {LOG}."
        )
    if "No space left on device" in text:
        return f"There is no space left for the environment in {ENVIRONMENT}."
    if any(sign in text for sign in NO_NETWORK):
        return (
            f"The packages could not be fetched: this machine reaches no package registry. Start it again when it does;"
            f" details in {LOG}."
        )
    return f"The packages could not be installed; see {LOG}."


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
