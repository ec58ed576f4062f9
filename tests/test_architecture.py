"""The house as it is drawn: imports, doors, sizes, and what no file may hold."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
APPS = ("outage_portal", "notifications", "incidents", "crisis_teams", "nafath_auth", "entities")
TEXT = {".py", ".html", ".css", ".js", ".md", ".toml", ".txt", ".in", ".yml", ".yaml", ".csv", ".po", ".json", ""}


def tracked() -> list[Path]:
    """The files of the project: git's, or in an unpacked archive all that is no rubbish."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    names = listed.stdout.split("\n") if listed.returncode == 0 else [str(p.relative_to(ROOT)) for p in ROOT.rglob("*")]
    return [path for name in names if name and (path := ROOT / name).is_file()]


def python_files(*folders: str) -> Iterator[Path]:
    for path in tracked():
        parts = path.relative_to(ROOT).parts
        if path.suffix == ".py" and parts[0] in folders and "migrations" not in parts:
            yield path


def functions(path: Path) -> Iterator[ast.FunctionDef]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef):
            yield node


@pytest.mark.parametrize("app", APPS)
def test_a_view_never_passes_the_door(app: str) -> None:
    """`Model.objects` in a view must go on with `.visible_to(`, or be a list that everyone may read."""
    open_to_all = {"Choice", "Policy", "Holiday", "Sector"}
    for path in python_files(app):
        if "views" not in path.relative_to(ROOT).as_posix():
            continue
        text = path.read_text()
        for found in re.finditer(r"\b([A-Z]\w+)\.objects\b(?!\s*\.visible_to\()", text):
            line = text.count("\n", 0, found.start()) + 1
            assert found.group(1) in open_to_all, f"{path.relative_to(ROOT)}:{line} passes visible_to by"


def test_no_function_is_longer_than_fifty_lines() -> None:
    for path in python_files(*APPS):
        for function in functions(path):
            length = (function.end_lineno or 0) - function.lineno + 1
            assert length <= 50, f"{path.relative_to(ROOT)}: {function.name} has {length} lines"


def test_an_action_ends_with_by_and_takes_keywords() -> None:
    for path in python_files("incidents", "crisis_teams"):
        tree = ast.parse(path.read_text())
        if "actions" not in path.relative_to(ROOT).as_posix():
            continue
        for function in tree.body:
            if isinstance(function, ast.FunctionDef) and any(a.arg == "by" for a in function.args.kwonlyargs):
                assert function.args.kwonlyargs[-1].arg == "by", f"{path.name}: {function.name} does not end with by="


def test_no_signal_and_no_clever_save() -> None:
    for path in python_files(*APPS):
        text = path.read_text()
        assert "django.db.models.signals" not in text, path
        if "models" in path.relative_to(ROOT).parts or path.name == "models.py":
            assert not re.search(r"def save\(self", text), f"{path}: control must be visible at the call"


def test_templates_hold_no_style_and_no_script() -> None:
    for path in tracked():
        if path.suffix != ".html":
            continue
        text = path.read_text()
        name = path.relative_to(ROOT)
        assert not re.search(r"\sstyle\s*=", text), f"{name} has a style attribute"
        assert not re.search(r"<style\b", text), f"{name} has a style element"
        assert not re.search(r"<script(?![^>]*\bsrc=)", text), f"{name} has an inline script"
        assert not re.search(r"\son[a-z]+=[\"']", text), f"{name} has an inline handler"
        assert not re.search(r"\b(src|href)=\"(https?:)?//", text), f"{name} loads or links another host"
        assert "|safe" not in text and "autoescape off" not in text, f"{name} switches the escaping off"


def test_templates_reach_down_the_stair() -> None:
    """A page loads and includes what its own floor or a lower one has; from above it is handed what it shows."""
    floor = {"outage_portal": 4, "notifications": 3, "incidents": 2, "crisis_teams": 1, "nafath_auth": 1, "entities": 0}
    libraries = {path.stem: app for app in floor for path in (ROOT / app / "templatetags").glob("*.py")}
    for path in (path for app in floor for path in (ROOT / "templates" / app).rglob("*.html")):
        text, app = path.read_text(), path.relative_to(ROOT / "templates").parts[0]
        loaded = {libraries.get(name) for line in re.findall(r"{% load (.+?) %}", text) for name in line.split()}
        included = {name for name in re.findall(r"{% (?:include|extends) \"(\w+)/", text) if name in floor}
        above = {name for name in (loaded - {None}) | included if floor[name] > floor[app]}
        assert not above, f"{path.relative_to(ROOT)} reaches up to {above}"


def test_css_knows_no_left_and_no_right() -> None:
    physical = re.compile(r"(?<![\w-])(margin|padding|border)-(left|right)\b|(?<![\w-])(left|right)\s*:|float\s*:")
    for path in tracked():
        if path.suffix == ".css":
            found = physical.search(path.read_text())
            assert not found, f"{path.relative_to(ROOT)}: {found and found.group(0)}: use the logical property"


def test_no_file_names_a_registry_a_machine_or_a_secret() -> None:
    forbidden = re.compile(
        r"files\.pythonhosted|pypi\.org|registry\.npmjs|deb\.debian\.org|/root/|/work/|BEGIN (RSA |EC )?PRIVATE KEY"
    )
    for path in tracked():
        if path.suffix in TEXT and path != Path(__file__).resolve():
            found = forbidden.search(path.read_text(errors="ignore"))
            assert not found, f"{path.relative_to(ROOT)} names {found and found.group(0)}"


def test_pins_carry_hashes_and_no_addresses() -> None:
    for name in ("requirements.txt", "requirements-dev.txt"):
        text = (ROOT / name).read_text()
        assert "://" not in text
        for line in text.splitlines():
            if line and not line.startswith((" ", "#")):
                assert re.match(r"[\w.\[\]-]+==\S+", line), f"{name}: {line} is not pinned"


def test_migrations_are_linear() -> None:
    """Beside what several of them come to in one step."""
    for app in APPS:
        folder = ROOT / app / "migrations"
        if not folder.is_dir():
            continue
        numbers = sorted(path.name[:4] for path in folder.glob("0*.py") if "_squashed_" not in path.name)
        assert numbers == [f"{n:04}" for n in range(1, len(numbers) + 1)], f"{app}: {numbers}"
