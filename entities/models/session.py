"""The sessions, each with its person: a row that is gone lets nobody in from that moment on."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.db.models import Exists, Q
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from entities.models.breaker import NAFATH, Breaker

if TYPE_CHECKING:
    from django.contrib.sessions.backends.base import SessionBase

    from entities.models.people import User


class SessionQuerySet(models.QuerySet["Session"]):
    def visible_to(self, user: User) -> Self:
        """One's own, whoever one is."""
        return self.filter(person=user.pk)

    def alive(self) -> Self:
        """Those that still open something: neither idle for too long, unless Nafath is away, nor over their hours."""
        now = timezone.now()
        idle = now - timedelta(minutes=settings.SESSION_IDLE_MINUTES)
        away = Exists(Breaker.objects.open(at=now).filter(pk=NAFATH))
        return self.filter(Q(seen_at__gte=idle) | away, expire_date__gt=now)


class Session(AbstractBaseSession):
    """What Django keeps, and beside it whose it is, from where and since when: read without decoding the rest."""

    person = models.ForeignKey("User", on_delete=models.CASCADE, null=True, related_name="sessions")
    started_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True)
    address = models.GenericIPAddressField(null=True)
    browser = models.CharField(max_length=20, blank=True)
    system = models.CharField(max_length=20, blank=True)
    agent_hash = models.CharField(max_length=64, blank=True)

    objects = SessionQuerySet.as_manager()  # type: ignore[assignment,misc]  # Django's own manager only saves

    class Meta:
        verbose_name = gettext_lazy("Session")
        verbose_name_plural = gettext_lazy("Sessions")

    @classmethod
    def get_session_store_class(cls) -> type[SessionBase]:
        from entities.sessions import SessionStore

        return SessionStore

    @property
    def handle(self) -> str:
        """What a page calls it by: the key itself would let its reader in."""
        return salted_hmac("entities.session", self.session_key, algorithm="sha256").hexdigest()[:20]

    @property
    def device(self) -> str:
        """«Firefox on Windows», in the reader's language."""
        browser = self.browser or _("Another browser")
        return _("%(browser)s on %(system)s") % {"browser": browser, "system": self.system} if self.system else browser
