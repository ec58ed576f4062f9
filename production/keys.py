"""The secrets, the proxy's certificate and the roles of the database, made as an installation makes them."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from faults.process import ROOT
from faults.servers import Postgres

PRODUCTION = ROOT / "production"
HERE = "127.0.0.1"


def make_secrets(folder: Path, ports: Mapping[str, int], *, database_port: int) -> None:
    """As production/secrets.sh makes them; what others give is filled in."""
    subprocess.run(["sh", str(PRODUCTION / "secrets.sh"), str(folder)], check=True, stdout=subprocess.DEVNULL)
    here = {"@db:5432/": f"@{HERE}:{database_port}/", "@redis:6379/": f"@{HERE}:{ports['redis']}/"}
    for path in folder.iterdir():
        text = path.read_text()
        for there, instead in here.items():
            text = text.replace(there, instead)
        path.chmod(0o600)
        path.write_text(text)
    for name in ("nafath_oidc_client_secret", "sms_gateway_token", "sms_gateway_signing_key"):
        (folder / name).write_text(os.urandom(24).hex() + "\n")
    _make_certificate(folder)


def _make_certificate(folder: Path) -> None:
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "tls_certificate").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    (folder / "tls_key").write_bytes(pem)


def make_roles(postgres: Postgres, secrets: Path) -> None:
    """As the database's container does when its volume is empty."""
    with psycopg.connect(postgres.address(), autocommit=True) as server:
        server.execute("CREATE DATABASE portal")
    sql = secrets.parent / "sql"
    sql.mkdir()
    (sql / "database-roles.sql").write_bytes((ROOT / "docs" / "database-roles.sql").read_bytes())
    told = {
        "PATH": os.environ["PATH"], "PGHOST": HERE, "PGPORT": str(postgres.port), "POSTGRES_USER": "postgres",
        "POSTGRES_DB": "portal", "PRODUCTION": str(sql), "SECRETS": str(secrets),
    }  # fmt: skip
    subprocess.run(["sh", str(PRODUCTION / "roles.sh")], check=True, env=told)
