#!/usr/bin/env bash
# Behaviour: `Range: bytes=-500` for a file of 300 bytes is status 416 in Werkzeug, and `bytes=-0` is 206 with the whole file.
# Versions: werkzeug 2.2.2 (Debian 12), Python 3.11.
# A good guess: 206 with all 300 bytes (RFC 9110, 14.1.2: if the file is shorter than the suffix, the whole file is used), and 416 for the last 0
#   bytes.
# Cause: Range.range_for_length wants the start to be at least 0 after the length is added; make_conditional raises for what has no range.
# Who meets it: clients that read the end of a file first: zip readers, Parquet, video players, `tail` over HTTP: small files fail, large ones do
#   not.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
if ! /usr/bin/python3 -c 'import werkzeug' 2> /dev/null; then
  apt-get download python3-werkzeug python3-markupsafe > /dev/null 2>&1
  for package in *.deb; do dpkg -x "$package" debian; done
  export PYTHONPATH="$dir/debian/usr/lib/python3/dist-packages"
fi
cat > find.py <<'EOF'
# Prints what was expected and what was seen; exits with 1 if the behaviour has changed.
import sys
from importlib.metadata import version
from werkzeug.exceptions import RequestedRangeNotSatisfiable
from werkzeug.test import create_environ
from werkzeug.wrappers import Response

data = b'a' * 300


def status(range_):
    response = Response(data)
    environ = create_environ('/', headers={'Range': range_})
    try:
        response.make_conditional(environ, accept_ranges=True, complete_length=len(data))
    except RequestedRangeNotSatisfiable as error:
        return error.code
    return response.status_code, len(response.get_data())


seen = [status(range_) for range_ in ['bytes=-100', 'bytes=-500', 'bytes=0-500', 'bytes=-0']]
known = [(206, 100), 416, (206, 300), (206, 300)]
print('version  ', 'werkzeug', version('werkzeug'), 'python', sys.version.split()[0])
print('expected ', [(206, 100), (206, 300), (206, 300), 416])
print('seen     ', seen)
print('unchanged' if seen == known else 'CHANGED')
sys.exit(seen != known)
EOF
/usr/bin/python3 find.py
