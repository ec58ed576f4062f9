"""Answers are counted by every process of a machine, in one file, and none is lost with its process."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from outage_portal import middleware
from outage_portal.operations.tally import Counter

COUNTING = """
import os, sys
from pathlib import Path
from outage_portal.operations.tally import Counter
counter = Counter(Path(sys.argv[1]))
counter.add(500, 0.3)
if os.fork() == 0:
    counter.add(404, 0.2)
    os._exit(0)
os.wait()
counter.add(200, 0.05)
os.kill(os.getpid(), 9)
"""


def test_processes_that_died_and_their_children_are_counted(tmp_path: Path) -> None:
    file = tmp_path / "answers"
    ours = Counter(file)
    ours.add(200, 7)
    others = [subprocess.Popen([sys.executable, "-c", COUNTING, str(file)]) for _n in range(3)]
    assert {other.wait() for other in others} == {-9}
    found = ours.read()
    assert found.answers == {"2xx": 4, "3xx": 0, "4xx": 3, "5xx": 3}
    assert (found.within[0.1], found.within[0.25], found.within[5.0], found.total) == (3, 6, 9, 10)
    assert found.seconds == pytest.approx(7 + 3 * 0.55)
    assert Counter(file).read() == found
    assert file.stat().st_mode & 0o077 == 0


def test_threads_of_a_process_lose_nothing(tmp_path: Path) -> None:
    counter = Counter(tmp_path / "answers")
    threads = [threading.Thread(target=lambda: [counter.add(302, 0.01) for _n in range(500)]) for _n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counter.read().answers["3xx"] == 4000


@pytest.mark.parametrize("file", [None, Path("/proc/none/answers")])
def test_without_a_file_a_process_counts_for_itself(file: Path | None) -> None:
    counter = Counter(file)
    counter.add(200, 0.1)
    assert counter.read().total == 1


def test_a_link_that_somebody_else_has_laid_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "answers").symlink_to(tmp_path / "victim")
    counter = Counter(tmp_path / "answers")
    counter.add(200, 0.1)
    assert counter.read().total == 1
    assert not (tmp_path / "victim").exists()


@pytest.mark.django_db
def test_prometheus_reads_what_was_answered_but_not_its_own_questions(
    client: Client, settings: Any, own_cache: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(middleware, "answers", counter := Counter(None))
    monkeypatch.setattr("outage_portal.operations.views.answers", counter)
    settings.METRICS_TOKEN = "a-token"
    client.get("/en/")
    client.get("/nowhere/")
    client.get("/healthz")
    metrics = client.get("/metrics", headers={"Authorization": "Bearer a-token"}).content.decode()
    samples = [sample for family in text_string_to_metric_families(metrics) for sample in family.samples]
    read = {sample.name + str(sample.labels): sample.value for sample in samples}
    assert read["portal_answers_total{'class': '2xx'}"] == 1
    assert read["portal_answers_total{'class': '4xx'}"] + read["portal_answers_total{'class': '3xx'}"] == 1
    assert read["portal_answer_seconds_count{}"] == 2
