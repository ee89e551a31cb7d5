import os

from django.forms import ModelForm, Textarea
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from .models import Count, Entry


class EntryForm(ModelForm):
    class Meta:
        model = Entry
        fields = ["name", "message"]
        widgets = {"message": Textarea(attrs={"rows": 3})}


@require_http_methods(["GET", "HEAD", "POST"])
def book(request):
    """Shows the newest entries and takes a new one."""
    form = EntryForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        form.save()
        return redirect("book")
    return render(
        request,
        "entries/book.html",
        {
            "form": form,
            "entries": Entry.objects.all()[:50],
            "count": Count.objects.first(),
            "release": os.environ.get("GONDOR_RELEASE", ""),
        },
        status=400 if form.errors else 200,
    )
