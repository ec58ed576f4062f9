"""The policy: versioned rows an admin edits. A report keeps the version it was filed under.

A published version is never edited: copy, edit, publish. Null means any; the most specific row wins.
"""

from __future__ import annotations

import time
from datetime import date, datetime
from functools import lru_cache

from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from entities.models import DigitalService
from entities.models.naming import Bilingual
from entities.replica import from_primary
from incidents.calendar import Calendar, WorkCalendar
from incidents.clocks import Mark, Rule, Rules
from incidents.lifecycle import ClockKind, ReportKind, Severity
from incidents.severity import Factor, Weights


class PolicyQuerySet(models.QuerySet["Policy"]):
    def in_force(self, *, at: datetime | None = None) -> Policy:
        """The newest published version whose day has come."""
        at = at or timezone.now()
        return self.filter(published_at__isnull=False, effective_from__lte=at).latest("effective_from", "version")


class Policy(models.Model):
    """One version of the authority's rules: drafted by admins, published by one who had no hand in it."""

    class State(models.TextChoices):
        DRAFT = "draft", pgettext_lazy("policy", "Draft")
        WAITING = "waiting", pgettext_lazy("policy", "Awaits a second admin")
        SCHEDULED = "scheduled", pgettext_lazy("policy", "Published, not yet in force")
        IN_FORCE = "in_force", pgettext_lazy("policy", "In force")
        PAST = "past", pgettext_lazy("policy", "No longer in force")

    version = models.PositiveIntegerField(_("Version"), unique=True)
    based_on = models.PositiveIntegerField(_("Copied from version"), null=True, blank=True)
    reason = models.CharField(_("Why it changes"), max_length=500, blank=True)
    effective_from = models.DateTimeField(_("In force from"), null=True, blank=True)
    edits = models.PositiveIntegerField(default=0, help_text="Counts the changes of a draft: who saves names hers.")
    editors = models.JSONField(default=list, blank=True, help_text="The public ids of everybody who wrote into it.")
    asked_at = models.DateTimeField(_("Publication asked for at"), null=True, blank=True)
    asked_by = models.UUIDField(null=True, blank=True)
    sent_back = models.CharField(_("Why it was sent back"), max_length=500, blank=True)
    published_at = models.DateTimeField(_("Published at"), null=True, blank=True)
    published_by = models.UUIDField(null=True, blank=True)

    objects = PolicyQuerySet.as_manager()

    class Meta:
        verbose_name = _("Policy")
        verbose_name_plural = _("Policies")
        constraints = [
            models.CheckConstraint(
                condition=Q(published_at__isnull=True) | Q(effective_from__isnull=False),
                name="policy_published_for_a_day",
            ),
            models.CheckConstraint(
                condition=Q(published_by__isnull=True) | ~Q(published_by=F("asked_by")), name="policy_four_eyes"
            ),
        ]

    def __str__(self) -> str:
        return str(_("Policy, version %(version)s") % {"version": self.version})

    def state(self, *, in_force: Policy) -> State:
        """Where this version stands while `in_force` is the one that counts."""
        if self.published_at is None or self.effective_from is None or in_force.effective_from is None:
            return self.State.WAITING if self.asked_at else self.State.DRAFT
        if self.pk == in_force.pk:
            return self.State.IN_FORCE
        later = (self.effective_from, self.version) > (in_force.effective_from, in_force.version)
        return self.State.SCHEDULED if later else self.State.PAST

    @property
    def is_draft(self) -> bool:
        """Open to be written into."""
        return self.published_at is None and self.asked_at is None

    @property
    def rules(self) -> Rules:
        """This version in memory. A published version never changes, so it is read once a process."""
        return rules_of(self.pk) if self.published_at else rules_of.__wrapped__(self.pk)


@lru_cache(maxsize=64)
@from_primary()
def rules_of(policy_id: int) -> Rules:
    """The rules of a published version, by its key: what a report has is one."""
    policy = Policy.objects.get(pk=policy_id)
    severity = list(policy.severity_rules.all())
    return Rules(
        version=policy.version,
        rules=tuple(row.as_rule for row in policy.clock_rules.order_by("pk")),
        marks=tuple(row.as_mark for row in policy.reminder_marks.order_by("pk")),
        weights=Weights(
            points={(r.factor, r.key): r.points for r in severity if r.factor != Factor.THRESHOLD},
            thresholds={int(r.key): r.points for r in severity if r.factor == Factor.THRESHOLD},
        ),
        alarms=tuple(row.as_rule for row in policy.alarm_rules.order_by("pk")),
    )


