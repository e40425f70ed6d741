#!/usr/bin/env bash
# A throw-away PostgreSQL cluster with the very settings that deploy/quickstart gives a tree, so fsync is on:
#   cluster.sh start FOLDER CENTERS    makes and starts it; prints a superuser's connection string without a database
#   cluster.sh stop FOLDER
# One thing is added: the moments of commits are kept, which is how the parts measure across databases on one clock.
set -euo pipefail
export LC_ALL=C.UTF-8

CHECKOUT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
for part in say packages postgres place cluster; do
  # shellcheck source=/dev/null
  source "$CHECKOUT/deploy/lib/$part.sh"
done

ctl() {
  (cd / && as_user "$(pg_user)" "$PG_BIN/pg_ctl" -D "$HOME_DIR/pg" "$@" >"$HOME_DIR/pg_ctl.log" 2>&1) || {
    cat "$HOME_DIR/pg_ctl.log" "$HOME_DIR/pg/log" >&2
    die 1 "pg_ctl $1 failed in $HOME_DIR"
  }
}

start() {
  install -d -m 0700 -o "$(pg_user)" "$HOME_DIR/pg" "$SOCKET_DIR"
  pg_initdb "$HOME_DIR/pg" --data-checksums --no-sync >"$HOME_DIR/initdb.log" 2>&1 || die 1 "initdb failed: see $HOME_DIR/initdb.log"
  cluster_write_settings "$HOME_DIR/pg" "$1"
  printf 'track_commit_timestamp = on\n' >>"$HOME_DIR/pg/sanji.conf"
  printf "include = 'sanji.conf'\n" >>"$HOME_DIR/pg/postgresql.conf"
  printf 'local all all trust\n' >"$HOME_DIR/pg/pg_hba.conf" # its folders are closed to everyone else
  ctl start -w -t 60 -l "$HOME_DIR/pg/log"
  printf 'host=%s port=%s user=postgres\n' "$SOCKET_DIR" "$PG_PORT"
}

HOME_DIR=$2 SOCKET_DIR=$2/socket
case $1 in
  start) start "$3" ;;
  stop) ctl stop -m fast -w ;;
  *) die 2 "start or stop" ;;
esac
