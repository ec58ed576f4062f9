"""Mounted at inbox/: one's own messages, what one follows, and what one wants of them."""

from django.urls import path

from notifications import follow_views, preference_views, views

urlpatterns = [
    path("", views.inbox, name="inbox"),
    path("count/", views.inbox_count, name="inbox_count"),
    path("read-all/", views.inbox_read_all, name="inbox_read_all"),
    path("<uuid:delivery>/open/", views.inbox_open, name="inbox_open"),
    path("following/", follow_views.following_page, name="following"),
    path("following/reports/<str:reference>/", follow_views.follow_report, name="follow_report"),
    path("following/services/<int:service>/", follow_views.follow_service, name="follow_service"),
    path("following/entities/<slug:entity_code>/", follow_views.follow_entity, name="follow_entity"),
    path("settings/", preference_views.message_settings, name="message_settings"),
    path("unsubscribe/<str:token>/", preference_views.unsubscribe, name="unsubscribe"),
]
