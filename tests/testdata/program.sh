#!/usr/bin/env bash
# Stands in for benthos-liveperson, and for go run and go build of it, in tests of the pages. A sandbox that stays open with --keep
# is stopped when its input has ended.
set -euo pipefail
export "${ENTRY?}"
if [ "$(basename "$0")" = go ]; then
  case "$1" in
  run) shift 2 ;;
  build) exec cp "$0" ./benthos-liveperson ;;
  esac
fi
case " $* " in
*" --keep "*) ;;
*) exec "$PROGRAM" "$@" ;;
esac
exec 3< <(exec "$PROGRAM" "$@" 2>&1)
pid=$!
while IFS= read -r line <&3; do
  printf '%s\n' "$line"
  case $line in "The input has ended."*) kill -INT "$pid" ;; esac
done
wait "$pid"
