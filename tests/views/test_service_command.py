"""``run.py service`` and ``run.py certificate``: what an administrator puts in, with the right paths and rights."""

from __future__ import annotations

import shutil
import ssl
import stat
import subprocess
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509

from backoffice.integrations import own_certificate
from backoffice.integrations.machine import certificate_end
from tests.support.sources import PROJECT
from views import cli

HARDENED = ("NoNewPrivileges=yes", "ProtectSystem=strict", "PrivateTmp=yes", "CapabilityBoundingSet=", "UMask=0077",
            "SystemCallFilter=@system-service", "Restart=on-failure", "User=complaint-desk")  # fmt: skip


@pytest.fixture
def said(capsys, monkeypatch):
    monkeypatch.delenv("BACKOFFICE_DATA", raising=False)

    def run(*arguments):
        code = cli.main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        assert "Traceback" not in captured.out + captured.err
        return code, captured.out, captured.err

    return run


@pytest.mark.parametrize("part", ["console", "worker"])
def test_a_unit_has_the_right_paths_and_may_write_the_data_alone(said, tmp_path, part):
    code, out, err = said("service", "--systemd", "--part", part, "--data", tmp_path)
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert [line for line in HARDENED if line not in lines] == []
    assert [line for line in lines if line.startswith("ReadWritePaths=")] == [f"ReadWritePaths={tmp_path}"]
    start = next(line for line in lines if line.startswith("ExecStart="))
    word = "serve --host 127.0.0.1 --port 5000" if part == "console" else "worker"
    assert start == f"ExecStart={PROJECT}/.venv/bin/python run.py {word} --data {tmp_path}"


@pytest.mark.parametrize("part", ["console", "worker"])
def test_both_parts_read_one_file_of_settings_and_may_write_the_folders_that_are_named(said, tmp_path, part):
    more = ("--writes", tmp_path / "backups", "--writes", tmp_path / "shared files")
    code, out, _ = said("service", "--systemd", "--part", part, "--data", tmp_path, *more)
    assert code == 0
    assert "EnvironmentFile=-/etc/complaint-desk.env" in out.splitlines()
    assert f'ReadWritePaths={tmp_path} {tmp_path}/backups "{tmp_path}/shared files"' in out.splitlines()


def test_with_several_processes_gunicorn_serves_with_tls_and_the_database_is_prepared_before(said, tmp_path):
    code, out, _ = said("service", "--workers", "3", "--certificate", tmp_path / "tls", "--data", tmp_path)
    assert code == 0
    assert "Type=notify" in out
    assert f"ExecStartPre={PROJECT}/.venv/bin/python run.py serve --prepare" in out
    assert f"--certfile {tmp_path}/tls/server.pem --keyfile {tmp_path}/tls/server.key" in out
    assert '"run:create_app()"' in out


def test_both_parts_are_written_and_systemd_takes_them(said, tmp_path):
    code, out, _ = said("service", "--systemd", "--out", tmp_path / "units", "--data", tmp_path, "--user", "daemon")
    assert code == 0
    files = sorted((tmp_path / "units").iterdir())
    assert [file.name for file in files] == ["complaint-desk-worker.service", "complaint-desk.service"]
    assert out.count("\n") == 2
    if shutil.which("systemd-analyze"):
        done = subprocess.run(["systemd-analyze", "verify", *files], capture_output=True, text=True, check=False)
        own = [line for line in done.stderr.splitlines() if "complaint-desk" in line]
        assert own == []


def test_for_windows_it_is_a_task_and_says_what_it_is_not(said, tmp_path):
    code, out, _ = said("service", "--windows", "--data", tmp_path, "--user", "desk")
    assert code == 0
    assert "New-ScheduledTaskTrigger -AtStartup" in out
    assert "A true service" in out
    assert f"run.py serve --host 127.0.0.1 --port 5000 --data {tmp_path}" in out
    assert out.isascii()  # PowerShell of older Windows reads files in the code page


@pytest.mark.parametrize(
    "arguments",
    [("--port", "0"), ("--host", "a b"), ("--user", "x;rm"), ("--workers", "0"), ("--certificate", "/x"),
     ("--data", "/tmp/it's"), ("--data", "/tmp/a%b"), ("--out", "/proc/nowhere")],
)  # fmt: skip
def test_what_a_unit_cannot_carry_is_one_line(said, arguments):
    code, out, err = said("service", "--systemd", *arguments)
    assert (code, out, len(err.splitlines())) == (2, "", 1)


