#!/bin/bash
# Creates Kafka's users with the passwords in KAFKA_PASSWORD_<USER>, or in the file that KAFKA_PASSWORD_<USER>_FILE names,
# and lets each do what the topic catalogue says: what is allowed and not listed is taken back, from these users only.
# Safe to repeat: a password that changed is changed, what is allowed already stays allowed.
set -efuo pipefail
export KAFKA_HEAP_OPTS="-Xmx128m" KAFKA_JVM_PERFORMANCE_OPTS="-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"

broker=(--bootstrap-server kafka:9095 --command-config /setup/admin.properties)
declare -A ours listed allowed surplus
kinds='TOPIC GROUP CLUSTER TRANSACTIONAL_ID DELEGATION_TOKEN'

# What one line of the list allows, a key for each: who, from where, what, on which kind, how it is named, its name.
keys_of() {
    local who='' pattern=LITERAL name operation
    local -a operations=() on=()
    while [ $# -gt 0 ]; do
        case $1 in
            --allow-principal) who=$2 ;;
            --operation) operations+=("$(sed -E 's/([a-z])([A-Z])/\1_\2/g' <<<"$2" | tr a-z A-Z)") ;;
            --topic) on+=("TOPIC $2") ;;
            --group) on+=("GROUP $2") ;;
            --resource-pattern-type) pattern=$(tr a-z A-Z <<<"$2") ;;
            *) echo "$1 is not expected in the list of what is allowed." >&2; return 1 ;;
        esac
        shift 2
    done
    for operation in "${operations[@]}"; do
        for name in "${on[@]}"; do echo "$who * $operation ${name% *} $pattern ${name#* }"; done
    done
}

# Runs a command beside others, three at once: each starts a virtual machine. `finished` waits for the rest.
running=()
beside() {
    if [ "${#running[@]}" -ge 3 ]; then wait "${running[0]}"; running=("${running[@]:1}"); fi
    "$@" >/dev/null &
    running+=($!)
}
finished() {
    local one
    for one in "${running[@]}"; do wait "$one"; done
    running=()
}

# Users, from the list, and from passwords of those who are in it no more.
for variable in $(compgen -e KAFKA_PASSWORD_); do
    ours[User:$(sed -E 's/^KAFKA_PASSWORD_//; s/_FILE$//' <<<"$variable" | tr 'A-Z_' 'a-z-')]=no
done
for user in $(sed -nE 's/.*User:([a-z-]+) .*/\1/p' /setup/acls | sort -u); do
    ours[User:$user]=yes
    variable=KAFKA_PASSWORD_$(tr 'a-z-' 'A-Z_' <<<"$user")
    file=${variable}_FILE
    password=${!variable:-}
    [ -z "${!file:-}" ] || password=$(<"${!file}")
    beside /opt/kafka/bin/kafka-configs.sh "${broker[@]}" --alter --entity-type users --entity-name "$user" \
        --add-config "SCRAM-SHA-512=[password=${password:?of $user: neither $variable nor $file is set}]"
done
finished

# What is allowed now.
while read -r line; do
    case $line in
        'Current ACLs for resource'*)
            resource=$(sed -E 's/.*resourceType=([A-Z_]+), name=(.*), patternType=([A-Z]+)\).*/\1 \3 \2/' <<<"$line") ;;
        *permissionType=ALLOW*)
            rule=$(sed -E 's/.*principal=(.*), host=(.*), operation=([A-Z_]+),.*/\1 \2 \3/' <<<"$line")
            allowed["$rule $resource"]=yes ;;
    esac
done < <(/opt/kafka/bin/kafka-acls.sh "${broker[@]}" --list)

added=0 removed=0
while read -r line; do
    lacking=no
    # Each word of the line is an argument.
    # shellcheck disable=SC2086
    while read -r key; do
        listed[$key]=yes
        [ -n "${allowed[$key]:-}" ] || { lacking=yes; added=$((added + 1)); }
    done < <(keys_of $line)
    # shellcheck disable=SC2086
    [ "$lacking" = no ] || beside /opt/kafka/bin/kafka-acls.sh "${broker[@]}" --add $line
done </setup/acls
finished

for key in "${!allowed[@]}"; do
    read -r who host operation kind pattern name <<<"$key"
    if [ -n "${ours[$who]:-}" ] && [ -z "${listed[$key]:-}" ] && [[ " $kinds " = *" $kind "* ]]; then
        surplus["$who $host $operation $kind $pattern"]+=" $name"
        removed=$((removed + 1))
    fi
done
for key in "${!surplus[@]}"; do
    read -r who host operation kind pattern <<<"$key"
    option=--$(tr 'A-Z_' 'a-z-' <<<"$kind")
    names=()
    for name in ${surplus[$key]}; do
        if [ "$kind" = CLUSTER ]; then names=("$option"); else names+=("$option" "$name"); fi
    done
    words=${operation,,} operation=''
    for word in ${words//_/ }; do operation+=${word^}; done
    beside /opt/kafka/bin/kafka-acls.sh "${broker[@]}" --remove --force --allow-principal "$who" --allow-host "$host" \
        --operation "$operation" "${names[@]}" --resource-pattern-type "$pattern"
done
finished
echo "Everybody has what the catalogue allows, and no more: $added rules added, $removed taken back."
