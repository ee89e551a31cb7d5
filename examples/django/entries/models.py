from django.db import models


class Entry(models.Model):
    """What one guest has left."""

    name = models.CharField("your name", max_length=60)
    message = models.CharField("your message", max_length=280)
    written = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-written"]
        verbose_name_plural = "entries"

    def __str__(self):
        return f"{self.name}: {self.message}"


class Count(models.Model):
    """What the worker has counted last; there is at most one."""

    entries = models.PositiveIntegerField()
    counted = models.DateTimeField(auto_now=True)

    def __str__(self):
        return f"{self.entries} entries"
