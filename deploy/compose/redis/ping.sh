#!/bin/sh
# Says what Redis answers, and succeeds where that is PONG; arguments are those of redis-cli.
set -eu

REDISCLI_AUTH=${REDIS_PASSWORD:-$(cat "${REDIS_PASSWORD_FILE:-/dev/null}")}
export REDISCLI_AUTH
answer=$(redis-cli "$@" ping)
echo "$answer"
[ "$answer" = PONG ]
