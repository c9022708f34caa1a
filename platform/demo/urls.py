"""Pages that exist in the demo only: its mailbox, its people, and its clock."""

from django.urls import path

from demo import views

urlpatterns = [
    path("demo/", views.overview, name="demo"),
    path("demo/time", views.move_time, name="demo_time"),
    path("mailbox/", views.mailbox_list, name="mailbox"),
    path("mailbox/<str:key>/", views.mail, name="mailbox_mail"),
    path("mailbox/<str:key>/html", views.mail_html, name="mailbox_html"),
    path("mailbox/<str:key>/attachments/<int:number>", views.attachment, name="mailbox_attachment"),
]
