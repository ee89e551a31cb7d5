from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.CreateModel(
            name="Count",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("entries", models.PositiveIntegerField()),
                ("counted", models.DateTimeField(auto_now=True)),
            ],
        ),
        migrations.CreateModel(
            name="Entry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=60, verbose_name="your name")),
                ("message", models.CharField(max_length=280, verbose_name="your message")),
                ("written", models.DateTimeField(auto_now_add=True)),
            ],
            options={"ordering": ["-written"], "verbose_name_plural": "entries"},
        ),
    ]
