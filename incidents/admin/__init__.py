"""The admins' desk for rules, lists and services nobody has listed. Reports and their history are looked at only."""

from incidents.admin import lists, policy, reports, unlisted

__all__ = ["lists", "policy", "reports", "unlisted"]
