"""References such as OUT-2026-000123: six digits, no gaps, one row a kind and year."""

from django.db import models


class ReferenceCounter(models.Model):
    """The last number given. Raised directly before the inserts; its row lock makes the numbers gapless."""

    kind = models.CharField(max_length=3)
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "year"], name="reference_counter_once")]

    def __str__(self) -> str:
        return f"{self.kind}-{self.year}-{self.last:06}"

    @classmethod
    def take(cls, kind: str, *, year: int) -> str:
        """The next reference of a kind, inside the filing's transaction; `year` is Riyadh's."""
        cls.objects.get_or_create(kind=kind, year=year)
        counter = cls.objects.select_for_update().get(kind=kind, year=year)
        counter.last += 1
        counter.save(update_fields=["last"])
        return str(counter)
