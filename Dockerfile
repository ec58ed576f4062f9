# One image for web, accounts, worker, beat, migrate and the mail catcher: docker-compose.yml says which it is.
# Nothing in it is secret: what production is told, it is told when it starts.

FROM python:3.11.13-slim-bookworm AS build
RUN apt-get update \
    && apt-get install --yes --no-install-recommends gettext \
    && rm -rf /var/lib/apt/lists/*
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /venv
COPY requirements.txt /app/requirements.txt
RUN /venv/bin/pip install --require-hashes --no-deps --requirement /app/requirements.txt
COPY . /app
WORKDIR /app
RUN /venv/bin/python manage.py compilemessages -v0 \
    && /venv/bin/python manage.py collectstatic --no-input -v0 \
    && /venv/bin/python -m compileall -q entities crisis_teams nafath_auth incidents notifications outage_portal \
    && rm -rf var

FROM python:3.11.13-slim-bookworm
# Pango and HarfBuzz: WeasyPrint makes the records' PDFs with them.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 10001 portal \
    && useradd --uid 10001 --gid portal --no-create-home --home-dir /tmp --shell /usr/sbin/nologin portal \
    && install --directory --owner portal --group portal --mode 0750 /data/uploads /data/audit-archive
COPY --from=build /venv /venv
COPY --from=build /app /app
WORKDIR /app
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 BIND=0.0.0.0:8000
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=6s --start-period=60s CMD ["python", "production/health.py", "web"]
CMD ["gunicorn", "outage_portal.wsgi", "--config", "production/serving.py"]
