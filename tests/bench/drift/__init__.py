"""Whether drift is found: false alarms where nothing changes, and how soon what changes is seen."""
