# shellcheck shell=bash
# A throw-away PostgreSQL cluster for tests: in /tmp, unix socket only, gone at the end.
# Needs deploy/lib/say.sh and deploy/lib/postgres.sh.
#
# It lies in /tmp and not in the checkout, because the user postgres may not be able to enter the checkout and a
# socket's path must be short. Its folder is closed to everyone but its user and root, so "trust" lets nobody else in.

# pg_cluster_start: sets SANJI_TEST_PG (a superuser's connection string without a database) and PG_CLUSTER_DIR.
pg_cluster_start() {
  local user
  user=$(pg_user)
  pg_cluster_sweep
  PG_CLUSTER_DIR=$(mktemp -d /tmp/sanji-test.XXXXXX)
  printf '%s\n' "$$" >"$PG_CLUSTER_DIR/owner"
  chmod 0711 "$PG_CLUSTER_DIR"
  install -d -m 0700 -o "$user" "$PG_CLUSTER_DIR/data" "$PG_CLUSTER_DIR/socket"
  pg_initdb "$PG_CLUSTER_DIR/data" --no-sync >"$PG_CLUSTER_DIR/initdb.log" 2>&1 || {
    cat "$PG_CLUSTER_DIR/initdb.log" >&2
    die 1 "initdb could not make the tests' database cluster in $PG_CLUSTER_DIR"
  }
  pg_cluster_settings >>"$PG_CLUSTER_DIR/data/postgresql.conf"
  printf 'local all all trust\nlocal replication all trust\n' >"$PG_CLUSTER_DIR/data/pg_hba.conf"
  pg_cluster_ctl start -w -t 60 -l "$PG_CLUSTER_DIR/data/log" >/dev/null || {
    cat "$PG_CLUSTER_DIR/data/log" >&2
    die 1 "the tests' database cluster in $PG_CLUSTER_DIR did not start"
  }
  export SANJI_TEST_PG="host=$PG_CLUSTER_DIR/socket port=$PG_PORT user=postgres"
}

# What a crash of the machine would lose does not matter here; what a crash of PostgreSQL would lose is still there.
pg_cluster_settings() {
  cat <<CONF
listen_addresses = ''
port = $PG_PORT
unix_socket_directories = '$PG_CLUSTER_DIR/socket'
max_connections = 500
shared_buffers = '128MB'
fsync = off
full_page_writes = off
jit = off
log_timezone = 'UTC'
CONF
}

pg_cluster_ctl() {
  (cd / && as_user "$(pg_user)" "$PG_BIN/pg_ctl" -D "$PG_CLUSTER_DIR/data" "$@")
}

pg_cluster_stop() {
  if [[ -z ${PG_CLUSTER_DIR:-} || ! -d $PG_CLUSTER_DIR ]]; then
    return 0
  fi
  pg_cluster_ctl stop -m immediate -w >/dev/null 2>&1 || true
  rm -rf "$PG_CLUSTER_DIR"
  PG_CLUSTER_DIR=
}

# Clusters of test runs that were killed: ours by the folder's owner, dead by the number in it.
pg_cluster_sweep() {
  local folder owner
  for folder in /tmp/sanji-test.*; do
    owner=$(cat "$folder/owner" 2>/dev/null) || continue
    if [[ -O $folder && -n $owner && ! -e /proc/$owner ]]; then
      PG_CLUSTER_DIR=$folder
      pg_cluster_stop
    fi
  done
}
