"""Mounted at /audit/."""

from django.urls import path

from outage_portal.audit import views

urlpatterns = [
    path("", views.audit_log, name="audit_log"),
    path("export/", views.audit_export, name="audit_export"),
    path("chain/", views.audit_chain, name="audit_chain"),
]
