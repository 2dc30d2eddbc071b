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
    initdb --pgdata="$new" --username="$POSTGRES_USER" --pwfile="$passwords" --no-sync \
        --auth-local=trust --auth-host=scram-sha-256 --encoding=UTF8 --locale=C.UTF-8
    rm -f "$passwords"
    echo 'host all all all scram-sha-256' >> "$new/pg_hba.conf"
    # Without a network, so that nobody takes it for ready.
    pg_ctl start -s -w -D "$new" -o "-c listen_addresses='' -c unix_socket_directories=/tmp"
    psql -q -h /tmp -U "$POSTGRES_USER" -d postgres -c "CREATE DATABASE \"$POSTGRES_DB\""
    for script in /docker-entrypoint-initdb.d/*.sql; do
        [ ! -e "$script" ] || psql -q -v ON_ERROR_STOP=1 -h /tmp -U "$POSTGRES_USER" -d "$POSTGRES_DB" -f "$script"
    done
    pg_ctl stop -s -w -m fast -D "$new"
    sync -f "$new"
    mv "$new" "$data"
fi

# In a process of its own, not a child of PostgreSQL.
(backup-postgres &)

exec postgres -D "$data" -c listen_addresses='*' -c unix_socket_directories=/tmp -c jit=off \
    -c shared_buffers=16MB
