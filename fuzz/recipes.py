"""What Hypothesis draws: how a well-formed request is bent. It knows no page, so that it can be drawn again and shrunk.

The first that is drawn bends nothing: every address is asked once as it stands.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from hypothesis import strategies as st

METHODS = ("GET", "POST", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
#: Valid numbers that nobody in the town has: typed wherever there is room, and found nowhere afterwards.
TYPED_IDS = ("1099999997", "2099999996")
LONG = 70_000


class Theirs(NamedTuple):
    """Something of another tenant's: a key, a reference, a code; sending says which."""

    number: int


Value = str | bytes | Theirs


class Change(NamedTuple):
    """A field, counted from the first, and what becomes of it."""

    kind: str
    place: int
    value: Value


class File(NamedTuple):
    name: Value
    content: bytes
    content_type: str


@dataclass(frozen=True)
class Recipe:
    """How to bend a request; an empty part is left as it was."""

    person: int
    method: str
    language: str
    pick: int  # among the forms that lead there, and the things that the address may name
    arguments: tuple[tuple[int, Value], ...]
    tail: str
    query: tuple[tuple[str, Value], ...]
    changes: tuple[Change, ...]
    file: File
    envelope: str
    headers: tuple[tuple[str, str], ...]
    csrf: bool
    go_on: bool  # after what was asked for is confirmed at Nafath, the form goes on


WORDS = (
    "", " ", "0", "-1", "1", "2147483648", "9223372036854775808", "1e309", "NaN", "0x10", "١٢٣", "٠٠٠٧", "٣٢/١٣", "٢٠٢٦-١١-٢٥",
    "0001-01-01", "9999-12-31", "9999-12-31T23:59:60", "2016-12-31T23:59:60Z", "2026-02-30", "0001-01-01T00:00+14:00",
    "9999-12-31T23:59-14:00", "24:00", "23:59:60", "0000-00-00", "2026-W60-9", "99999999999999999999-01-01", "۱۴:۳۰",
    "a\x00b", "\x00", "%00", "\u202egpj.exe", "\u200f\u200e\u2066", "\ud800", "\udfff\ud800", "ظ" * 300, "𝔘𝔫𝔦", "e\u0301" * 40,
    "<script>alert(1)</script>", "{{ 7 * 7 }}", "{% debug %}", "' OR 1=1 --", "\"><img src=x onerror=x>", "=cmd|' /C calc'!A0",
    "../../etc/passwd", "..\\..\\x", "//evil.example/", "https://evil.example/", "javascript:alert(1)", "\r\nSet-Cookie: a=b",
    "null", "true", "[]", "{}", '{"a": [1, {"b": null}]}', "[[[[[[[[]]]]]]]]", "00000000-0000-0000-0000-000000000000",
    "OUT-2026-000001", "OUT-٢٠٢٦-٠٠٠٠٠١", "DGA-OUT-2026-999999", "INC-0000-000000", "+966500000000", "a@b", "ş@例え.テスト", "none", "other",
    *TYPED_IDS, "هوية:١٠٩٩٩٩٩٩٩٧",
)  # fmt: skip
text = st.text(st.characters(exclude_categories=()), max_size=24)
words = st.sampled_from(WORDS)
values: st.SearchStrategy[Value] = st.one_of(
    words,
    st.integers(0, 40).map(Theirs),
    st.integers().map(str),
    text,
    st.sampled_from(("ع" * LONG, "1" * LONG, "x " * LONG)),
    st.dates().map(str),
    st.datetimes().map(lambda moment: moment.isoformat(timespec="minutes")),
    st.sampled_from((b"\xff\xfe", b"\xc0\x80", b"\xed\xa0\x80", b"%", b"\xf4\x90\x80\x80")),
)
#: Names that some view reads from the query, and some that none does.
NAMES = (
    "q", "page", "cursor", "after", "before", "seen", "show", "sort", "o", "p", "e", "all", "next", "back", "day", "month", "year",
    "view", "state", "status", "severity", "kind", "entity", "sector", "service", "provider", "report", "about", "draft", "do",
    "done", "undo", "field", "since", "slo", "on_behalf", "token", "tier", "code", "iss", "error", "_popup", "_to_field",
    "_changelist_filters", "id__exact", "pk__in", "entity__id__exact", "entity__pk__regex", "password__startswith", "q[]", "page[$ne]",
    "csrfmiddlewaretoken", "__proto__", "app_label", "model_name", "field_name", "term", "action", "lane", "who", "mine",
)  # fmt: skip
KINDS = ("replace", "choose", "drop", "double", "extra", "rename", "list")
ENVELOPES = (
    "multipart", "truncated", "boundary", "no boundary", "charset", "json", "broken json", "text", "too long", "too short", "no number",
    "many fields", "megabyte",
)  # fmt: skip
HEADERS = {
    "Host": ("evil.example", "testserver:99999", "[::1", "testserver.", "a b", "تجربة.السعودية", ""),
    "Accept-Language": ("en;q=9,ar;q=x", "*", "xx-" * 400, "ar\x00", "en_US@latin"),
    "X-Forwarded-For": ("999.1.1.1", "::ffff:1.2.3.4, 10.0.0.1", "unknown", "," * 300, "fe80::1%eth0"),
    "X-Forwarded-Host": ("evil.example",),
    "X-Forwarded-Proto": ("https", "javascript"),
    "HX-Request": ("true", "false"),
    "HX-Target": ("main", "#<x>", "ع"),
    "HX-Trigger": ("{", "x" * 3000),
    "HX-Current-URL": ("http://testserver/%ff", "http://testserver//evil.example", "::", "http://[::1", "javascript:x"),
    "HX-Boosted": ("true",),
    "X-Background": ("1",),
    "X-Autosave": ("1", "٧", "-1"),
    "Cookie": ("session=; csrf=", "session=" + "a" * 32, 'session="\\000aaaa"', "language=xx; language=ar", "=;;=,\xff", "messages=[]"),
    "Content-Type": ("text/html; charset=utf-7", "multipart/form-data; boundary=" + "b" * 300, "application/x-www-form-urlencoded; charset=nonsense", "/", ""),
    "Content-Encoding": ("gzip",),
    "Transfer-Encoding": ("chunked",),
    "If-None-Match": ('"x"', "*", "W/", '"' * 99),
    "If-Modified-Since": ("Thu, 32 Foo 99999 99:99:99 GMT", "Fri, 31 Dec 9999 23:59:60 GMT", "0"),
    "If-Unmodified-Since": ("Thu, 01 Jan 1970 00:00:00 GMT",),
    "Range": ("bytes=0-0", "bytes=-99999999999999999999", "bytes=5-1", "lines=1-2", "bytes=" + "0-1," * 300),
    "Referer": ("http://testserver/%ff", "http://testserver/\u202e", "https://evil.example/", "http://[", "about:blank"),
    "Origin": ("null", "https://evil.example", "http://testserver", "http://["),
    "Authorization": ("Bearer ", "Bearer ء", "Basic ///", "Negotiate"),
    "User-Agent": ("", "x" * 9000, "\x1b[31m", TYPED_IDS[0]),
    "Accept": ("application/json", "text/calendar;q=nan", "*/*;" * 300),
    "X-HTTP-Method-Override": ("DELETE",),
    "X-Request-ID": ("../../x", TYPED_IDS[1]),
    "Sec-Fetch-Site": ("cross-site",),
}  # fmt: skip
CONTENTS = (
    b"%PDF-1.4\n%%EOF", b"", b"just words", b"\x89PNG\r\n\x1a\n" + b"\0" * 32, b"PK\x03\x04" + b"\0" * 60, b"MZ\x90\0", b"\xff\xd8\xff\xe0",
    b"%PDF-1.4 PK\x03\x04<script>alert(1)</script>", b"<svg xmlns='http://www.w3.org/2000/svg' onload='x'/>", b"\0" * 4096,
    b"code,name_ar,name_en\r\n\xff\xfe,\x00,=1+1\r\n", "code;الاسم\n١;٢\n".encode("utf-16"), b'"' * 999, b"a,b\n" * 3000,
)  # fmt: skip
NAMES_OF_FILES = (
    "a.pdf", "a.txt", "a.csv", "", ".", "..", "../../x.txt", "C:\\x\\y.pdf", "a.pdf\x00.exe", "\u202efdp.exe", "ملف " * 90 + ".pdf", "a.pdf/",
    "x" * 300 + ".csv", "con.txt", "a.docx", "a.PDF.txt", 'a";filename="b.txt', "a\r\nX: y.txt", "a", ".pdf",
)  # fmt: skip
TYPES = ("application/pdf", "text/csv", "image/png", "", "x" * 200, "text/plain; charset=nonsense", "a/b\x00")


