"""The versions of the policy with their states, and the names of those who wrote, asked and published."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from entities.models import User
from incidents.models import Policy


@dataclass(frozen=True)
class Version:
    """A version as a page shows it; names are read from the people, the row holds public ids."""

    policy: Policy
    state: Policy.State
    editors: tuple[str, ...]
    asked_by: str
    published_by: str

    @property
    def tone(self) -> str:
        return TONES[self.state]

    @property
    def differs_from_now(self) -> bool:
        """Whether it is still to come: then it is read beside the one in force, else beside its model."""
        return self.state in {Policy.State.DRAFT, Policy.State.WAITING, Policy.State.SCHEDULED}


TONES: dict[str, str] = {
    Policy.State.DRAFT: "draft",
    Policy.State.WAITING: "waiting",
    Policy.State.SCHEDULED: "scheduled",
    Policy.State.IN_FORCE: "good",
    Policy.State.PAST: "ended",
}


def versions(policies: list[Policy], *, in_force: Policy) -> list[Version]:
    """Each version with its state. One query, for the names."""
    ids = {
        str(found) for policy in policies for found in (*policy.editors, policy.asked_by, policy.published_by) if found
    }
    people = {str(user.public_id): user.name for user in User.objects.filter(public_id__in=ids)} if ids else {}

    def name(found: str | UUID | None) -> str:
        return people.get(str(found), "—") if found else ""

    return [
        Version(
            policy=policy,
            state=policy.state(in_force=in_force),
            editors=tuple(name(each) for each in policy.editors),
            asked_by=name(policy.asked_by),
            published_by=name(policy.published_by),
        )
        for policy in policies
    ]
