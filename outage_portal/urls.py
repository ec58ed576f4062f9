"""Every address of the portal: Arabic at the root, English under /en/."""

from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.urls import include, path

from nafath_auth import push_views
from notifications.receipt_views import sms_receipt
from outage_portal import views
from outage_portal.operations.views import metrics

urlpatterns = [
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
    path("integrations/nafath/callback/", push_views.callback, name="nafath_push_callback"),
    path("integrations/sms/receipts/", sms_receipt, name="sms_receipt"),
    *i18n_patterns(
        path("", views.home, name="home"),
        path("", include("nafath_auth.urls")),
        path("", include("incidents.urls")),
        path("team/", include("crisis_teams.urls")),
        path("inbox/", include("notifications.urls")),
        path("audit/", include("outage_portal.audit.urls")),
        path("operations/", include("outage_portal.operations.urls")),
        path("accounts/my-data/", include("outage_portal.my_data.urls")),
        path("privacy/", views.privacy, name="privacy"),
        path("accessibility/", views.accessibility, name="accessibility"),
        path("admin/", admin.site.urls),
        prefix_default_language=False,
    ),
]

handler400 = "outage_portal.views.bad_request"
handler403 = "outage_portal.views.permission_denied"
handler404 = "outage_portal.views.not_found"
handler500 = "outage_portal.views.server_error"
