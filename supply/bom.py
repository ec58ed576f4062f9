"""The software bill of materials: CycloneDX 1.6 in JSON, from the locks, without addresses.

The same locks and licences give the same bytes: it carries no time, and its serial number is made from what it holds.
"""

from __future__ import annotations

import json
import re
import tomllib
import uuid
from typing import Any

from supply.licences import Licence
from supply.locked import ROOT, Package

NAMESPACE = uuid.UUID("7d1a4d0e-6a55-4a0b-9d0e-2f8a3c6b1e57")
SPDX = re.compile(r"^[A-Za-z0-9.\-]+$")
#: What we call a licence of which its package does not say which one it is; SPDX has no such name.
UNSPECIFIC = {"BSD"}


def bill(packages: list[Package], found: list[Licence]) -> dict[str, Any]:
    """Every dependency with its digests and licence, and who asks for whom. scope "excluded": tools, not production."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    said = {(each.name, each.version): each for each in found}
    components = [_component(package, said[package.name, package.version]) for package in packages]
    components += [_carried(each) for each in found if not each.version]
    held = {package.name: package.purl for package in packages}
    own = f"pkg:generic/{project['name']}@{project['version']}"
    root = {"type": "application", "bom-ref": own, "name": project["name"], "version": project["version"]}
    links = [{"ref": own, "dependsOn": [held[name] for name in _asked_for() if name in held]}]
    links += [
        {"ref": package.purl, "dependsOn": sorted(held[name] for name in package.needs() if name in held)}
        for package in packages
    ]
    made = {"metadata": {"component": root}, "components": components, "dependencies": links}
    serial = uuid.uuid5(NAMESPACE, json.dumps(made, sort_keys=True))
    return {"bomFormat": "CycloneDX", "specVersion": "1.6", "serialNumber": f"urn:uuid:{serial}", "version": 1} | made


def _component(package: Package, licence: Licence) -> dict[str, Any]:
    return {
        "type": "library", "bom-ref": package.purl, "name": package.name, "version": package.version,
        "scope": "required" if package.serves else "excluded", "purl": package.purl,
        "hashes": [{"alg": "SHA-256", "content": digest} for digest in package.hashes],
        "licenses": _licences(licence.expression),
    }  # fmt: skip


def _carried(licence: Licence) -> dict[str, Any]:
    ref = f"carried:{licence.name.lower().replace(' ', '-')}"
    said = {"name": licence.name, "scope": "required", "licenses": _licences(licence.expression)}
    return {"type": "file", "bom-ref": ref} | said


def _licences(expression: str) -> list[dict[str, Any]]:
    if not expression:
        return []
    if expression in UNSPECIFIC:
        return [{"license": {"name": expression}}]
    if SPDX.match(expression):
        return [{"license": {"id": expression}}]
    return [{"expression": expression}]


def _asked_for() -> list[str]:
    """What requirements.in and requirements-dev.in name, for themselves."""
    lines = "".join((ROOT / name).read_text() for name in ("requirements.in", "requirements-dev.in")).splitlines()
    names = (re.match(r"[A-Za-z0-9][\w.\-]*", line) for line in lines)
    return sorted({name[0].lower() for name in names if name})