def test_a_server_with_the_office_own_certificate_is_trusted_by_who_trusts_the_office(said, tmp_path):
    code, out, err = said("certificate", "--name", "desk.office.lan", "--name", "10.1.2.3", "--data", tmp_path)
    assert (code, err) == (0, "")
    assert "office-ca.pem" in out
    folder = tmp_path / "tls"
    assert {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {
        "office-ca.key": 0o600, "office-ca.pem": 0o644, "server.key": 0o600, "server.pem": 0o644,
    }  # fmt: skip
    for host in ("desk.office.lan", "10.1.2.3"):
        shaken_hands(folder, host)
    with pytest.raises(ssl.SSLCertVerificationError):
        shaken_hands(folder, "other.office.lan")
    if shutil.which("openssl"):
        checked = ["openssl", "verify", "-x509_strict", "-purpose", "sslserver", "-verify_hostname", "desk.office.lan",
                   "-CAfile", folder / "office-ca.pem", folder / "server.pem"]  # fmt: skip
        done = subprocess.run(checked, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


def shaken_hands(folder, host):
    """A handshake in memory: the office's server, and a client that trusts the office's authority alone."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "server.pem", folder / "server.key")
    client = ssl.create_default_context(cafile=str(folder / "office-ca.pem"))
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [client.wrap_bio(to_client, to_server, server_hostname=host),
            server.wrap_bio(to_server, to_client, server_side=True)]  # fmt: skip
    for _ in range(4):
        for end in ends:
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
    assert ends[0].version() == "TLSv1.3"


def test_renewing_keeps_the_authority_that_computers_trust(said, tmp_path):
    said("certificate", "--name", "desk.lan", "--out", tmp_path)
    authority, first = (tmp_path / "office-ca.pem").read_bytes(), (tmp_path / "server.pem").read_bytes()
    code, out, _ = said("certificate", "--name", "desk.lan", "--out", tmp_path)
    assert code == 0
    assert "certutil" not in out
    assert (tmp_path / "office-ca.pem").read_bytes() == authority
    assert (tmp_path / "server.pem").read_bytes() != first
    shaken_hands(tmp_path, "desk.lan")


def test_a_certificate_holds_no_longer_than_browsers_take_and_may_sign_nothing(tmp_path, at):
    made = own_certificate.write(tmp_path, ["desk.lan"], "Office", at)
    server, authority = x509.load_pem_x509_certificates((tmp_path / "server.pem").read_bytes())
    assert server.not_valid_after_utc - server.not_valid_before_utc <= timedelta(days=397)
    assert certificate_end(made.certificate) == made.until
    assert not server.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert authority.extensions.get_extension_for_class(x509.BasicConstraints).value.path_length == 0
    # Near the authority's own end a server's certificate ends with it; after it none is made.
    late = at + timedelta(days=own_certificate.AUTHORITY_DAYS - 10)
    assert own_certificate.write(tmp_path, ["desk.lan"], "Office", late).until == authority.not_valid_after_utc
    with pytest.raises(ValueError, match="has ended"):
        own_certificate.write(tmp_path, ["desk.lan"], "Office", late + timedelta(days=11))


@pytest.mark.parametrize("arguments", [("--name", "desk office"), ("--name", "-x"), ("--name", "300.1.1.1"),
                                       ("--name", "desk.lan", "--office", "")])  # fmt: skip
def test_a_name_that_is_none_is_one_line(said, tmp_path, arguments):
    code, out, err = said("certificate", *arguments, "--out", tmp_path / "tls")
    assert (code, out, len(err.splitlines())) == (2, "", 1)
    assert not (tmp_path / "tls").exists()


def test_an_authority_whose_key_is_another_one_is_told(said, tmp_path):
    for name in ("a", "b"):
        own_certificate.write(tmp_path / name, ["desk.lan"], "Office", datetime.now(UTC))
    shutil.copy(tmp_path / "b" / "office-ca.key", tmp_path / "a" / "office-ca.key")
    code, _, err = said("certificate", "--name", "desk.lan", "--out", tmp_path / "a")
    assert code == 2
    assert "cannot be used" in err
