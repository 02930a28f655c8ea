#!/bin/sh
# Succeeds when Redis answers; arguments are those of redis-cli.
set -eu

REDISCLI_AUTH=${REDIS_PASSWORD:-$(cat "${REDIS_PASSWORD_FILE:-/dev/null}")}
export REDISCLI_AUTH
[ "$(redis-cli "$@" ping)" = PONG ]
