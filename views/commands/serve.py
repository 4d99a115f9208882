"""``run.py`` (serve): bring the office's database up to date, make its first administrator, and open the console."""

from __future__ import annotations

import argparse
import gc
import os
import socket
from pathlib import Path
from typing import Any

from policies.message import Refusal
from policies.password import DEMO_PASSWORD
from views.commands import CommandError, announce, check_data, data_path, spoken

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 5000


def add_parser(subparsers: Any) -> argparse.ArgumentParser:
    """Declare the command's options."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "serve",
        help="open the console (the default command)",
        description="Opens the console: makes the data directory, keys and database where they are missing.",
    )
    parser.add_argument("--host", default=DEFAULT_HOST, help=f"address to listen on (default {DEFAULT_HOST})")
    parser.add_argument("--port", type=_port, default=DEFAULT_PORT, help=f"port to listen on (default {DEFAULT_PORT})")
    parser.add_argument("--data", metavar="DIR", help="the data directory (default: $BACKOFFICE_DATA, else instance/)")
    parser.add_argument(
        "--without-worker",
        action="store_true",
        help="open the pages only: what waits is done by run.py worker (also: BACKOFFICE_BELL=off)",
    )
    parser.add_argument(
        "--prepare", action="store_true", help="bring the database up to date, then end: before a server of your own"
    )
    parser.add_argument(
        "--demo", action="store_true", help="a demonstration office with invented people and complaints, kept apart"
    )
    return parser


def run(args: argparse.Namespace) -> int:
    """Serve until stopped."""
    folder = _folder(args)
    check_data(folder)
    if args.prepare:
        _application(folder, demo=args.demo).extensions["desk"].database.dispose()
        print("The office is ready; its database has the shape of this version.")
        return 0
    _check_port(args.host, args.port)
    app = _application(folder, demo=args.demo)
    address = f"http://{args.host}:{args.port}/"
    announce(f"Complaint Desk is open at {address} (stop it with Ctrl+C)")
    from views import server

    bell = None if args.without_worker or bell_is_off() else _bell(app)
    if bell is not None:
        bell.start()
    try:
        server.open_to(app, args.host, args.port)
    finally:
        if bell is not None:
            bell.stop()
    return 0


def bell_is_off() -> bool:
    """Whether the machine says that the console does not do what waits."""
    return os.environ.get("BACKOFFICE_BELL", "").strip().lower() in ("off", "no", "0")


def _bell(app: Any) -> Any:
    """What does the waiting jobs of this office while the console is open."""
    from backoffice.jobs.bell import Bell
    from backoffice.jobs.running import Workshop
    from views.language import say

    desk = app.extensions["desk"]
    return Bell(Workshop(desk.database, desk.keys, desk.clock, Path(desk.config["DATA_DIR"]), say))


def _folder(args: argparse.Namespace) -> Path:
    """The demonstration has a folder of its own; it never opens a real office."""
    if not args.demo:
        return data_path(args)
    return Path(args.data).expanduser().absolute() if args.data else data_path(argparse.Namespace(), "instance-demo")


def _application(folder: Path, *, demo: bool) -> Any:
    """The application with its database brought up to date. What is loaded until then stays as long as the process: it
    is not searched for garbage, neither meanwhile nor later.
    """
    gc.disable()
    try:
        return _made(folder, demo=demo)
    finally:
        gc.freeze()
        gc.enable()


def _made(folder: Path, *, demo: bool) -> Any:
    from backoffice import migrate
    from backoffice.errors import DomainError
    from views.app import create_app
    from views.language import say
    from views.serving import machine_settings

    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        app = create_app({**machine_settings(), "DATA_DIR": str(folder), "DEMO": demo})
    except OSError as error:
        raise CommandError(f"the data directory {folder} cannot be used: {error.strerror}") from error
    except DomainError as error:
        language = spoken(argparse.Namespace())
        raise CommandError("; ".join(say(refusal, language) for refusal in error.refusals)) from error
    desk = app.extensions["desk"]
    try:
        with migrate.alone(desk.database):
            _bring_up_to_date(desk)
            _first_people(desk, demo=demo)
    except BaseException:
        desk.database.dispose()
        raise
    return app


def _bring_up_to_date(desk: Any) -> None:
    from sqlalchemy.exc import SQLAlchemyError

    from backoffice import migrate
    from backoffice.database_faults import DatabaseError, fault_of
    from backoffice.services import office_keys
    from backoffice.services.new_defaults import take_new_defaults
    from views.commands.desk import sentence
    from views.language import say

    at = migrate.current(desk.database)
    if at != migrate.head():
        if not migrate.is_known(at):
            raise CommandError(say(Refusal("database.fault.newer"), spoken(argparse.Namespace())))
        try:
            migrate.upgrade(desk.database)
        except SQLAlchemyError as error:
            raise CommandError(sentence(DatabaseError(fault_of(error, desk.database.url)))) from error
        office_keys.remember(desk.database, desk.keys)
    with desk.database.writing() as session:
        take_new_defaults(session)


def _first_people(desk: Any, *, demo: bool) -> None:
    if demo:
        from backoffice.jobs.demonstration.opening import open_demonstration

        folder, password = Path(desk.config["DATA_DIR"]), os.environ.get("BACKOFFICE_DEMO_PASSWORD") or DEMO_PASSWORD
        open_demonstration(desk.database, desk.keys, folder, desk.clock.now(), password, print)
        return
    from backoffice.services.set_up import first_administrator

    with desk.database.writing() as session:
        _refuse_demonstration(session)
        made = first_administrator(session, desk.clock.now())
        if made is not None:  # within the transaction: whoever cannot be told their password is not made
            login, password = made
            told = f"First administrator: sign in as {login} with the password {password} (shown once; change it then)"
            print(told, flush=True)


def _refuse_demonstration(session: Any) -> None:
    import sqlalchemy as sa

    from backoffice.models.office import Office

    if session.scalar(sa.select(Office.demonstration).limit(1)):
        raise CommandError("this data directory holds the demonstration: open it with --demo, or name another --data")


def _check_port(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as error:
        reason = (error.strerror or "unknown reason").lower()
        raise CommandError(f"{host}:{port} cannot be used ({reason}): choose another with --host or --port") from error


def _port(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port (1 to 65535)")
    return int(text)
