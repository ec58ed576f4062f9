"""Mounted at the root inside i18n_patterns. Nothing of allauth's own is routed: no password form exists."""

from django.urls import path

from nafath_auth import break_glass_views, code_views, iam_views, push_views, session_views, step_up_views, views

urlpatterns = [
    path("accounts/sign-in/", views.sign_in, name="nafath_sign_in"),
    path("accounts/nafath/start/", views.nafath_start, name="nafath_start"),
    path("accounts/nafath/callback/", views.nafath_callback, name="nafath_callback"),
    path("accounts/nafath/form/", iam_views.brought, name="nafath_form"),
    path("accounts/nafath/form/finish/", iam_views.finish, name="nafath_form_finish"),
    path("accounts/nafath/sign-out/", iam_views.single_sign_out, name="nafath_single_sign_out"),
    path("accounts/nafath/app/", push_views.ask, name="nafath_ask"),
    path("accounts/nafath/app/<uuid:transaction>/", push_views.wait, name="nafath_wait"),
    path("accounts/nafath/app/<uuid:transaction>/finish/", push_views.finish, name="nafath_finish"),
    path("accounts/nafath/step-up/", step_up_views.ask, name="nafath_step_up"),
    path("accounts/code/", code_views.code_ask, name="code_ask"),
    path("accounts/code/enter/", code_views.code_enter, name="code_enter"),
    path("accounts/nafath/state/", code_views.nafath_state, name="nafath_state"),
    path("accounts/break-glass/", break_glass_views.door, name="break_glass"),
    path("accounts/break-glass/requests/", break_glass_views.requests, name="break_glass_requests"),
    path("accounts/break-glass/requests/confirm/", break_glass_views.confirm, name="break_glass_confirm"),
    path("accounts/break-glass/requests/refuse/", break_glass_views.refuse, name="break_glass_refuse"),
    path("accounts/first-sign-in/", views.first_sign_in, name="first_sign_in"),
    path("accounts/entity/", views.choose_entity, name="choose_entity"),
    path("accounts/language/", views.choose_language, name="choose_language"),
    path("accounts/sign-out/", views.sign_out, name="sign_out"),
    path("accounts/signed-out/", views.signed_out, name="signed_out"),
    path("accounts/stay/", session_views.stay, name="stay"),
    path("accounts/sessions/", session_views.session_list, name="session_list"),
    path("accounts/sessions/end/", session_views.end_session, name="end_session"),
    path("guide/sign-in/", views.sign_in_guide, name="sign_in_guide"),
]
