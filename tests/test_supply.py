"""What others wrote: every pin in the bill of materials, every licence accepted, and no quiet "all is well"."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from supply import __main__ as command
from supply.advisories import AdvisoriesUnavailable, advisories
from supply.bom import bill
from supply.licences import fulfils, licences, outlived, report, rules
from supply.locked import ROOT, Package, locked

PACKAGES = locked()
RULE = rules()
SAID = licences(PACKAGES, RULE)


def a_package(name: str = "django", version: str = "5.2.19", *, serves: bool = True) -> Package:
    return Package(name, version, ("0" * 64,), serves)


# --- Licences --------------------------------------------------------------------------------------------------------


def test_every_dependency_has_a_licence_that_we_accept() -> None:
    assert {(each.name, each.version) for each in SAID if each.version} == {(p.name, p.version) for p in PACKAGES}
    assert [f"{each.name}: {each.refused}" for each in SAID if each.refused] == []


def test_what_is_stated_of_a_package_is_of_its_pinned_version() -> None:
    assert outlived(PACKAGES, RULE) == []
    assert outlived([], RULE) == list(RULE["stated"])


def test_a_package_that_names_no_licence_is_refused() -> None:
    [unknown] = licences([a_package("nobody-knows-it", "1.0")], RULE | {"carried": {}})
    assert "no licence known" in unknown.refused
    assert "nobody-knows-it" in report([unknown])
    assert "**no: no licence known" in report([unknown])


def test_what_was_read_for_one_version_says_nothing_of_the_next() -> None:
    pyphen = {package.name: package for package in PACKAGES}["pyphen"]
    newer = Package("pyphen", "99.0", pyphen.hashes, serves=True)
    assert licences([newer], RULE | {"carried": {}})[0].refused


def test_a_tool_may_be_what_production_may_not() -> None:
    djlint = next(package for package in PACKAGES if package.name == "djlint")
    rule = RULE | {"carried": {}}
    assert not licences([djlint], rule)[0].refused
    served = Package(djlint.name, djlint.version, djlint.hashes, serves=True)
    assert licences([served], rule)[0].refused == "not accepted for production"


def test_what_lies_in_the_repository_has_its_licence_beside_it() -> None:
    moved = RULE | {"carried": {"Letters": {"licence": "OFL-1.1", "files": ["static/js"], "text": "OFL.txt"}}}
    [letters] = licences([], moved)
    assert letters.refused == "OFL.txt is missing in static/js"


@pytest.mark.parametrize(
    ("expression", "met"),
    [
        ("MIT", True),
        ("GPL-3.0-only", False),
        ("GPL-3.0-only OR MIT", True),
        ("GPL-3.0-only AND MIT", False),
        ("MIT AND (GPL-3.0-only OR ISC)", True),
        ("GPL-3.0-only OR MIT AND SSPL-1.0", False),
        ("ISC WITH Some-exception", False),
    ],
)
def test_an_expression_is_met_by_accepted_licences_alone(expression: str, met: bool) -> None:
    assert fulfils(expression, {"MIT", "ISC"}.__contains__) is met


@pytest.mark.parametrize("nonsense", ["", "MIT OR", "(MIT", "MIT ISC", "AND MIT", ")"])
def test_what_is_no_expression_is_no_licence(nonsense: str) -> None:
    with pytest.raises(ValueError, match=r"licence expression|bracket"):
        fulfils(nonsense, lambda _name: True)


# --- The bill of materials -------------------------------------------------------------------------------------------


def test_the_bill_holds_every_pin_with_its_digests_its_licence_and_whether_production_has_it() -> None:
    made = bill(PACKAGES, SAID)
    assert (made["bomFormat"], made["specVersion"]) == ("CycloneDX", "1.6")
    held = {each["purl"]: each for each in made["components"] if "purl" in each}
    assert held.keys() == {package.purl for package in PACKAGES}
    for package in PACKAGES:
        each = held[package.purl]
        assert {entry["content"] for entry in each["hashes"]} == set(package.hashes) != set()
        assert each["licenses"]
        assert each["scope"] == ("required" if package.serves else "excluded")
    assert {each["name"] for each in made["components"] if "purl" not in each} == set(RULE["carried"])


def test_the_bill_says_who_asks_for_whom() -> None:
    made = bill(PACKAGES, SAID)
    links = {each["ref"]: set(each["dependsOn"]) for each in made["dependencies"]}
    references = {each["bom-ref"] for each in made["components"]}
    assert set().union(*links.values()) <= references
    [django] = [package for package in PACKAGES if package.name == "django"]
    assert django.purl in links[made["metadata"]["component"]["bom-ref"]]
    assert {ref.partition("@")[0] for ref in links[django.purl]} == {"pkg:pypi/asgiref", "pkg:pypi/sqlparse"}


def test_the_same_locks_give_the_same_bytes_without_an_address() -> None:
    text = json.dumps(bill(PACKAGES, SAID))
    assert text == json.dumps(bill(locked(), licences(locked(), rules())))
    assert "://" not in text
    assert str(ROOT) not in text


def test_the_locks_are_read_whole() -> None:
    pins = (ROOT / "requirements-dev.txt").read_text()
    assert len(PACKAGES) == sum("==" in line for line in pins.splitlines() if not line.startswith((" ", "#")))
    assert sum(len(package.hashes) for package in PACKAGES) == pins.count("--hash=sha256:")


# --- The command, and an advisory service ----------------------------------------------------------------------------

Answer = Callable[[list[dict[str, Any]]], Any]


@contextmanager
def a_service(answer: Answer, *, status: int = 200) -> Iterator[str]:
    """Something on loopback that answers as OSV's querybatch does."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # the standard library's name
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["queries"]
            said = json.dumps(answer(asked)).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_args: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        serving.join()
        server.server_close()


