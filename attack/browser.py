"""A browser without a window: follows redirects, presses the button of a form."""

from __future__ import annotations

import itertools
import re
from html import unescape
from typing import Any
from urllib.parse import urljoin

import requests
from requests.adapters import HTTPAdapter

_address = itertools.count(1)


class _From(HTTPAdapter):
    """Calls from an address of its own: all of 127.0.0.0/8 is this machine, and limits are counted by address."""

    def __init__(self, address: str) -> None:
        self.address = address
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, source_address=(self.address, 0), **kwargs)


class Browser(requests.Session):
    """One person's cookies, and an address on loopback that nobody else calls from."""

    def __init__(self) -> None:
        super().__init__()
        number = next(_address)
        self.address = f"127.1.{number // 250}.{number % 250 + 1}"
        self.mount("http://", _From(self.address))

    def request(self, method: Any, url: Any, *args: Any, **kwargs: Any) -> requests.Response:
        kwargs.setdefault("timeout", 60)
        return super().request(method, url, *args, **kwargs)

    def press(self, page: requests.Response, action: str, /, **fields: str) -> requests.Response:
        """Send the form of this page that leads to `action`, its hidden fields and these."""
        target, hidden = form_of(page, action)
        return self.post(target, data={**hidden, **fields}, headers={"Referer": page.url})


def form_of(page: requests.Response, action: str) -> tuple[str, dict[str, str]]:
    """The address and the hidden fields of the form that leads to `action`. Raises LookupError without one."""
    for form in re.findall(r"<form(.*?)</form>", page.text, re.DOTALL):
        leads = re.search(r'action="([^"]*)"', form)
        address = unescape(leads[1]) if leads else page.url
        if action in address:
            hidden = re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form)
            return urljoin(page.url, address), {name: unescape(value) for name, value in hidden}
    raise LookupError(f"{page.url} ({page.status_code}) has no form that leads to {action}")
