"""What the simulator does: it knows people, sends codes, and catches what is sent to them."""

import csv
import re
import secrets
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from allauth.idp.oidc.models import Client
from django.conf import settings
from django.contrib.auth import login
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import strip_tags

from simulator.models import CODE_TRIES, SimCode, SimMessage, SimPerson
from simulator.words import say


class CodeTooSoonError(Exception):
    """Another code was sent less than a minute ago."""

    def __init__(self, seconds: int) -> None:
        super().__init__(seconds)
        self.seconds = seconds


@transaction.atomic
def load_personas(path: Path) -> None:
    """Make the database know exactly the people of the file."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        national_id = row.pop("national_id")
        values = {**row, "card": row["card"] == "1"}
        SimPerson.objects.update_or_create(
            national_id=national_id, defaults=values, create_defaults={**values, "password": "!"}
        )
        row["national_id"] = national_id
    SimPerson.objects.exclude(national_id__in=[row["national_id"] for row in rows]).delete()


def register_client() -> None:
    """The portal as the one OpenID client; in both languages it returns to its own pages."""
    origin = settings.PORTAL_ORIGIN
    client = Client.objects.filter(pk="portal").first() or Client(id="portal")
    client.name, client.skip_consent = "portal", True
    client.set_secret(settings.SIMULATOR_CLIENT_SECRET)
    client.set_scopes(["openid", "profile"])
    client.set_default_scopes(["openid", "profile"])
    client.set_redirect_uris([f"{origin}/accounts/nafath/callback/", f"{origin}/en/accounts/nafath/callback/"])
    client.set_post_logout_redirect_uris([f"{origin}/accounts/signed-out/", f"{origin}/en/accounts/signed-out/"])
    client.save()


@transaction.atomic
def send_code(person: SimPerson) -> SimCode:
    """Send a six-digit code to the person's own mobile, at most once a minute. Raises CodeTooSoonError."""
    newest = SimCode.objects.newest_for(person)
    if newest and (seconds := newest.wait(at=timezone.now())):
        raise CodeTooSoonError(seconds)
    code = SimCode.objects.create(person=person, code=f"{secrets.randbelow(10**6):06}")
    SimMessage.objects.create(
        channel=SimMessage.Channel.SMS,
        to=person.mobile,
        person=person,
        text=say("code_sms", code=code.code),
        code=code.code,
    )
    return code


def code_for(person: SimPerson) -> SimCode:
    """A new code, or the live one of the last minute. Raises CodeTooSoonError when its tries are used."""
    try:
        return send_code(person)
    except CodeTooSoonError:
        newest = SimCode.objects.newest_for(person)
        if newest and newest.is_live(at=timezone.now()):
            return newest
        raise


@transaction.atomic
def spend_code(code: SimCode, typed: str) -> str:
    """Try a code once. Returns the sentence of refusal, or nothing when it was right."""
    now = timezone.now()
    code.refresh_from_db()
    if code.tries >= CODE_TRIES:
        return say("code_spent")
    if not code.is_live(at=now):
        return say("code_expired")
    if not secrets.compare_digest(code.code, typed):
        code.tries += 1
        code.save(update_fields=["tries"])
        left = CODE_TRIES - code.tries
        return say("code_wrong", left=left) if left else say("code_spent")
    code.used_at = now
    code.save(update_fields=["used_at"])
    return ""


def enter(request: HttpRequest, person: SimPerson) -> None:
    """Open the person's session; the language outlives the one before."""
    language = request.session.get("language")
    login(request, person, backend="django.contrib.auth.backends.ModelBackend")
    if language:
        request.session["language"] = language


def keep_sms(*, to: str, text: str, reference: str) -> SimMessage:
    """Store an SMS; the same reference is the same message, however often it is posted."""
    message, _ = SimMessage.objects.get_or_create(
        channel=SimMessage.Channel.SMS,
        reference=reference,
        defaults={"to": to, "text": text, "person": SimPerson.objects.filter(mobile=to).first()},
    )
    return message


def keep_mail(raw: bytes, *, sender: str, recipients: list[str]) -> None:
    """Store one message a recipient, as plain text."""
    mail = message_from_bytes(raw, policy=policy.default)
    text = _plain_text(mail)
    for to in recipients:
        SimMessage.objects.create(
            channel=SimMessage.Channel.EMAIL,
            to=to,
            person=SimPerson.objects.filter(email__iexact=to).first(),
            sender=sender[:254],
            subject=str(mail["Subject"] or "")[:500],
            text=text,
            reference=str(mail["Message-ID"] or "").strip()[:254],
        )


def _plain_text(mail: EmailMessage) -> str:
    body = mail.get_body(preferencelist=("plain", "html"))
    if body is None:
        return ""
    try:
        text = str(body.get_content())
    except (LookupError, UnicodeError):
        payload = body.get_payload(decode=True)
        text = payload.decode(errors="replace") if isinstance(payload, bytes) else ""
    if body.get_content_subtype() == "html":
        text = re.sub(r"\n\s*\n+", "\n\n", strip_tags(text))
    return text.replace("\r\n", "\n").strip()
