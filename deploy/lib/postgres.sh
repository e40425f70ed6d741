# shellcheck shell=bash
# A private PostgreSQL 15 cluster: never the system's, never on TCP. Needs say.sh.

PG_BIN=/usr/lib/postgresql/15/bin
PG_PORT=5432 # names the socket only; each cluster has a socket folder of its own

# PostgreSQL refuses root; everyone else runs it as himself.
pg_user() {
  if ((EUID == 0)); then
    printf 'postgres\n'
  else
    id -un
  fi
}

# as_user NAME COMMAND...: root becomes NAME, without a login session; anyone else can only be himself.
as_user() {
  local name=$1
  shift
  if ((EUID == 0)) && [[ $name != root ]]; then
    setpriv --reuid "$name" --regid "$(id -g "$name")" --init-groups -- env HOME=/ "$@"
  else
    "$@"
  fi
}

# A unix socket's path may have 107 bytes, and PostgreSQL adds "/.s.PGSQL.5432.lock".
pg_socket_dir_fits() {
  ((${#1} + 19 <= 107))
}

# pg_initdb DATA_DIR EXTRA_OPTION...: DATA_DIR exists, is empty and belongs to pg_user.
pg_initdb() {
  local data=$1
  shift
  (cd / && as_user "$(pg_user)" env LC_ALL=C.UTF-8 "$PG_BIN/initdb" -D "$data" -U postgres \
    --encoding=UTF8 --locale=C.UTF-8 --auth=reject "$@")
}

pg_ready() {
  "$PG_BIN/pg_isready" -q -h "$1" -p "$PG_PORT" -U postgres -d postgres
}
