# shellcheck shell=bash
# Where a tree lives, who runs it, and what is copied there. Needs say.sh and postgres.sh.
#
# VAR   what the person names (--var, by default <checkout>/var)
# HOME_DIR  where the files are: VAR itself, or a folder below /var/lib/sanji when root's VAR lies where the
#       daemons' users cannot go (a private home). VAR/location then names it and VAR holds links to its parts.
# SOCKET_DIR  PostgreSQL's socket: HOME_DIR/socket, or a short path when that one would be too long.

# The daemons get a user of their own: "postgres" could read every table past the rules, "nobody" is shared with
# whatever else runs here, and PostgreSQL's peer authentication needs a name that means these daemons and no other.
place_daemon_user() {
  if ((EUID == 0)); then
    printf '%s\n' "${SANJI_USER:-sanji}"
  else
    id -un
  fi
}

place_make_daemon_user() {
  local name
  name=$(place_daemon_user)
  if ((EUID != 0)) || getent passwd "$name" >/dev/null; then
    if ((EUID == 0)) && (($(id -u "$name") >= 1000 && $(id -u "$name") < 65534)); then
      die 1 "a person's account is named $name. Name another user for the daemons: SANJI_USER=sanji-daemon deploy/quickstart"
    fi
    return 0
  fi
  useradd --system --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin "$name" ||
    die 1 "could not create the system user $name for the daemons; create it by hand and run this again"
  say "created the system user $name, which runs the daemons"
}

place_id() {
  printf '%s' "$VAR" | sha256sum | cut -c 1-10
}

# True when both users of the tree can walk into the folder.
place_reachable() {
  ((EUID != 0)) || { as_user postgres test -x "$1" && as_user "$(place_daemon_user)" test -x "$1"; }
}

# Sets HOME_DIR from what an earlier start recorded; false when there is no tree at VAR.
place_find() {
  HOME_DIR=$VAR
  if [[ -r $VAR/location ]]; then
    HOME_DIR=$(<"$VAR/location")
  fi
  place_choose_socket_dir
  [[ -e $HOME_DIR/belongs-to ]]
}

place_make() {
  mkdir -p "$VAR" 2>/dev/null ||
    die 1 "cannot create $VAR as $(id -un). Name a folder that you may write: deploy/quickstart --var DIR"
  [[ -w $VAR ]] || die 1 "$VAR belongs to $(stat -c %U "$VAR"); run this as that user, or name another folder: --var DIR"
  if ! place_find && [[ -n $(find "$VAR" -mindepth 1 ! -name .lock ! -name location ! -name sanji.env ! -type l -print -quit) ]]; then
    die 1 "$VAR holds other files, and \"reset\" would delete them with the tree; name an empty folder: --var DIR"
  fi
  if [[ ! -e $VAR/location && ! -e $HOME_DIR/belongs-to ]] && ! place_reachable "$VAR"; then
    HOME_DIR=/var/lib/sanji/$(place_id)
    printf '%s\n' "$HOME_DIR" >"$VAR/location"
    say "$VAR is closed to the users postgres and $(place_daemon_user), so the tree's files go to $HOME_DIR (noted in $VAR/location)"
  fi
  install -d -m 0755 "$HOME_DIR"
  printf '%s\n' "$VAR" >"$HOME_DIR/belongs-to"
  install -d -m 0755 "$HOME_DIR/pid" "$HOME_DIR/bin"
  install -d -m 0755 "$HOME_DIR/log"
  place_choose_socket_dir
  place_make_socket_dir
  place_link_parts
}

place_link_parts() {
  local part
  if [[ $HOME_DIR == "$VAR" ]]; then
    return 0
  fi
  for part in site.yaml log config bin; do
    ln -sfn "$HOME_DIR/$part" "$VAR/$part"
  done
}

place_choose_socket_dir() {
  SOCKET_DIR=$HOME_DIR/socket
  if pg_socket_dir_fits "$SOCKET_DIR"; then
    return 0
  fi
  if ((EUID == 0)); then
    SOCKET_DIR=/run/sanji-$(place_id)
  elif [[ -d ${XDG_RUNTIME_DIR:-} && -O $XDG_RUNTIME_DIR ]]; then
    SOCKET_DIR=$XDG_RUNTIME_DIR/sanji-$(place_id)
  else
    SOCKET_DIR=/tmp/sanji-$(id -u)-$(place_id)
  fi
}

