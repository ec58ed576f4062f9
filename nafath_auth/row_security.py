"""What PostgreSQL shows of this app's tables, as `visible_to` says. Rows of a sign-in under way carry no lock."""

from entities.permissions import Permission
from entities.row_security import Policy, may

_BY_WHO_DECIDES = f"{may(Permission.REPORT_LEAD)} OR {may(Permission.ADMINISTER)}"

POLICIES = {"nafath_auth_breakglass": Policy(sees=_BY_WHO_DECIDES)}
