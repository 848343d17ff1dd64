#!/bin/sh
# Locks every dependency set with hashes and without addresses. Called by `make lock`.
set -eu
cd "$(dirname "$0")/.."
uv=.venv/bin/uv
compile() { # name, then options
    set_name=$1; shift
    "$uv" pip compile -q --universal --generate-hashes --no-emit-index-url --no-emit-find-links \
        --no-header --no-annotate "$@" -o "requirements/$set_name.txt"
}
compile dev --python-version 3.11 --group pyproject.toml:dev
for name in sync api alerts; do
    compile "$name" --python-version 3.13 --group "pyproject.toml:$name" -c requirements/dev.txt
done
# The emulator pins an older botocore than the functions use; it works with the newer one.
override=$(mktemp); trap 'rm -f "$override"' EXIT
printf 'botocore>=1.44\n' > "$override"
compile emulator --python-version 3.11 --group pyproject.toml:emulator --override "$override"
printf 'uv==%s\n' "$("$uv" --version | cut -d' ' -f2)" | compile uv --python-version 3.11 -
