"""Several messages to one person as one: after her quiet hours, and when there have been too many lately."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef
from django.template.loader import render_to_string
from django.utils.translation import get_language_info, ngettext, override
from django.utils.translation import gettext as _

from entities.models import Notice
from notifications.channels import Message
from notifications.messages import Part, calendar_of, isolate, languages_of, message_for, part_of
from notifications.models import Channel, Delivery, State
from notifications.relevance import still_owed
from notifications.topics import Minimum, class_of

logger = logging.getLogger(__name__)

#: Of one mail; what is beyond comes in the next.
MOST = 50


def is_receipt(delivery: Delivery) -> bool:
    """The receipt of filing is evidence, and a code is asked for: neither is ever told together with something else."""
    if delivery.event is None:
        return delivery.notice is not None and delivery.notice.kind == Notice.Kind.CODE
    return class_of(delivery.event, delivery.membership) == Minimum.RECEIPT


@contextmanager
def gathered(delivery: Delivery, *, lease: timedelta, wait: timedelta, at: datetime) -> Iterator[list[Delivery]]:
    """What waits for the same person by the same channel: leased while it is sent, then told in this one.

    If that fails it waits for `wait`, and then goes with whatever waits then. A sender that dies leaves its messages to
    this delivery: the next attempt tells the same ones, under the same key.
    """
    taken = Delivery.objects.filter(told_in=delivery, state=State.LEASED)
    if not taken.update(lease_until=at + lease):
        _take(delivery, lease=lease, at=at)
    try:
        yield [each for each in taken.with_all_to_tell().order_by("created_at") if still_owed(each, at=at)]
    except BaseException:
        taken.update(state=State.PENDING, lease_until=None, told_in=None, next_try_at=at + wait)
        raise
    taken.update(state=State.SUPERSEDED, lease_until=None)


def _take(delivery: Delivery, *, lease: timedelta, at: datetime) -> None:
    """Lease what can go with this one, and leave on it that it has begun to tell of others."""
    due = Delivery.objects.filter(
        person=delivery.person_id, channel=delivery.channel, state=State.PENDING, next_try_at__lte=at
    )
    begun = Exists(Delivery.objects.filter(told_in=OuterRef("pk"), state=State.LEASED))
    found = due.exclude(begun).with_all_to_tell().order_by("created_at")[:MOST]
    keys = [each.pk for each in found if not is_receipt(each) and _can_be_told(each, at=at)]
    if keys:
        Delivery.objects.filter(pk=delivery.pk, gathers_until=None).update(gathers_until=at)
        due.filter(pk__in=keys).update(state=State.LEASED, lease_until=at + lease, told_in=delivery)


def _can_be_told(delivery: Delivery, *, at: datetime) -> bool:
    """What cannot be written keeps nothing else back: it fails alone, when its own turn comes."""
    try:
        for language in languages_of(delivery):
            part_of(delivery, language, at=at)
        calendar_of(delivery, at=at)
    except Exception:
        logger.exception("delivery_not_rendered", extra={"delivery": str(delivery.pk)})
        return False
    return True


def told_together(own: Message, delivery: Delivery, others: list[Delivery], *, is_full: bool, at: datetime) -> Message:
    """One message of all of them. An SMS only counts what is unread; alone, a mail is itself: `own`."""
    if delivery.channel == Channel.SMS and (others or is_full):
        unread = Delivery.objects.filter(person=delivery.person_id).unread().count()
        return message_for(delivery, unread=unread, at=at)
    return _digest([delivery, *others], at=at) if others else own


@dataclass(frozen=True)
class Chapter:
    """The digest in one language: what asks for something first."""

    language: str
    title: str
    parts: list[Part]

    @property
    def direction(self) -> str:
        return "rtl" if get_language_info(self.language)["bidi"] else "ltr"

    @property
    def readers(self) -> list[str]:
        return list(dict.fromkeys(part.reader for part in self.parts))


def _digest(told: list[Delivery], *, at: datetime) -> Message:
    """A mail that lists them in both languages, with every calendar file that they would have carried."""
    first = told[0]
    chapters = [_chapter(told, language, at=at) for language in languages_of(first)]
    context = {
        "parts": chapters,
        "subject": chapters[0].title,
        "demo": settings.DEMO,
        "support_phone": settings.SUPPORT_PHONE,
    }
    with override(first.person.language):
        files = {file.name: file for each in told if (file := calendar_of(each, at=at))}
    return Message(
        first.pk,
        to=first.person.email,
        subject=chapters[0].title,
        text="\n\n".join(_plain(chapter) for chapter in chapters),
        html=render_to_string("notifications/digest.html", context),
        attachments=tuple(files.values()),
    )


def _chapter(told: Iterable[Delivery], language: str, *, at: datetime) -> Chapter:
    with override(language):
        parts = sorted((part_of(each, language, at=at) for each in told), key=lambda part: not part.story.duty)
        n = len(parts)
        title = ngettext("%(n)s message for you in one mail", "%(n)s messages for you in one mail", n) % {"n": n}
        return Chapter(language, title, parts)


def _plain(chapter: Chapter) -> str:
    with override(chapter.language):
        return "\n".join(_lines(chapter))


def _lines(chapter: Chapter) -> Iterator[str]:
    yield chapter.title
    yield "=" * 40
    for part in chapter.parts:
        story = part.story
        yield f"{story.headline} · {isolate(story.reference)}" if story.reference else story.headline
        yield from (f"{label}: {isolate(value)}" for label, value in story.facts[:3])
        yield f"{_('What to do')}: {story.duty or _('Nothing is required of you now')}"
        if story.due:
            yield f"{_('It was due at') if story.is_late else _('By')}: {isolate(story.due)} ({_('Riyadh time')})"
        yield f"{_('Open in the portal')}: {part.url}"
        yield ""
    yield f"{_('Sent to')}: {_(', ').join(isolate(reader) for reader in chapter.readers)}"
    yield f"{_('Message settings')}: {chapter.parts[0].settings}"
    yield f"{_('Operations room')}: {isolate(settings.SUPPORT_PHONE)}"
    if settings.DEMO:
        yield _("Demo data: every report and every person in it is fictional.")
