"""What clients agree to, fill in and read, on a coach's own host."""

from django.urls import path

from public_pages.paperwork import forms, packets, reading, signing

urlpatterns = [
    path("sign/<str:sign_token>/", signing.sign, name="sign"),
    path("sign/<str:sign_token>/accept", signing.accept, name="sign_accept"),
    path("sign/<str:sign_token>/decline", signing.decline, name="sign_decline"),
    path("sign/<str:sign_token>/newest", signing.newest, name="sign_newest"),
    path("sign/<str:sign_token>/agreement.pdf", signing.sign_pdf, name="sign_pdf"),
    path("sign/<str:sign_token>/agreement.txt", signing.sign_text, name="sign_text"),
    path("form/<str:form_token>/", forms.form, name="form"),
    path("form/<str:form_token>/file/<str:question_id>", forms.form_file, name="form_file"),
    path("read/<str:read_token>/", reading.document, name="document"),
    path("read/<str:read_token>/file", reading.document_file, name="document_file"),
    path("packet/<str:packet_token>/", packets.packet, name="packet"),
    path("packet/<str:packet_token>/file/<uuid:packet_file_id>", packets.packet_file, name="packet_file"),
]
