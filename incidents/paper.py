"""A final report as far as it is written: its sections, what each lacks, and the reviewer's comments on it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from incidents.final import Section, gaps, sections
from incidents.models import CorrectiveAction, FieldComment, FinalReport, Report, TimelineRow


@dataclass(frozen=True)
class Task:
    """A section on the task list: done, begun or not begun."""

    section: Section
    state: str
    gaps: int


@dataclass(frozen=True)
class Paper:
    """A final report with its rows and its comments, as far as it is written."""

    report: Report
    final: FinalReport
    timeline: list[TimelineRow]
    actions: list[CorrectiveAction]
    comments: list[FieldComment]  # of the last round

    @classmethod
    def of(cls, report: Report) -> Paper:
        """What is kept; an empty one where nothing is yet."""
        final = getattr(report, "final_report", None)
        if final is None or final.pk is None:  # an empty one stays with the report that was asked
            return cls(report, FinalReport(report=report), [], [], [])
        comments = list(final.comments.select_related("author"))
        last = max((comment.round for comment in comments), default=0)
        asked = [comment for comment in comments if comment.round == last]
        return cls(report, final, list(final.timeline.all()), list(final.actions.all()), asked)

    @cached_property
    def sections(self) -> list[Section]:
        return sections(self.report, self.final)

    def section(self, slug: str) -> Section | None:
        return next((section for section in self.sections if section.slug == slug), None)

    @cached_property
    def gaps(self) -> dict[str, str]:
        """What is lacking before it may be sent, by field; the reviewer's unanswered comments are asked apart."""
        return gaps(self.report, self.final, rows=len(self.timeline), actions=len(self.actions))

    @property
    def is_whole(self) -> bool:
        return not self.gaps and all(comment.answer for comment in self.comments)

    @cached_property
    def tasks(self) -> list[Task]:
        return [self._task(section) for section in self.sections]

    @property
    def done(self) -> int:
        return sum(task.state == "done" for task in self.tasks)

    def _task(self, section: Section) -> Task:
        names = section.names
        lacking = sum(name in self.gaps for name in names)
        lacking += sum(comment.field in names and not comment.answer for comment in self.comments)
        begun = any(getattr(self.final, name) not in (None, "", [], False) for name in section.fields)
        begun = begun or bool({"timeline": self.timeline, "actions": self.actions}.get(section.slug))
        return Task(section, "begun" if lacking and begun else "empty" if lacking else "done", lacking)

    def after(self, slug: str) -> Section | None:
        """The next section that lacks something, after this one; None where there is none left."""
        slugs = [task.section.slug for task in self.tasks]
        later = self.tasks[slugs.index(slug) + 1 :] if slug in slugs else []
        return next((task.section for task in later if task.gaps), None)
