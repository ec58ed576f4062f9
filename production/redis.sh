#!/bin/sh
# Redis with the password of REDIS_URL (redis://:password@host:port/0), which lies in a file: `redis.sh serve` or `redis.sh ping`.
set -eu
password=$(sed -E 's#^redis://[^:]*:([^@]+)@.*$#\1#' "${REDIS_URL_FILE:-/run/secrets/redis_url}")
case "$1" in
serve)
  # From standard input: what stands on a command line is seen by every process.
  exec redis-server "${REDIS_CONF:-/production/redis.conf}" - <<END
requirepass $password
END
  ;;
ping) [ "$(REDISCLI_AUTH=$password redis-cli -p "${REDIS_PORT:-6379}" ping)" = PONG ] ;;
esac
