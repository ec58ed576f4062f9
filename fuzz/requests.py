"""A recipe applied to an address: the request as it is sent, byte for byte."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any
from urllib.parse import quote_from_bytes, unquote_to_bytes

from fuzz.addresses import Address, as_bytes, escaped
from fuzz.pages import Form
from fuzz.recipes import Change, Recipe, Theirs, Value

BOUNDARY = b"f0nt13r"
FORM, PARTS = "application/x-www-form-urlencoded", "multipart/form-data; boundary=f0nt13r"
MEGABYTE = 1024 * 1024
#: A server refuses these in a header before any program of ours sees it.
NO_HEADER = dict.fromkeys(map(ord, "\r\n\0"))
#: For where no page of ours leads: names that many of our forms have.
UNKNOWN = Form("", "post", [(name, "1") for name in ("seen", "version", "key", "once", "note", "go_on")])


@dataclass
class Request:
    method: str
    path: str
    query: str = ""
    body: bytes = b""
    content_type: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    length: str | None = None

    def environ(self) -> dict[str, Any]:
        """As a server hands it over: bytes as Latin-1."""
        said = {"PATH_INFO": unquote_to_bytes(self.path).decode("latin-1"), "QUERY_STRING": self.query}
        said |= {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in self.headers.items()}
        if self.body or self.length is not None or self.method in {"POST", "PUT", "PATCH"}:
            length = self.length if self.length is not None else str(len(self.body))
            said |= {"CONTENT_TYPE": self.content_type, "CONTENT_LENGTH": length, "wsgi.input": BytesIO(self.body)}
        if "HTTP_CONTENT_TYPE" in said:
            said["CONTENT_TYPE"] = said.pop("HTTP_CONTENT_TYPE")
        return said

    def __str__(self) -> str:
        lines = [f"{self.method} {self.path[:300]}{'?' if self.query else ''}{self.query[:600]}"]
        lines += [f"{name}: {value[:120]!r}" for name, value in self.headers.items()]
        if self.content_type or self.length is not None:
            lines.append(f"Content-Type: {self.content_type[:80]}, Content-Length: {self.length or len(self.body)}")
        return "\n    ".join([*lines, repr(self.body[:1500])] if self.body else lines)


def bent(recipe: Recipe, address: Address, values: dict[str, Any], form: Form | None, theirs: list[Any]) -> Request:
    """The request; `values` are the address' own arguments, `form` what a page of ours would send there."""

    def said(value: Value) -> str | bytes:
        return str(theirs[value.number % len(theirs)]) if isinstance(value, Theirs) else value

    arguments = {name: as_bytes(value) for name, value in values.items()}
    for place, value in recipe.arguments:
        if address.arguments:
            arguments[address.arguments[place % len(address.arguments)]] = as_bytes(said(value))[:3000]
    path = (recipe.language if not address.route.startswith(OUTSIDE) else "") + address.path(arguments)
    fields = [(as_bytes(name), as_bytes(value)) for name, value in (form.filled() if form else [])]
    for change in recipe.changes:
        fields = changed(fields, change, as_bytes(said(change.value)), form)
    pairs = [(as_bytes(name), as_bytes(said(value))) for name, value in recipe.query]
    made = Request(recipe.method, path + quote_from_bytes(recipe.tail.encode(), safe="/;%?"))
    if recipe.method in {"POST", "PUT", "PATCH"}:
        file = (as_bytes(said(recipe.file.name)), recipe.file.content_type.encode(), recipe.file.content)
        _put_body(made, recipe.envelope, fields, [(name.encode(), *file) for name in (form.files if form else [])])
    else:
        pairs = fields + pairs
    made.query = urlencoded(pairs)[:20_000]
    made.headers = {name: as_bytes(value).decode("latin-1").translate(NO_HEADER) for name, value in recipe.headers}
    return made


#: Not under a language.
OUTSIDE = ("healthz", "readyz", "metrics", "integrations/")


def urlencoded(pairs: list[tuple[bytes, bytes]]) -> str:
    return "&".join(f"{escaped(name)}={escaped(value)}" for name, value in pairs)


def changed(
    fields: list[tuple[bytes, bytes]], change: Change, value: bytes, form: Form | None
) -> list[tuple[bytes, bytes]]:
    """The fields with one of them bent; of an empty form nothing but an extra one comes."""
    if change.kind == "extra" or not fields:
        return [*fields, (value[:80], value)]
    place = change.place % len(fields)
    name, was = fields[place]
    offered = form.choices.get(name.decode("utf-8", "replace"), []) if form else []
    instead = {
        "drop": [],
        "double": [(name, was), (name, value)],
        "list": [(name, value[:40])] * 12,
        "rename": [(name + value[:20], was)],
        "choose": [(name, offered[change.place % len(offered)].encode() if offered else value)],
    }
    return [*fields[:place], *instead.get(change.kind, [(name, value)]), *fields[place + 1 :]]


def _put_body(
    made: Request, envelope: str, fields: list[tuple[bytes, bytes]], files: list[tuple[bytes, bytes, bytes, bytes]]
) -> None:
    body = urlencoded(fields).encode()
    parts = b"".join(
        b'--%s\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (BOUNDARY, *pair) for pair in fields
    ) + b"".join(
        b'--%s\r\nContent-Disposition: form-data; name="%s"; filename="%s"\r\nContent-Type: %s\r\n\r\n%s\r\n'
        % (BOUNDARY, name, called, kind, content)
        for name, called, kind, content in files
    )
    parts += b"--%s--\r\n" % BOUNDARY
    made.body, made.content_type = (parts, PARTS) if files else (body, FORM)
    told = {name.decode("latin-1"): value.decode("latin-1") for name, value in fields}
    instead = {
        "multipart": (parts, PARTS),
        "truncated": (parts[: len(parts) // 2], PARTS),
        "boundary": (parts, PARTS + "x"),
        "no boundary": (parts, "multipart/form-data"),
        "charset": (body, FORM + "; charset=" + ("utf-16" if len(body) % 2 else "nonsense")),
        "json": (json.dumps(told).encode(), "application/json"),
        "broken json": (b'{"a": ["\xff', "application/json"),
        "text": (body, "text/plain"),
        "many fields": (b"&".join(b"f%d=1" % n for n in range(2500)), FORM),
        "megabyte": (body + b"&x=" + b"1" * MEGABYTE, FORM),
    }
    made.body, made.content_type = instead.get(envelope, (made.body, made.content_type))
    size = len(made.body)
    lengths = {"too long": size + 100, "too short": size // 2, "no number": "-1" if size % 2 else "1e3"}
    made.length = str(lengths[envelope]) if envelope in lengths else None
