"""What both hosts have: the stylesheet of a colour that a coach brought."""

from django.urls import re_path

from ui.views import accent

urlpatterns = [re_path(r"^accent/(?P<colour>[0-9a-f]{6})\.css$", accent, name="accent")]
