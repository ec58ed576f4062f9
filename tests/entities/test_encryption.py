"""Sealed under the current key, opened by any that is known, and for one purpose alone."""

from __future__ import annotations

from typing import Any

import pytest

from entities import encryption
from entities.encryption import NotReadable, decrypt, encrypt


def test_what_an_older_key_sealed_is_opened_and_the_current_one_seals(settings: Any) -> None:
    settings.NID_ENCRYPTION_KEYS = ["old:one"]
    sealed = encrypt("1000000008", purpose="test")
    settings.NID_ENCRYPTION_KEYS = ["new:two", "old:one"]
    assert decrypt(sealed, purpose="test") == "1000000008"
    assert [encryption.key_of(text) for text in (sealed, encrypt("x", purpose="test"))] == ["old", "new"]
    assert "1000000008" not in sealed


@pytest.mark.parametrize("keys", [["new:two"], ["old:another"]])
def test_without_its_key_it_is_not_readable(settings: Any, keys: list[str]) -> None:
    settings.NID_ENCRYPTION_KEYS = ["old:one"]
    sealed = encrypt("1000000008", purpose="test")
    settings.NID_ENCRYPTION_KEYS = keys
    with pytest.raises(NotReadable):
        decrypt(sealed, purpose="test")


@pytest.mark.parametrize("sealed", ["", "local", "local:", "local:x"])
def test_what_was_never_sealed_is_not_readable(sealed: str) -> None:
    with pytest.raises(NotReadable):
        decrypt(sealed, purpose="test")


def test_what_is_sealed_for_one_purpose_is_opened_for_no_other() -> None:
    with pytest.raises(NotReadable):
        decrypt(encrypt("x", purpose="one"), purpose="another")
