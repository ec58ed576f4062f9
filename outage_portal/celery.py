"""Celery: the app and the whole beat schedule. Redis is a doorbell, never a mailbox: it may be emptied at any time."""

import gc
import os
from typing import Any

import structlog
from celery import Celery, Task
from celery.schedules import crontab
from celery.signals import worker_process_init, worker_process_shutdown
from django.conf import settings

from entities import tracing
from entities.row_security import as_system
from outage_portal.slow import watched
from outage_portal.trace import HEADER, onward, traced

log = structlog.get_logger(__name__)
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "outage_portal.settings")


class SystemTask(Task):  # type: ignore[type-arg]  # takes none when it runs
    """Background work belongs to nobody: it sees and writes every row. Its log lines have one trace id, its span's."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        parent = (self.request.headers or {}).get(HEADER)
        with traced(self.name, "consumer", parent=parent) as span, as_system(), watched():
            try:
                return super().__call__(*args, **kwargs)
            except Exception as error:
                if self.request.called_directly or self.request.is_eager:
                    raise
                span.failed(error)
                # Handed back to the pool, a long traceback can cost it this process (docs/adr/0053).
                log.exception("task_failed", task=self.name)

    def apply_async(self, *args: Any, **options: Any) -> Any:
        """Whoever hands a task over hands the trace on; the beat begins one with each tick."""
        if parent := onward():
            options["headers"] = {**(options.get("headers") or {}), HEADER: parent}
        return super().apply_async(*args, **options)


@worker_process_init.connect
def settle_memory(**_signal: Any) -> None:
    """What is loaded by now stays for good: the garbage collector need not walk over it again and again.

    It took a third of the sweep's time (docs/adr/0031).
    """
    tracing.begin()
    gc.collect()
    gc.freeze()


@worker_process_shutdown.connect
def send_spans(**_signal: Any) -> None:
    """The last ones of this process, which then leaves without what Python does at an exit."""
    tracing.end()


app: "Celery[Task[Any, Any]]" = Celery("outage_portal", task_cls=SystemTask)
app.conf.update(
    broker_url=settings.CELERY_BROKER_URL,
    task_ignore_result=True,
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    worker_max_tasks_per_child=500,
    worker_soft_shutdown_timeout=20,
    task_time_limit=60,
    task_soft_time_limit=45,
    timezone=settings.TIME_ZONE,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    visibility_timeout=300,
    broker_transport_options={
        "visibility_timeout": 300,
        "unacked_restore_interval": 10,
        "unacked_restore_throttle": 1,
        "socket_timeout": 5,
        "socket_connect_timeout": 1,
        "health_check_interval": 15,
    }
    if settings.REDIS_URL
    else {},
    task_publish_retry_policy={"max_retries": 1, "interval_start": 0},
    beat_schedule={
        # "expires" is shorter than the period: a stopped worker does not wake to a pile.
        "record due reminders": {
            "task": "incidents.tasks.record_due_reminders",
            "schedule": settings.SWEEP_SECONDS,
            "options": {"expires": settings.SWEEP_SECONDS * 0.9},
        },
        "close abandoned sign-ins": {
            "task": "nafath_auth.tasks.close_abandoned_sign_ins",
            "schedule": settings.SWEEP_SECONDS,
            "options": {"expires": settings.SWEEP_SECONDS * 0.9},
        },
        "ask whether Nafath answers": {
            "task": "nafath_auth.tasks.probe_nafath",
            "schedule": settings.NAFATH_PROBE_SECONDS,
            "options": {"expires": settings.NAFATH_PROBE_SECONDS * 0.9},
        },
        "fan out new events": {
            "task": "notifications.tasks.fan_out",
            "schedule": settings.FAN_OUT_SECONDS,
            "options": {"expires": settings.FAN_OUT_SECONDS * 0.9},
        },
        "deliver what is due": {
            "task": "notifications.tasks.deliver_due",
            "schedule": settings.FAN_OUT_SECONDS,
            "options": {"expires": settings.FAN_OUT_SECONDS * 0.9},
        },
        "reconcile what was told": {
            "task": "notifications.tasks.reconcile",
            "schedule": 300,
            "options": {"expires": 270},
        },
        "clear dead sessions": {
            "task": "entities.tasks.clear_dead_sessions",
            "schedule": crontab(hour=3, minute=20),
            "options": {"expires": 60 * 60},
        },
    },
)
app.autodiscover_tasks(["entities", "incidents", "nafath_auth", "notifications"])
