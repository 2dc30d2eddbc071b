"""What it costs and how fast it heals, measured beside others in one run and quoted as ratios."""
