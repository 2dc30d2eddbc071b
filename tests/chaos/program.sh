# What each service runs. A file NAME.exit ends it with code 3; with NAME.bad there its command is not found.
rm -f "/outside/$NAME.exit" "/outside/$NAME.sick"
test -e "/outside/$NAME.bad" && exec market-feeder --serve
trap 'exit 0' TERM
# Some end as most programs do: by the signal, not with code 0.
case $NAME in plain-*) trap 'exit 143' TERM ;; esac
while true; do
    test -e "/outside/$NAME.exit" && exit 3
    test "$NAME" = db && test ! -e "/outside/db.sick" && date +%s > /outside/db.beat.new && mv /outside/db.beat.new /outside/db.beat
    sleep 0.5 &
    wait $!
done
