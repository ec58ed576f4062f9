"""Once a day: what no longer opens anything goes."""

from celery import shared_task

from entities.sessions import SessionStore


@shared_task
def clear_dead_sessions() -> None:
    SessionStore.clear_expired()
