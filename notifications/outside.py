"""Mails to addresses outside the portal: the question whether they may be written to, and situation reports' figures.

They go to mailboxes whose readers nobody has identified, so they hold the portal's own words, codes, numbers and
moments alone: no typed word, no title, no name of an entity or of an office (docs/adr/0008, docs/adr/0055).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.translation import get_language_info, override
from django.utils.translation import gettext as _

from entities.models import DigitalService, Notice
from incidents.models import Incident, OutsideReader
from incidents.outside import confirm_address, leave_address, outside_readers_of
from notifications.channels import Message
from notifications.messages import isolate
from notifications.models import Channel, Delivery
from notifications.stories import full


@dataclass(frozen=True)
class OutsidePart:
    """The mail in one language."""

    language: str
    headline: str
    sentences: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    confirm: str  # empty: nothing is asked
    leave: str

    @property
    def direction(self) -> str:
        return "rtl" if get_language_info(self.language)["bidi"] else "ltr"


def outside_audience(notice: Notice) -> list[OutsideReader]:
    """To which addresses a notice is mailed: the one that is asked, or those that read of the incident."""
    if notice.kind == Notice.Kind.OUTSIDE_ASKED:
        asked = OutsideReader.objects.standing().filter(confirmed_at__isnull=True)
        return list(asked.filter(pk=notice.data["outside"]))
    if notice.kind == Notice.Kind.SITUATION_SENT and "figures" in notice.data:
        incident = Incident.objects.get(reference=notice.data["incident"])
        return list(outside_readers_of(incident))
    return []


def outside_delivery(notice: Notice, reader: OutsideReader, *, at: datetime) -> Delivery:
    """One mail to one address."""
    return Delivery(notice=notice, outside=reader, channel=Channel.EMAIL, created_at=notice.at, next_try_at=at)


def is_wanted(notice: Notice | None, reader: OutsideReader) -> bool:
    """The question as long as it is not answered, anything else once it was answered with yes; after the end nothing.

    As they were loaded: load them when you ask.
    """
    asks = notice is not None and notice.kind == Notice.Kind.OUTSIDE_ASKED
    return reader.ended_at is None and asks == (reader.confirmed_at is None)


def outside_message(delivery: Delivery, notice: Notice, reader: OutsideReader) -> Message:
    """The mail in the language of the address, or in both."""
    parts = [_part(notice, reader, language) for language in reader.languages]
    subject = f"{parts[0].headline} · {reference}" if (reference := notice.data.get("incident")) else parts[0].headline
    context = {"parts": parts, "subject": subject, "demo": settings.DEMO, "support_phone": settings.SUPPORT_PHONE}
    return Message(
        delivery.pk,
        to=reader.address,
        subject=subject,
        text="\n\n".join(_plain(part) for part in parts),
        html=render_to_string("notifications/outside_mail.html", context),
        unsubscribe=parts[0].leave,
    )


def _part(notice: Notice, reader: OutsideReader, language: str) -> OutsidePart:
    with override(language):
        asks = notice.kind == Notice.Kind.OUTSIDE_ASKED
        return OutsidePart(
            language=language,
            headline=_("May situation reports be mailed to this address?") if asks else _("Situation report"),
            sentences=tuple(_question() if asks else _explained()),
            facts=() if asks else tuple(_facts(notice)),
            confirm=confirm_address(reader) if asks else "",
            leave=leave_address(reader),
        )


def _question() -> Iterator[str]:
    yield _(
        "The Digital Government Authority has this address on the list of those that are told how an incident with "
        "government services stands. Nothing more is sent to it until you confirm it, within a week."
    )
    yield _("If you did not expect this, do nothing, or leave the list.")


def _explained() -> Iterator[str]:
    yield _("How an incident with government services stood when this was sent. All times are Riyadh's.")


def _facts(notice: Notice) -> Iterator[tuple[str, str]]:
    """How the incident stood when the report was sent."""
    told = notice.data["figures"]
    yield _("Incident"), notice.data["incident"]
    yield _("Situation report no."), str(notice.data["number"])
    yield _("As of"), full(notice.at)
    if told["since"]:
        yield _("Since"), full(datetime.fromisoformat(told["since"]))
    yield _("Entities affected"), str(told["entities"])
    yield _("Services back"), _back(told["back"], told["services"])
    for tier, total, back in told["tiers"]:
        label = str(DigitalService.Tier(tier).label)
        yield _("Services back, tier %(tier)s") % {"tier": label}, _back(back, total)
    following = told["next"]
    yield _("Next situation report"), full(datetime.fromisoformat(following)) if following else _("None is due")


def _back(back: int, total: int) -> str:
    """Rounded down, so that 100 % means all."""
    share = 100 * back // total if total else 0
    return _("%(back)s of %(total)s (%(share)s%%)") % {"back": back, "total": total, "share": share}


def _plain(part: OutsidePart) -> str:
    with override(part.language):
        return "\n".join(_lines(part))


def _lines(part: OutsidePart) -> Iterator[str]:
    yield part.headline
    yield "=" * 40
    yield from (f"{label}: {isolate(value)}" for label, value in part.facts)
    if part.facts:
        yield ""
    yield from part.sentences
    if part.confirm:
        yield ""
        yield f"{_('Confirm the address')}: {part.confirm}"
    yield ""
    yield f"{_('Leave the list')}: {part.leave}"
    yield f"{_('Digital Government Authority')} · {_('Operations room')}: {isolate(settings.SUPPORT_PHONE)}"
    if settings.DEMO:
        yield _("Demo data: every report and every person in it is fictional.")
