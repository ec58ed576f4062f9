"""Whether Nafath answers, asked of the very addresses that a sign-in needs: a description kept for an hour hides
a Nafath that is down."""

from collections.abc import Iterator, Mapping

from django.utils import timezone

from nafath_auth import breaker
from nafath_auth.adapters import push
from nafath_auth.adapters.chosen import by_browser, kind
from nafath_auth.adapters.trust import NafathRefused, NafathUnavailable, call

TIMEOUT = (1.0, 2.0)  # seconds to connect and to read: somebody may be waiting for the answer


def probe() -> bool:
    """Ask each address once, by GET and without a person; anything below 500 is an answer. The breaker hears of it."""
    try:
        for address, headers in _addresses():
            if call("GET", address, timeout=TIMEOUT, headers=headers).status_code >= 500:
                return False
    except (NafathUnavailable, NafathRefused):
        return False
    breaker.answered()
    return True


def answers() -> bool:
    """At the press of the sign-in button: from the last success if it is recent, else asked now."""
    row = breaker.state()
    if row.opened_at is not None:
        return breaker.takes_turn() and probe()
    recent = row.answered_at is not None and timezone.now() - row.answered_at < breaker.ANSWER_LASTS
    return (recent and not row.failures) or probe()


def _addresses() -> Iterator[tuple[str, Mapping[str, str] | None]]:
    if kind() == "app":
        yield from push.addresses()
    else:
        yield from by_browser().addresses()
