#!/usr/bin/env bash
# Makes the secrets of compose.yaml, each in a file of its own. Files that exist stay.
set -euo pipefail
cd "$(dirname "$0")"
mkdir -p secrets
umask 022 # the containers' users read them; the folder is yours
chmod 700 secrets
random() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }
for name in redis_password sandbox_password grafana_password; do
  test -s "secrets/$name" || random >"secrets/$name"
done
test -s secrets/redis_url || printf 'redis://:%s@redis:6379/0' "$(cat secrets/redis_password)" >secrets/redis_url
# The sandbox's own. Put the one of your account here.
test -s secrets/app_installation_id || printf a1b2c3d4-1234-5678-90ab-cdef12345678 >secrets/app_installation_id
