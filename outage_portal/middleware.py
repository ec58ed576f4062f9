"""What every request passes: text that may be read, a database that may be away, the language of the path."""

import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any
from urllib.parse import unquote_to_bytes

import structlog
from django.conf import settings
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.multipartparser import MultiPartParserError
from django.http.response import HttpResponseBase
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.utils import translation

from entities.storage import is_disk_full
from entities.text import clean, is_clean
from outage_portal.operations.tally import Counter
from outage_portal.trace import PROBES

log = structlog.get_logger(__name__)
Answer = Callable[[HttpRequest], HttpResponse]
answers = Counter(settings.METRICS_FILE)
#: An attachment has at most 10 MB; up to here its form says so itself, beyond it nothing is read.
MOST_BYTES = 32 * 1024 * 1024
CHUNK = 64 * 1024
#: Never written back into a page.
UNKEPT = {"csrfmiddlewaretoken", "national_id", "code", "one_time_key", "password"}


def kept_fields(post: QueryDict) -> list[tuple[str, str]]:
    """What was typed, for the page that gives it back."""
    return [(name, value) for name, values in post.lists() if name not in UNKEPT for value in values]


class RejectBadText:
    """NUL, overrides and broken UTF-8: 400 in a path or a query, gone from a form without a word.

    A cookie that holds them is none of ours: it is left out, or PostgreSQL would refuse to look for its session.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        raw = request.META.get("QUERY_STRING", "")
        if not (is_clean(request.path) and self._readable(raw)):
            return render(None, "400.html", status=400)
        request.COOKIES = {name: value for name, value in request.COOKIES.items() if is_clean(value)}
        if request.method == "POST":
            if self._length(request) > MOST_BYTES:
                return render(None, "413.html", {"limit_mb": 1}, status=413)
            try:
                request.POST = self._cleaned(request.POST)  # type: ignore[assignment]  # the same class, cleaned
            except RequestDataTooBig:
                self._hear_out(request)
                return render(None, "413.html", {"limit_mb": 1}, status=413)
            except OSError as error:  # a large file is put aside while it is read
                self._let_go(request)
                self._hear_out(request)
                if not is_disk_full(error):
                    raise
                return disk_full(request)
            except (TooManyFieldsSent, TooManyFilesSent, MultiPartParserError, UnicodeError, ValueError):
                return render(None, "400.html", status=400)
        return self.get_response(request)

    @staticmethod
    def _let_go(request: HttpRequest) -> None:
        """Django leaves the file open that it was putting aside."""
        for handler in request.upload_handlers:
            if file := getattr(handler, "file", None):
                file.close()

    @staticmethod
    def _hear_out(request: HttpRequest) -> None:
        """Read what still comes: a connection that is closed before loses the answer on the way."""
        with suppress(OSError):
            while request.read(CHUNK):
                pass

    @staticmethod
    def _length(request: HttpRequest) -> int:
        """What the sender says the body has: a length that no form of ours comes near is not even read."""
        length = request.META.get("CONTENT_LENGTH") or ""
        return int(length) if length.isascii() and length.isdigit() else 0

    @staticmethod
    def _readable(query: str) -> bool:
        try:
            return is_clean(unquote_to_bytes(query.replace("+", " ")).decode("utf-8"))
        except UnicodeDecodeError:
            return False

    @staticmethod
    def _cleaned(post: QueryDict) -> QueryDict:
        fields: Iterable[tuple[str, list[Any]]] = post.lists()
        cleaned = QueryDict(mutable=True, encoding=post.encoding)
        for name, values in fields:
            cleaned.setlist(clean(name), [clean(value) if isinstance(value, str) else value for value in values])
        cleaned._mutable = False
        return cleaned


DATABASE_AWAY = (OperationalError, InterfaceError)


def database_away(request: HttpRequest) -> HttpResponse:
    """503 with Retry-After, and the form back as it was filled.

    Rendered without the request: the shell would ask the database who is here.
    """
    context: dict[str, Any] = {}
    if request.method == "POST":
        kept = {"kept": kept_fields(request.POST), "kept_action": request.path}
        context = {**kept, "csrf_token": get_token(request)}
    response = render(None, "503.html", context, status=503)
    response.headers["Retry-After"] = "5"
    return response


class DatabaseAway:
    """A database that goes away under a view gives 503; under a middleware, `views.server_error` sees to it."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return database_away(request) if isinstance(exception, DATABASE_AWAY) else None


def disk_full(request: HttpRequest) -> HttpResponse:
    """507: nothing of the file is kept. Whoever keeps the machine reads it in the log."""
    log.critical("disk_full", path=request.path)
    return render(None, "507.html", status=507)


class DiskFull:
    """A disk without room under an upload gives 507; the transaction around it has been rolled back."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return disk_full(request) if is_disk_full(exception) else None


class SignInFirst(LoginRequiredMiddleware):
    """To the sign-in; but a form whose session ended under it is given back as it was filled, to be sent once more.

    Scripts know the way to the sign-in by its redirect: they keep what was typed in their page.
    """

    def handle_no_permission(  # type: ignore[override]  # the stub knows of the redirect only
        self, request: HttpRequest, view_func: Callable[..., HttpResponseBase]
    ) -> HttpResponseBase:
        by_script = "HX-Request" in request.headers or "X-Autosave" in request.headers
        kept = kept_fields(request.POST) if request.method == "POST" and not by_script else []
        if not kept:
            return super().handle_no_permission(request, view_func)
        return render(request, "session_ended.html", {"kept": kept, "kept_action": request.path}, status=403)


class LanguageByPath:
    """The path decides what is shown: `/` is Arabic, `/en/` English. Not the browser's header."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        language = translation.get_language_from_path(request.path_info) or settings.LANGUAGE_CODE
        with translation.override(language):
            request.LANGUAGE_CODE = language
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        return response


class CountAnswers:
    """Every answer by its class and its time, for the alarm of the error rate; but not those to probes."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began = time.monotonic()
        response = self.get_response(request)
        if request.path not in PROBES:
            answers.add(response.status_code, time.monotonic() - began)
        return response
