"""`python -m simulator --port 9010 --smtp-port 9025 --portal http://localhost:8000 [--database PATH]`"""

import argparse
import os
from ipaddress import ip_address

import django
from django.core.management import call_command


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="simulator", description="A pretend Nafath, on this machine only.")
    parser.add_argument("--host", default="127.0.0.1", type=loopback, help="a loopback address")
    parser.add_argument("--port", default=os.environ.get("SIMULATOR_PORT", "9010"), type=int)
    parser.add_argument("--smtp-port", default=9025, type=int, help="where mail is caught")
    parser.add_argument("--portal", default=os.environ.get("PORTAL_ORIGIN", "http://localhost:8000"))
    parser.add_argument("--database", default=os.environ.get("SIMULATOR_DATABASE", ""), help="SQLite file")
    return parser.parse_args()


def loopback(host: str) -> str:
    if not ip_address(host).is_loopback:
        raise argparse.ArgumentTypeError("the simulator serves loopback only")
    return host


def main() -> None:
    """Hand the options to the settings, which read the environment, and serve."""
    chosen = arguments()
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "simulator.settings",
        "SIMULATOR_PORT": str(chosen.port),
        "SIMULATOR_DATABASE": chosen.database,
        "PORTAL_ORIGIN": chosen.portal,
    }
    django.setup()
    call_command("serve", host=chosen.host, smtp_port=chosen.smtp_port)


if __name__ == "__main__":
    main()
