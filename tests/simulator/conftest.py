"""A clean simulator for each test, and a browser to walk through it."""

import pytest

from tests.simulator.browser import Browser
from tests.simulator_process import Persona, Simulator


@pytest.fixture(autouse=True)
def _no_messages(simulator: Simulator) -> None:
    simulator.reset()


@pytest.fixture
def browser(simulator: Simulator) -> Browser:
    return Browser(simulator)


@pytest.fixture
def khalid(simulator: Simulator) -> Persona:
    return simulator.personas["Khalid Al-Otaibi"]
