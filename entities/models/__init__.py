from entities.models.audit import AuditEvent, ChainHead
from entities.models.breaker import Breaker
from entities.models.catalogue import DigitalService, ServiceDependency
from entities.models.notice import Correctable, Notice
from entities.models.organisation import Entity, Sector
from entities.models.people import Membership, User
from entities.models.session import Session

__all__ = [
    "AuditEvent",
    "Breaker",
    "ChainHead",
    "Correctable",
    "DigitalService",
    "Entity",
    "Membership",
    "Notice",
    "Sector",
    "ServiceDependency",
    "Session",
    "User",
]
