from django.urls import path

from partners import views

urlpatterns = [
    path("partners/", views.home, name="partners"),
    path("oauth/authorize", views.Consent.as_view(), name="oauth_authorize"),
    path("oauth/token", views.Tokens.as_view(), name="oauth_token"),
    path("oauth/revoke", views.Revoke.as_view(), name="oauth_revoke"),
    path(".well-known/oauth-authorization-server", views.metadata, name="oauth_metadata"),
]
