"""What one client is offered by itself, on a coach's own host."""

from django.urls import path

from public_pages.proposals import proposal

urlpatterns = [
    path("proposal/<str:proposal_token>/", proposal.proposal, name="proposal"),
    path("proposal/<str:proposal_token>/accept", proposal.accept, name="proposal_accept"),
    path("proposal/<str:proposal_token>/decline", proposal.decline, name="proposal_decline"),
]
