#!/bin/sh
# Starts Redis with the password in REDIS_PASSWORD, or in the file that REDIS_PASSWORD_FILE names, and with the arguments.
# The password goes in by standard input: it is neither an argument nor in a file.
set -eu

password=${REDIS_PASSWORD-}
if [ -n "${REDIS_PASSWORD_FILE-}" ]; then
    password=$(cat "$REDIS_PASSWORD_FILE")
fi
[ -n "$password" ] || { echo "Redis needs a password: set REDIS_PASSWORD or REDIS_PASSWORD_FILE." >&2; exit 1; }
unset REDIS_PASSWORD
exec redis-server "$@" - <<EOF
requirepass "$(printf %s "$password" | sed 's/[\\"]/\\&/g')"
EOF
