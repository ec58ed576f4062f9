"""Mounted at /operations/."""

from django.urls import path

from outage_portal.operations import views

urlpatterns = [
    path("", views.operations, name="operations"),
    path("failed/", views.failed_deliveries, name="failed_deliveries"),
]
