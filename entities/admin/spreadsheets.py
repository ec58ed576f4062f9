"""A list of the desk as a spreadsheet: out as it is, a template, and in again after a preview."""

from __future__ import annotations

from typing import Any, ClassVar, cast

from django import forms
from django.contrib import messages
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from entities.admin.base import AuditedAdmin
from entities.importing import CatalogueImport, Plan, SheetRefused, StaleImport
from entities.importing.plan import apply_import
from entities.importing.sheets import decode, write
from entities.limits import EXPORTS, limited
from entities.models import AuditEvent, User
from entities.widgets import FilePicker

#: The file travels in the preview's own form, compressed and signed: nothing is kept before the confirmation.
SALT = "entities.importing"
PREVIEW_SECONDS = 3600
#: What is left of a body of 1 MB beside the rest of the form.
LONGEST_TOKEN = 1000 * 1000


class UploadForm(forms.Form):
    """The file. Its text is read here, so that an unreadable one is said beside the field."""

    file = forms.FileField(
        label=gettext_lazy("CSV file"),
        help_text=gettext_lazy("At most 1 MB and 5,000 rows, UTF-8, with commas or semicolons."),
        widget=FilePicker({"accept": ".csv,text/csv"}),
        error_messages={"required": gettext_lazy("Choose a file.")},
    )

    def clean_file(self) -> str:
        try:
            return decode(self.cleaned_data["file"].read())
        except SheetRefused as refusal:
            raise forms.ValidationError(str(refusal)) from None


class SpreadsheetAdmin(AuditedAdmin):
    """Import is the admins' alone; whoever may look may export, after a fresh proof: the desk asks for it."""

    importing: ClassVar[type[CatalogueImport]]
    change_list_template = "admin/entities/spreadsheet_list.html"

    def get_urls(self) -> list[URLPattern]:
        views = {"import": self.import_view, "export": self.export_view, "template": self.template_view}
        own = [
            path(f"{name}/", self.admin_site.admin_view(view), name=self._name(name)) for name, view in views.items()
        ]
        return own + super().get_urls()

    def has_import_permission(self, request: HttpRequest) -> bool:
        """An import adds and changes."""
        return self.has_add_permission(request) and self.has_change_permission(request)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        links = {
            "export_url": reverse(f"admin:{self._name('export')}"),
            "import_url": reverse(f"admin:{self._name('import')}") if self.has_import_permission(request) else "",
        }
        return super().changelist_view(request, {**links, **(extra_context or {})})

    # --- Out ----------------------------------------------------------------------------------------------
    def export_view(self, request: HttpRequest) -> HttpResponse:
        """What the file would hold, and the button that asks for it."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        if request.method == "POST":
            return self._exported(request)
        title = _("Export: %(name)s") % {"name": self.opts.verbose_name_plural}
        return TemplateResponse(request, "admin/entities/export.html", self._context(request, title=title))

    @method_decorator(limited(EXPORTS))
    def _exported(self, request: HttpRequest) -> HttpResponse:
        """What is there. Unchanged, it changes nothing when it comes back. That it went out is a line of the log."""
        importing = self.importing()
        rows = list(importing.rows())
        by, model = cast(User, request.user), self.opts.model_name
        AuditEvent.record(AuditEvent.Action.EXPORTED, by=by, model=model, format="csv", rows=len(rows))
        return self._file([importing.header(), *rows], name=f"{timezone.localdate():%Y-%m-%d}")

    def template_view(self, request: HttpRequest) -> HttpResponse:
        """The first line alone, to be filled."""
        if not self.has_import_permission(request):
            raise PermissionDenied
        return self._file([self.importing().header()], name="template")

    def _file(self, rows: list[Any], *, name: str) -> HttpResponse:
        plural = "entities" if self.opts.model_name == "entity" else "services"
        headers = {"Content-Disposition": f'attachment; filename="{plural}-{name}.csv"'}
        return HttpResponse(write(rows), content_type="text/csv; charset=utf-8", headers=headers)

    # --- In -----------------------------------------------------------------------------------------------
    def import_view(self, request: HttpRequest) -> HttpResponse:
        """Choose a file; see what it would do; confirm."""
        if not self.has_import_permission(request):
            raise PermissionDenied
        if "confirm" in request.POST:
            return self._confirmed(request)
        form = UploadForm(request.POST, request.FILES) if request.method == "POST" else UploadForm()
        if not form.is_valid():
            return self._page(request, form=form)
        return self._preview(request, form.cleaned_data["file"], form=form)

    def _preview(self, request: HttpRequest, text: str, *, form: forms.Form) -> HttpResponse:
        importing = self.importing()
        try:
            plan = importing.plan(importing.lines(text))
        except SheetRefused as refusal:
            form.add_error(None, str(refusal))
            return self._page(request, form=form)
        token = ""
        if plan.may_apply:
            token = signing.dumps({"text": text, "digest": plan.digest}, salt=self._salt, compress=True)
            if len(token) > LONGEST_TOKEN:
                form.add_error(None, _("The file is too large for one import: split it."))
                return self._page(request, form=form)
        return self._page(request, form=form, plan=plan, token=token)

    def _confirmed(self, request: HttpRequest) -> HttpResponse:
        here = redirect(f"admin:{self._name('import')}")
        try:
            seen = signing.loads(request.POST["confirm"], salt=self._salt, max_age=PREVIEW_SECONDS)
        except signing.BadSignature:
            messages.error(request, _("The preview is older than an hour. Choose the file again; nothing was written."))
            return here
        try:
            plan = apply_import(self.importing, seen["text"], digest=seen["digest"], by=cast(User, request.user))
        except (StaleImport, SheetRefused):
            messages.error(
                request, _("The catalogue changed since the preview, and nothing was written. Choose the file again.")
            )
            return here
        counts = plan.counts
        said = _("The import is written: %(new)s added, %(changed)s changed, %(unchanged)s unchanged.")
        messages.success(request, said % counts)
        return redirect(f"admin:{self._name('changelist')}")

    def _page(
        self, request: HttpRequest, *, form: forms.Form, plan: Plan | None = None, token: str = ""
    ) -> HttpResponse:
        context = self._context(request, title=_("Import: %(name)s") % {"name": self.opts.verbose_name_plural})
        context |= {"form": form, "plan": plan, "token": token}
        wrong = bool(form.errors) or (plan is not None and plan.counts["wrong"] > 0)
        return TemplateResponse(request, "admin/entities/import.html", context, status=422 if wrong else 200)

    def _context(self, request: HttpRequest, *, title: str) -> dict[str, Any]:
        return {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": title,
            "importing": self.importing(),
            "list_url": reverse(f"admin:{self._name('changelist')}"),
            "template_url": reverse(f"admin:{self._name('template')}"),
            "export_url": reverse(f"admin:{self._name('export')}"),
        }

    @property
    def _salt(self) -> str:
        return f"{SALT}.{self.opts.model_name}"

    def _name(self, page: str) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_{page}"
