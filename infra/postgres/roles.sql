-- The two roles that sign in, and the database. Run once by an administrator of the cluster:
--
--   psql -v database=upfront -v owner=upfront_owner -v owner_password=… \
--        -v web=upfront_web -v web_password=… -f roles.sql
--
-- The owner migrates and provisions, and makes all other roles; it is no superuser. The web role is what
-- web and worker sign in as; alone it sees the shared plane only, and takes a tenant's role at BEGIN.

CREATE ROLE :"owner" LOGIN CREATEROLE PASSWORD :'owner_password';
CREATE ROLE :"web" LOGIN NOINHERIT PASSWORD :'web_password';
ALTER ROLE :"web" SET lock_timeout = '5s';
ALTER ROLE :"web" SET idle_in_transaction_session_timeout = '30s';
ALTER ROLE :"web" SET search_path = 'public';

CREATE DATABASE :"database" OWNER :"owner" ENCODING 'UTF8' TEMPLATE template0;
REVOKE ALL ON DATABASE :"database" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"database" TO :"web";
