#!/usr/bin/env bash
# Installs what the project needs on a fresh machine: tools/setup.sh run|test|bench|screenshots. Repeating it is cheap.
# Needs Python 3.11 or later, Node 20 or later, make, and root or sudo for Debian packages.
set -euo pipefail
cd "$(dirname "$0")/.."
purpose=${1:?usage: tools/setup.sh run|test|bench|screenshots}
export UV_PYTHON_DOWNLOADS=never

say() { printf 'setup: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

# The system's Python first: distributions build it with profile-guided optimization, and the server needs a tenth less
# CPU on it than on one compiled plainly.
python=
for candidate in /usr/bin/python3 python3 python3.13 python3.12 python3.11; do
  if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    python=$("$candidate" -c 'import sys; print(sys.executable)')
    break
  fi
done
[ -n "$python" ] || fail "Python 3.11 or later is needed"

has_headers() { "$python" -c 'import os, sys, sysconfig; sys.exit(not os.path.exists(os.path.join(sysconfig.get_path("include"), "Python.h")))'; }
has_unbound_for_lua() { ls /usr/lib/*/lua/5.4/lunbound.so >/dev/null 2>&1; }
has_postgresql() { ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null; }

packages=()
command -v cc >/dev/null || packages+=(gcc libc6-dev)
has_headers || packages+=(python3-dev)
uv=$(command -v uv || true)
[ -n "$uv" ] || "$python" -c 'import ensurepip' 2>/dev/null || packages+=(python3-venv)
command -v node >/dev/null && command -v npm >/dev/null || packages+=(nodejs npm)
if [ "$purpose" != run ]; then
  has_postgresql || packages+=(postgresql)
  command -v chromium-headless-shell >/dev/null || packages+=(chromium-headless-shell)
fi
servers=()
if [ "$purpose" = test ]; then
  command -v prosody >/dev/null && has_unbound_for_lua || servers+=(prosody lua-unbound)
  command -v ejabberdctl >/dev/null || servers+=(ejabberd)
  packages+=("${servers[@]}")
fi
if [ "$purpose" = screenshots ]; then
  fc-list 2>/dev/null | grep -q Inter || packages+=(fonts-inter)
  fc-list 2>/dev/null | grep -q NotoColorEmoji || packages+=(fonts-noto-color-emoji)
fi
if [ "$purpose" = bench ]; then
  command -v taskset >/dev/null || packages+=(util-linux)
  command -v g++ >/dev/null || packages+=(g++)
fi
if [ ${#packages[@]} -gt 0 ]; then
  command -v apt-get >/dev/null || fail "install these first: ${packages[*]}"
  as_root=()
  if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || fail "root or sudo is needed to install: ${packages[*]}"
    as_root=(sudo)
  fi
  say "installing ${packages[*]}"
  "${as_root[@]}" apt-get update -q
  # The tests start servers of their own: as the system's they stay off, now and after the next boot.
  if [ ${#servers[@]} -gt 0 ] && [ ! -e /usr/sbin/policy-rc.d ]; then
    trap '"${as_root[@]}" rm -f /usr/sbin/policy-rc.d' EXIT
    printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" install -m 755 /dev/stdin /usr/sbin/policy-rc.d
  fi
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${packages[@]}"
  if [ ${#servers[@]} -gt 0 ] && command -v systemctl >/dev/null; then
    for server in "${servers[@]}"; do
      [ ! -e "/lib/systemd/system/$server.service" ] || "${as_root[@]}" systemctl disable --quiet "$server"
    done
  fi
fi

if [ -z "$uv" ]; then
  if [ ! -x .tools/bin/uv ]; then
    say "installing uv into .tools"
    "$python" -m venv .tools
    .tools/bin/python -m pip install --quiet "uv>=0.9"
  fi
  uv=.tools/bin/uv
fi

case "$purpose" in
  run) groups=(--no-default-groups --group build) ;;
  test | screenshots) groups=() ;;
  bench) groups=(--group bench) ;;
  *) fail "usage: tools/setup.sh run|test|bench|screenshots" ;;
esac
# --inexact: what an earlier purpose installed stays.
"$uv" sync --frozen --quiet --inexact --python "$python" "${groups[@]}"

node -e 'process.exit(Number(process.versions.node.split(".")[0]) < 20 ? 1 : 0)' || fail "Node 20 or later is needed; this is $(node --version)"
# npm ci starts from nothing each time: only when the lock file has changed.
if ! cmp -s web/client/package-lock.json web/client/node_modules/.installed-lock.json; then
  say "installing the browser client's packages"
  npm ci --prefix web/client --no-audit --no-fund --loglevel=error
  cp web/client/package-lock.json web/client/node_modules/.installed-lock.json
fi

if [ "$purpose" = bench ]; then
  npm ci --prefix bench/peers --no-audit --no-fund --silent
fi