def knowing(*also: str) -> Answer:
    """A service that knows of Django 5.2.0, and of these."""
    known = {"django==5.2.0", *also}

    def answer(asked: list[dict[str, Any]]) -> Any:
        named = [f"{each['package']['name']}=={each['version']}" for each in asked]
        return {"results": [{"vulns": [{"id": f"PYSEC-{name}"}]} if name in known else {} for name in named]}

    return answer


def test_what_is_known_against_a_pinned_version_is_named() -> None:
    with a_service(knowing("pillow==13.0.0")) as service:
        found = advisories([a_package(), a_package("pillow", "13.0.0")], service=service)
    assert found == {"pillow==13.0.0": ["PYSEC-pillow==13.0.0"]}


def test_the_pages_of_a_long_answer_are_read_to_the_end() -> None:
    def answer(asked: list[dict[str, Any]]) -> Any:
        if asked[0].get("page_token"):
            return {"results": [{"vulns": [{"id": "B"}]}]}
        return {"results": [{"vulns": [{"id": "A"}], "next_page_token": "more"} for _each in asked]}

    with a_service(answer) as service:
        assert advisories([a_package()], service=service) == {"django==5.2.19": ["A", "B"]}


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(lambda asked: {"results": [{} for _each in asked]}, id="knows nothing of anything"),
        pytest.param(lambda asked: {"results": []}, id="answers too little"),
        pytest.param(lambda asked: ["something"], id="speaks otherwise"),
        pytest.param(lambda asked: {"results": None}, id="answers nothing"),
    ],
)
def test_a_service_that_knows_nothing_is_no_good_news(answer: Answer) -> None:
    with a_service(answer) as service, pytest.raises(AdvisoriesUnavailable):
        advisories([a_package()], service=service)


def test_nobody_there_and_an_error_are_no_good_news() -> None:
    with a_service(knowing(), status=500) as service, pytest.raises(AdvisoriesUnavailable, match="HTTPError"):
        advisories([a_package()], service=service)
    with pytest.raises(AdvisoriesUnavailable, match="does not answer"):
        advisories([a_package()], service=service)  # it has gone


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch, tmp_path: Any, capsys: Any) -> Callable[..., tuple[int, str]]:
    """The command with its papers in a folder of its own: what it exits with, and what it prints."""
    monkeypatch.setattr(command, "VAR", tmp_path)

    def run(*arguments: str, service: str = "") -> tuple[int, str]:
        monkeypatch.setenv("ADVISORIES", service)
        monkeypatch.setattr(command.sys, "argv", ["supply", *arguments])
        return command.main(), capsys.readouterr().out

    return run


def test_the_papers_are_written_and_nobody_is_asked(ran: Callable[..., tuple[int, str]], tmp_path: Any) -> None:
    code, said = ran(service="http://127.0.0.1:9")
    assert (code, "ADVISORIES" in said) == (0, False)
    assert json.loads((tmp_path / "sbom.json").read_text())["components"]
    assert "| django |" in (tmp_path / "licences.md").read_text()


def test_an_audit_says_not_run_and_fails_where_nobody_answers(ran: Callable[..., tuple[int, str]]) -> None:
    code, said = ran("advisories", service="http://127.0.0.1:9")
    assert code == 1
    assert "ADVISORIES NOT RUN: http://127.0.0.1:9 does not answer" in said


def test_an_audit_fails_by_what_is_known_and_passes_where_nothing_is(ran: Callable[..., tuple[int, str]]) -> None:
    [django] = [package for package in PACKAGES if package.name == "django"]
    with a_service(knowing(f"django=={django.version}")) as service:
        code, said = ran("advisories", service=service)
    assert code == 1
    assert f"ADVISORY django=={django.version}: PYSEC-django" in said
    with a_service(knowing()) as service:
        code, said = ran("advisories", service=service)
    assert code == 0
    assert "0 of them with advisories" in said


def test_a_refused_licence_fails_the_command(
    ran: Callable[..., tuple[int, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "rules", lambda: RULE | {"serving": ["MIT"]})
    code, said = ran()
    assert code == 1
    assert re.search(r"LICENCE certifi \S+: MPL-2.0: not accepted for production", said)
