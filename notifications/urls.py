"""Mounted at inbox/: one's own messages."""

from django.urls import path

from notifications import views

urlpatterns = [
    path("", views.inbox, name="inbox"),
    path("count/", views.inbox_count, name="inbox_count"),
    path("read-all/", views.inbox_read_all, name="inbox_read_all"),
    path("<uuid:delivery>/open/", views.inbox_open, name="inbox_open"),
]
