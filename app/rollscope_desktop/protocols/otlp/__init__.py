"""OpenTelemetry over HTTP: what exporters send, read leniently and told in our own words."""
