# Runs "manage.py collectstatic" as the site's own manage.py would, after asking Django
# whether there is anything to collect. keep_static is that of hashed.py, before this.
import os
import runpy
import secrets
import sys
import traceback

for name in ("SECRET_KEY", "DJANGO_SECRET_KEY"):
    os.environ.setdefault(name, "for-the-build-only-" + secrets.token_urlsafe(40))
for name in ("DEBUG", "DJANGO_DEBUG"):
    os.environ.setdefault(name, "False")

try:
    from django.core import management
except ImportError:
    print("Django is not among the dependencies: there are no static files to collect.")
    sys.exit(0)

execute = management.execute_from_command_line


def collect(argv=None):
    import django
    from django.apps import apps
    from django.conf import settings

    django.setup()
    if not apps.is_installed("django.contrib.staticfiles"):
        print("django.contrib.staticfiles is not installed: there are no static files to collect.")
    elif not settings.STATIC_ROOT:
        print("Warning: STATIC_ROOT is not set, so no static files are collected. "
              "Set STATIC_ROOT in the settings to a directory of the site to have them served.")
    else:
        execute(["manage.py", "collectstatic", "--noinput"])
        keep_static(settings.STATIC_ROOT)


management.execute_from_command_line = collect
sys.argv = ["manage.py", "collectstatic", "--noinput"]
sys.path.insert(0, os.getcwd())
try:
    runpy.run_path("manage.py", run_name="__main__")
except BaseException as fault:
    if isinstance(fault, SystemExit) and not fault.code:
        sys.exit(0)
    if not isinstance(fault, SystemExit):
        traceback.print_exc()
    elif isinstance(fault.code, str):
        print(fault.code, file=sys.stderr)
    print("Collecting the static files failed. If the settings need a variable, set it for builds "
          "(gondor env set --build NAME=VALUE), or set DISABLE_COLLECTSTATIC=1 for builds.", file=sys.stderr)
    sys.exit(1)
