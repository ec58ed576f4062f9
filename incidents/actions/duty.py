"""The duty roster's verbs. A lead plans it; whoever is on duty hands her own shift over. Each leaves an audit line."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from entities.models import AuditEvent, Membership, User
from entities.permissions import Permission
from incidents.errors import DutyRefused
from incidents.models.duty import TAKES, DutyShift


@transaction.atomic
def add_shift(
    *, person: Membership, role: str, starts_at: datetime, ends_at: datetime, phone: str, by: User
) -> DutyShift:
    """Plan a shift. The same once more is the shift that stands. Raises DutyRefused."""
    _refuse_unless_planner(by)
    _lock(person)
    same = DutyShift.objects.filter(person=person, role=role, starts_at=starts_at, ends_at=ends_at, phone=phone)
    if found := same.first():
        return found
    shift = DutyShift(person=person, role=role, starts_at=starts_at, ends_at=ends_at, phone=phone)
    _check(shift)
    shift.save(force_insert=True)
    _audit(DutyShift.Change.ADDED, shift, by=by)
    return shift


@transaction.atomic
def change_shift(
    shift: DutyShift, *, person: Membership, role: str, starts_at: datetime, ends_at: datetime, phone: str, by: User
) -> DutyShift:
    """Plan a shift anew; of one that has begun, its end and its telephone alone. Raises DutyRefused."""
    _refuse_unless_planner(by)
    _lock(person)
    shift = _again(shift)
    _refuse_another_past(shift, person=person, role=role, starts_at=starts_at, ends_at=ends_at)
    before, earlier = _said(shift), shift.person
    shift.person, shift.role, shift.phone = person, role, phone
    shift.starts_at, shift.ends_at = starts_at, ends_at
    _check(shift)
    shift.save()
    if _said(shift) != before:
        other = {"other": earlier.pk} if earlier.pk != person.pk else {}
        _audit(DutyShift.Change.CHANGED, shift, by=by, **_was(before, shift), **other)
    return shift


@transaction.atomic
def remove_shift(shift: DutyShift, *, by: User) -> None:
    """Take a shift off the roster. What has begun is ended by handing over, so that the past stays true.

    Raises DutyRefused.
    """
    _refuse_unless_planner(by)
    shift = _again(shift)
    if shift.starts_at <= timezone.now():
        raise DutyRefused(_("This shift has begun: hand it over, or change its end."))
    _audit(DutyShift.Change.REMOVED, shift, by=by)
    shift.delete()


@transaction.atomic
def hand_over(
    shift: DutyShift, *, to: Membership, phone: str, note: str, at: datetime | None = None, by: User
) -> DutyShift:
    """End a running shift now; `to` takes over until its planned end. Returns the new shift. Raises DutyRefused."""
    at = (at or timezone.now()).replace(microsecond=0)
    _lock(to)
    shift = _again(shift)
    if not may_hand_over(shift, by=by):
        raise DutyRefused(_("A shift is handed over by whoever has it, or by a lead."))
    if not shift.is_on(at=at):
        raise DutyRefused(_("This shift is not running now."))
    if to.user_id == shift.person.user_id:
        raise DutyRefused(_("Choose somebody else: this person has the shift already."))
    end, began_now = shift.ends_at, shift.starts_at >= at
    following = DutyShift(person=to, role=shift.role, starts_at=at, ends_at=end, phone=phone)
    _check(following)
    if began_now:  # nothing of it has passed
        shift.delete()
    else:
        shift.ends_at = at
        shift.save(update_fields=["ends_at"])
    following.save(force_insert=True)
    _audit(DutyShift.Change.HANDED_OVER, following, other=shift.person_id, reason=note, by=by)
    return following


def may_hand_over(shift: DutyShift, *, by: User) -> bool:
    """Whether it is hers, or hers to plan."""
    own = by.may(Permission.REPORT_TRIAGE) and shift.person.user_id == by.pk
    return own or by.may(Permission.DUTY_PLAN)


# --- What holds for every shift ----------------------------------------------------------------------------------


def _refuse_unless_planner(by: User) -> None:
    if not by.may(Permission.DUTY_PLAN):
        raise DutyRefused(_("Leads and admins plan the duty roster."))


def _refuse_another_past(
    shift: DutyShift, *, person: Membership, role: str, starts_at: datetime, ends_at: datetime
) -> None:
    """The ladder has told whom it found: who had the duty until now stays on the roster."""
    now = timezone.now()
    if shift.ends_at <= now:
        raise DutyRefused(_("This shift is over: the past of the roster stays as it is."))
    as_it_began = (shift.person_id, shift.role, shift.starts_at) == (person.pk, role, starts_at)
    if shift.starts_at <= now and not as_it_began:
        raise DutyRefused(
            _("This shift has begun: only its end and its telephone change. Another person takes it over.")
        )
    if ends_at < now.replace(second=0, microsecond=0):
        raise DutyRefused(_("The shift cannot end in the past."))


def _lock(person: Membership) -> None:
    """Of two shifts for one person that come at once, the second waits and sees the first."""
    User.objects.select_for_update(of=("self",), no_key=True).get(pk=person.user_id)


def _again(shift: DutyShift) -> DutyShift:
    found = DutyShift.objects.select_for_update(of=("self",)).with_people().filter(pk=shift.pk).first()
    if found is None:
        raise DutyRefused(_("This shift is not on the roster any more."))
    return found


def _check(shift: DutyShift) -> None:
    """It ends after it starts, its person may take it, and has no other at the same time."""
    if shift.ends_at <= shift.starts_at:
        raise DutyRefused(_("The shift ends before it starts."))
    if not Membership.objects.usable().filter(pk=shift.person_id, role__in=TAKES[shift.role]).exists():
        raise DutyRefused(_("This person cannot take this duty now."))
    others = DutyShift.objects.of_person(shift.person.user).exclude(pk=shift.pk)
    if others.between(shift.starts_at, shift.ends_at).exists():
        raise DutyRefused(_("This person has another shift at the same time."))


def _said(shift: DutyShift) -> dict[str, Any]:
    """A shift as the log keeps it: no name and no number."""
    return {
        "membership": shift.person_id,
        "role": str(shift.role),
        "starts_at": shift.starts_at.isoformat(timespec="minutes"),
        "ends_at": shift.ends_at.isoformat(timespec="minutes"),
    }


def _was(before: dict[str, Any], shift: DutyShift) -> dict[str, Any]:
    """The hours before, where they are others now."""
    now = _said(shift)
    return {f"previous_{name}": before[name] for name in ("starts_at", "ends_at") if before[name] != now[name]}


def _audit(change: DutyShift.Change, shift: DutyShift, *, by: User, **more: Any) -> None:
    AuditEvent.record(AuditEvent.Action.DUTY, by=by, roster=change.value, **_said(shift), **more)
