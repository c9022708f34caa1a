from django.urls import path

from public_pages.embedding import frame

urlpatterns = [
    path("embed/", frame.embed, name="embed"),
    path("embed.js", frame.script, name="embed_script"),
]
