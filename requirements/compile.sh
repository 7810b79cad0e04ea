#!/bin/sh
# Locks every set of dependencies, hashes included. Images get only their own group; `run` is what `make run` installs.
set -eu
cd "$(dirname "$0")/.."
lock() { out=$1; shift; .venv/bin/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate "$@" -o "requirements/$out.txt"; }
lock dev pyproject.toml --group dev --group build --group lab --group plant --group sandbox
lock run pyproject.toml --group build --group lab --group plant --group sandbox -c requirements/dev.txt
for image in lab plant sandbox; do lock "$image" --group "$image" -c requirements/dev.txt; done
