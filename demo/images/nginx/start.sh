#!/bin/sh
# Makes a self-signed certificate where there is none yet, then becomes Nginx.
set -eu

folder=/etc/nginx/ssl
if [ ! -s "$folder/privkey.pem" ] || [ ! -s "$folder/fullchain.pem" ]; then
    # Beside their final names and moved when complete: being killed in between spoils nothing.
    # An elliptic key: RSA takes seconds on a small machine.
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 90 \
        -subj "/CN=$DOMAIN" -addext "subjectAltName=DNS:$DOMAIN,DNS:localhost,IP:127.0.0.1" \
        -keyout "$folder/privkey.pem.new" -out "$folder/fullchain.pem.new" 2> /dev/null
    chmod 600 "$folder/privkey.pem.new"
    # The folder is the user's, outside: what is in it, too.
    chown "$(stat -c %u:%g "$folder")" "$folder/privkey.pem.new" "$folder/fullchain.pem.new"
    mv "$folder/fullchain.pem.new" "$folder/fullchain.pem"
    mv "$folder/privkey.pem.new" "$folder/privkey.pem"
    echo "demo: made a self-signed certificate for $DOMAIN" >&2
fi

# Where HTTPS is reached from outside: the redirect has to name it.
echo "map \$host \$https_at { default \$host:${HTTPS_PORT:-443}; }" > /run/https-at.conf

exec nginx -g 'daemon off;'
