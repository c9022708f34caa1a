"""What is about money on a coach's own host."""

from django.urls import path

from public_pages.payments import link_again, pay

urlpatterns = [
    path("payments-link", link_again.payments_link, name="payments_link"),
    path("pay/<str:pay_token>/", pay.pay_page, name="pay"),
    path("pay/<str:pay_token>/now", pay.pay_now, name="pay_now"),
    path("pay/<str:pay_token>/paid", pay.pay_return, name="pay_return"),
]
