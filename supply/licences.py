"""Which licence each dependency has, and whether we accept it there: `licences.toml` is the rule."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from supply.locked import ROOT, Package

RULES = Path(__file__).with_name("licences.toml")
CLASSIFIER = "License :: "
TOKENS = re.compile(r"\(|\)|[^\s()]+")


@dataclass(frozen=True)
class Licence:
    """An SPDX expression, empty where nobody knows; `refused` says why it does not pass, and is empty where it does."""

    name: str
    version: str
    expression: str
    where: str
    refused: str = ""


def rules(path: Path = RULES) -> dict[str, Any]:
    return tomllib.loads(path.read_text())


def licences(packages: list[Package], rule: dict[str, Any]) -> list[Licence]:
    """One a package, and one for each thing of others that lies in the repository."""
    return [_judged(package, rule) for package in packages] + [*_carried(rule)]


def _judged(package: Package, rule: dict[str, Any]) -> Licence:
    expression = _stated(package, rule["stated"]) or _own_word(package, rule["spellings"])
    accepted = {*rule["serving"], *(() if package.serves else rule["tools"])}
    where = "production" if package.serves else "tools"
    refused = ""
    if not expression:
        refused = "no licence known: read its files, and state what they say in supply/licences.toml"
    elif not fulfils(expression, accepted.__contains__):
        refused = f"not accepted for {where}"
    return Licence(package.name, package.version, expression, where, refused)


def _stated(package: Package, stated: dict[str, Any]) -> str:
    """What we have read for this very version; another one is to be read again."""
    found = stated.get(package.name, {})
    return str(found["licence"]) if found.get("version") == package.version else ""


def _own_word(package: Package, spellings: dict[str, str]) -> str:
    """Its licence expression; else its licence line where we know the spelling; else all its classifiers."""
    said = package.says()
    if said is None:
        return ""
    if "License-Expression" in said:
        return said["License-Expression"]
    line = said["License"].strip() if "License" in said else ""
    if line in spellings.values() or line in spellings:
        return spellings.get(line, line)
    classifiers = (text for text in said.get_all("Classifier") or () if text.startswith(CLASSIFIER))
    named = [text.rpartition(" :: ")[2] for text in classifiers if text != "License :: OSI Approved"]
    return " AND ".join(spellings[text] for text in named) if set(named) <= spellings.keys() else ""


def _carried(rule: dict[str, Any]) -> Iterator[Licence]:
    for name, each in rule["carried"].items():
        missing = [folder for folder in each["files"] if not (ROOT / folder / each["text"]).is_file()]
        refused = f"{each['text']} is missing in {', '.join(missing)}" if missing else ""
        if not fulfils(each["licence"], set(rule["serving"]).__contains__):
            refused = "not accepted for production"
        yield Licence(name, "", each["licence"], "production", refused)


def fulfils(expression: str, accepted: Callable[[str], bool]) -> bool:
    """Whether an SPDX expression can be met by accepted licences alone; AND binds closer than OR.

    Raises ValueError at something that is no expression. A licence WITH an exception is a licence of its own name.
    """
    tokens = TOKENS.findall(re.sub(r"\s+WITH\s+", "+with+", expression))
    met = _either(tokens, accepted)
    if tokens:
        raise ValueError(f"no licence expression: {expression}")
    return met


def _either(tokens: list[str], accepted: Callable[[str], bool]) -> bool:
    met = _both(tokens, accepted)
    while tokens and tokens[0].upper() == "OR":
        tokens.pop(0)
        met = _both(tokens, accepted) or met
    return met


def _both(tokens: list[str], accepted: Callable[[str], bool]) -> bool:
    met = _single(tokens, accepted)
    while tokens and tokens[0].upper() == "AND":
        tokens.pop(0)
        met = _single(tokens, accepted) and met
    return met


def _single(tokens: list[str], accepted: Callable[[str], bool]) -> bool:
    word = tokens.pop(0) if tokens else ""
    if word == "(":
        met = _either(tokens, accepted)
        if not tokens or tokens.pop(0) != ")":
            raise ValueError("a bracket is not closed")
        return met
    if word in {"", ")"} or word.upper() in {"AND", "OR"}:
        raise ValueError(f"no licence expression: {word!r}")
    return accepted(word)


def outlived(packages: list[Package], rule: dict[str, Any]) -> list[str]:
    """What is stated of packages or versions that the locks do not hold any more."""
    held = {(package.name, package.version) for package in packages}
    return [name for name, each in rule["stated"].items() if (name, each["version"]) not in held]


def report(found: list[Licence]) -> str:
    """A table in Markdown, what does not pass first."""
    lines = ["| package | version | licence | where | accepted |", "|---|---|---|---|---|"]
    for each in sorted(found, key=lambda licence: (not licence.refused, licence.name.lower())):
        verdict = f"**no: {each.refused}**" if each.refused else "yes"
        lines.append(f"| {each.name} | {each.version} | {each.expression or 'unknown'} | {each.where} | {verdict} |")
    return "\n".join(lines) + "\n"
