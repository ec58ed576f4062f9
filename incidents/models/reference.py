"""References such as OUT-2026-000123: six digits, no gaps, one row a kind and year."""

from django.db import connection, models


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
        """The next reference of a kind, inside the filing's transaction; `year` is Riyadh's.

        One statement, spoken by PostgreSQL and SQLite alike: the row's lock is held for the inserts alone.
        """
        table = connection.ops.quote_name(cls._meta.db_table)
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {table} (kind, year, last) VALUES (%s, %s, 1)"  # noqa: S608  # the model's own table
                f" ON CONFLICT (kind, year) DO UPDATE SET last = {table}.last + 1 RETURNING last",
                [kind, year],
            )
            return str(cls(kind=kind, year=year, last=cursor.fetchone()[0]))
