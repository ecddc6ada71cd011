"""What a browser has to fetch before the designer can be used."""

from __future__ import annotations

import gzip
import re

from tests.bench.harness import ROOT, Measurement, summarise

STATIC = ROOT / "backend" / "torchwire" / "static"


def page_weight() -> Measurement:
    """kB (1,000 bytes, gzipped) of the JavaScript that the first page loads."""
    page = (STATIC / "index.html").read_text()
    scripts = re.findall(r'(?:src|href)="/?([^"]+\.js)"', page)
    weight = sum(len(gzip.compress((STATIC / script).read_bytes(), 9)) for script in scripts) / 1000
    return summarise("page-weight", [weight], "kB", at_most=250)
