"""What production starts with: its checks, the roles of its database, its processes."""

from __future__ import annotations

import subprocess
import sys

from faults.process import ROOT
from production.plan import Walk, expect, step


@step("manage.py check --deploy, as the web's role", "no issue, none silenced")
def checks(walk: Walk) -> str:
    done = walk.house.manage("check", "--deploy", "--database", "default", "--fail-level", "WARNING")
    said = " ".join((done.stdout + done.stderr).split())
    expect(done.returncode == 0 and "no issues (0 silenced)" in said, said[-300:])
    return said


@step("The same addresses without the drill's switch", "the pretend Nafath is refused (nafath_auth.E001)")
def simulator_refused(walk: Walk) -> str:
    done = walk.house.manage("check", PRODUCTION_DRILL="0", NAFATH_ALLOW_SIMULATOR="1")
    expect(done.returncode and "nafath_auth.E001" in done.stderr, done.stderr[-300:])
    return f"E001, exit {done.returncode}"


@step("The roles of the database", "each with a password of its own, none with more than its share")
def roles(walk: Walk) -> str:
    sql = (
        "SELECT rolname, rolpassword LIKE 'SCRAM-SHA-256%%', rolsuper OR rolbypassrls "
        "FROM pg_authid WHERE rolname = ANY(%s)"
    )
    found = walk.house.ask(sql, ["portal_owner", "portal_web", "portal_worker"])
    seen = ", ".join(f"{name}: {'password' if has else 'none'}" for name, has, _ in sorted(found))
    expect(len(found) == 3 and all(has and not more for _, has, more in found), seen)
    return seen


@step("How the containers are", "web, accounts, worker, beat and mail are well")
def health(walk: Walk) -> str:
    """Asked as often as docker-compose.yml asks: on a full machine a worker is the last to begin."""
    names = {"web": "web", "accounts": "web", "worker": "worker", "beat": "beat", "mail": "mail"}
    command, ill = [sys.executable, "production/health.py"], dict.fromkeys(names, "")
    for _attempt in range(3):
        for name in list(ill):
            environment = walk.house.environment(name)
            done = subprocess.run([*command, names[name]], cwd=ROOT, env=environment, check=False, capture_output=True)
            ill[name] = done.stderr.decode()[-200:]
            if done.returncode == 0:
                del ill[name]
    expect(not ill, str(ill))
    return f"{len(names)} are well"
