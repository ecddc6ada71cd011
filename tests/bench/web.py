"""What a browser has to fetch before the designer can be used."""

from __future__ import annotations

import gzip
import json
import re
import subprocess
import tempfile
from pathlib import Path

from tests.bench.harness import ROOT, Measurement, summarise

STATIC = ROOT / "backend" / "torchwire" / "static"


def page_weight() -> Measurement:
    """kB (1,000 bytes, gzipped) of the JavaScript that the first page loads."""
    page = (STATIC / "index.html").read_text()
    scripts = re.findall(r'(?:src|href)="/?([^"]+\.js)"', page)
    weight = sum(len(gzip.compress((STATIC / script).read_bytes(), 9)) for script in scripts) / 1000
    return summarise("page-weight", [weight], "kB", at_most=250)


def renders_per_event() -> Measurement:
    """Nodes that the designer draws anew for one progress event, on a canvas of several running ones."""
    test = ["src/app/counting.test.tsx", "-t", "for one progress event"]
    with tempfile.TemporaryDirectory(prefix="torchwire-renders-") as folder:
        report = Path(folder) / "report.json"
        command = ["npx", "vitest", "run", *test, "--reporter=json", f"--outputFile={report}"]
        subprocess.run(command, cwd=ROOT / "frontend", check=False, capture_output=True)
        results = json.loads(report.read_text())["testResults"]
    counts = [one["meta"]["renders"] for result in results for one in result["assertionResults"] if one.get("meta")]
    return summarise("renders-per-event", [float(count) for count in counts], "renders", at_most=1)
