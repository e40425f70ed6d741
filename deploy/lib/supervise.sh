# shellcheck shell=bash
# s6 supervision of one tree: PostgreSQL and every center, each with its log. Needs say.sh, postgres.sh, place.sh.
#
# PostgreSQL stands under the same supervisor as the daemons, so that after a crash of any of them the machine is
# whole again by itself at three in the morning; nothing else on this machine would restart a private cluster.
# HOME_DIR/scan is rebuilt at each start: what supervision remembers is not worth keeping, and stale it misleads.

# runs_as PID WORD: the process lives and its command line holds WORD (numbers are used again).
runs_as() {
  [[ -n $1 && -r /proc/$1/cmdline ]] && tr '\0' '\n' <"/proc/$1/cmdline" 2>/dev/null | grep -qxF -- "$2"
}

supervisor_pid() {
  local pid
  pid=$(cat "$HOME_DIR/pid/supervisor" 2>/dev/null) || return 1
  runs_as "$pid" "$HOME_DIR/scan" && printf '%s\n' "$pid"
}

# wait_until SECONDS COMMAND...
wait_until() {
  local tenths=$(($1 * 10))
  shift
  until "$@"; do
    ((tenths-- > 0)) || return 1
    sleep 0.1
  done
}

# service_write NAME USER COMMAND: the command is one line of shell.
service_write() {
  local new=$HOME_DIR/scan/.new-$1 become=''
  if ((EUID == 0)); then
    become="s6-setuidgid '$2' "
  fi
  rm -rf "$new"
  mkdir -p "$new/log"
  install -d -m 0750 -o "$2" "$HOME_DIR/log/$1"
  cat >"$new/run" <<RUN
#!/bin/sh
exec 2>&1
cd / || exit 1
echo \$\$ >'$HOME_DIR/pid/$1'
exec $become$3
RUN
  cat >"$new/log/run" <<RUN
#!/bin/sh
cd / || exit 1
exec ${become}s6-log -b n5 s1000000 '$HOME_DIR/log/$1'
RUN
  chmod 0755 "$new/run" "$new/log/run"
}

service_publish() {
  mv "$HOME_DIR/scan/.new-$1" "$HOME_DIR/scan/$1"
}

service_write_postgres() {
  service_write postgresql "$(pg_user)" "$PG_BIN/postgres -D '$HOME_DIR/pg'"
  printf 'SIGINT\n' >"$HOME_DIR/scan/.new-postgresql/down-signal" # "fast": ends sessions, writes everything out
  service_publish postgresql
}

# Exit 2 says that the configuration is wrong: starting again every second would not mend it.
service_write_center() {
  service_write "$1" "$(place_daemon_user)" "'$HOME_DIR/bin/sanji-centerd' --site '$HOME_DIR/site.yaml' --center '$1' --notify-fd 3"
  printf '3\n' >"$HOME_DIR/scan/.new-$1/notification-fd"
  printf '15000\n' >"$HOME_DIR/scan/.new-$1/timeout-kill"
  cat >"$HOME_DIR/scan/.new-$1/finish" <<'FINISH'
#!/bin/sh
[ "$1" = 2 ] && exit 125
exit 0
FINISH
  chmod 0755 "$HOME_DIR/scan/.new-$1/finish"
  service_publish "$1"
}

# Starts the supervisor with PostgreSQL alone; the centers follow once their databases are there.
supervisor_start() {
  local centers=$1
  rm -rf "$HOME_DIR/scan"
  mkdir -m 0755 "$HOME_DIR/scan"
  service_write_postgres
  # Each service and each logger counts; the lock of this run must not live on in the supervisor.
  setsid s6-svscan -c $((centers * 2 + 50)) "$HOME_DIR/scan" >>"$HOME_DIR/log/supervisor.log" 2>&1 </dev/null 9>&- &
  printf '%s\n' "$!" >"$HOME_DIR/pid/supervisor"
  disown
  wait_until 5 test -p "$HOME_DIR/scan/.s6-svscan/control" ||
    die 1 "the supervisor did not start: see $HOME_DIR/log/supervisor.log"
}

