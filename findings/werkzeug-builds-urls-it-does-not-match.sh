#!/usr/bin/env bash
# Behaviour: `MapAdapter.build` of Werkzeug builds URLs that its own rule does not match: 1e16 and 1e-07 for a float, a number beyond `max`, a number with
#   more than `fixed_digits` digits, a text that is longer than `maxlength`, any text for a UUID. Only `any` checks.
# Versions: werkzeug 2.2.2 (Debian 12), Python 3.11.
# A good guess: what a rule builds it matches, or build raises, as `any` does.
# Who meets it: links that are "not found" for some values only: prices, coordinates near zero, ids that grow by a digit.
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
from werkzeug.exceptions import NotFound
from werkzeug.routing import Map, Rule


def build_and_match(converter, value):
    urls = Map([Rule(f'/<{converter}:x>', endpoint='find')]).bind('localhost')
    try:
        url = urls.build('find', {'x': value})
    except ValueError:
        return 'raises'
    try:
        urls.match(url)
        return url
    except NotFound:
        return f'{url} is not found'


seen = [
    build_and_match('float', 0.5),
    build_and_match('float', 1e16),
    build_and_match('float', 1e-07),
    build_and_match('int(max=20)', 21),
    build_and_match('int(fixed_digits=4)', 12345),
    build_and_match('string(maxlength=2)', 'abc'),
    build_and_match('uuid', 'abc'),
    build_and_match('any(a, b)', 'c'),
]
known = ['/0.5', *(f'/{text} is not found' for text in ['1e+16', '1e-07', '21', '12345', 'abc', 'abc']), 'raises']
print('version  ', 'werkzeug', version('werkzeug'), 'python', sys.version.split()[0])
print('expected ', ['/0.5', '/10000000000000000.0', '/0.0000001', *['raises'] * 5])
print('seen     ', seen)
print('unchanged' if seen == known else 'CHANGED')
sys.exit(seen != known)
EOF
/usr/bin/python3 find.py
