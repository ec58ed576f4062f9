"""The two names of a thing, and the one its reader sees."""

from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _


class Bilingual(models.Model):
    """A name in Arabic and in English; `name` is the one of the reader's language, the Arabic where none is given."""

    name_ar = models.CharField(_("Arabic name"), max_length=200)
    name_en = models.CharField(_("English name"), max_length=200, blank=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """The name in the language of the page."""
        return self.name_in(get_language() or "ar")

    def name_in(self, language: str) -> str:
        """The name in a given language, for a mail in its reader's."""
        return self.name_ar if language.startswith("ar") or not self.name_en else self.name_en
