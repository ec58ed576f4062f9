#!/bin/sh
# Make the secrets that can be made, a file each, in the folder ./secrets (or the one that is named): what is there stays.
# Only root enters the folder; the files are readable, because a container's own account reads the one it is given.
set -eu
folder=${1:-secrets}
mkdir -p "$folder"
chmod 700 "$folder"
cd "$folder"
random() { od -An -N32 -tx1 /dev/urandom | tr -d ' \n'; }
keep() { [ -s "$1" ] || { printf '%s\n' "$2" >"$1" && echo "made $1"; }; }
keep postgres_password "$(random)"
for role in owner web worker; do keep "database_url_$role" "postgres://portal_$role:$(random)@db:5432/portal"; done
keep redis_url "redis://:$(random)@redis:6379/0"
keep secret_key "$(random)$(random)"
keep nid_digest_keys "k1:$(random)"
keep nid_encryption_keys "k1:$(random)"
keep metrics_token "$(random)"
for given in nafath_oidc_client_secret sms_gateway_token sms_gateway_signing_key email_host_password tls_certificate tls_key; do
  [ -e "$given" ] || { : >"$given" && echo "empty: $given, to be filled in"; }
done
chmod 444 ./*
