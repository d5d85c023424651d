"""Arrays, sparse products, threads, memory: what every floor above stands on."""
