"""Play a story in the running demo: `manage.py demo_story silent-verification`, at ten times its speed."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone, translation

from incidents.errors import MoveRefused
from outage_portal.demo.environment import DIRECTORY, Demo
from outage_portal.demo.story import Scene, is_on, play, silent_verification
from outage_portal.seed.telling import Teller

STORIES: dict[str, Callable[[Teller], Iterator[Scene]]] = {"silent-verification": silent_verification}


class Command(BaseCommand):
    help = "Play a story in the demo while you watch: the board, the owner's home, a consumer's report."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("story", choices=sorted(STORIES))
        parser.add_argument("--speed", type=float, default=10, help="how many times as fast as it would happen (10)")
        parser.add_argument("--directory", type=Path, default=DIRECTORY, help="where the demo's data lies")

    def handle(self, *, story: str, speed: float, directory: Path, **options: object) -> None:
        if settings.PRODUCTION:
            raise CommandError("Stories are played in the demo alone, never in production.")
        if speed <= 0:
            raise CommandError("--speed is more than nothing.")
        if not settings.DEMO:
            demo = Demo.load(directory)
            if demo is None:
                raise CommandError("Stories are played in the demo alone: start it with 'make demo' first.")
            demo.enter("demo_story", story, "--speed", str(speed), "--directory", str(directory))
        if is_on():
            raise CommandError("The story's service is being reported already: wait an hour, or 'make reset'.")
        try:
            with translation.override("ar"):
                scenes = STORIES[story](Teller.at(timezone.now()))
                play(scenes, wait=lambda length: _wait(length, speed), say=self._say)
        except MoveRefused as refused:
            raise CommandError(f"The story ends here, for somebody has done otherwise: {refused}") from refused

    def _say(self, sentence: str) -> None:
        self.stdout.write(f"{timezone.localtime():%H:%M:%S}  {sentence}")


def _wait(length: timedelta, speed: float) -> None:
    time.sleep(length.total_seconds() / speed)
