"""From a delivery to what leaves the house: an SMS in one language, a mail in both with the reader's first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import get_language_info, ngettext, override
from django.utils.translation import gettext as _

from entities.models import Notice
from incidents.ics import CHANGES, CalendarFile, calendar_file
from notifications.channels import Message
from notifications.models import Channel, Delivery
from notifications.recipients import key_of
from notifications.stories import Story, story_of
from notifications.unsubscribing import address_for

#: First-strong isolate and its end: a reference keeps its order in Arabic text, and does not turn the line round.
FSI, PDI = "\u2068", "\u2069"


def isolate(text: str) -> str:
    return f"{FSI}{text}{PDI}"


@dataclass(frozen=True)
class Part:
    """The message in one language."""

    language: str
    direction: str
    story: Story
    url: str
    guide: str
    reader: str
    unsubscribe: str  # empty: it may not be turned off

    @property
    def settings(self) -> str:
        with override(self.language):
            return f"{settings.PORTAL_ORIGIN}{reverse('message_settings')}"


def message_for(delivery: Delivery, *, unread: int | None = None, at: datetime) -> Message:
    """Render for the person. With `unread` it is one summary of so many messages, instead of yet another one."""
    first = delivery.person.language
    parts = [part_of(delivery, code, unread=unread, at=at) for code in languages_of(delivery)]
    with override(first):
        if delivery.channel == Channel.SMS:
            return Message(delivery.reference, to=delivery.person.mobile, subject="", text=short(delivery, parts[0]))
        story = parts[0].story
        subject = f"{story.headline} · {story.reference}" if story.reference else story.headline
        file = calendar_of(delivery, at=at) if unread is None else None
    context = {"parts": parts, "subject": subject, "demo": settings.DEMO, "support_phone": settings.SUPPORT_PHONE}
    return Message(
        delivery.pk,
        to=delivery.person.email,
        subject=subject,
        text="\n\n".join(_plain(part, context) for part in parts),
        html=render_to_string("notifications/mail.html", context),
        attachments=(file,) if file else (),
        unsubscribe=parts[0].unsubscribe,
    )


def languages_of(delivery: Delivery) -> list[str]:
    """Both, the reader's first."""
    return sorted(("ar", "en"), key=lambda code: code != delivery.person.language)


def calendar_of(delivery: Delivery, *, at: datetime) -> CalendarFile | None:
    """The window for the reader's calendar, with the mails that tell of it: announced, moved, extended, called off."""
    if delivery.event is None or key_of(delivery.event) not in {"FILED:MNT", *CHANGES}:
        return None
    return calendar_file(delivery.event.report, at=at)


def part_of(delivery: Delivery, language: str, *, unread: int | None = None, at: datetime) -> Part:
    """What it says in one language; with `unread` the summary in its place."""
    with override(language):
        story = story_of(delivery, at=at) if unread is None else summary(unread)
        origin, membership = settings.PORTAL_ORIGIN, delivery.membership
        return Part(
            language=language,
            direction="rtl" if get_language_info(language)["bidi"] else "ltr",
            story=story,
            url=origin + story.path,
            guide=origin + story.guide if story.guide else "",
            reader=_("%(role)s, %(entity)s")
            % {"role": membership.get_role_display(), "entity": membership.entity.name},
            unsubscribe=address_for(delivery) if unread is None else "",
        )


def summary(unread: int) -> Story:
    """What takes the place of a message when there have been too many lately."""
    return Story(
        headline=ngettext("%(n)s unread message waits for you", "%(n)s unread messages wait for you", unread)
        % {"n": unread},
        reference="",
        facts=(),
        duty=_("Open your messages in the portal: what comes in the next minutes is there too"),
        due="",
        is_late=False,
        short_duty="",
        path=reverse("inbox"),
        guide="",
    )


def short(delivery: Delivery, part: Part) -> str:
    """An SMS: what, the reference, by when, the link. Templates only; two parts of 67 characters at most.

    A draft's own address is too long for it: the home page lists the drafts.
    """
    story = part.story
    with override(part.language):
        url = settings.PORTAL_ORIGIN + reverse("home") if delivery.notice else part.url
    if delivery.notice and delivery.notice.kind == Notice.Kind.CODE:
        url = ""  # whoever asks for a code has its page open; a code beside a link is what deceivers send
    lines = [story.headline, isolate(story.reference) if story.reference else "", story.short_duty, url]
    return "\n".join(line for line in lines if line)


def _plain(part: Part, context: dict[str, Any]) -> str:
    with override(part.language):
        return "\n".join(_lines(part, context))


def _lines(part: Part, context: dict[str, Any]) -> Iterator[str]:
    story = part.story
    yield story.headline
    yield "=" * 40
    if story.reference:
        yield f"{_('Reference')}: {isolate(story.reference)}"
    yield from (f"{label}: {isolate(value)}" for label, value in story.facts)
    yield ""
    yield f"{_('What to do')}: {story.duty or _('Nothing is required of you now')}"
    if story.due:
        yield f"{_('It was due at') if story.is_late else _('By')}: {isolate(story.due)} ({_('Riyadh time')})"
    yield ""
    yield f"{_('Open in the portal')}: {part.url}"
    if part.guide:
        yield f"{_('What the guide says')}: {part.guide}"
    yield ""
    yield f"{_('Sent to')}: {isolate(part.reader)}"
    if part.unsubscribe:
        yield f"{_('Turn e-mails like this off')}: {part.unsubscribe}"
        yield f"{_('Message settings')}: {part.settings}"
    yield f"{_('Operations room')}: {isolate(context['support_phone'])}"
    if context["demo"]:
        yield _("Demo data: every report and every person in it is fictional.")
