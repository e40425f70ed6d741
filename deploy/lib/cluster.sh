# shellcheck shell=bash
# The tree's PostgreSQL cluster: its files and its settings. Needs say.sh, postgres.sh, place.sh.

# Peer authentication: the kernel says who is at the other end of the socket, so there is no password to leak, and a
# user who is not listed here gets in under no name. TCP is off.
cluster_write_access() {
  local who role
  {
    printf '# Written by deploy/quickstart at each start.\n'
    printf 'local all all peer map=sanji\n'
    printf 'local replication postgres peer map=sanji\n'
  } >"$1/pg_hba.conf"
  {
    printf '# Written by deploy/quickstart at each start: the users of this machine and what they may be.\n'
    for who in $(printf '%s\n' "$(id -un)" "$(pg_user)" | sort -u); do
      for role in postgres sanji_admin sanji_center sanji_read; do
        printf 'sanji %s %s\n' "$who" "$role"
      done
    done
    if ((EUID == 0)); then
      printf 'sanji %s sanji_center\nsanji %s sanji_read\n' "$(place_daemon_user)" "$(place_daemon_user)"
    fi
  } >"$1/pg_ident.conf"
}

# While the databases of a new tree are made nothing is flushed one file at a time (a tenth of the time); the note
# "being-made" says so, and one flush of all at the end makes it true. A cluster that was cut off in between is made anew:
# no center has ever run on it.
cluster_being_made() {
  [[ -e $HOME_DIR/pg/being-made ]]
}

cluster_settle_made() {
  if ! cluster_being_made; then
    return 0
  fi
  sed -i 's/^fsync = off.*/fsync = on/' "$HOME_DIR/pg/sanji.conf"
  s6-svc -h "$HOME_DIR/scan/postgresql"
  wait_until 10 cluster_fsync_on || die 1 "PostgreSQL did not take fsync = on from $HOME_DIR/pg/sanji.conf; see $HOME_DIR/log/postgresql/current"
  cluster_sql CHECKPOINT
  sync -f "$HOME_DIR/pg"
  rm "$HOME_DIR/pg/being-made"
  sync -f "$HOME_DIR/pg"
}

cluster_sql() {
  "$PG_BIN/psql" -XAtq -h "$SOCKET_DIR" -p "$PG_PORT" -U postgres -d postgres -c "$1"
}

cluster_fsync_on() {
  [[ $(cluster_sql 'SHOW fsync') == on ]]
}

# cluster_write_settings DATA_DIR CENTERS: two connections a center, and some for people and init.
cluster_write_settings() {
  local fsync=on
  ! cluster_being_made || fsync=off
  cat >"$1/sanji.conf" <<CONF
# Written by deploy/quickstart at each start: many small databases in one cluster on one machine.
listen_addresses = ''
port = $PG_PORT
unix_socket_directories = '$SOCKET_DIR'
unix_socket_permissions = 0777      # the folder is closed to others, and peer authentication decides
max_connections = $(($2 * 2 + 60))
shared_buffers = '256MB'
work_mem = '4MB'
maintenance_work_mem = '64MB'
fsync = $fsync
full_page_writes = on
synchronous_commit = on             # a receipt is given after the commit and must be true
wal_level = replica                 # pg_basebackup
max_wal_senders = 4
wal_compression = on
min_wal_size = '256MB'
max_wal_size = '2GB'
checkpoint_timeout = '15min'
jit = off                           # compiling costs more than these short statements
# The launcher visits every database once in this time: at one minute 135 of them would cost more than the tree itself.
autovacuum_naptime = '10min'
autovacuum_max_workers = 2
log_timezone = 'UTC'
log_line_prefix = '%m [%p] %q%u@%d '
log_checkpoints = off
log_parameter_max_length = 0        # texts of cases do not belong in a log
log_parameter_max_length_on_error = 0
cluster_name = 'sanji'
CONF
}

# cluster_configure CENTERS: PostgreSQL is down, and reads all of it when it starts.
cluster_configure() {
  local data=$HOME_DIR/pg draft file
  draft=$(mktemp -d "$HOME_DIR/pg-settings.XXXXXX")
  cluster_write_access "$draft"
  cluster_write_settings "$draft" "$1"
  for file in pg_hba.conf pg_ident.conf sanji.conf; do
    install -m 0600 -o "$(pg_user)" "$draft/$file" "$data/$file"
  done
  rm -rf "$draft"
}

cluster_make() {
  local data=$HOME_DIR/pg
  if [[ -s $data/PG_VERSION ]] && ! cluster_being_made; then
    return 0
  fi
  rm -rf "$data" "$data.new" "$HOME_DIR/mark-initialised"
  install -d -m 0700 -o "$(pg_user)" "$data.new"
  run_logged "$HOME_DIR/log/initdb.log" "making the PostgreSQL cluster" pg_initdb "$data.new" --data-checksums --no-sync ||
    die 1 "initdb failed; the reason stands above. Often: the disk is full, or $HOME_DIR cannot be reached by $(pg_user)"
  printf "include = 'sanji.conf'\n" >>"$data.new/postgresql.conf"
  touch "$data.new/being-made"
  mv "$data.new" "$data"
  say "made a private PostgreSQL 15 cluster in $data (unix socket only)"
}

# After a crash of the machine the noted number may belong to another program by now, and PostgreSQL would
# refuse to start; when that program is no PostgreSQL, the note is void.
cluster_drop_stale_pid() {
  local note=$HOME_DIR/pg/postmaster.pid pid
  pid=$(head -n 1 "$note" 2>/dev/null) || return 0
  if [[ -e /proc/$pid/comm && $(<"/proc/$pid/comm") != postgres ]]; then
    rm -f "$note"
  fi
}
