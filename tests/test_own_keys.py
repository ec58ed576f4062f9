"""Whoever tests beside this worker keeps what stands in Redis."""

from __future__ import annotations

import secrets

import pytest
from django.conf import settings
from django.core.cache import cache


@pytest.mark.wide
def test_an_emptied_cache_leaves_the_queues_and_what_others_count() -> None:
    if not settings.REDIS_URL:
        pytest.skip("needs Redis")
    import redis

    queue = f"queue-{secrets.token_hex(4)}"
    with redis.Redis.from_url(settings.REDIS_URL) as broker:
        broker.set(queue, 1, ex=60)
        cache.set("mine", 1)
        cache.clear()
        assert cache.get("mine") is None
        assert broker.delete(queue) == 1
