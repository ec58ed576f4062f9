"""What a person follows: what she chose, what she hears of anyway, and what she may choose.

She may follow a report that she sees, a service of her own entity or one that it relies on, and her own entity. The
authority may follow every service and entity.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db.models import Exists, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from entities.models import DigitalService, Entity, Membership, ServiceDependency, User
from entities.models.catalogue import DigitalServiceQuerySet, ServiceDependencyQuerySet
from entities.models.organisation import EntityQuerySet
from entities.permissions import Permission, Role
from entities.prepared import Prepared, reader
from incidents.lifecycle import ReportKind
from incidents.models import Report
from notifications.audiences import CREW, TEAM
from notifications.models import MOST_COUNTED, Delivery, Follow

#: What each role hears of without asking: the audience's table in words.
BY_ROLE: dict[str, Promise] = {
    Role.DIRECTOR: _("All reports of your entity, and what others report about its services"),
    Role.ALTERNATE: _("All reports of your entity, and what others report about its services"),
    Role.MEMBER: _("All reports of your entity"),
    Role.IT_LEADER: _("The reports of your entity: filing, restoration, the final report, and what is late"),
    Role.HEAD_CONTACT: _("What of your entity is long overdue"),
    Role.REVIEWER: _("New reports, and the reports assigned to you"),
    Role.LEAD: _("New reports, raised and lowered severities, and what is long overdue"),
}


# --- What may be followed -------------------------------------------------------------------------------------------


def services_to_follow(user: User) -> DigitalServiceQuerySet:
    """Of one's own entity and those it relies on; the authority: all."""
    services = DigitalService.objects.visible_to(user).active()
    if user.acting is None or user.may(Permission.BOARD_VIEW):
        return services
    own = user.acting.entity_id
    needed = ServiceDependency.objects.in_force().filter(
        provider=OuterRef("pk"), consumer__entity=own, consumer__is_active=True
    )
    return services.filter(Q(entity=own) | Exists(needed))


def services_at_hand(user: User) -> DigitalServiceQuerySet:
    """Those, and what she follows still although it has left the list."""
    mine = Follow.objects.visible_to(user).filter(service=OuterRef("pk"))
    return DigitalService.objects.filter(Q(pk__in=services_to_follow(user).values("pk")) | Exists(mine))


def entities_to_follow(user: User) -> EntityQuerySet:
    """One's own; the authority: all."""
    entities = Entity.objects.visible_to(user).known().active()
    if user.acting is None or user.may(Permission.BOARD_VIEW):
        return entities
    return entities.filter(pk=user.acting.entity_id)


# --- Verbs ----------------------------------------------------------------------------------------------------------


def follow(*, by: User, **target: Any) -> Follow:
    """Follow a `report`, a `service` or an `entity`, found among those that she may; again changes nothing."""
    return Follow.objects.get_or_create(membership=by.acting, **target)[0]


def unfollow(*, by: User, **target: Any) -> int:
    """Follow it no more; returns how many rows that were. What one hears of anyway goes on."""
    return Follow.objects.visible_to(by).filter(**target).delete()[0]


# --- What she follows -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Automatic:
    """A service whose consumers are told by themselves, and which of our services stop without it."""

    service: DigitalService
    because: list[DigitalService]


