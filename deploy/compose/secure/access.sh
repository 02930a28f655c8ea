#!/bin/bash
# Creates Kafka's users with the passwords in KAFKA_PASSWORD_<USER>, and allows each what the topic catalogue says.
# Safe to repeat: a password that changed is changed, what is allowed already stays allowed.
set -efuo pipefail
export KAFKA_HEAP_OPTS="-Xmx128m" KAFKA_JVM_PERFORMANCE_OPTS="-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"

broker=(--bootstrap-server kafka:9095 --command-config /setup/admin.properties)

for user in $(sed -nE 's/.*User:([a-z-]+) .*/\1/p' /setup/acls | sort -u); do
    variable=KAFKA_PASSWORD_$(tr 'a-z-' 'A-Z_' <<<"$user")
    /opt/kafka/bin/kafka-configs.sh "${broker[@]}" --alter --entity-type users --entity-name "$user" \
        --add-config "SCRAM-SHA-512=[password=${!variable:?is not set}]"
done
while read -r line; do
    # Each word of the line is an argument.
    # shellcheck disable=SC2086
    /opt/kafka/bin/kafka-acls.sh "${broker[@]}" --add $line >/dev/null
done </setup/acls
echo "Everybody has what the catalogue allows."
