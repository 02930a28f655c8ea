#!/bin/sh
# Creates the buckets and the services' own account, which can use these buckets and nothing else. Safe to repeat; a
# secret key that changed is changed. Secrets may come as files: MINIO_ROOT_PASSWORD_FILE, RESONANCE_S3_SECRET_KEY_FILE.
set -eu

[ -z "${MINIO_ROOT_PASSWORD_FILE-}" ] || MINIO_ROOT_PASSWORD=$(cat "$MINIO_ROOT_PASSWORD_FILE")
[ -z "${RESONANCE_S3_SECRET_KEY_FILE-}" ] || RESONANCE_S3_SECRET_KEY=$(cat "$RESONANCE_S3_SECRET_KEY_FILE")
if [ -n "${STORE_CA:-}" ]; then
    mkdir -p "$MC_CONFIG_DIR/certs/CAs"
    cp "$STORE_CA" "$MC_CONFIG_DIR/certs/CAs/ca.crt"
fi
mc alias set store "${STORE_URL:-http://minio:9000}" "$MINIO_ROOT_USER" "$MINIO_ROOT_PASSWORD" >/dev/null
mc mb --ignore-existing store/resonance-models store/resonance-state
mc admin policy create store resonance /setup/policy.json
mc admin user add store "$RESONANCE_S3_ACCESS_KEY" "$RESONANCE_S3_SECRET_KEY"
# Attaching what is attached is an error to mc, so look first. The image has a shell, but no grep.
case "$(mc admin user info store "$RESONANCE_S3_ACCESS_KEY")" in
    *PolicyName:*resonance*) ;;
    *) mc admin policy attach store resonance --user "$RESONANCE_S3_ACCESS_KEY" ;;
esac
