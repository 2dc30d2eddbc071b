"""What reads the daemon's happenings and passes them on: logs now, metrics later. Nothing here decides."""
