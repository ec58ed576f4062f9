"""What the demo prints once it is up: the address, one line a person, and a tour of five minutes."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils import translation

from entities.models import Entity
from entities.permissions import Role
from outage_portal.demo.environment import Demo
from outage_portal.seed.people import read_personas

TOUR = """
Five minutes                                                        (two browser windows, one of them private)
  1  Saad Al-Mutairi: the board. What is late on the authority's side comes first; acknowledge one report.
  2  Khalid Al-Otaibi: what is required of the entity. Send the update that is late; watch the board.
  3  Khalid Al-Otaibi: report an outage. Two minutes, five answers, a receipt with what is owed next.
  4  In a second terminal: {fast_forward}
     A missed update becomes a reminder, then an escalation: see the bell, and the phone and mailbox below.
  5  Waleed Al-Khalidi: an outage at 02:10 and no crisis team. Appoint one at once.

خمس دقائق
  1  سعد المطيري: لوحة البلاغات. المتأخر على الهيئة أولًا، ويُستلم بلاغ منها.
  2  خالد العتيبي: المطلوب من الجهة. تُرسل المستجدات المتأخرة، وتظهر على اللوحة.
  3  خالد العتيبي: الإبلاغ عن انقطاع. دقيقتان وخمس إجابات، ثم إيصال بالمطلوب بعد ذلك.
  4  تقديم الوقت ساعتين بالأمر المكتوب أعلاه: تذكير ثم تصعيد، في الإشعارات والرسائل والبريد.
  5  وليد الخالدي: انقطاع عند 02:10 بلا فريق أزمة. يُعيَّن الفريق فورًا.
"""


def introduction(demo: Demo) -> str:
    """The whole text."""
    people = "\n".join(_people())
    tour = TOUR.format(fast_forward=".venv/bin/python manage.py fast_forward 2h")
    return (
        f"\nThe portal is at {demo.origin}  (English: {demo.origin}/en/)\n\n"
        f"Sign in with one press as one of these fictional people:\n{people}\n{tour}\n"
        f"Phone and mailbox of everyone: {demo.simulator}/phone/\n"
        "Ctrl-C stops everything; the next start keeps what you entered; 'make reset' starts afresh.\n"
    )


def _people() -> Iterator[str]:
    names = dict(Entity.objects.values_list("code", "name_en"))
    with translation.override("en"):
        for persona in read_personas():
            if persona["card"] != "1":
                continue
            seats = [place.partition("@") for place in persona["roles"].split()]
            places = [f"{Role(role).label}, {names.get(code, code)}" for role, _at, code in seats]
            place = "; ".join(places) or "not registered"
            yield f"  {persona['name_en']:<22} {place}: {persona['about_en']}  {persona['name_ar']}"
