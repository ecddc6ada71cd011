"""Pipelines as values: the document, its validation and the plan. Knows neither Flask nor torch."""
