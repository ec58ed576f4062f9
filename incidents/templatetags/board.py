"""`{% report_rows rows %}`: reports as rows of the board, cards on a phone.

In Python, because a board has up to fifty of them and each says some forty things: as a template the rows cost more
than all the rest of the page (docs/adr/0046). Their buttons belong to the form around the table, which carries the
token and the filter; each says where it goes and brings the version that was read.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import template
from django.template import Context
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from entities.templatetags.icons import icon
from incidents.board import Row
from incidents.templatetags.cases import (
    authority_owes,
    kind,
    lasting,
    next_owed,
    severity,
    status_pill,
    verdict_pill,
)

register = template.Library()
NOTHING = SafeString("")

_ROW = """<tr id="row-{ref}" role="row"{late}{renewed}>
<td class="cell-badge" role="cell">{pick}{severity}</td>
<th class="cell-lead" scope="row" role="rowheader">
<a class="lead" id="open-{ref}" href="{report_url}{ref}/"><bdi>{service}</bdi></a>
<span class="sub"><bdi>{entity}</bdi>{unlisted}</span>{notes}</th>
<td class="cell-kind" role="cell">{kind} <span class="sub"><span class="ref">{ref}</span></span></td>
<td class="cell-start" role="cell">{status}{verdict}{silent}</td>
<td class="cell-finish" role="cell">{lasting}</td>
<td class="cell-owed" role="cell">{owed}{hidden}</td>
<td{end} role="cell"><div class="cluster gap-s deeds">{deeds}</div></td>
</tr>
"""
_PICK = """<label class="pick"><input type="checkbox" name="picked" value="{ref}.{version}" data-row-shortcut="x" \
aria-label="{pick} {ref} — {service}"></label>
"""
_ACKNOWLEDGE = """<button class="button button--quiet button--small" id="take-{ref}" type="submit" \
formaction="{board_url}{ref}/acknowledge/" name="version" value="{version}" data-row-shortcut="a" \
aria-label="{acknowledge} {ref} — {service}">{acknowledge}</button>
"""
_ASSIGN = """<a class="{look}" id="assign-{ref}" href="{board_url}{ref}/assign/{next_query}" data-dialog \
data-row-shortcut="s"{title} aria-label="{assign} {ref} — {whom}">{face}</a>
"""
_FACE = '<span aria-hidden="true">{}</span>'
_FOLLOWED = '<span class="avatar" title="{0}">{1}<span class="visually-hidden">{0}</span></span>'
_MORE_TAGS = '<span class="tag" title="{0}">…<span class="visually-hidden"><bdi>{0}</bdi></span></span>'
_SUB, _PILL = '<span class="sub">{}</span>', '<span class="sub"><span class="pill pill--info">{}</span></span>'
_REFUSAL = '<span class="refusal" role="alert">{}<span>{}</span></span>'
_LATE, _END = SafeString(' class="is-late"'), SafeString(' class="cell-end"')
_RENEWED = SafeString(' hx-swap-oob="true"')


@register.simple_tag(takes_context=True)
def report_rows(context: Context, rows: Iterable[Row], renewed: bool = False) -> SafeString:
    """All of them; `renewed`: each takes the place of the one on the page that has its id."""
    says: dict[str, SafeString] = context["says"]
    around = {"renewed": _RENEWED if renewed else NOTHING, "report_url": says["report_url"]}
    return _joined(_row(row, says, around, context) for row in rows)


def _row(row: Row, says: dict[str, SafeString], around: dict[str, SafeString], context: Context) -> SafeString:
    report = row.report
    named = {"ref": row.reference, "service": row.service, "version": report.version}
    return format_html(
        _ROW,
        **around,
        ref=row.reference,
        service=row.service,
        entity=row.entity,
        late=_LATE if row.late else NOTHING,
        pick=format_html(_PICK, pick=says["pick"], **named) if context["picks"] else NOTHING,
        severity=severity(report.severity),
        unlisted=NOTHING if report.main_service.listed else format_html(" · {}", says["unlisted"]),
        notes=_notes(row, says),
        kind=kind(report.kind),
        status=status_pill(report.status),
        verdict=format_html(" {}", verdict_pill(report)) if report.verdict else NOTHING,
        silent=format_html(' <span class="pill pill--late">{}</span>', says["silent"]) if row.silent else NOTHING,
        lasting=lasting(report),
        owed=next_owed(report),
        hidden=authority_owes(report) if row.hides else NOTHING,
        end=NOTHING if row.may_acknowledge else _END,
        deeds=_deeds(row, says, named, context),
    )


def _notes(row: Row, says: dict[str, SafeString]) -> SafeString:
    """What stands under the entity's name, where there is anything to say."""
    notes = []
    if row.report.unconfirmed_at:
        notes.append(format_html(_SUB, says["by_code"]))
    if row.changed:
        notes.append(format_html(_PILL, says[row.changed]))
    if row.tags:
        shown = format_html_join("", '<span class="tag"><bdi>{}</bdi></span>', ((label,) for label in row.tags))
        more = format_html(_MORE_TAGS, row.more_tags) if row.more_tags else NOTHING
        notes.append(format_html('<span class="sub tags">{}{}</span>', shown, more))
    if row.refusal:
        notes.append(format_html(_REFUSAL, icon("circle-alert"), row.refusal))
    return _joined(notes)


def _deeds(row: Row, says: dict[str, SafeString], named: dict[str, Any], context: Context) -> SafeString:
    deeds = [_undo(row, context)] if row.undo else []
    reviewer, face = row.reviewer, format_html(_FACE, row.initials)
    if row.may_acknowledge:
        urls = {"board_url": says["board_url"], "acknowledge": says["acknowledge"]}
        deeds.append(format_html(_ACKNOWLEDGE, **urls, **named))
    if row.may_assign:
        said = {name: says[name] for name in ("board_url", "next_query", "assign")}
        by = {"look": "avatar", "title": format_html(' title="{}"', reviewer), "whom": reviewer, "face": face}
        free = {"look": "icon-button", "title": "", "whom": row.service, "face": icon("user-plus")}
        deeds.append(format_html(_ASSIGN, ref=row.reference, **said, **(by if reviewer else free)))
    elif reviewer:
        deeds.append(format_html(_FOLLOWED, reviewer, face))
    return _joined(deeds)


def _undo(row: Row, context: Context) -> SafeString:
    """One row at the most has it: it stays a template."""
    undo = context.template.engine.get_template("incidents/_board_undo.html")  # type: ignore[union-attr]  # bound while rendering
    with context.push(row=row, report=row.report, reference=row.reference):
        return undo.render(context)


def _joined(parts: Iterable[SafeString]) -> SafeString:
    return SafeString("".join(parts))
