"""The HTTP API: a blueprint per resource. A view parses, calls one function, returns a record."""
