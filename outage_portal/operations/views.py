"""The operations page for admins, and the same numbers for Prometheus."""

from __future__ import annotations

from collections.abc import Iterator

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.crypto import constant_time_compare
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from entities.decorators import PortalRequest, public, requires
from entities.permissions import Permission as P
from notifications.failures import failures, people_not_reached, retry_group
from notifications.figures import Figure, figures
from outage_portal.middleware import answers
from outage_portal.operations.tally import Tally


@requires(P.ADMINISTER)
@never_cache
@require_safe
def operations(request: PortalRequest) -> HttpResponse:
    """How far behind the background work is, and what to do about it; the page asks again by itself."""
    now = timezone.now()
    found = figures(at=now)
    bad: dict[str, list[Figure]] = {}
    for each in found:
        if each.is_bad:
            bad.setdefault(str(each.advice), []).append(each)
    context = {"figures": found, "bad": bad, "at": now}
    page = "outage_portal/_operations.html" if "HX-Request" in request.headers else "outage_portal/operations.html"
    return render(request, page, context)


@requires(P.ADMINISTER)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def failed_deliveries(request: PortalRequest) -> HttpResponse:
    """What could not be delivered, by reason; a POST sends the messages of one reason again."""
    if request.method == "POST":
        count = retry_group(request.POST.get("channel", ""), request.POST.get("code", ""), by=request.user)
        said = ngettext("%(n)s message will be sent again.", "%(n)s messages will be sent again.", count)
        messages.success(request, said % {"n": count})
        return redirect("failed_deliveries")
    context = {"failures": failures(), "people": people_not_reached()}
    return render(request, "outage_portal/failed.html", context)


@public
@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """For whoever brings METRICS_TOKEN as a bearer; the address does not exist for others. No number names anybody."""
    wanted, brought = f"Bearer {settings.METRICS_TOKEN}", request.headers.get("Authorization", "")
    if not settings.METRICS_TOKEN or not constant_time_compare(brought, wanted):
        raise Http404
    registry = CollectorRegistry()
    with translation.override("en"):
        registry.register(_Read(figures(at=timezone.now())))
        registry.register(_Answers(answers.read()))
        return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


class _Read(Collector):
    """Figures that have just been read; one that nobody can tell is NaN, as Prometheus writes it."""

    def __init__(self, found: list[Figure]) -> None:
        self.found = found

    def collect(self) -> Iterator[GaugeMetricFamily]:
        families: dict[str, GaugeMetricFamily] = {}
        for each in self.found:
            if each.name not in families:
                families[each.name] = GaugeMetricFamily(each.name, str(each.label), labels=list(each.tags))
            families[each.name].add_metric(list(each.tags.values()), float("nan") if each.value is None else each.value)
        yield from families.values()


class _Answers(Collector):
    """What this machine's processes have answered since its file was made."""

    def __init__(self, tally: Tally) -> None:
        self.tally = tally

    def collect(self) -> Iterator[Metric]:
        counted = CounterMetricFamily("portal_answers", "Answers of this machine by their class", labels=["class"])
        for name, count in self.tally.answers.items():
            counted.add_metric([name], count)
        yield counted
        buckets = [(str(bound), float(count)) for bound, count in self.tally.within.items()]
        buckets.append(("+Inf", float(self.tally.total)))
        said = "How long this machine's answers took, in seconds"
        yield HistogramMetricFamily("portal_answer_seconds", said, buckets=buckets, sum_value=self.tally.seconds)
