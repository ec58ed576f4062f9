#!/bin/sh
# Run once, when PostgreSQL's volume is empty: the roles of docs/database-roles.sql, each with the password that stands in
# its DATABASE_URL (postgres://portal_web:password@db:5432/portal), which lies in a file.
set -eu
cd "${PRODUCTION:-/production}"
psql -v ON_ERROR_STOP=1 --quiet --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" --file database-roles.sql
for role in owner web worker; do
  # psql reads the file itself: what stands on a command line is seen by every process.
  psql -v ON_ERROR_STOP=1 --quiet --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" <<END
\\set password \`sed -E 's#^postgres://[^:]+:([^@]+)@.*\$#\\1#' "${SECRETS:-/run/secrets}/database_url_$role"\`
ALTER ROLE portal_$role PASSWORD :'password';
END
done
