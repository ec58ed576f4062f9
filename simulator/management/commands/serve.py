"""Migrate, load the people, register the portal, and serve: what `python -m simulator` runs."""

import sys

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand

from simulator.actions import load_personas, register_client
from simulator.server import serve


class Command(BaseCommand):
    help = "Serve the simulator on a loopback address."
    stealth_options = ("host", "smtp_port")  # handed over by simulator/__main__.py, which has the options

    def handle(self, *, host: str, smtp_port: int, **options: object) -> None:
        call_command("migrate", verbosity=0, interactive=False)
        load_personas(settings.PERSONAS)
        register_client()
        port = settings.SIMULATOR_PORT
        try:
            serve(host=host, port=port, smtp_port=smtp_port)
        except OSError as trouble:
            sys.exit(f"The Nafath simulator cannot listen on {host}, ports {port} and {smtp_port}: {trouble}")
