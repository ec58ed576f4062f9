-- Who works in the portal's database. Run it once as a superuser, inside that database, and again whenever you like:
--   psql -v ON_ERROR_STOP=1 -f docs/database-roles.sql portal
-- Then give each role its password (\password portal_web); this file holds none.
--
-- portal_owner   owns every table: `manage.py migrate`, and nothing else
-- portal_web     what gunicorn connects as: owns nothing and bypasses nothing, so row-level security holds for it
-- portal_worker  what celery and the other commands connect as: owns nothing either
-- portal_backup  pg_dump: reads every row, writes none

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['portal_owner', 'portal_web', 'portal_worker', 'portal_backup'] LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) THEN
      EXECUTE format('CREATE ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS', name);
    END IF;
  END LOOP;
END
$$;

ALTER ROLE portal_backup BYPASSRLS;
GRANT pg_read_all_data TO portal_backup;

REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE, CREATE ON SCHEMA public TO portal_owner;
GRANT USAGE ON SCHEMA public TO portal_web, portal_worker;

-- What is there, and what migrations will add.
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO portal_web, portal_worker;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO portal_web, portal_worker;
ALTER DEFAULT PRIVILEGES FOR ROLE portal_owner IN SCHEMA public
  GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO portal_web, portal_worker;
ALTER DEFAULT PRIVILEGES FOR ROLE portal_owner IN SCHEMA public
  GRANT USAGE ON SEQUENCES TO portal_web, portal_worker;