postgres_wait() {
  local second
  for ((second = 0; second < 120; second++)); do
    if pg_ready "$SOCKET_DIR"; then
      return 0
    fi
    progress "waiting for PostgreSQL (after a crash it replays its log first)"
    sleep 0.5
  done
  tail -n 5 "$HOME_DIR/log/postgresql/current" >&2
  die 1 "PostgreSQL did not come up in a minute; its last words stand above, all in $HOME_DIR/log/postgresql/current"
}

centers_add() {
  local code
  for code in "$@"; do
    if [[ ! -d $HOME_DIR/scan/$code ]]; then
      service_write_center "$code"
    fi
  done
  s6-svscanctl -a "$HOME_DIR/scan"
}

# Prints the service folders of the centers, one a line.
center_services() {
  find "$HOME_DIR/scan" -mindepth 1 -maxdepth 1 -type d ! -name '.*' ! -name postgresql | sort
}

services_down() {
  local service
  for service in "$@"; do
    if s6-svok "$service" && [[ $(s6-svstat -o up "$service") == true ]]; then
      return 1
    fi
  done
}

# Stops the centers and waits; after fifteen seconds s6 kills what did not stop.
centers_stop() {
  local services service
  mapfile -t services < <(center_services)
  for service in "${services[@]}"; do
    s6-svc -d "$service" 2>/dev/null || true
  done
  # One program that listens to all of them; asking each in turn would cost more than their stopping.
  s6-svwait -D -a -t 30000 "${services[@]}" 2>/dev/null || services_down "${services[@]}" || warn "some centers did not stop in 30 s; they are killed at the end"
}

supervisor_gone() {
  ! supervisor_pid >/dev/null
}

# The clean way down: centers, then PostgreSQL, then the supervisor with its loggers.
supervisor_stop() {
  centers_stop
  s6-svc -d "$HOME_DIR/scan/postgresql" 2>/dev/null || true
  wait_until 60 services_down "$HOME_DIR/scan/postgresql" || warn "PostgreSQL is still writing after 60 s; waiting no longer"
  s6-svscanctl -t "$HOME_DIR/scan"
  wait_until 20 supervisor_gone || warn "the supervisor did not end in 20 s"
}

# Prints "PID NAME" of every process that an earlier run left behind, found by our own notes and checked by name.
leftovers() {
  local note pid name
  for note in "$HOME_DIR"/pid/*; do
    name=${note##*/}
    pid=$(cat "$note" 2>/dev/null) || continue
    case $name in
      supervisor) runs_as "$pid" "$HOME_DIR/scan" && printf '%s %s\n' "$pid" "$name" ;;
      postgresql) runs_as "$pid" "$HOME_DIR/pg" && printf '%s %s\n' "$pid" "$name" ;;
      *) runs_as "$pid" "$HOME_DIR/site.yaml" && printf '%s %s\n' "$pid" "$name" ;;
    esac
  done
  return 0
}

no_leftovers() {
  [[ -z $(leftovers) ]]
}

# When the supervisor was killed its helpers and daemons live on without it: ended here, one by one.
leftovers_stop() {
  local service pid name signal
  if [[ -d $HOME_DIR/scan ]]; then
    while read -r service; do
      s6-svc -xd "$service" 2>/dev/null || true
      s6-svc -xd "$service/log" 2>/dev/null || true
    done < <(find "$HOME_DIR/scan" -mindepth 1 -maxdepth 1 -type d ! -name '.*')
  fi
  for signal in TERM KILL; do
    while read -r pid name; do
      if [[ $name == postgresql ]]; then
        kill -INT "$pid" 2>/dev/null || true
      else
        kill -"$signal" "$pid" 2>/dev/null || true
      fi
    done < <(leftovers)
    if wait_until 20 no_leftovers; then
      rm -f "$HOME_DIR"/pid/*
      return 0
    fi
  done
  die 1 "these processes of an earlier run do not end: $(leftovers | tr '\n' ',') look at them with ps, end them, and run this again"
}
