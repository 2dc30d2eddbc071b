#!/bin/sh
# Makes the database cluster at the first start, then becomes the PostgreSQL server.
set -eu

data=/var/lib/postgresql/data/cluster
: "${POSTGRES_USER:?}" "${POSTGRES_PASSWORD:?}" "${POSTGRES_DB:?}"

if [ ! -d "$data" ]; then
    # Built beside its final place and moved when complete: being killed in between spoils nothing.
    new=$data.new
    rm -rf "$new"
    passwords=$(mktemp)
    printf '%s\n' "$POSTGRES_PASSWORD" > "$passwords"
    initdb --pgdata="$new" --username="$POSTGRES_USER" --pwfile="$passwords" \
        --auth-local=trust --auth-host=scram-sha-256 --encoding=UTF8 --locale=C.UTF-8
    rm -f "$passwords"
    echo 'host all all all scram-sha-256' >> "$new/pg_hba.conf"
    echo "CREATE DATABASE \"$POSTGRES_DB\"" | postgres --single -j -D "$new" postgres
    mv "$new" "$data"
fi

exec postgres -D "$data" -c listen_addresses='*' -c unix_socket_directories=/tmp -c jit=off \
    -c shared_buffers=16MB