# Made at every start, because /run and /tmp are emptied by a reboot. In /tmp someone else may have been first.
place_make_socket_dir() {
  if [[ -e $SOCKET_DIR || -L $SOCKET_DIR ]]; then
    if [[ -L $SOCKET_DIR || ! -d $SOCKET_DIR ]] || { [[ ! -O $SOCKET_DIR ]] && ((EUID != 0)); }; then
      die 1 "$SOCKET_DIR is not a folder of $(id -un); PostgreSQL's socket would not be safe there. Look at who made it, and remove it"
    fi
  else
    mkdir -m 0700 "$SOCKET_DIR" || die 1 "cannot create $SOCKET_DIR for PostgreSQL's socket"
  fi
  if ((EUID == 0)); then
    chown "postgres:$(id -gn "$(place_daemon_user)")" "$SOCKET_DIR"
    chmod 0750 "$SOCKET_DIR"
  fi
}

# place_copy_programs FROM: the tree runs copies, so that a build or a checkout does not change a running tree.
place_copy_programs() {
  local program
  for program in sanji sanji-centerd; do
    [[ -x $1/$program ]] || die 1 "$1/$program is not there or not executable"
    if ! cmp -s "$1/$program" "$HOME_DIR/bin/$program"; then
      install -m 0755 "$1/$program" "$HOME_DIR/bin/$program.new"
      mv "$HOME_DIR/bin/$program.new" "$HOME_DIR/bin/$program"
    fi
  done
}

# Marks: what a step was last done with, so that a start that was cut off is taken up where it stopped.
place_mark_value() {
  case $1 in
    planned) (cd "$HOME_DIR" && find config options -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum) ;;
    programs) (cd "$HOME_DIR" && sha256sum bin/sanji bin/sanji-centerd) ;;
    initialised) (cd "$HOME_DIR" && sha256sum site.yaml) ;;
  esac | sha256sum
}

place_mark() {
  place_mark_value "$1" >"$HOME_DIR/mark-$1"
}

place_marked() {
  [[ -e $HOME_DIR/mark-$1 ]]
}

# True when the step was done, and with what is there now.
place_is() {
  place_marked "$1" && [[ -e $HOME_DIR/site.yaml && $(<"$HOME_DIR/mark-$1") == "$(place_mark_value "$1")" ]]
}

# Prints the files that a topology names under "use:", as absolute paths.
place_used_files() {
  local name
  while read -r name; do
    [[ $name == /* ]] || name=${TOPOLOGY%/*}/$name
    realpath -m "$name"
  done < <(awk '/^[^ #]/ { inside = /^use:/ } inside && /^ +[a-z_]+:/ { sub(/^[^:]*: */, ""); sub(/ *#.*/, ""); gsub(/["\047]/, ""); print }' "$TOPOLOGY")
}

# Sets TOPOLOGY_FILE, the copy that the tree reads. A topology from elsewhere is copied with the files that it names, in
# folders that mirror where they were, so that its relative paths hold.
place_copy_topology() {
  local file
  if [[ $TOPOLOGY == "$CHECKOUT"/config/* ]]; then
    TOPOLOGY_FILE=$HOME_DIR/config/${TOPOLOGY#"$CHECKOUT"/config/}
    return 0
  fi
  TOPOLOGY_FILE=$HOME_DIR/config/elsewhere$TOPOLOGY
  while read -r file; do
    mkdir -p "$1/elsewhere${file%/*}"
    cp "$file" "$1/elsewhere$file"
  done < <(printf '%s\n' "$TOPOLOGY" && place_used_files)
}

# The whole folder at once, so that a daemon that starts now reads the old one or the new one.
place_copy_config() {
  local new=$HOME_DIR/config.new
  rm -rf "$new"
  mkdir -m 0755 "$new"
  cp -R "$CHECKOUT/config/." "$new/"
  place_copy_topology "$new"
  chmod -R u=rwX,go=rX "$new"
  if ! diff -rq "$new" "$HOME_DIR/config" >/dev/null 2>&1; then
    rm -rf "$HOME_DIR/config"
    mv "$new" "$HOME_DIR/config"
  fi
  rm -rf "$new"
}
