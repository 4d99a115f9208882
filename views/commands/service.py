"""``run.py service``: what starts the desk with the machine, with the right paths: systemd units, or Windows tasks.

It prints (or writes with ``--out``) and changes nothing else: whoever administers the machine reads it and puts it in.
"""

from __future__ import annotations

import argparse
import os
import re
import shlex
import sys
from pathlib import Path
from typing import Any

from views.commands import PROJECT, CommandError, data_option, data_path

NAMES = {"console": "complaint-desk", "worker": "complaint-desk-worker"}
SUMMARIES = {"console": "Complaint Desk", "worker": "Complaint Desk: what waits (jobs, messages, daily seal)"}

UNIT = """\
# {summary}. Put this file into /etc/systemd/system/{name}.service, then:
#   useradd --system --home-dir {data} --shell /usr/sbin/nologin {user}     (once)
#   install -d -o {user} -g {user} -m 0700 {data}                           (once)
#   systemctl daemon-reload && systemctl enable --now {name}
[Unit]
Description={summary}
Documentation=file://{project}/docs/installing.md
Wants=network-online.target
After=network-online.target postgresql.service

[Service]
Type={type}
User={user}
Group={user}
WorkingDirectory={project}
Environment=BACKOFFICE_DATA={data}
Environment=PYTHONDONTWRITEBYTECODE=1
# Addresses, passwords and tokens of this office (BACKOFFICE_DATABASE_URL …), for root alone; one for both units:
EnvironmentFile=-/etc/{settings}.env
{start}
Restart=on-failure
RestartSec=5
TimeoutStopSec=60
KillMode=mixed
UMask=0077
LimitNOFILE=65536

# It may write its data and what was named with --writes, nothing else, and gain no rights.
NoNewPrivileges=yes
ProtectSystem=strict
ReadWritePaths={writes}
ProtectHome={home}
PrivateTmp=yes
PrivateDevices=yes
ProtectProc=invisible
ProtectClock=yes
ProtectHostname=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
CapabilityBoundingSet=
AmbientCapabilities=
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM

[Install]
WantedBy=multi-user.target
"""

TASK = """\
# {summary}: a task that starts with Windows. Run this in PowerShell as administrator.
# Task Scheduler is what Windows brings for it. A true service, in the list of services, needs a program of its own
# that wraps the desk; none comes along here.
# The account needs "Log on as a batch job", and rights on {project} (read) and {data} (change).
$ErrorActionPreference = 'Stop'
$user = {user}  # a local account without further rights; its password is asked for
$password = Read-Host -AsSecureString "Password of $user"
$plain = (New-Object System.Net.NetworkCredential('', $password)).Password
$action = New-ScheduledTaskAction -Execute {python} -Argument {arguments} -WorkingDirectory {project_quoted}
$trigger = New-ScheduledTaskTrigger -AtStartup
$settings = New-ScheduledTaskSettingsSet -RestartCount 999 -RestartInterval (New-TimeSpan -Minutes 1) `
  -ExecutionTimeLimit ([TimeSpan]::Zero) -AllowStartIfOnBatteries -DontStopIfGoingOnBatteries `
  -MultipleInstances IgnoreNew
Register-ScheduledTask -TaskName {task} -Action $action -Trigger $trigger -Settings $settings `
  -User $user -Password $plain -RunLevel Limited -Force | Out-Null
Start-ScheduledTask -TaskName {task}
Get-ScheduledTask -TaskName {task}
"""


