# Faults of the certificate of Nginx. Sourced by demo/break.
# shellcheck shell=bash disable=SC2016,SC2154

# Puts a pair of its own making in place; beside its final name first, as Nginx may start at any moment.
write_pair() { # FROM TO, as `date` understands them
    local from to
    from=$(date -u -d "$1" +%Y%m%d%H%M%SZ)
    to=$(date -u -d "$2" +%Y%m%d%H%M%SZ)
    inside "cd /etc/nginx/ssl && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
        -not_before $from -not_after $to -subj \"/CN=\$DOMAIN\" \
        -addext \"subjectAltName=DNS:\$DOMAIN,DNS:localhost,IP:127.0.0.1\" \
        -keyout privkey.pem.new -out fullchain.pem.new 2> /dev/null \
        && chmod 600 privkey.pem.new && chown \"\$(stat -c %u:%g .)\" privkey.pem.new fullchain.pem.new \
        && mv fullchain.pem.new fullchain.pem && mv privkey.pem.new privkey.pem"
}

certificate_expired() {
    need_running
    write_pair '91 days ago' '1 day ago'
    inside 'nginx -s reload' 2> /dev/null
    told "its certificate expired yesterday, in its file and served"
}

certificate_not_served() {
    need_running
    write_pair now '90 days'
    told "a new certificate lies in demo/nginx/ssl, and $container serves the old one until it is reloaded"
}

# What certbot keeps is a volume that Nginx may only read.
in_letsencrypt() { # SHELL-LINE
    docker run --rm --user 0 --label "$label" --label com.docker.compose.oneoff=True --network none --volumes-from "$container:ro" \
        --volume bloomberg-letsencrypt:/kept --entrypoint sh "$(docker inspect --format '{{.Image}}' "$container")" -c "$1"
}

# Certbot has this one, and no better one: so it has to be asked, which is tried out before.
certificate_renewal_fails() {
    need_running
    inside 'd=/var/www/certbot/.well-known; mkdir -p $d/acme-challenge && chmod 700 $d'
    write_pair '89 days ago' '1 day'
    in_letsencrypt 'mkdir -p /kept/live/demo && cp /etc/nginx/ssl/*.pem /kept/live/demo/'
    inside 'nginx -s reload' 2> /dev/null
    told "its certificate ends tomorrow, and what an authority would ask for is answered with 403"
}

# Whether its certificate is one that this script broke.
has_bad_pair() { ! inside 'openssl x509 -checkend 172800 -noout -in /etc/nginx/ssl/fullchain.pem' > /dev/null 2>&1; }

mend_certificate() {
    [[ $(state) == running ]] || return 0
    if has_bad_pair; then
        write_pair '1 hour ago' '90 days'
        done_+=("has a good certificate")
    fi
    # First of all nobody is to be asked any more.
    in_letsencrypt 'rm -rf /kept/live/demo'
    inside 'chmod 755 /var/www/certbot/.well-known 2> /dev/null; nginx -s reload' 2> /dev/null
    done_+=("reloaded")
}
