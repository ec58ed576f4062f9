#!/usr/bin/env python
"""The portal's command line: `manage.py help` lists what it can do."""

import os
import sys

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "outage_portal.settings")
    from django.core.management import execute_from_command_line

    from entities.row_security import as_system

    with as_system():  # whoever has the command line has the rows; a server's threads begin without
        execute_from_command_line(sys.argv)
