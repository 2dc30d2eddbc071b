-- Run once, when the database is made.
CREATE TABLE api_users (
    id serial PRIMARY KEY,
    username text NOT NULL UNIQUE,
    password text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE watchlists (
    id serial PRIMARY KEY,
    user_id integer REFERENCES api_users,
    name text NOT NULL,
    symbols text[] NOT NULL DEFAULT '{}'
);
CREATE TABLE layouts (
    id serial PRIMARY KEY,
    user_id integer REFERENCES api_users,
    layout jsonb NOT NULL DEFAULT '{}'
);
CREATE TABLE alert_rules (
    id serial PRIMARY KEY,
    symbol text NOT NULL,
    condition text NOT NULL,
    threshold numeric NOT NULL
);
INSERT INTO watchlists (name, symbols) VALUES ('crypto', '{BTCUSDT,ETHUSDT,SOLUSDT}');
