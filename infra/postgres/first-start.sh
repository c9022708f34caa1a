#!/bin/sh
# Run by the image of PostgreSQL once, when there is no data yet.
set -eu
exec psql --no-psqlrc --set=ON_ERROR_STOP=1 --username=postgres --dbname=postgres \
    --set=database=upfront \
    --set=owner=upfront_owner --set=owner_password="$OWNER_PASSWORD" \
    --set=web=upfront_web --set=web_password="$WEB_PASSWORD" \
    --file=/roles/roles.sql
