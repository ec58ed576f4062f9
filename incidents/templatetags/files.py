"""How large a file is, as a Saudi reader writes it; Django's own words count Arabic bytes wrongly."""

from __future__ import annotations

from django import template
from django.utils.translation import gettext as _

register = template.Library()


@register.filter
def file_size(size: int) -> str:
    """«42 ك.ب»، «3.1 م.ب»: kilobytes rounded up, megabytes with one decimal."""
    if size < 1024**2:
        return _("%(n)s KB") % {"n": -(-size // 1024)}
    return _("%(n)s MB") % {"n": f"{size / 1024**2:.1f}"}
