"""Upgrades, backups and partitions under traffic: `make upgrade-test`."""
