"""What PostgreSQL shows of the deliveries: as `Delivery.objects.visible_to` says, and to the desk, which repeats.

What one follows is one's own, and of the entity one acts for.
"""

from entities.permissions import Permission
from entities.row_security import ENTITY, USER, Policy, may

#: One's own, and of those what one hears for the entity one acts for.
_AS_WHOM = f"SELECT id FROM entities_membership WHERE user_id = {USER} AND entity_id = {ENTITY}"  # noqa: S608  # of constants
_OWN = f"person_id = {USER} AND membership_id IN ({_AS_WHOM})"
POLICIES = {
    "notifications_delivery": Policy(
        sees=f"({_OWN}) OR {may(Permission.ADMINISTER)} OR {may(Permission.AUDIT_VIEW)}",
        writes=f"({_OWN}) OR {may(Permission.ADMINISTER)}",
    ),
    "notifications_follow": Policy(sees=f"membership_id IN ({_AS_WHOM})"),
    "notifications_preference": Policy(sees=f"person_id = {USER}"),
}
