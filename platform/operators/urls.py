from django.urls import path

from operators import views

urlpatterns = [path("operators/", views.coaches, name="operators")]
