#!/usr/bin/env bash
# Behaviour: `request.url` of Werkzeug has '+' where the browser sent '%2B': `redirect(request.url)` or a link with it has another value,
#   '?phone=%2B49' becomes '?phone=+49', which is ' 49'. `=`, `&` and `%` keep their encoding; `request.full_path` is right.
# Versions: werkzeug 2.2.2 (Debian 12), Python 3.11.
# A good guess: an IRI decodes what means the same either way, so that iri_to_uri(uri_to_iri(url)) is a URL with the same query.
# Cause: uri_to_iri decodes each character that is "always safe" to write plain (_always_safe in werkzeug.urls), and the plus is one of them.
# Who meets it: login pages that redirect to where one came from: telephone numbers, e-mail addresses with a plus, base64, time zones (+02:00).
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
from werkzeug.test import create_environ
from werkzeug.urls import iri_to_uri, uri_to_iri
from werkzeug.utils import redirect
from werkzeug.wrappers import Request


def request(query):
    environ = create_environ('/')
    environ['QUERY_STRING'] = query
    return Request(environ)


first = request('phone=%2B49&sum=1%3D1%261')
location = redirect(first.url).headers['Location']
second = request(location.partition('?')[2])
round_trip = iri_to_uri(uri_to_iri('http://localhost/?zone=%2B02:00'))
seen = [first.args.to_dict(), second.args.to_dict(), round_trip, first.full_path]
path = '/?phone=%2B49&sum=1%3D1%261'
right = {'phone': '+49', 'sum': '1=1&1'}
known = [right, {'phone': ' 49', 'sum': '1=1&1'}, 'http://localhost/?zone=+02:00', path]
print('version  ', 'werkzeug', version('werkzeug'), 'python', sys.version.split()[0])
print('expected ', [right, right, 'http://localhost/?zone=%2B02:00', path])
print('seen     ', seen)
print('unchanged' if seen == known else 'CHANGED')
sys.exit(seen != known)
EOF
/usr/bin/python3 find.py