def _headers() -> st.SearchStrategy[tuple[str, str]]:
    known = st.sampled_from(sorted(HEADERS)).flatmap(
        lambda name: st.tuples(st.just(name), st.sampled_from(HEADERS[name]))
    )
    return st.one_of(known, st.tuples(st.sampled_from(sorted(HEADERS)), text))


def some(each: st.SearchStrategy[object], most: int) -> st.SearchStrategy[tuple[object, ...]]:
    """None in the simplest case, and in about half of all."""
    return st.one_of(st.just(()), st.lists(each, max_size=most).map(tuple))


def rarely(plain: object, *others: object) -> st.SearchStrategy[object]:
    return st.sampled_from((plain,) * (4 * len(others)) + others)


@cache
def recipes(methods: tuple[str, ...]) -> st.SearchStrategy[Recipe]:
    """The methods named are drawn often, any other one rarely."""
    return st.builds(
        Recipe,
        person=st.integers(0, 999),
        method=st.sampled_from(methods * 12 + METHODS),
        language=st.sampled_from(("", "/en")),
        pick=st.integers(0, 99),
        arguments=st.one_of(
            st.just(()), st.just(()), st.lists(st.tuples(st.integers(0, 2), values), max_size=1).map(tuple)
        ),
        tail=rarely("", "x", "/", "%00", "..;/", "?"),
        query=some(st.tuples(st.one_of(st.sampled_from(NAMES), text), values), 4),  # type: ignore[arg-type]
        changes=some(st.builds(Change, st.sampled_from(KINDS), st.integers(0, 60), values), 4),  # type: ignore[arg-type]
        file=st.builds(
            File,
            st.one_of(st.sampled_from(NAMES_OF_FILES), text),
            st.one_of(st.sampled_from(CONTENTS), st.binary(max_size=64)),
            st.sampled_from(TYPES),
        ),
        envelope=st.sampled_from(("",) * 40 + ENVELOPES),
        headers=some(_headers(), 3),  # type: ignore[arg-type]
        csrf=rarely(False, True),  # type: ignore[arg-type]
        go_on=rarely(True, False),  # type: ignore[arg-type]
    )
