# shellcheck shell=bash
# Words to the person at the terminal: steps with elapsed seconds, one live progress line,
# and a last sentence that says what is wrong, where, and what to do.

SAY_STARTED=$SECONDS
SAY_LINE_OPEN=no
SAY_LAST_PROGRESS=$SECONDS

say() {
  say_end_line
  printf '[%3ds] %s\n' "$((SECONDS - SAY_STARTED))" "$*"
}

warn() {
  say_end_line
  printf 'warning: %s\n' "$*" >&2
}

# die CODE SENTENCE...: exit 1 trouble, 2 wrong usage.
die() {
  local code=$1
  shift
  say_end_line
  printf '%s: %s\n' "${0##*/}" "$*" >&2
  exit "$code"
}

# On a terminal one line that is rewritten; elsewhere a line every five seconds, so that a log stays readable.
progress() {
  if [[ -t 1 ]]; then
    printf '\r\033[K[%3ds] %s' "$((SECONDS - SAY_STARTED))" "$*"
    SAY_LINE_OPEN=yes
  elif ((SECONDS - SAY_LAST_PROGRESS >= 5)); then
    SAY_LAST_PROGRESS=$SECONDS
    printf '[%3ds] %s\n' "$((SECONDS - SAY_STARTED))" "$*"
  fi
}

say_end_line() {
  if [[ $SAY_LINE_OPEN == yes ]]; then
    printf '\r\033[K'
    SAY_LINE_OPEN=no
  fi
}

# run_logged LOG TITLE COMMAND...: the output goes to LOG, its newest line is the progress; on failure its end is shown.
run_logged() {
  local log=$1 title=$2 pid status=0
  shift 2
  "$@" >"$log" 2>&1 </dev/null &
  pid=$!
  while kill -0 "$pid" 2>/dev/null; do
    progress "$title: $(tail -n 1 "$log" 2>/dev/null | cut -c 1-90)"
    sleep 0.3
  done
  wait "$pid" || status=$?
  say_end_line
  if ((status != 0)); then
    printf -- '--- the end of %s ---\n' "$log" >&2
    grep -vE '^\[[0-9]+/[0-9]+\] (Building|Linking)' "$log" | tail -n 30 >&2
  fi
  return "$status"
}
