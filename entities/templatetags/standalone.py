"""What pages need that stand alone: no database, no signed-in person, perhaps not even a request."""

from django import template
from django.conf import settings
from django.template import Context
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language, get_language_info, override

register = template.Library()


@register.simple_tag(takes_context=True)
def bilingual(context: Context, template_name: str) -> SafeString:
    """Render a partial in every language of the portal, the active one first.

    For pages that may be shown before anyone knows which language the reader wants. The partial finds
    `level`, the aria-level of its heading: 1 the first time, 2 after that.
    """
    codes = sorted((code for code, _name in settings.LANGUAGES), key=lambda code: code != get_language())
    partial = context.template.engine.get_template(template_name)  # type: ignore[union-attr]  # bound while rendering
    sections = []
    for level, code in enumerate(codes, start=1):
        direction = "rtl" if get_language_info(code)["bidi"] else "ltr"
        with override(code), context.push(level=level):
            sections.append((code, direction, partial.render(context)))
    return format_html(
        '<div class="stack gap-xl">{}</div>',
        format_html_join("", '<section class="stack" lang="{}" dir="{}">{}</section>', sections),
    )


@register.simple_tag
def support_phone() -> str:
    """The operations room's telephone: outages must be reported even when the portal itself is out."""
    return str(settings.SUPPORT_PHONE)
