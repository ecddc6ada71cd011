#!/usr/bin/env bash
# Makes sure that the end-to-end tests find a Chromium: an installed one, else Debian's package, else Playwright's own.
set -euo pipefail

for name in chromium chromium-browser google-chrome; do
  if command -v "$name" >/dev/null; then exit 0; fi
done

if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
  echo "Installing Chromium with apt-get"
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null && exit 0
fi

echo "Installing Playwright's Chromium"
npx playwright install chromium
