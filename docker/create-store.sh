#!/bin/sh
# The SLO store's user and database, beside Airflow's. PostgreSQL's image runs it when it makes a new data folder.
set -eu
psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --set=password="$AI_SLO_POSTGRES_PASSWORD" \
  --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" <<'SQL'
CREATE ROLE ai_slo LOGIN PASSWORD :'password';
CREATE DATABASE ai_slo OWNER ai_slo;
REVOKE CONNECT ON DATABASE ai_slo FROM PUBLIC;
SQL