class ClockRule(models.Model):
    """How long a clock runs, for a kind, a severity and a tier."""

    policy = models.ForeignKey(Policy, on_delete=models.CASCADE, related_name="clock_rules")
    clock = models.CharField(_("Clock"), max_length=2, choices=ClockKind.choices)
    kind = models.CharField(_("Kind"), max_length=3, choices=ReportKind.choices, null=True, blank=True)
    severity = models.PositiveSmallIntegerField(_("Severity"), choices=Severity.choices, null=True, blank=True)
    tier = models.PositiveSmallIntegerField(_("Tier"), choices=DigitalService.Tier.choices, null=True, blank=True)
    emergency = models.BooleanField(_("Emergency maintenance"), null=True, blank=True)
    minutes = models.PositiveIntegerField(_("Minutes"))
    calendar = models.CharField(_("Calendar"), max_length=10, choices=Calendar.choices, default=Calendar.ALWAYS)

    class Meta:
        verbose_name = _("Clock rule")
        verbose_name_plural = _("Clock rules")
        constraints = [
            models.UniqueConstraint(
                "policy",
                "clock",
                Coalesce("kind", Value("")),
                Coalesce("severity", Value(-1)),
                Coalesce("tier", Value(-1)),
                Case(
                    When(emergency=None, then=Value(-1)),
                    When(emergency=True, then=Value(1)),
                    default=Value(0),
                ),
                name="clock_rule_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.clock} {self.kind or '*'} S{self.severity or '*'} T{self.tier if self.tier is not None else '*'}"

    @property
    def as_rule(self) -> Rule:
        """The plain value that the clocks read."""
        return Rule(self.clock, self.kind, self.severity, self.tier, self.emergency, self.minutes, self.calendar)


class ReminderMark(models.Model):
    """When a running clock speaks, and to whom. Percent and minutes are counted from the due moment."""

    policy = models.ForeignKey(Policy, on_delete=models.CASCADE, related_name="reminder_marks")
    clock = models.CharField(_("Clock"), max_length=2, choices=ClockKind.choices)
    code = models.SlugField(_("Mark"), max_length=20)
    percent = models.SmallIntegerField(
        _("Percent of the clock's length"),
        default=0,
        help_text=_("0 is the due moment, 50 half the length after it."),
    )
    minutes = models.IntegerField(_("Minutes"), default=0, help_text=_("Added to the percent; negative is before."))
    audience = models.JSONField(_("Who hears"), default=list)
    sms_for = models.JSONField(_("Severities that also get an SMS"), default=list, blank=True)

    class Meta:
        verbose_name = _("Reminder mark")
        verbose_name_plural = _("Reminder marks")
        constraints = [models.UniqueConstraint(fields=["policy", "clock", "code"], name="reminder_mark_once")]

    def __str__(self) -> str:
        return f"{self.clock} {self.code}"

    @property
    def as_mark(self) -> Mark:
        """The plain value that the clocks read."""
        return Mark(self.clock, self.code, self.percent, self.minutes, tuple(self.audience), tuple(self.sms_for))


class SeverityRule(models.Model):
    """The points of one factor, or the points a severity needs."""

    policy = models.ForeignKey(Policy, on_delete=models.CASCADE, related_name="severity_rules")
    factor = models.CharField(_("Factor"), max_length=12, choices=[(f.value, f.value) for f in Factor])
    key = models.CharField(_("Value"), max_length=20)
    points = models.PositiveSmallIntegerField(_("Points"))

    class Meta:
        verbose_name = _("Severity rule")
        verbose_name_plural = _("Severity rules")
        constraints = [models.UniqueConstraint(fields=["policy", "factor", "key"], name="severity_rule_once")]

    def __str__(self) -> str:
        return f"{self.factor} {self.key}: {self.points}"


class ChoiceQuerySet(models.QuerySet["Choice"]):
    def of(self, *lists: str) -> ChoiceQuerySet:
        return self.filter(list__in=lists, active=True)


class Choice(Bilingual):
    """One answer of a list that an admin keeps. Its code is frozen: reports store it."""

    list = models.SlugField(_("List"), max_length=30)
    code = models.SlugField(_("Code"), max_length=40)
    parent = models.SlugField(_("Belongs to"), max_length=40, blank=True)
    order = models.PositiveSmallIntegerField(_("Order"), default=0)
    active = models.BooleanField(_("Active"), default=True)

    objects = ChoiceQuerySet.as_manager()

    class Meta:
        verbose_name = _("List entry")
        verbose_name_plural = _("List entries")
        ordering = ["list", "order", "id"]
        constraints = [models.UniqueConstraint(fields=["list", "code"], name="choice_code_once_a_list")]


class Holiday(Bilingual):
    """A day off, or a day of Ramadan with its shorter hours.

    A row counts, so an admin has confirmed it; the days that came with the portal say nobody. What is only proposed is
    computed (`incidents.rulebook.holidays`) and is no row.
    """

    class Kind(models.TextChoices):
        OFF = "off", _("Day off")
        RAMADAN = "ramadan", _("Ramadan hours")

    day = models.DateField(_("Day"))
    kind = models.CharField(_("Kind"), max_length=8, choices=Kind.choices, default=Kind.OFF)
    confirmed_at = models.DateTimeField(_("Confirmed at"), null=True, blank=True)
    confirmed_by = models.UUIDField(null=True, blank=True)

    class Meta:
        verbose_name = _("Holiday")
        verbose_name_plural = _("Holidays")
        ordering = ["day"]
        constraints = [
            models.UniqueConstraint(fields=["day", "kind"], name="holiday_once"),
            models.CheckConstraint(condition=Q(kind__in=["off", "ramadan"]), name="holiday_kind_known"),
        ]


def work_calendar() -> WorkCalendar:
    """The holiday rows as a calendar of working time; read again once a minute, for filing asks it for every clock."""
    return _read_calendar(int(time.time() // 60))


def forget_calendar() -> None:
    """Read the days off again now; other processes do so within a minute."""
    _read_calendar.cache_clear()


@lru_cache(maxsize=1)
@from_primary()
def _read_calendar(_minute: int) -> WorkCalendar:
    days: dict[str, set[date]] = {kind: set() for kind in Holiday.Kind.values}
    for day, kind in Holiday.objects.values_list("day", "kind"):
        days[kind].add(day)
    return WorkCalendar(holidays=frozenset(days[Holiday.Kind.OFF]), ramadan=frozenset(days[Holiday.Kind.RAMADAN]))
