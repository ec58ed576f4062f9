"""Mounted at /accounts/my-data/."""

from django.urls import path

from outage_portal.my_data import views

urlpatterns = [
    path("", views.my_data, name="my_data"),
    path("copy/", views.my_data_copy, name="my_data_copy"),
    path("correction/", views.my_data_correction, name="my_data_correction"),
]
