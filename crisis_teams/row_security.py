"""What PostgreSQL shows of the crisis teams: as `CrisisTeam.objects.visible_to` says."""

from entities.row_security import IN_THE_AUTHORITY, OF_OWN_ENTITY, Policy

#: The authority sees every team, everyone else the one of her entity. Its people are Memberships.
POLICIES = {"crisis_teams_crisisteam": Policy(sees=f"{OF_OWN_ENTITY} OR {IN_THE_AUTHORITY}")}
