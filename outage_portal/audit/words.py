"""The codes of the log in words: why a sign-in was refused, what a key of a line's data means."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from crisis_teams.history import CHANGES
from entities.models import AuditEvent, Membership
from entities.permissions import Role
from notifications.notices import CHANGES as NAFATH_CHANGES

Action = AuditEvent.Action

ICONS: dict[str, str] = {
    Action.SIGN_IN: "log-in",
    Action.SIGN_IN_REFUSED: "ban",
    Action.SIGN_OUT: "log-out",
    Action.MEMBERSHIP: "user-cog",
    Action.SWITCHED_ENTITY: "building-2",
    Action.TEAM: "users",
    Action.CATALOGUE: "server",
    Action.CONFIGURATION: "settings",
    Action.REVEALED: "eye",
    Action.READ: "file-text",
    Action.DUTY: "calendar-clock",
    Action.EXPORTED: "download",
    Action.CODE: "key-round",
    Action.BREAK_GLASS: "siren",
    Action.STEP_UP: "badge-check",
    Action.NOTICE_SEEN: "shield-check",
    Action.OWN_DATA: "download",
    Action.CORRECTION: "user-cog",
    Action.PURGE: "trash-2",
    Action.VERIFIED: "badge-check",
}

#: nafath_auth.actions.AdmissionRefused.reason
REASONS: dict[str, Promise] = {
    "not_registered": gettext_lazy("The person is not registered in the portal."),
    "person_inactive": gettext_lazy("The person is registered and not active."),
    "no_membership": gettext_lazy("The person has no membership."),
    "membership_suspended": gettext_lazy("The person's last membership is suspended."),
    "membership_ended": gettext_lazy("The person's last membership has ended."),
    "membership_outside_term": gettext_lazy("Today is outside the term of the person's membership."),
    "entity_inactive": gettext_lazy("The person's entity is not active."),
    "registered_twice": gettext_lazy("The same ID is registered for two people."),
    "account_of_another": gettext_lazy("The account at Nafath belongs to another person."),
}

LABELS: dict[str, Promise] = {
    "acr": gettext_lazy("Strength of the proof"),
    "amr": gettext_lazy("Means of the proof"),
    "issuer": gettext_lazy("Issued by"),
    "account_hash": gettext_lazy("Mark of the account at the server"),
    "added": gettext_lazy("Added"),
    "address_hash": gettext_lazy("Mark of the address"),
    "broken": gettext_lazy("Broken"),
    "by_code": gettext_lazy("By a code"),
    "by_break_glass": gettext_lazy("By emergency access"),
    "change": gettext_lazy("Change"),
    "changes": gettext_lazy("Changes"),
    "deed": gettext_lazy("Deed"),
    "done": gettext_lazy("Deed"),
    "fields": gettext_lazy("Changed fields"),
    "ends_at": gettext_lazy("Ends at"),
    "file": gettext_lazy("File"),
    "filter": gettext_lazy("Filter"),
    "format": gettext_lazy("File type"),
    "imported": gettext_lazy("By an import"),
    "may_break_glass": gettext_lazy("Emergency access"),
    "membership": gettext_lazy("Membership"),
    "model": gettext_lazy("Record"),
    "nafath": gettext_lazy("Nafath"),
    "name_differs": gettext_lazy("Name at Nafath differs"),
    "of": gettext_lazy("Whose data"),
    "other": gettext_lazy("In place of"),
    "part": gettext_lazy("What was opened"),
    "pk": gettext_lazy("Number of the record"),
    "previous_entity": gettext_lazy("Entity before"),
    "previous_ends_at": gettext_lazy("Ended before at"),
    "previous_starts_at": gettext_lazy("Started before at"),
    "previous_role": gettext_lazy("Role before"),
    "read_at": gettext_lazy("Read at"),
    "reader_entity": gettext_lazy("Reader's entity"),
    "reason": gettext_lazy("Reason"),
    "reference": gettext_lazy("Reference"),
    "removed": gettext_lazy("Removed"),
    "retried": gettext_lazy("Sent again"),
    "role": gettext_lazy("Role"),
    "starts_at": gettext_lazy("Starts at"),
    "rows": gettext_lazy("Lines"),
    "sha256": gettext_lazy("SHA-256 of the file"),
    "source": gettext_lazy("Copied from"),
    "status": gettext_lazy("Status"),
    "transaction": gettext_lazy("Number of the confirmation"),
    "until": gettext_lazy("Up to number"),
    "version": gettext_lazy("Version"),
    "what": gettext_lazy("To correct"),
}

#: The rows of settings.RETENTION_DAYS.
REMOVED: dict[str, Promise] = {
    "sign_in_requests": gettext_lazy("Sign-in requests in the app"),
    "door_codes": gettext_lazy("Codes used while Nafath was away"),
    "break_glass": gettext_lazy("Emergency accesses that were used"),
    "sessions": gettext_lazy("Ended sessions"),
    "drafts": gettext_lazy("Drafts nobody came back to"),
    "update_drafts": gettext_lazy("Updates that were typed and not sent"),
    "deliveries": gettext_lazy("Messages that were sent"),
    "notices": gettext_lazy("Notices"),
    "desk_log": gettext_lazy("Changes listed at the desk"),
    "outside_unconfirmed": gettext_lazy("Addresses that were not confirmed"),
    "outside_ended": gettext_lazy("Addresses that left the list"),
    "people": gettext_lazy("Names and contacts of former users"),
    "audit_log": gettext_lazy("Lines of the security log, kept in a file"),
}

#: nafath_auth.code_door: what became of a code.
CODES: dict[str, Promise] = {
    "asked": gettext_lazy("A code was asked for."),
    "asked_by_nobody": gettext_lazy("A code was asked for with a number that may not enter by one."),
    "entered": gettext_lazy("A session was opened with a code."),
    "wrong": gettext_lazy("A code was refused."),
}

PARTS: dict[str, Promise] = {
    "page": gettext_lazy("The report's page"),
    "final": gettext_lazy("The final report"),
    "record": gettext_lazy("The sealed record"),
    "file": gettext_lazy("An attachment"),
}

#: What was done to a record, by the code that its action writes down; where a record has words of its own, those.
DONE: dict[str, Promise] = {
    "added": pgettext_lazy("deed on a record", "Added"),
    "adopted": pgettext_lazy("deed on a record", "Taken into the catalogue"),
    "asked": pgettext_lazy("deed on a record", "Asked to confirm itself"),
    "changed": pgettext_lazy("deed on a record", "Changed"),
    "confirmed": pgettext_lazy("deed on a record", "Confirmed"),
    "copied": pgettext_lazy("deed on a record", "Copied"),
    "declared": pgettext_lazy("deed on a record", "Declared"),
    "denied": pgettext_lazy("deed on a record", "Denied"),
    "discarded": pgettext_lazy("deed on a record", "Thrown away"),
    "identified": pgettext_lazy("deed on a record", "Found in the catalogue"),
    "left": pgettext_lazy("deed on a record", "Left by its owner"),
    "opened": pgettext_lazy("deed on a record", "Opened on a device"),
    "publication asked": pgettext_lazy("deed on a record", "Publication asked for"),
    "published": pgettext_lazy("deed on a record", "Published"),
    "refused": pgettext_lazy("deed on a record", "Refused by its mail server"),
    "removed": pgettext_lazy("deed on a record", "Removed"),
    "sent back": pgettext_lazy("deed on a record", "Sent back"),
    "strength_hard": pgettext_lazy("deed on a record", "Now: stops without it"),
    "strength_soft": pgettext_lazy("deed on a record", "Now: works worse without it"),
    "boardview confirmed": pgettext_lazy("deed on a record", "Shown to all"),
    "boardview removed": pgettext_lazy("deed on a record", "Shown to all no more"),
    "calendartoken confirmed": pgettext_lazy("deed on a record", "A link was made"),
    "wallscreen confirmed": pgettext_lazy("deed on a record", "A link was made"),
}


def reason(code: str) -> str:
    """Why a sign-in was refused; what only a programmer can read is at least said to come from the check."""
    if code in REASONS:
        return str(REASONS[code])
    return _("The answer of Nafath did not pass the check: %(code)s.") % {"code": code}


def label(key: str) -> str:
    return str(LABELS.get(key) or CHANGES.get(key) or key)


def value(key: str, said: Any, *, model: str = "") -> str:
    """A value of a line's data as people read it."""
    if isinstance(said, bool):
        return _("Yes") if said else _("No")
    if isinstance(said, dict):
        return _("; ").join(
            _field(name, model) if part is None else f"{_field(name, model)}: {value(name, part, model=model)}"
            for name, part in said.items()
        )
    if isinstance(said, list):
        # Translators: joins names of columns.
        return _(", ").join(_field(str(part), model) if key == "fields" else str(part) for part in said) or "—"
    text = "—" if said is None or said == "" else str(said)
    lists: dict[str, Any] = {
        "role": dict(Role.choices),
        "previous_role": dict(Role.choices),
        "status": dict(Membership.Status.choices),
        "part": PARTS,
        "nafath": NAFATH_CHANGES,
        "removed": REMOVED,
        "action": dict(Action.choices),
        "model": {text: model_name(text)},
        "done": {text: DONE.get(f"{model} {text}") or DONE.get(text, text)},
    }
    if key == "change" and "→" in text:
        return " ← ".join(reversed([str(dict(Membership.Status.choices).get(end, end)) for end in text.split("→")]))
    return str(lists.get(key, {}).get(text, text))


def model_name(code: str, *, many: bool = False) -> str:
    """«خدمة رقمية» for digitalservice; with `many`, «خدمات رقمية»."""
    found = _model(code)
    if found is None:
        return code
    return str(found._meta.verbose_name_plural if many else found._meta.verbose_name)


def _model(code: str) -> Any:
    return next((model for model in apps.get_models() if model._meta.model_name == code), None)


def _field(name: str, model: str) -> str:
    found = _model(model) if model else None
    try:
        return str(found._meta.get_field(name).verbose_name) if found else label(name)
    except (FieldDoesNotExist, AttributeError):
        return label(name)
