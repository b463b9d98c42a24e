#!/usr/bin/env bash
# Install Debian packages that the tests need and the machine lacks: packages.sh COMMAND=PACKAGE …
# Only root on Debian can; elsewhere it says what is missing, and the tests that need it fail.
set -euo pipefail

missing=()
for pair in "$@"; do
  command -v "${pair%%=*}" >/dev/null 2>&1 || missing+=("${pair#*=}")
done
if ((${#missing[@]} == 0)); then exit 0; fi
if ((EUID != 0)) || ! command -v apt-get >/dev/null 2>&1; then
  echo "missing here, and only root on Debian can install it by itself: ${missing[*]}" >&2
  exit 0
fi
echo "installing ${missing[*]}" >&2
export DEBIAN_FRONTEND=noninteractive
apt-get update --quiet --quiet
apt-get install --yes --quiet --quiet --no-install-recommends "${missing[@]}" >/dev/null
