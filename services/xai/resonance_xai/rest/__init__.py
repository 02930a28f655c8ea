"""Questions over HTTP: `POST /explain`, trees, plots, and the cache of answers."""
