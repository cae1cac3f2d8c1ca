#!/bin/sh
# Prints .env.example with every empty secret filled in, at random: sh docker/new-env.sh > .env
set -eu
cd "$(dirname "$0")/.."
while IFS= read -r line; do
  case "$line" in
    FERNET_KEY=) printf 'FERNET_KEY=%s\n' "$(head -c 32 /dev/urandom | base64 | tr '+/' '-_')" ;;
    [A-Z]*=) printf '%s%s\n' "$line" "$(head -c 24 /dev/urandom | od -An -v -tx1 | tr -d ' \n')" ;;
    *) printf '%s\n' "$line" ;;
  esac
done < .env.example
