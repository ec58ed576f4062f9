"""One file for a report: what it claims to be, what it is, and a sentence for each way it can be wrong."""

from __future__ import annotations

import codecs
import zipfile
from pathlib import PurePath
from typing import Any

import filetype
from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from entities import national_id
from entities.text import clean
from incidents.models.attachment import EXTENSIONS, MAX_BYTES

#: What we serve a kind as: our own word, never the sender's.
CONTENT_TYPES = {
    "pdf": "application/pdf",
    "png": "image/png",
    "jpg": "image/jpeg",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "txt": "text/plain",
    "log": "text/plain",
    "csv": "text/csv",
}
OFFICE = {"docx": "word/", "xlsx": "xl/"}
MACROS = "vbaproject.bin"  # what a .docm or .xlsm has and a .docx or .xlsx has not
TEXT = frozenset({"txt", "log", "csv"})
ALIASES = {"jpeg": "jpg"}
HEAD = 8192


class AttachmentForm(forms.Form):
    """The extension is on the list, and the content is what the extension says. `content_type` is ours."""

    file = forms.FileField(
        label=_("Choose a file"),
        help_text=_("PDF, PNG, JPG, DOCX, XLSX, TXT, LOG or CSV; at most 10 MB."),
        error_messages={
            "required": _("Choose a file."),
            "empty": _("The file is empty. Choose another one."),
            "invalid": _("The file did not arrive. Choose it again."),
            "max_length": _("The file's name is too long."),
        },
        widget=forms.FileInput(attrs={"accept": ",".join(f".{each}" for each in EXTENSIONS)}),
    )

    def clean_file(self) -> UploadedFile[Any]:
        upload: UploadedFile[Any] = self.cleaned_data["file"]
        upload.name = national_id.kept_out(PurePath(clean(upload.name or "")).name) or "file"
        kind = self._kind(upload.name)
        if (upload.size or 0) > MAX_BYTES:
            megabytes = f"{(upload.size or 0) / 1024**2:.1f}"
            words = {"size": megabytes}
            raise ValidationError(_("The file has %(size)s MB; at most 10 MB are taken."), code="size", params=words)
        if not _is(kind, upload):
            raise ValidationError(
                _("The content is not that of a .%(kind)s file, whatever its name says. Save it anew and try again."),
                code="content",
                params={"kind": kind},
            )
        upload.seek(0)
        self.content_type = CONTENT_TYPES[kind]
        return upload

    @staticmethod
    def _kind(name: str) -> str:
        suffix = PurePath(name).suffix.lower().removeprefix(".")
        kind = ALIASES.get(suffix, suffix)
        if kind not in EXTENSIONS:
            raise ValidationError(
                _("Files of this kind are not taken: PDF, PNG, JPG, DOCX, XLSX, TXT, LOG and CSV are."), code="kind"
            )
        return kind


def _is(kind: str, upload: UploadedFile[Any]) -> bool:
    if kind in TEXT:
        return _is_text(upload)
    if kind in OFFICE:
        return _is_office(upload, OFFICE[kind])
    upload.seek(0)
    found = filetype.guess(upload.read(HEAD))
    return found is not None and found.mime == CONTENT_TYPES[kind]


def _is_office(upload: UploadedFile[Any], folder: str) -> bool:
    """A zip that lists its content types, has the right folder and no macros; nothing is unpacked."""
    upload.seek(0)
    try:
        with zipfile.ZipFile(upload) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return False
    if any(name.lower().endswith(MACROS) for name in names):
        return False
    return "[Content_Types].xml" in names and any(name.startswith(folder) for name in names)


def _is_text(upload: UploadedFile[Any]) -> bool:
    """UTF-8, UTF-16 with its mark, or the old Arabic code page; no NUL, and no file of another kind."""
    upload.seek(0)
    content = upload.read()
    try:
        if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return "\0" not in content.decode("utf-16")
        content.decode("utf-8-sig")
    except UnicodeDecodeError:
        if filetype.guess(content[:HEAD]) is not None or content.startswith(b"MZ"):
            return False
    return b"\0" not in content
