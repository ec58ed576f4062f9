"""What is read out of verified claims, and what is not."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest

from nafath_auth.identity import IdentityUnreadable, VerifiedIdentity, from_claims, name_matches

NOW = 1_800_000_000


def claims(**told: Any) -> dict[str, Any]:
    return {"iss": "https://iam.example", "iat": NOW - 2, "sub": "1000000008", **told}


def read(**told: Any) -> VerifiedIdentity:
    return from_claims(claims(**told), id_claim="sub", now=NOW)


@pytest.mark.parametrize(
    ("told", "number"),
    [
        ("1000000008", "1000000008"),
        (1000000008, "1000000008"),
        ("٢٠٠٠٠٠٠٠٠٦", "2000000006"),
        (" 1000000008 ", "1000000008"),
    ],
)
def test_number_is_read_as_text_whatever_its_type_and_script(told: Any, number: str) -> None:
    assert read(sub=told).national_id == number


@pytest.mark.parametrize(
    "told", ["1000000009", "3000000004", "100000000", "", None, "x", ["1000000008"], {"id": 1}, True]
)
def test_number_that_is_nobodys_is_refused(told: Any) -> None:
    with pytest.raises(IdentityUnreadable) as refusal:
        read(sub=told)
    assert "1000000009" not in str(refusal.value)


def test_number_is_read_from_the_claim_of_the_contract() -> None:
    told = claims(sub="opaque", nin="1000000016")
    assert from_claims(told, id_claim="nin", now=NOW).national_id == "1000000016"


def test_names_of_every_product_are_found() -> None:
    assert read(arabicName="منى الشهري", englishName="Mona Al-Shehri").name_ar == "منى الشهري"
    citizen = read(firstName="منى", fatherName="سعد", grandFatherName="علي", familyName="الشهري")
    assert citizen.name_ar == "منى سعد علي الشهري"
    resident = read(
        firstName="سامي",
        secondName="جورج",
        thirdName="",
        lastName="حداد",
        englishFirstName="Sami",
        englishLastName="Haddad",
    )
    assert (resident.name_ar, resident.name_en) == ("سامي جورج حداد", "Sami Haddad")
    assert (read().name_ar, read().name_en) == ("", "")


def test_nothing_else_is_kept() -> None:
    kept = {field.name for field in fields(VerifiedIdentity)}
    assert kept == {"national_id", "name_ar", "name_en", "issuer", "acr", "amr", "proved_at", "transaction"}


def test_time_of_the_proof_is_nafaths_and_never_in_the_future() -> None:
    assert read(auth_time=NOW - 3600).proved_at == NOW - 3600
    assert read().proved_at == NOW - 2
    assert read(auth_time=NOW + 3600).proved_at == NOW
    assert read(auth_time="yesterday").proved_at == NOW - 2


def test_repr_masks_the_number() -> None:
    for text in (repr(read()), str(read()), f"{read()}"):
        assert "1000000008" not in text
        assert "••••••0008" in text


@pytest.mark.parametrize(
    ("registered", "told"),
    [
        ("خالد العتيبي", "خالد بن محمد بن سعد العتيبي"),
        ("أحمد عسيري", "احمد عسيرى"),
        ("منى الشهري", "مُنَى بنت سعد الشهري"),
        ("فاطمة آل مبارك", "فاطمه ال مبارك"),
        ("عبدالله الزهراني", "عبد الله بن علي الزهراني"),
        ("Khalid Al-Otaibi", "KHALID BIN MOHAMMED AL OTAIBI"),
    ],
)
def test_names_match_across_spellings_and_lengths(registered: str, told: str) -> None:
    assert name_matches(registered, told)
    assert name_matches(told, registered)


@pytest.mark.parametrize(
    ("registered", "told"), [("خالد العتيبي", "فهد الدوسري"), ("خالد سعد", "سعد خالد"), ("خالد", ""), ("", "")]
)
def test_names_of_others_do_not_match(registered: str, told: str) -> None:
    assert not name_matches(registered, told)
