"""What a test needs of the machine, said once."""

from __future__ import annotations

import pytest
from django.db import connection

#: What SQLite has not: roles, row security, plans, copies, several writers.
postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="only PostgreSQL has it")
