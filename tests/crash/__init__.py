"""Kills everything at every moment, and checks that nothing is lost. ``make crash`` runs all of it."""
