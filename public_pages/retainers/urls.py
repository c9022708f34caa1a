"""Retainers on a coach's own host."""

from django.urls import path

from public_pages.retainers import changes, paying, plan, retainer

urlpatterns = [
    path("retainers/<slug:plan_slug>/", plan.retainer_plan, name="retainer_plan"),
    path("r/<str:retainer_token>/", retainer.retainer, name="retainer"),
    path("r/<str:retainer_token>/for/<slug:type_slug>/", retainer.retainer, name="retainer_for"),
    path("r/<str:retainer_token>/begin", paying.begin, name="retainer_begin"),
    path("r/<str:retainer_token>/paid", paying.paid, name="retainer_return"),
    path("r/<str:retainer_token>/pause", changes.pause, name="retainer_pause"),
    path("r/<str:retainer_token>/cancel", changes.cancel, name="retainer_cancel"),
    path("r/<str:retainer_token>/keep", changes.keep, name="retainer_keep"),
    path("r/<str:retainer_token>/resume", changes.resume, name="retainer_resume"),
]
