"""It serves this machine alone, and ends when it should."""

import socket
import subprocess
import sys
import time

import pytest

from tests.simulator_process import ROOT, free_port, start, wait_until_ready


def test_it_refuses_to_serve_the_world() -> None:
    command = [sys.executable, "-m", "simulator", "--host", "0.0.0.0"]  # noqa: S104 (refused, which is the point)
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "loopback only" in done.stderr


def test_taken_port_is_said_in_one_sentence(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("taken")
    log = folder / "log"
    with socket.create_server(("127.0.0.1", 0)) as taken, log.open("w") as output:
        port = taken.getsockname()[1]
        with start(port, free_port(), "http://localhost:8000", folder, output=output) as process:
            assert process.wait(60) == 1
    assert log.read_text().startswith("The Nafath simulator cannot listen on")
    assert log.read_text().count("\n") == 1


def test_it_ends_within_two_seconds(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("end")
    log, port = folder / "log", free_port()
    with (
        log.open("w") as output,
        start(port, free_port(), "", folder, output=output) as process,
    ):
        wait_until_ready(process, f"http://127.0.0.1:{port}", log)
        process.terminate()
        assert process.wait(2) == 0
    assert log.read_text() == ""


def test_it_does_not_outlive_its_parent(tmp_path_factory: pytest.TempPathFactory) -> None:
    port, smtp_port, folder = free_port(), free_port(), tmp_path_factory.mktemp("orphan")
    options = ["--port", str(port), "--smtp-port", str(smtp_port), "--database", str(folder / "s.sqlite3")]
    child = [sys.executable, "-m", "simulator", *options]
    # The parent waits until the simulator answers, and dies without a word to it.
    parent = f"""
import os, subprocess, time, urllib.request
subprocess.Popen({child!r})
while True:
    try:
        urllib.request.urlopen("http://127.0.0.1:{port}/healthz")
        os._exit(0)
    except OSError:
        time.sleep(0.1)
"""
    subprocess.run([sys.executable, "-c", parent], cwd=ROOT, timeout=60, check=True)
    until = time.monotonic() + 10
    while time.monotonic() < until and answers(port):
        time.sleep(0.1)
    assert not answers(port)


def answers(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0
