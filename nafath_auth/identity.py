"""Who stands at the door, as Nafath says: the only thing an adapter may hand over."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from entities import national_id
from entities.text import clean, search_form

# Nafath's products name the same thing differently (identity/nafath.md A.1, A.3). A row is one product's words:
# the whole name, or its parts. What is not named here is not read: no birth date, nationality or address.
NAME_CLAIMS: dict[str, tuple[tuple[str, ...], ...]] = {
    "name_ar": (
        ("arabicName",),
        ("arabicFirstName", "arabicFatherName", "arabicGrandFatherName", "arabicFamilyName"),
        ("firstName", "fatherName", "grandFatherName", "familyName"),
        ("firstName", "secondName", "thirdName", "lastName"),
    ),
    "name_en": (
        ("englishName",),
        ("englishFirstName", "englishFatherName", "englishGrandFatherName", "englishFamilyName"),
        ("englishFirstName", "englishSecondName", "englishThirdName", "englishLastName"),
    ),
}
LONGEST_NUMBER = 100
_SON_OR_DAUGHTER_OF = {"بن", "ابن", "بنت", "bin", "ibn", "bint"}


class IdentityUnreadable(ValueError):
    """The claims name no citizen or resident. The message never holds what was found."""


@dataclass(frozen=True, repr=False, slots=True)
class VerifiedIdentity:
    """A person whose signature, audience, age and nonce have been checked. Lives for one request."""

    national_id: str
    name_ar: str
    name_en: str
    issuer: str
    acr: str
    amr: tuple[str, ...]
    proved_at: int  #: Unix seconds: when the person last proved who she is
    transaction: str = ""  #: Nafath's own number of this proof, where it gives one

    def __repr__(self) -> str:
        return f"<VerifiedIdentity ••••••{self.national_id[-4:]} from {self.issuer}>"


def from_claims(claims: Mapping[str, Any], *, id_claim: str, now: int) -> VerifiedIdentity:
    """Read the few claims we need out of a verified token.

    `id_claim` is the name under which this product tells the national ID; it may arrive as a number.
    `proved_at` is `auth_time`, or the token's `iat` where the product has none, and never after `now`.
    Raises IdentityUnreadable when it is not a citizen's or a resident's number.
    """
    number = national_id.normalise(str(claims.get(id_claim, "")))
    if not national_id.is_valid(number):
        raise IdentityUnreadable(f"the claim {id_claim!r} holds no citizen's or resident's number")
    auth_time, amr = claims.get("auth_time"), claims.get("amr")
    return VerifiedIdentity(
        national_id=number,
        name_ar=_name(claims, "name_ar"),
        name_en=_name(claims, "name_en"),
        issuer=str(claims["iss"]),
        acr=str(claims.get("acr") or ""),
        amr=tuple(str(method) for method in amr) if isinstance(amr, list) else (),
        proved_at=min(auth_time if isinstance(auth_time, int) else int(claims["iat"]), now),
        transaction=clean(str(claims.get("transId") or claims.get("jti") or ""))[:LONGEST_NUMBER],
    )


def name_matches(registered: str, told: str) -> bool:
    """Whether two spellings can be the same person's name.

    Alef, ta marbuta, ya and hamza variants and vowel marks do not count, nor do بن and بنت. People are registered
    with two names and Nafath tells four, so the shorter one's words must stand in the longer, in their order.
    """
    fewer, more = sorted((_words(registered), _words(told)), key=len)
    rest = iter(more)
    return bool(fewer) and all(word in rest for word in fewer)


def _name(claims: Mapping[str, Any], field: str) -> str:
    """The fullest of the names that are told."""
    fullest = max(([str(claims[part]) for part in parts if claims.get(part)] for parts in NAME_CLAIMS[field]), key=len)
    return clean(" ".join(fullest))[:200]


def _words(name: str) -> list[str]:
    words = re.sub(r"\bعبد ", "عبد", search_form(name)).replace("-", " ").split()
    return [word for word in words if word not in _SON_OR_DAUGHTER_OF]
