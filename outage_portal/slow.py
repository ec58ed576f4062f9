"""The log of slow statements: as the code has them, and never what they were asked with.

PostgreSQL's own log would hold what people wrote: Django sends it each statement with its values filled in.
"""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import structlog
from django.conf import settings
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.http import HttpRequest, HttpResponse

log = structlog.get_logger(__name__)
MOST_CHARACTERS = 2000


def watched(wrapper: BaseDatabaseWrapper = connection) -> AbstractContextManager[None]:
    """Within it a statement that takes SLOW_STATEMENT_MS or more is a line of the log, with the request's id."""
    return wrapper.execute_wrapper(_timed)


def _timed(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
    began = time.perf_counter()
    try:
        return execute(sql, params, many, context)
    finally:
        took = (time.perf_counter() - began) * 1000
        if took >= settings.SLOW_STATEMENT_MS:
            log.warning("slow_statement", ms=round(took), sql=str(sql)[:MOST_CHARACTERS])


class SlowStatements:
    """Watches the statements of a request."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with watched():
            return self.get_response(request)
