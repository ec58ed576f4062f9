"""Pages for people, doors for machines, and the OpenID provider itself."""

from django.urls import include, path

from simulator.views import doors, faults, iam, oidc, pages, push, sign_in, sign_out

handler400 = "simulator.views.pages.bad_request"
handler403 = "simulator.views.pages.forbidden"
handler404 = "simulator.views.pages.not_found"
handler500 = "simulator.views.pages.broken"

urlpatterns = [
    path("", pages.home, name="home"),
    path("login/", sign_in.sign_in, name="account_login"),
    path("login/as/", sign_in.sign_in_as, name="sign_in_as"),
    path("code/", sign_in.code, name="code"),
    path("code/resend/", sign_in.resend, name="code_resend"),
    path("reauth/", sign_in.reauthenticate, name="account_reauthenticate"),
    path("phone/", pages.phone, name="phone"),
    # before the provider's own, which they call
    path("identity/o/authorize", oidc.authorize),
    path("identity/o/api/token", oidc.token),
    path("identity/o/logout", sign_out.sign_out, name="sign_out"),
    path("app/", push.app, name="app"),
    path("app/<str:trans_id>/", push.decide, name="app_decide"),
    path("api/v1/mfa/request", push.ask),
    path("api/v1/mfa/request/status", push.status),
    path("api/v1/mfa/jwk", push.keys),
    path("authservice/authorize", iam.authorize),
    path("authservice/jwks", iam.keys),
    path("authservice/logout", iam.sign_out),
    path("sim/faults", faults.fault_page, name="faults"),
    path("sim/api/faults", push.set_fault),
    path("sms/messages", doors.send_sms),
    path("sim/api/personas", doors.personas),
    path("sim/api/sms/latest", doors.latest_sms),
    path("sim/api/messages", doors.messages),
    path("sim/api/reset", doors.reset),
    path("healthz", doors.healthz),
    path("", include("allauth.idp.urls")),
]
