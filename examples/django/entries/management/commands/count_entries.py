import signal
import threading

from django.core.management.base import BaseCommand
from django.db import OperationalError

from entries.models import Count, Entry


class Command(BaseCommand):
    help = "Counts the entries of the guest book, again and again, until it is told to stop."

    def add_arguments(self, parser):
        parser.add_argument("--every", type=float, default=10, help="seconds between two counts")

    def handle(self, *args, **options):
        stopped = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopped.set())
        self.stdout.write("counting the entries")
        before = None
        while not stopped.is_set():
            before = self.count(before)
            stopped.wait(options["every"])
        self.stdout.write("stopped counting")

    def count(self, before):
        """Counts once, and says so when the count has changed."""
        try:
            entries = Entry.objects.count()
            Count.objects.update_or_create(pk=1, defaults={"entries": entries})
        except OperationalError as fault:  # the database is busy or away: the next count may do
            self.stderr.write(f"can't count now: {fault}")
            return before
        if entries != before:
            self.stdout.write(f"the guest book has {entries} entries")
        return entries
