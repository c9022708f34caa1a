"""Every address of version 1. What is declared there is guarded, written down and tested by itself."""

from django.urls import path, re_path

from api.core.resources import Nothing
from api.v1 import holds, session_types

urlpatterns = [
    path("session-types", session_types.SessionTypes.as_view(), name="api_session_types"),
    path(
        "session-types/<uuid:session_type_id>",
        session_types.OneSessionType.as_view(),
        name="api_session_type",
    ),
    path("holds", holds.Holds.as_view(), name="api_holds"),
    path("holds/<uuid:hold_id>", holds.OneHold.as_view(), name="api_hold"),
    path("holds/<uuid:hold_id>/renewal", holds.HoldRenewal.as_view(), name="api_hold_renewal"),
    re_path(r"", Nothing.as_view(), name="api_nothing"),
]
