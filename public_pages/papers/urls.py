"""Papers on a coach's own host."""

from django.urls import path

from public_pages.papers import paper

urlpatterns = [
    path("paper/<str:paper_token>/", paper.paper, name="paper"),
    path("paper/<str:paper_token>/paper.pdf", paper.paper_pdf, name="paper_pdf"),
    path("paper/<str:paper_token>/details", paper.paper_details, name="paper_details"),
]
