"""The desk for the policy: a published version is closed; one copies it, edits the copy, and publishes that."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from entities.admin import AuditedAdmin
from entities.models import AuditEvent, User
from entities.permissions import Role
from incidents import actions
from incidents.errors import MoveRefused
from incidents.forms.policy import FACTORS, ReminderMarkForm, SeverityRuleForm
from incidents.lifecycle import Severity
from incidents.models import ClockRule, Policy, ReminderMark, SeverityRule


class PublishedInline(admin.TabularInline):
    """The rows of a policy: open while it is not published, closed for ever after."""

    extra = 0

    def _is_open(self, policy: Policy | None) -> bool:
        return policy is None or policy.published_at is None

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._is_open(obj) and super().has_add_permission(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._is_open(obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._is_open(obj) and super().has_delete_permission(request, obj)


class ClockRuleInline(PublishedInline):
    model = ClockRule


class ReminderMarkInline(PublishedInline):
    model = ReminderMark
    form = ReminderMarkForm
    readonly_fields = ("who", "by_sms")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Whoever only looks reads words, not codes."""
        when = ("clock", "code", "percent", "minutes")
        return (*when, "audience", "sms_for") if self.has_change_permission(request, obj) else (*when, "who", "by_sms")

    @admin.display(description=_("Who hears"))
    def who(self, mark: ReminderMark) -> str:
        return _joined(Role(role).label for role in mark.audience)

    @admin.display(description=_("Severities that also get an SMS"))
    def by_sms(self, mark: ReminderMark) -> str:
        return _joined(Severity(severity).label for severity in mark.sms_for)


class SeverityRuleInline(PublishedInline):
    model = SeverityRule
    form = SeverityRuleForm
    readonly_fields = ("weighs",)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("factor" if self.has_change_permission(request, obj) else "weighs", "key", "points")

    @admin.display(description=_("Factor"))
    def weighs(self, rule: SeverityRule) -> str:
        return str(FACTORS.get(rule.factor, rule.factor))


def _joined(words: Any) -> str:
    # Translators: joins the names of roles or severities.
    return str(_(", ")).join(str(word) for word in words) or "—"


@admin.register(Policy)
class PolicyAdmin(AuditedAdmin):
    """A published version is never edited: reports keep the version they were filed under."""

    audited_as = AuditEvent.Action.CONFIGURATION
    list_display = ("version", "effective_from", "published_at")
    readonly_fields = ("published_at",)
    inlines = (ClockRuleInline, ReminderMarkInline, SeverityRuleInline)
    actions = ("copy", "publish")

    def has_change_permission(self, request: HttpRequest, obj: Policy | None = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or obj.published_at is None)

    @admin.action(description=_("Copy as a new version, to be edited"), permissions=["change"])
    def copy(self, request: HttpRequest, chosen: QuerySet[Policy]) -> None:
        self._each(request, chosen, actions.copy_policy)

    @admin.action(description=_("Publish: in force from its day on, and closed for ever"), permissions=["change"])
    def publish(self, request: HttpRequest, chosen: QuerySet[Policy]) -> None:
        self._each(request, chosen, actions.publish_policy)

    def _each(self, request: HttpRequest, chosen: QuerySet[Policy], act: Callable[..., Policy]) -> None:
        done = 0
        for policy in chosen:
            try:
                act(policy, by=cast(User, request.user))
                done += 1
            except MoveRefused as refusal:
                self.message_user(request, f"{policy}: {refusal}", messages.ERROR)
        if done:
            said = ngettext("%(n)s version was written.", "%(n)s versions were written.", done)
            self.message_user(request, said % {"n": done}, messages.SUCCESS)
