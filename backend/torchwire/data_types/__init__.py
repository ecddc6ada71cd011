"""The types that flow through wires: what each is called, and how it is read and written on disk.

Nothing here imports torch, so the web server can preview what a node made.
"""
