"""`python -m supply`: the bill of materials and the licences, into var/; `make audit` asks for advisories too.

Exit 1: a licence is unknown or refused, something is known against a pinned version, or nobody could be asked.
"""

from __future__ import annotations

import json
import sys

from supply.advisories import AdvisoriesUnavailable, advisories
from supply.bom import bill
from supply.licences import licences, outlived, report, rules
from supply.locked import ROOT, Package, locked

VAR = ROOT / "var"


def main() -> int:
    packages = locked()
    wrong = _papers(packages)
    if "advisories" in sys.argv[1:]:
        wrong += _known_against(packages)
    return 1 if wrong else 0


def _papers(packages: list[Package]) -> int:
    rule = rules()
    found = licences(packages, rule)
    VAR.mkdir(exist_ok=True)
    (VAR / "sbom.json").write_text(json.dumps(bill(packages, found), indent=1, ensure_ascii=False) + "\n")
    (VAR / "licences.md").write_text(report(found))
    refused = [each for each in found if each.refused]
    for each in refused:
        print(f"LICENCE {each.name} {each.version}: {each.expression or 'unknown'}: {each.refused}")
    left = outlived(packages, rule)
    for name in left:
        print(f"LICENCE {name}: supply/licences.toml states one of a version that is not pinned any more")
    serving = sum(package.serves for package in packages)
    print(f"{len(packages)} packages, {serving} of them in production: var/sbom.json, var/licences.md; ", end="")
    print(f"{len(refused)} licences refused or unknown.")
    return len(refused) + len(left)


def _known_against(packages: list[Package]) -> int:
    try:
        found = advisories(packages)
    except AdvisoriesUnavailable as reason:
        print(f"ADVISORIES NOT RUN: {reason}. Set ADVISORIES to a service within reach that speaks OSV's protocol.")
        return 1
    for pin, known in sorted(found.items()):
        print(f"ADVISORY {pin}: {', '.join(known)}")
    print(f"{len(packages)} packages asked for, {len(found)} of them with advisories.")
    return len(found)


if __name__ == "__main__":
    sys.exit(main())
