"""The link in a mail that turns its topic off for mail: without a sign-in, in one press (RFC 8058).

The token is signed and names a person's public id and the topic, nothing else; it is good for half a year, and all that
it can do is take a mail away that may be turned off. What it has turned off is turned on again on the settings page.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from entities.models import User
from entities.row_security import as_system
from notifications.models import Channel, Delivery, Preference
from notifications.topics import Topic, topic_of

LIFE = timedelta(days=180)
_SALT = "notifications.unsubscribe"


@dataclass(frozen=True)
class Wish:
    """Whoever holds the token does not want this mailed any more."""

    person: UUID
    topic: Topic


def token_for(person: User, topic: Topic) -> str:
    return signing.dumps([person.public_id.hex, topic.value], salt=_SALT)


def read_token(token: str) -> Wish | None:
    """None where it was never ours, or is too old."""
    try:
        person, topic = signing.loads(token, salt=_SALT, max_age=LIFE)
        return Wish(UUID(person), Topic(topic))
    except (signing.BadSignature, ValueError):
        return None


def address_for(delivery: Delivery) -> str:
    """Where the topic of this mail is turned off, in the active language; empty where it may not be."""
    topic = topic_of(delivery.event, delivery.membership)
    if topic is None or delivery.channel != Channel.EMAIL:
        return ""
    return f"{settings.PORTAL_ORIGIN}{reverse('unsubscribe', args=[token_for(delivery.person, topic)])}"


def turn_off(wish: Wish) -> None:
    """Once or several times, it is the same. A person who is gone wants nothing."""
    with as_system(), transaction.atomic():
        person = User.objects.filter(public_id=wish.person, is_active=True).first()
        if person is None:
            return
        Preference.objects.get_or_create(person=person)
        chosen = Preference.objects.select_for_update().get(person=person)
        if wish.topic not in chosen.no_mail:
            chosen.no_mail = [*chosen.no_mail, wish.topic.value]
            chosen.changed_at = timezone.now()
            chosen.save(update_fields=["no_mail", "changed_at"])