class CountOf(Subquery):
    """How many rows a query has, which may be cut short: `Count` counts no slice."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) AS counted)"
    output_field = IntegerField()


#: Asked by every page.
SHOWN_EVERYWHERE = Prepared()


def _shown_everywhere_to(user: User) -> QuerySet[Membership, tuple[int | None, int | None, int | None, int]]:
    unread = CountOf(Delivery.objects.visible_to(user).unread().values("pk")[:MOST_COUNTED])
    own = Membership.objects.filter(user=user, entity=user.acting.entity_id if user.acting else 0)
    return own.values_list("follows__report", "follows__service", "follows__entity", unread)


class Following:
    """All that a person follows, each part read when it is asked for, and once."""

    def __init__(self, user: User) -> None:
        self.user = user

    @cached_property
    def chosen(self) -> list[Follow]:
        """Whatever she chose and may still see, the newest first."""
        mine = Follow.objects.visible_to(self.user)
        seen = Q(report__isnull=True) | Q(report__in=Report.objects.visible_to(self.user))
        found = mine.filter(seen).select_related("report__main_service", "report__entity", "service__entity", "entity")
        once = {(each.report_id, each.service_id, each.entity_id): each for each in found.order_by("-pk")}
        return list(once.values())

    @cached_property
    def automatic(self) -> list[Automatic]:
        """Services that the consumer's crisis team hears of by itself; nobody else does."""
        found: dict[int, Automatic] = {}
        for link in self._hard_links():
            row = found.setdefault(link.provider_id, Automatic(link.provider, []))
            row.because.append(link.consumer)
        return list(found.values())

    @cached_property
    def _shown_everywhere(self) -> tuple[int, frozenset[tuple[int | None, int | None, int | None]]]:
        """What is unread, and what she chose as keys of report, service, entity: bell and buttons in one query."""
        if self.user.acting is None:
            return 0, frozenset()
        rows = SHOWN_EVERYWHERE.ask(reader(self.user), lambda: _shown_everywhere_to(self.user))
        return rows[0][3] if rows else 0, frozenset(row[:3] for row in rows)

    @property
    def unread(self) -> int:
        """For the bell; it counts no further than it can show."""
        return self._shown_everywhere[0]

    @property
    def keys(self) -> frozenset[tuple[int | None, int | None, int | None]]:
        return self._shown_everywhere[1]

    @cached_property
    def automatic_keys(self) -> frozenset[int]:
        return frozenset(self._hard_links().values_list("provider_id", flat=True))

    @property
    def by_role(self) -> Promise | str:
        return BY_ROLE.get(self.user.acting.role, "") if self.user.acting else ""

    def has(self, target: Report | DigitalService | Entity) -> bool:
        key = target.pk
        kinds = {Report: (key, None, None), DigitalService: (None, key, None), Entity: (None, None, key)}
        return kinds[type(target)] in self.keys

    def is_told_anyway(self, target: Report | DigitalService | Entity, *, stops: bool | None = None) -> bool:
        """The table tells her of everything about it, whether or not she follows it.

        `stops`: a service of hers stops without this one, where the caller knows.
        """
        acting = self.user.acting
        if acting is None:
            return False
        match target:
            case Report():
                return _is_told_of(target, acting)
            case DigitalService():
                own = acting.entity_id == target.entity_id
                return self._in_team and (own or (target.pk in self.automatic_keys if stops is None else stops))
            case Entity():
                return acting.entity_id == target.pk and self._in_team

    @property
    def _in_team(self) -> bool:
        return self.user.acting is not None and self.user.acting.role in TEAM

    def _hard_links(self) -> ServiceDependencyQuerySet:
        if not self._in_team or self.user.acting is None:
            return ServiceDependency.objects.none()
        own = self.user.acting.entity_id
        links = ServiceDependency.objects.visible_to(self.user).in_force().hard()
        return (
            links.filter(consumer__entity=own, consumer__is_active=True)
            .exclude(provider__entity=own)
            .select_related("consumer", "provider__entity")
            .order_by("provider__tier", "provider__name_ar", "provider", "consumer__name_ar")
        )


def _is_told_of(report: Report, acting: Membership) -> bool:
    if acting.entity_id == report.entity_id:
        return acting.role in CREW
    if report.reviewer_id:
        return report.reviewer_id == acting.user_id
    provider = report.provider_service if report.kind == ReportKind.CONSUMED_OUTAGE else None
    return provider is not None and provider.entity_id == acting.entity_id and acting.role in TEAM


def offers(mine: Following, words: str, *, most: int) -> list[Entity | DigitalService]:
    """What there is to follow besides, entities first: all that hold the words; without words, all."""
    entities, services = entities_to_follow(mine.user), services_to_follow(mine.user).matching(words)
    for word in words.split():
        entities = entities.filter(
            Q(name_ar__icontains=word) | Q(name_en__icontains=word) | Q(abbreviation__icontains=word)
        )
    found = [*entities[:most], *services.select_related("entity").order_by("tier", "name_ar")[:most]]
    return [each for each in found if not (mine.has(each) or mine.is_told_anyway(each))][:most]


def following_of(request: HttpRequest, user: User) -> Following:
    """What this reader follows, read once a request however much of the page asks."""
    found: Following | None = getattr(request, "following", None)
    if found is None:
        found = request.following = Following(user)  # type: ignore[attr-defined]  # kept for the rest of the request
    return found
