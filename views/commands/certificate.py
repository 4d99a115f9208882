"""``run.py certificate``: an authority of the office's own and the server's certificate, for TLS on the intranet."""

from __future__ import annotations

import argparse
import ipaddress
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from views.commands import CommandError, check_data, data_option, data_path

HOST = re.compile(r"(?=.{1,253}\Z)(?!-)[A-Za-z0-9-]{1,63}(?<!-)(\.(?!-)[A-Za-z0-9-]{1,63}(?<!-))*")


def add_parser(subparsers: Any) -> argparse.ArgumentParser:
    """Declare the command's options."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "certificate",
        parents=[data_option()],
        help="make the office's own certificate for its intranet",
        description="Makes an authority of the office's own (once) and a certificate for the server, signed by it. Run "
        "again, it renews the server's certificate; the authority stays, so that the computers of the office go on "
        "trusting it.",
        epilog="The server's certificate holds 397 days. run.py status tells in time when it ends.",
    )
    parser.add_argument(
        "--name", action="append", required=True, metavar="HOST",
        help="how the desk is reached: a host name or an address; may be given several times",
    )  # fmt: skip
    parser.add_argument("--office", default="Complaint Desk office authority", help="what the authority is called")
    parser.add_argument("--out", metavar="DIR", help="where to keep them (default: tls/ in the data directory)")
    return parser


def run(args: argparse.Namespace) -> int:
    """Make or renew, and say how the clients come to trust it."""
    from backoffice.integrations import own_certificate

    for name in args.name:
        if not _is_host(name):
            raise CommandError(f"{name!r} is neither a host name nor an address")
    if not 1 <= len(args.office) <= 64:
        raise CommandError("the authority's name has 1 to 64 characters: give another with --office")
    folder = Path(args.out).expanduser() if args.out else data_path(args) / "tls"
    if not args.out:
        check_data(data_path(args))
    try:
        made = own_certificate.write(folder, args.name, args.office, datetime.now(UTC))
    except ValueError as error:
        raise CommandError(f"{folder} holds an authority that cannot be used ({error}): name another folder") from error
    except OSError as error:
        raise CommandError(f"{folder} cannot be written: {(error.strerror or 'unknown reason').lower()}") from error
    print(f"{made.certificate}: for {', '.join(args.name)}, until {made.until:%Y-%m-%d}")
    print(f"{made.key}: its key; keep it to the server")
    if made.new_authority:
        print(f"{made.authority}: the office's authority; have every computer of the office trust it, once:")
        print("  Windows: certutil -addstore -f Root office-ca.pem   (as administrator, or by group policy)")
        print("  Debian:  copy it to /usr/local/share/ca-certificates/complaint-desk.crt, then update-ca-certificates")
        print("  Firefox: Settings, Certificates, Authorities, Import")
        print("  Keep office-ca.key apart: whoever has it can pretend to be any server to these computers")
    return 0


def _is_host(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return HOST.fullmatch(text) is not None and not re.fullmatch(r"[\d.]+", text)
    return True
