"""A stand-in for InfluxDB 2.7, where no registry gives upstream's image. It is not InfluxDB, and says so.

Its answers are those of InfluxDB 2.7.12 (tests/demo/influx_recorded.json) for what the demo and watchdog ask: health,
ping, write, query (a small part of Flux), buckets, delete. Standard library only.
"""

VERSION = "v2.7.0-stand-in"
NOTE = "demo stand-in for InfluxDB 2.7: a few answers of its API, not a time series database"
