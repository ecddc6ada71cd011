#!/usr/bin/env bash
# Makes sure that the storage tests find a PostgreSQL: an installed one, else Debian's package. Without either they are
# skipped, and say so.
set -euo pipefail

if command -v initdb >/dev/null && command -v postgres >/dev/null; then exit 0; fi
if compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null; then exit 0; fi

if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
  echo "Installing PostgreSQL with apt-get"
  # The tests start a server of their own: no cluster is made, and nothing is left running.
  mkdir -p /etc/postgresql-common
  [ -e /etc/postgresql-common/createcluster.conf ] || echo "create_main_cluster = false" >/etc/postgresql-common/createcluster.conf
  apt-get update -qq &&
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends -o Dpkg::Options::=--force-confold postgresql >/dev/null &&
    exit 0
fi

echo "PostgreSQL can't be installed here: the tests that need it are skipped"
