# shellcheck shell=bash
# The site file: what runs here, on which ports, and how far it has come. Needs say.sh, postgres.sh, place.sh.

site_codes() {
  sed -nE 's/^[[:space:]]*(- )?code:[[:space:]]*"?([0-9A-Za-z._-]+)"?[[:space:]]*(#.*)?$/\2/p' "$HOME_DIR/site.yaml"
}

site_ports() {
  grep -oE '127\.0\.0\.1:[0-9]+' "$1" | cut -d : -f 2 | sort -n
}

# Every local port where someone listens now (state 0A), decimal; the kernel writes them in hexadecimal.
ports_in_use() {
  local hex
  while read -r hex; do
    printf '%d\n' "0x$hex"
  done < <(awk '$4 == "0A" { sub(/.*:/, "", $2); print $2 }' /proc/net/tcp /proc/net/tcp6 2>/dev/null | sort -u)
}

ports_taken() {
  comm -12 <(site_ports "$1" | sort) <(ports_in_use | sort)
}

# site_plan BASE_PORT OUT. An exercise's time runs on from its first plan: a second one at another moment would send it
# back, before its own cases.
site_plan() {
  local clock=(--clock-of "$HOME_DIR/site.yaml")
  [[ -z $CLOCK_SCALE ]] || clock+=(--clock-scale "$CLOCK_SCALE")
  [[ -z $FROM_CLOCK ]] || clock+=(--from-clock "$FROM_CLOCK")
  "$HOME_DIR/bin/sanji" site plan --topology "$TOPOLOGY_FILE" --var "$HOME_DIR" --database-host "$SOCKET_DIR" \
    --database-port "$PG_PORT" --base-port "$1" "${clock[@]}" --out "$2" ||
    die 1 "the configuration does not hold; the lines above say where. Mend it and run this again"
}

# Below the kernel's own range, so that no outgoing connection takes a port while its center restarts. The first try
# depends on the place, so that two trees keep apart even while one of them is stopped.
site_plan_on_free_ports() {
  local try base draft=$HOME_DIR/site.yaml.new first=$((16#$(place_id | cut -c 1-6) % 10))
  for ((try = 0; try < 10; try++)); do
    base=$((20000 + (first + try) % 10 * 1200))
    site_plan "$base" "$draft" >/dev/null
    if [[ -z $(ports_taken "$draft") ]]; then
      mv "$draft" "$HOME_DIR/site.yaml"
      return 0
    fi
  done
  die 1 "ten ranges of TCP ports from 20000 on are all in use on 127.0.0.1 (see: ss -ltn). Free some and run this again"
}

# The CLI's view of the tree. Sets TREE_ALL, TREE_UP, TREE_LINKS, TREE_LINKS_ALL and TREE_MUTE; false when the CLI cannot say.
tree_counts() {
  local counts
  TREE_ALL=0 TREE_UP=0 TREE_LINKS=0 TREE_LINKS_ALL=0 TREE_MUTE=0
  counts=$(tree_json | jq -r "$TREE_LIST"' | [length, (map(select(is_up)) | length),
      (map(select(has_link and link_up)) | length), (map(select(has_link)) | length),
      (map(select(.mute == true)) | length)] | map(tostring) | join(" ")') || return 1
  read -r TREE_ALL TREE_UP TREE_LINKS TREE_LINKS_ALL TREE_MUTE <<<"$counts"
  [[ -n $TREE_ALL ]]
}

# shellcheck disable=SC2016 # jq's own words
TREE_LIST='def is_up: .up == true and .database != false; def has_link: (.parent // "") != ""; def link_up: .link == true or .link == "up"; if type == "array" then . else .centers end'

tree_json() {
  SANJI_SITE=$HOME_DIR/site.yaml "$HOME_DIR/bin/sanji" tree --json 2>/dev/null
}

tree_complete() {
  ((TREE_ALL > 0 && TREE_UP == TREE_ALL && TREE_LINKS == TREE_LINKS_ALL))
}

# A mute center is up and linked, but takes no case: its database is older than what was seen of it.
tree_mute_sentence() {
  printf '%s of %s centers are mute: their databases have gone back, so they take no case. See "Restore" in %s\n' \
    "$TREE_MUTE" "$TREE_ALL" "$CHECKOUT/deploy/OPERATING.md"
}

# Prints up to five centers that are not well, with the last line of their log.
tree_explain() {
  local code state
  while read -r code state; do
    printf '  %s %s; its log %s ends with:\n    %s\n' "$code" "$state" "$HOME_DIR/log/$code/current" \
      "$(tail -n 1 "$HOME_DIR/log/$code/current" 2>/dev/null | cut -c 1-300)"
  done < <(tree_json | jq -r "$TREE_LIST"' | map(select((is_up | not) or (has_link and (link_up | not)))) | .[:5][]
      | .code + (if is_up then " is up, but its link to \(.parent) is not" else (if .up == true then " has no database" else " is not up" end) end)')
}