def add_parser(subparsers: Any) -> argparse.ArgumentParser:
    """Declare the command's options."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "service",
        parents=[data_option()],
        help="print what starts the desk with the machine",
        description="Prints a systemd unit, or for Windows the commands that make a task, with the paths of this "
        "project. It changes nothing itself.",
    )
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument("--systemd", action="store_true", help="for Linux with systemd (default, except on Windows)")
    kind.add_argument("--windows", action="store_true", help="for the Task Scheduler of Windows, as PowerShell")
    parser.add_argument("--part", choices=sorted(NAMES), default="console", help="which of the two (default: console)")
    parser.add_argument("--out", metavar="DIR", help="write both parts into this folder instead of printing one")
    parser.add_argument(
        "--writes", metavar="DIR", action="append", default=[],
        help="another folder that it may write: of nightly backups, of shared attachments; may be given several times",
    )  # fmt: skip
    parser.add_argument("--user", default="complaint-desk", help="the account it runs as (default: complaint-desk)")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: 127.0.0.1)")
    parser.add_argument("--port", type=int, default=5000, help="port to listen on (default: 5000)")
    parser.add_argument("--workers", type=int, metavar="N", help="serve with gunicorn in N processes (PostgreSQL)")
    parser.add_argument(
        "--certificate", metavar="DIR", help="TLS by gunicorn itself, with server.pem and server.key of DIR"
    )
    return parser


def run(args: argparse.Namespace) -> int:
    """Print one part, or write both."""
    _check(args)
    windows = args.windows or (os.name == "nt" and not args.systemd)
    make, ending = (task, ".ps1") if windows else (unit, ".service")
    if not args.out:
        print(make(args, args.part), end="")
        return 0
    folder = Path(args.out).expanduser()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for part, name in NAMES.items():
            path = folder / (name + ending)
            path.write_text(make(args, part), encoding="utf-8")
            print(path)
    except OSError as error:
        raise CommandError(f"{folder} cannot be written: {(error.strerror or 'unknown reason').lower()}") from error
    return 0


def _check(args: argparse.Namespace) -> None:
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_. \\-]*", args.user):
        raise CommandError(f"{args.user!r} is no name of an account: use letters, digits and hyphens")
    if not re.fullmatch(r"[0-9A-Za-z.:\[\]-]+", args.host):
        raise CommandError(f"{args.host!r} is no address to listen on")
    if not 1 <= args.port <= 65535:
        raise CommandError(f"{args.port} is no port (1 to 65535)")
    if args.workers is not None and not 1 <= args.workers <= 64:
        raise CommandError(f"{args.workers} is no number of processes (1 to 64)")
    if args.certificate and not args.workers:
        raise CommandError("TLS without a proxy needs gunicorn: name a number of processes with --workers")
    for path in (str(PROJECT), str(_data(args)), args.certificate or "", *_writes(args)):
        if re.search(r"[\n\r\"'%$\\]" if os.name != "nt" else r"[\n\r\"'%$]", path):
            raise CommandError(f"{path} holds signs that a unit cannot carry: move it to a plainer place")


def _data(args: argparse.Namespace) -> Path:
    return data_path(args).resolve()


def _writes(args: argparse.Namespace) -> list[str]:
    return [str(Path(name).expanduser().absolute()) for name in args.writes]


def unit(args: argparse.Namespace, part: str) -> str:
    """The systemd unit of a part."""
    data = str(_data(args))
    gunicorn = part == "console" and args.workers is not None
    python = str(PROJECT / ".venv" / "bin" / "python")
    if gunicorn:
        start = [f"ExecStartPre={_words(python, 'run.py', 'serve', '--prepare')}", f"ExecStart={_gunicorn(args)}"]
    else:
        start = [f"ExecStart={_words(python, *_command(args, part))}"]
    used = (data, str(PROJECT), *_writes(args))
    in_home = any(path.startswith(("/home/", "/root/", "/run/user/")) for path in used)
    return UNIT.format(
        name=NAMES[part],
        summary=SUMMARIES[part],
        user=args.user,
        settings=NAMES["console"],
        data=data,
        writes=_words(data, *_writes(args)),
        project=PROJECT,
        type="notify" if gunicorn else "exec",
        start="\n".join(start),
        home="read-only" if in_home else "yes",
    )


def _command(args: argparse.Namespace, part: str) -> list[str]:
    data = ["--data", str(_data(args))]
    if part == "worker":
        return ["run.py", "worker", *data]
    return ["run.py", "serve", "--host", args.host, "--port", str(args.port), *data]


def _gunicorn(args: argparse.Namespace) -> str:
    host = f"[{args.host}]" if ":" in args.host else args.host
    command = [str(PROJECT / ".venv" / "bin" / "gunicorn"), "--bind", f"{host}:{args.port}", "--workers",
               str(args.workers), "--threads", "4", "--worker-tmp-dir", "/dev/shm"]  # noqa: S108  # fmt: skip
    if args.certificate:
        folder = Path(args.certificate).expanduser().absolute()
        command += ["--certfile", str(folder / "server.pem"), "--keyfile", str(folder / "server.key")]
    return _words(*command, "run:create_app()")


def _words(*words: str) -> str:
    """A line of systemd: quoted where a word has spaces or brackets."""
    return " ".join(word if re.fullmatch(r"[\w@+=:,./-]+", word) else f'"{word}"' for word in words)


def task(args: argparse.Namespace, part: str) -> str:
    """The PowerShell that makes a part's task."""
    python = str(PROJECT / ".venv" / "Scripts" / "python.exe") if os.name == "nt" else sys.executable
    return TASK.format(
        summary=SUMMARIES[part],
        project=PROJECT,
        data=_data(args),
        user=_quoted(args.user),
        python=_quoted(python),
        arguments=_quoted(" ".join(shlex.quote(word).replace("'", '"') for word in _command(args, part))),
        project_quoted=_quoted(str(PROJECT)),
        task=_quoted(NAMES[part]),
    )


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
