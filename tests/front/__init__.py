"""What tests of the web front share: a real Nginx, a real ACME server and a real certbot, each in a container."""
