"""The OpenID provider's doors, with what it lacks (RFC 9207) and with what is made to go wrong in its tokens."""

import json

import jwt
from allauth.core.internal.httpkit import add_query_params
from allauth.idp.oidc import views
from allauth.idp.oidc.adapter import get_adapter
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.views.decorators.csrf import csrf_exempt

from simulator import forge, push
from simulator.models import SimPerson


@csrf_exempt
def authorize(request: HttpRequest) -> HttpResponseBase:
    """Back to the portal, by name: the answer says which issuer it comes from."""
    answer = views.authorization(request)
    if answer.headers.get("Location", "").startswith(f"{settings.PORTAL_ORIGIN}/"):
        person = SimPerson.objects.filter(pk=request.user.pk or 0).first()
        issuer = forge.ANOTHER if push.fault(person) == "mix_up" else get_adapter().get_issuer()
        answer.headers["Location"] = add_query_params(answer.headers["Location"], {"iss": issuer})
    return answer


@csrf_exempt
def token(request: HttpRequest) -> HttpResponseBase:
    """The provider's own answer; its id_token is forged where that is wanted for everybody or for its person."""
    answer = views.token(request)
    if not isinstance(answer, HttpResponse) or answer.status_code != 200:
        return answer
    told = json.loads(answer.content)
    claims = jwt.decode(told["id_token"], options={"verify_signature": False})
    wrong = push.fault(SimPerson.objects.get(national_id=claims["sub"]))
    if not wrong:
        return answer
    told["id_token"] = forge.signed(claims, wrong, key_id=jwt.get_unverified_header(told["id_token"])["kid"])
    return JsonResponse(told)
