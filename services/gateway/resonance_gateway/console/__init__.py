"""The console, a web page for operators: `built` is what `make console` makes of the repository's folder `console`."""
