# shellcheck shell=bash
# Debian packages: installs what is missing and nothing else. Needs say.sh.

apt_missing() {
  local package
  for package in "$@"; do
    if [[ $(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null) != installed ]]; then
      printf '%s\n' "$package"
    fi
  done
}

# Root, or the word that makes us root; ends the program when there is neither.
apt_become_root() {
  if ((EUID == 0)); then
    return 0
  fi
  if ! command -v sudo >/dev/null; then
    die 1 "these packages are missing: $*. Installing them needs root, and sudo is not here. As root, run: apt-get install $*"
  fi
  if ! sudo -n true 2>/dev/null && { [[ ! -t 0 ]] || ! sudo -v; }; then
    die 1 "these packages are missing: $*. Installing them needs root, and sudo refuses ${USER:-this user}. As root, run: apt-get install $*"
  fi
  APT_ROOT=(sudo)
}

apt_run() {
  "${APT_ROOT[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o Dpkg::Use-Pty=0 "$@"
}

apt_no_network() {
  grep -qE 'Temporary failure resolving|Could not connect|Cannot initiate the connection|Connection timed out' "$1"
}

apt_explain_failure() {
  local log=$1
  shift
  if apt_no_network "$log"; then
    die 1 "no network: the package mirror of /etc/apt/sources.list* does not answer. Connect this machine, or install by hand: apt-get install $*"
  fi
  if grep -q 'Could not get lock' "$log"; then
    die 1 "another program is installing packages now. Wait for it, then run this again"
  fi
  grep -E '^(E|W|dpkg):' "$log" >&2 || tail -n 10 "$log" >&2
  die 1 "apt-get could not install: $*. The reason stands above and in $log"
}

# The package postgresql-15 would create and start a server of its own on port 5432, which nobody asked for.
apt_without_system_cluster() {
  local drop_in=/etc/postgresql-common/createcluster.d/sanji-no-system-cluster.conf status=0
  "${APT_ROOT[@]}" mkdir -p "${drop_in%/*}"
  printf 'create_main_cluster = false\n' | "${APT_ROOT[@]}" tee "$drop_in" >/dev/null
  "$@" || status=$?
  "${APT_ROOT[@]}" rm -f "$drop_in"
  return "$status"
}

# apt_need PACKAGE...: quiet when nothing is missing.
apt_need() {
  local missing log
  if ! command -v dpkg-query >/dev/null; then
    die 1 "this is not a Debian machine (no dpkg-query). Use Debian 12, or install by hand what README.md lists"
  fi
  mapfile -t missing < <(apt_missing "$@")
  if ((${#missing[@]} == 0)); then
    return 0
  fi
  APT_ROOT=()
  apt_become_root "${missing[*]}"
  log=$(mktemp "${TMPDIR:-/tmp}/sanji-apt.XXXXXX")
  say "installing ${#missing[@]} Debian packages: ${missing[*]}"
  # apt-get calls an update a success even when no mirror answered.
  if ! run_logged "$log" "package lists" apt_run update 2>/dev/null || apt_no_network "$log"; then
    apt_explain_failure "$log" "${missing[*]}"
  fi
  apt_without_system_cluster run_logged "$log" "packages" apt_run install --no-install-recommends "${missing[@]}" 2>/dev/null ||
    apt_explain_failure "$log" "${missing[*]}"
  rm -f "$log"
}
