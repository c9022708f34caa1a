"""What nothing costs on this machine, through the same server and the same middleware as everything else."""

from django.db import models, transaction
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from kit.clock import now
from kit.ids import uuid7

TABLE = """
    CREATE TABLE bench_row (id uuid PRIMARY KEY, body text NOT NULL, at timestamptz NOT NULL);
    GRANT INSERT ON bench_row TO {role}"""


class BenchRow(models.Model):
    """Three columns and a key; the bench makes its table and the database is dropped with it."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    body = models.CharField(max_length=40)
    at = models.DateTimeField(default=now)

    class Meta:
        app_label = "bench"
        managed = False
        db_table = "bench_row"

    def __str__(self) -> str:
        return self.body


def empty(request: HttpRequest) -> HttpResponse:
    return HttpResponse("")


@csrf_exempt
def insert(request: HttpRequest) -> HttpResponse:
    """One row, one transaction, one commit."""
    with transaction.atomic():
        BenchRow.objects.create(body="what an insert costs")
    return HttpResponse("")
