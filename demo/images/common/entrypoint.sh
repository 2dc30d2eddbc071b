#!/bin/sh
# Runs a demo service's real program and hands on its signals and its exit code. What it adds are the
# places where demo/break takes hold: two flag files, a pid file, and SIGUSR1 = "end with code 1".

# There any user may write, in upstream's images, too.
mkdir -p /dev/shm/demo
rm -f /dev/shm/demo/unhealthy # a restart cures it
echo "$$" > /dev/shm/demo/entrypoint.pid

if [ -s /var/lib/demo/always-crash ]; then
    echo "demo: fatal: told to crash at every start (demo/break always-crash); exiting with code 1" >&2
    exit 1
fi

"$@" &
main=$!
echo "$main" > /dev/shm/demo/main.pid
forced=

trap 'kill -TERM "$main" 2>/dev/null' TERM
trap 'kill -INT "$main" 2>/dev/null' INT
trap 'forced=1; kill -INT "$main" 2>/dev/null' USR1

# `wait` also returns when a signal came in: ask again until the program has really ended.
while :; do
    wait "$main"
    code=$?
    kill -0 "$main" 2>/dev/null || break
done

if [ -n "$forced" ]; then
    echo "demo: fatal: told to exit with code 1 (demo/break exit-1)" >&2
    exit 1
fi
exit "$code"
