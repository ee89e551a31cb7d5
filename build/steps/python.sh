# Makes .venv with the dependencies, or takes over that of an earlier build. The words
# in "$@" are what pip installs, none when there are no dependencies.
python="$GONDOR_PYTHON"
base="base-$GONDOR_PYTHON_KEY"

# relocate makes the environment fit for another directory, and its files read-only,
# because they may be shared with what is kept.
relocate() {
	.venv/bin/python - <<'END'
import os, re
from pathlib import Path

root, venv = Path.cwd(), Path.cwd() / ".venv"
header = b"""#!/bin/sh
'''exec' "$(dirname -- "$(realpath -- "$0")")/python" "$0" "$@"
' '''
"""
start = re.compile(rb"#!" + re.escape(bytes(venv)) + rb"/bin/python[^\n]*\n|#!/bin/sh\n'''exec' [^\n]*" + re.escape(bytes(venv)) + rb"[^\n]*\n' '''\n")

def rewrite(path, change):
    old = path.read_bytes()
    new = change(old)
    if new != old:
        mode = path.stat().st_mode
        path.unlink()
        path.write_bytes(new)
        path.chmod(mode)

def activation(text):
    return re.sub(rb"(VIRTUAL_ENV=)[\"']?" + re.escape(bytes(venv)) + rb"[\"']?", rb'\1"$PWD/.venv"', text)

def relative(packages, text):
    here = lambda line: os.path.relpath(line, packages) if line.startswith(f"{root}/") else line
    return "\n".join(map(here, text.decode().split("\n"))).encode()

for path in (venv / "bin").iterdir():
    if path.name == "activate":
        rewrite(path, activation)
    elif path.is_file() and not path.is_symlink():
        rewrite(path, lambda old: start.sub(lambda _: header, old, count=1) if old.startswith(b"#!") else old)
for path in venv.glob("lib/python*/site-packages/*.pth"):
    rewrite(path, lambda old: relative(path.parent, old))
for directory, _, names in os.walk(venv):
    for name in names:
        path = os.path.join(directory, name)
        if not os.path.islink(path):
            os.chmod(path, os.stat(path).st_mode & ~0o222)
END
}

if take "$GONDOR_KEY" .venv; then
	echo "Nothing has changed that the dependencies hang on: those of an earlier build are taken over."
	exit 0
fi
if ! take "$base" .venv; then
	rm -rf .venv
	"$python" -m venv .venv
	relocate
	keep "$base" .venv
fi
if [ $# -gt 0 ]; then
	.venv/bin/python -m pip install --no-compile --progress-bar off "$@"
	.venv/bin/python -m compileall -q -j 0 .venv/lib || true # a file for another Python is no fault
	relocate
fi
keep "$GONDOR_KEY" .venv
