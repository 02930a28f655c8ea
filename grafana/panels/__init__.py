"""The panels of the dashboards, in Python; `grafana/generate` writes them as Grafana reads them."""
