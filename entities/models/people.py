"""People and what they may act as. `User.acting` is the one membership a person acts in now."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, ClassVar, Self

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from entities.models.naming import Bilingual
from entities.models.organisation import Entity
from entities.permissions import AUTHORITY_ROLES, FILE_AND_UPDATE, TRIAGE_ALONE, Permission, Role, permissions_of
from entities.text import in_groups

if TYPE_CHECKING:
    from collections.abc import Iterable


class UserManager(BaseUserManager["User"]):
    def register(
        self, *, digest: str, last4: str, name_ar: str, name_en: str = "", mobile: str = "", email: str = ""
    ) -> User:
        """Pre-register a person: she has no password and enters with Nafath alone."""
        user = self.model(
            national_id_digest=digest,
            national_id_last4=last4,
            name_ar=name_ar,
            name_en=name_en,
            mobile=mobile,
            email=email,
        )
        user.set_unusable_password()
        user.save(using=self._db)
        return user

    def known_as(self, digests: Iterable[str]) -> models.QuerySet[User]:
        """The person behind one of the digests of a national ID."""
        return self.get_queryset().filter(national_id_digest__in=list(digests))


class User(AbstractBaseUser, Bilingual):
    """A person. Her national ID is kept as a keyed digest and its last four digits, never in clear."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    national_id_digest = models.CharField(max_length=120, unique=True, editable=False)
    national_id_last4 = models.CharField(_("Last four digits of the ID"), max_length=4, editable=False)
    mobile = models.CharField(_("Mobile"), max_length=16, blank=True)
    email = models.EmailField(_("E-mail"), blank=True)
    language = models.CharField(
        _("Language of messages"), max_length=2, choices=[("ar", "العربية"), ("en", "English")], default="ar"
    )
    is_active = models.BooleanField(_("Active"), default=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    last_membership = models.ForeignKey(
        "Membership", on_delete=models.SET_NULL, null=True, editable=False, related_name="+", help_text="Used last."
    )
    notice_version = models.CharField(
        max_length=20, blank=True, editable=False, help_text="The privacy notice that she has seen."
    )
    notice_at = models.DateTimeField(null=True, editable=False)
    forgotten_at = models.DateTimeField(null=True, editable=False, help_text="Nothing here names anybody since then.")

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "public_id"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    #: The membership she acts in: set by the middleware, by a task explicitly. None sees nothing.
    acting: Membership | None = None

    class Meta:
        verbose_name = _("Person")
        verbose_name_plural = _("People")

    def __str__(self) -> str:
        return self.name

    def may(self, permission: Permission) -> bool:
        """The one answer to "may she?"."""
        return self.acting is not None and permission in self.acting.permissions

    @property
    def initials(self) -> str:
        """Two letters for the avatar, spaced so that Arabic letters do not join."""
        words = [word.removeprefix("ال").removeprefix("Al-") or word for word in self.name.split()]
        return " ".join(word[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words) if word)

    @property
    def masked_mobile(self) -> str:
        """05• ••• ••12: enough to recognise one's own number."""
        return f"05• ••• ••{self.mobile[-2:]}" if self.mobile else ""

    @property
    def masked_email(self) -> str:
        """m•••@entity.gov.sa: enough to recognise one's own address."""
        name, _at, host = self.email.rpartition("@")
        return f"{name[:1]}•••@{host}" if host else ""

    @property
    def spoken_mobile(self) -> str:
        """051 234 5678, as it is read aloud."""
        return in_groups(self.mobile)

    def get_short_name(self) -> str:
        """How Django admin greets her."""
        return self.name

    # --- Django admin asks these three -------------------------------------------------------------
    @property
    def is_staff(self) -> bool:
        """Whether she may enter the admins' desk: admins, and auditors, who look and change nothing."""
        return self.may(Permission.ADMINISTER) or self.may(Permission.AUDIT_VIEW)

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        looks = perm.rpartition(".")[2].startswith("view_")
        return self.may(Permission.ADMINISTER) or (looks and self.may(Permission.AUDIT_VIEW))

    def has_module_perms(self, app_label: str) -> bool:
        return self.is_staff


class MembershipQuerySet(models.QuerySet["Membership"]):
    def visible_to(self, user: User) -> Self:
        """One's own memberships and those of one's entity; the authority sees all."""
        if user.acting is None:
            return self.none()
        if user.acting.entity.is_authority:
            return self
        return self.filter(entity=user.acting.entity_id)

    def usable(self) -> Self:
        """Memberships one may act in today: active or just invited, inside the term, entity and person active."""
        today = timezone.localdate()
        return self.filter(
            Q(valid_from__isnull=True) | Q(valid_from__lte=today),
            Q(valid_to__isnull=True) | Q(valid_to__gte=today),
            status__in=[Membership.Status.INVITED, Membership.Status.ACTIVE],
            entity__is_active=True,
            user__is_active=True,
        )

    def for_break_glass(self) -> Self:
        """Of the authority, pre-registered for it, and of somebody who has come in by Nafath before."""
        there = self.usable().filter(entity__kind=Entity.Kind.REGULATOR, status=Membership.Status.ACTIVE)
        return there.filter(may_break_glass=True)

    def in_roles(self, *roles: Role) -> Self:
        return self.filter(role__in=roles)


class Membership(models.Model):
    """A person's role in an entity, with its term. `Membership.role` decides what she may do."""

    class Status(models.TextChoices):
        INVITED = "INVITED", _("Invited, has not signed in yet")
        ACTIVE = "ACTIVE", _("Active")
        SUSPENDED = "SUSPENDED", _("Suspended")
        ENDED = "ENDED", _("Ended")

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships", verbose_name=_("Person"))
    entity = models.ForeignKey(Entity, on_delete=models.PROTECT, related_name="memberships", verbose_name=_("Entity"))
    role = models.CharField(_("Role"), max_length=20, choices=Role.choices)
    status = models.CharField(_("Status"), max_length=10, choices=Status.choices, default=Status.INVITED)
    delegated = models.BooleanField(
        _("May send updates"), default=False, help_text=_("A member to whom the director delegates updates.")
    )
    may_break_glass = models.BooleanField(
        _("Emergency access"),
        default=False,
        help_text=_(
            "Of the authority only: may come in without Nafath, by a one-time link that a second person confirms."
        ),
    )
    valid_from = models.DateField(_("From"), null=True, blank=True)
    valid_to = models.DateField(_("To"), null=True, blank=True)
    invited_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("Invited by")
    )
    ended_reason = models.CharField(_("Reason of the end"), max_length=200, blank=True)
    ended_at = models.DateTimeField(null=True, editable=False, help_text="From then her data has its term.")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = MembershipQuerySet.as_manager()

    #: The code (its row's id) that opened this session, if one did: it narrows what may be done, and marks what is.
    by_code: str = ""
    #: The reference of the emergency access that opened this session, if one did: likewise.
    by_break_glass: str = ""

    class Meta:
        verbose_name = _("Membership")
        verbose_name_plural = _("Memberships")
        constraints = [
            models.UniqueConstraint(
                fields=["user", "entity", "role"],
                condition=~Q(status="ENDED"),
                name="membership_once_a_role",
            ),
            models.UniqueConstraint(
                fields=["entity"],
                condition=Q(role="DIRECTOR", status__in=["INVITED", "ACTIVE"]),
                name="membership_one_director",
            ),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True)
                | Q(valid_from__isnull=True)
                | Q(valid_to__gte=models.F("valid_from")),
                name="membership_term_in_order",
            ),
            models.CheckConstraint(
                condition=Q(may_break_glass=False) | Q(role__in=sorted(AUTHORITY_ROLES)),
                name="membership_glass_of_authority",
            ),
        ]
        indexes = [models.Index(fields=["entity", "role", "status"], name="membership_by_role")]

    def __str__(self) -> str:
        return f"{self.user} · {self.get_role_display()} · {self.entity}"

    @property
    def permissions(self) -> frozenset[Permission]:
        granted = permissions_of(self.role, delegated=self.delegated)
        if self.by_code:
            return granted & FILE_AND_UPDATE
        return granted & TRIAGE_ALONE if self.by_break_glass else granted

    @property
    def is_narrow(self) -> bool:
        """Whether the session was opened by something else than Nafath, and so may not do all that the role may."""
        return bool(self.marks)

    @property
    def marks(self) -> dict[str, str]:
        """What stands beside each deed of a session that Nafath has not opened."""
        marks = {"by_code": self.by_code, "by_break_glass": self.by_break_glass}
        return {name: mark for name, mark in marks.items() if mark}
