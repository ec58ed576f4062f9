"""What may be made to go wrong, chosen on a page: for everybody, or for one person."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from simulator import push
from simulator.forms import FaultForm
from simulator.words import fault_words, say


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def fault_page(request: HttpRequest) -> HttpResponse:
    """The doors of sign-in (up, refusing, hanging), and the other faults of the one table."""
    form = FaultForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        chosen = form.cleaned_data
        push.set_fault(chosen["fault"], late_seconds=chosen["seconds"] or push.LATE_SECONDS, person=chosen["person"])
        return redirect("faults")
    now = [(person, name, fault_words(name)) for person, name in push.faults()]
    context = {
        "form": form,
        "now": now,
        "doors": [(name, fault_words(name)) for name in ("", *push.DOORS)],
        "standing": next((name for person, name in push.faults() if person is None and name in push.DOORS), ""),
        "title": say("faults"),
    }
    return render(request, "simulator/faults.html", context, status=422 if form.errors else 200)
