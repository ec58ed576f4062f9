"""The admins' desk: entities, people and the catalogue. What history points at is never deleted, only switched off."""

from entities.admin import catalogue, log, people
from entities.admin.base import AuditedAdmin, ReadOnlyAdmin

__all__ = ["AuditedAdmin", "ReadOnlyAdmin", "catalogue", "log", "people"]
