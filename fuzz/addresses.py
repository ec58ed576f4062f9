"""Every address of the resolver, Django's admin included, and what its arguments may be."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, quote_from_bytes

from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import LocalePrefixPattern

from entities.permissions import Role, permissions_of

PLACE = re.compile(r"<(?:\w+:)?(\w+)>")
AS_REGEX = re.compile(r"\(\?P<(\w+)>.*?\)")


@dataclass(frozen=True)
class Address:
    """A pattern: its name (of a nameless one the route), its route from the root, and who may enter."""

    name: str
    route: str
    arguments: tuple[str, ...]
    view: Callable[..., Any]
    access: Any

    @property
    def is_desk(self) -> bool:
        """Django's admin."""
        return self.route.startswith("admin/")

    def admits(self, role: str | None) -> bool:
        """Whether somebody in this role (None: not signed in) comes past the door of the view."""
        if self.is_desk:
            return role in {Role.ADMIN, Role.AUDITOR}
        if role is None or isinstance(self.access, str):
            return self.access == "public" or (role is not None and self.access == "signed_in")
        return bool(permissions_of(Role(role)) & set(self.access)) if role in set(Role) else False

    def path(self, values: dict[str, bytes]) -> str:
        """The address with these arguments; whatever is no letter in them is written with a per cent sign."""
        return "/" + PLACE.sub(lambda found: quote_from_bytes(values[found[1]], safe="/:"), self.route)


def addresses(resolver: URLResolver | None = None, prefix: str = "", space: str = "") -> Iterator[Address]:
    for pattern in (resolver or get_resolver()).url_patterns:
        here = "" if isinstance(pattern.pattern, LocalePrefixPattern) else str(pattern.pattern)
        route = prefix + here
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern, route, pattern.namespace or space)
            continue
        route = AS_REGEX.sub(r"<\1>", route).rstrip("$").replace("^", "")
        yield _address(pattern, route, space)


def _address(pattern: URLPattern, route: str, space: str) -> Address:
    name = f"{space}:{pattern.name}" if space else str(pattern.name)
    return Address(
        name if pattern.name else "/" + route,
        route,
        tuple(PLACE.findall(route)),
        pattern.callback,
        getattr(pattern.callback, "access", None),
    )


def as_bytes(value: object) -> bytes:
    """As a sender without scruples writes it: surrogates as they are."""
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")


def escaped(value: object) -> str:
    return quote(as_bytes(value), safe="")
