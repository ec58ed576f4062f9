"""Why a report was written on paper first: codes that the filing's event keeps (docs/adr/0052)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _


class PaperReason(models.TextChoices):
    """What kept the entity from filing at once."""

    PORTAL = "portal", _("The portal did not answer")
    SIGN_IN = "sign_in", _("Nafath did not let us in")
    NETWORK = "network", _("We had no network or no power")
    OTHER = "other", _("Another reason")


def on_paper(told: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Of what an event tells: that it was written on the printed form first, and why."""
    if (reason := told.get("paper")) in PaperReason.values:
        yield gettext("Entered from the printed form"), str(PaperReason(reason).label)
