#!/usr/bin/env bash
# Runs a job for dates every night: for each of the last days that is neither published, held nor discarded. While one
# fails it does so every hour, and when it starts for the night that was last, so that nights on which it did not run are
# made up for.
#   nightly.sh JOB.yaml
# NIGHTLY_AT    when a day's run is due, as in 01:30, in the zone TZ
# NIGHTLY_DAYS  how many days are looked after, of which yesterday is one
# NIGHTLY_WAIT  how long yesterday's input is waited for, as in 2h
# /tmp/well is there while nothing has failed.
set -uo pipefail

refuse() {
  echo "nightly: $1" >&2
  exit 2
}

job="${1:-}"
[[ -r "$job" ]] || refuse "'$job' (expected: a job's file)"
[[ "${NIGHTLY_AT:-}" =~ ^([01][0-9]|2[0-3]):[0-5][0-9]$ ]] || refuse "NIGHTLY_AT: '${NIGHTLY_AT:-}' (expected: a time such as 01:30)"
[[ "${NIGHTLY_DAYS:-}" =~ ^[1-9][0-9]?$ ]] || refuse "NIGHTLY_DAYS: '${NIGHTLY_DAYS:-}' (expected: 1 to 99)"
[[ -n "${NIGHTLY_WAIT:-}" ]] || refuse "NIGHTLY_WAIT: '' (expected: a time such as 2h)"

# In the background, as bash hears a signal only while it waits, and the first process of a container has no other end.
child=""
trap '[[ -z "$child" ]] || kill "$child" 2> /dev/null; wait; exit 143' TERM INT
aside() {
  local code=0
  "$@" &
  child=$!
  wait "$child" || code=$?
  child=""
  return "$code"
}

# By the calendar, which has no hours that are there twice or not at all.
before() {
  date -u -d "$1 $2 days ago" +%F
}

# The days before one, the oldest first.
round() {
  local back day code failed=0 runs=/tmp/runs
  aside tidemill runs ls "$job" > "$runs" || return 1
  for ((back = NIGHTLY_DAYS; back > 0; back--)); do
    day="$(before "$1" "$back")"
    ! grep -qE "^$day +[0-9]+ +(published|held|discarded) " "$runs" || continue
    code=0
    if ((back == 1)); then
      aside tidemill run "$job" --date "$day" --wait "$NIGHTLY_WAIT" || code=$?
    else
      aside tidemill run "$job" --date "$day" || code=$?
    fi
    # Not there yet, and held by a gate: the run says so, and a person decides.
    case "$code" in 0 | 4 | 5) ;; *) failed=1 ;; esac
  done
  return "$failed"
}

touch /tmp/well
last=""
while true; do
  now="$(date '+%F %H:%M')"
  night="${now% *}"
  [[ ! "${now#* }" < "$NIGHTLY_AT" ]] || night="$(before "$night" 1)"
  pause=60
  # A clock that is set back repeats none.
  if [[ "$night" > "$last" ]]; then
    if round "$night"; then
      last="$night"
      touch /tmp/well
    else
      rm -f /tmp/well
      pause=3600
    fi
  fi
  aside sleep "$pause"
done
