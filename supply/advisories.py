"""What is known against the pinned versions, asked of an advisory service that speaks OSV's protocol.

pip-audit is not it: where its service knows none of our packages it says "No known vulnerabilities found" (docs/adr).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import requests

from supply.locked import Package

#: The service, or a mirror of it inside the house.
SERVICE = "https://api.osv.dev"
SECONDS = 20
#: So many packages a question; the service takes a thousand.
AT_ONCE = 500


class AdvisoriesUnavailable(Exception):
    """Nobody has answered, or not in the words of the protocol: nothing is known, not even that all is well."""


def advisories(packages: list[Package], *, service: str = "") -> dict[str, list[str]]:
    """The identifiers of what is known against each package (`name==version`); empty: nothing is known against any.

    Raises AdvisoriesUnavailable.
    """
    service = (service or os.environ.get("ADVISORIES") or SERVICE).rstrip("/")
    found: dict[str, list[str]] = {}
    with requests.Session() as session:
        if not _asked(session, service, [{"package": {"ecosystem": "PyPI", "name": "django"}, "version": "5.2.0"}])[0]:
            raise AdvisoriesUnavailable("the service knows nothing of Django 5.2.0, of which much is known")
        for first in range(0, len(packages), AT_ONCE):
            batch = packages[first : first + AT_ONCE]
            for package, known in zip(batch, _of_batch(session, service, batch), strict=True):
                if known:
                    found[f"{package.name}=={package.version}"] = sorted(known)
    return found


def _of_batch(session: requests.Session, service: str, batch: list[Package]) -> Iterator[set[str]]:
    queries = [{"package": {"ecosystem": "PyPI", "name": each.name}, "version": each.version} for each in batch]
    for query, answer in zip(queries, _asked(session, service, queries), strict=True):
        pages = [answer]
        while following := pages[-1].get("next_page_token"):
            pages += _asked(session, service, [query | {"page_token": following}])
        yield {each["id"] for page in pages for each in page.get("vulns", ())}


def _asked(session: requests.Session, service: str, queries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    try:
        answer = session.post(f"{service}/v1/querybatch", json={"queries": queries}, timeout=SECONDS)
        answer.raise_for_status()
        results = answer.json()["results"]
    except requests.RequestException as gone:
        raise AdvisoriesUnavailable(f"{service} does not answer ({type(gone).__name__})") from gone
    except (KeyError, TypeError, ValueError) as strange:
        raise AdvisoriesUnavailable(f"{service} answers something else than advisories") from strange
    if not isinstance(results, list) or len(results) != len(queries):
        raise AdvisoriesUnavailable(f"{service} answers {len(queries)} questions otherwise than one by one")
    return [each or {} for each in results]
