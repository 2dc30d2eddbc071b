#!/bin/sh
# Run once, when InfluxDB is set up; `markets` is made by the setup itself.
set -eu

influx bucket create --name news --retention 90d
influx bucket create --name infra --retention 15d
influx bucket create --name custom --retention 0
influx bucket create --name markets_5min --retention 30d
influx bucket create --name markets_1h --retention 365d
