"""What a span may say, and that from signing in to the mail none says who did it or what it is about."""

from __future__ import annotations

from entities.models import User
from incidents.models import Report
from notifications.tasks import deliver_due, fan_out
from tests.a_collector import Posted
from tests.factories import a_reviewer, a_service, a_team
from tests.incidents.typed import minimal
from tests.nafath_auth.conftest import Visitor, a_regular

SAYABLE = {
    "http.request.method", "http.route", "http.response.status_code", "url.scheme", "error.type",
    "peer.service", "server.address", "server.port", "portal.db.statements", "portal.db.ms",
}  # fmt: skip
WORDS = "تعطل الدخول بسبب خلل في قاعدة البيانات"


def told_of(person: User) -> list[str]:
    names = [person.name_ar, person.name_en, str(person.public_id)]
    return [*names, person.mobile, person.email, person.national_id_digest]


def test_from_signing_in_to_the_mail_no_span_says_who_or_about_what(visitor: Visitor, posted: Posted) -> None:
    visitor.defaults |= {"REMOTE_ADDR": "203.0.113.7", "HTTP_USER_AGENT": "her-browser"}
    director = a_regular()
    entity = director.memberships.get().entity
    a_team(entity)
    reviewer, service = a_reviewer(), a_service(entity=entity, tier=0)
    assert visitor.sign_in().status_code == 302
    typed = minimal("own-outage", service=service, workaround=WORDS)
    answer = visitor.post("/reports/new/own-outage/", typed, follow=True)
    report = Report.objects.get()
    assert report.reference in answer.content.decode()
    assert visitor.get(f"/en/reports/?q={report.reference}").status_code == 200
    fan_out()
    deliver_due()
    found, sent = posted.spans(), b"".join(posted.bodies)
    assert {span.name for span in found} >= {
        "GET nafath_callback", "POST nafath", "POST file_own_outage", "GET receipt", "GET report_list",
        "notifications.tasks.fan_out", "notifications.tasks.deliver_due", "SEND mail", "POST sms",
    }  # fmt: skip
    assert {name for span in found for name in span.attributes} <= SAYABLE
    people = [told for person in (director, reviewer) for told in told_of(person)]
    said = [report.reference, str(typed["key"]), WORDS, *WORDS.split(), service.name_ar, service.name_en, service.code]
    keys = [visitor.issuer.number, visitor.issuer.nonce, str(visitor.session.session_key), "c0de"]
    for word in [
        *people,
        *said,
        *keys,
        entity.code,
        entity.name_ar,
        entity.name_en,
        "Mona",
        *visitor.defaults.values(),
    ]:
        assert word and word.encode() not in sent, word
