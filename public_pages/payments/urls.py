"""What is about money on a coach's own host."""

from django.urls import path

from public_pages.payments import link_again, own_cards, own_page, pay

urlpatterns = [
    path("payments-link", link_again.payments_link, name="payments_link"),
    path("pay/<str:pay_token>/", pay.pay_page, name="pay"),
    path("pay/<str:pay_token>/now", pay.pay_now, name="pay_now"),
    path("pay/<str:pay_token>/paid", pay.pay_return, name="pay_return"),
    path("payments/<str:payer_token>/", own_page.payments, name="payments"),
    path("payments/<str:payer_token>/details", own_page.payments_details, name="payments_details"),
    path("payments/<str:payer_token>/cards/new", own_cards.card_new, name="payments_card_new"),
    path("payments/<str:payer_token>/card-kept", own_cards.card_kept, name="payments_card_kept"),
    path(
        "payments/<str:payer_token>/cards/<uuid:card_id>/replace",
        own_cards.card_replace,
        name="payments_card_replace",
    ),
    path(
        "payments/<str:payer_token>/cards/<uuid:card_id>/remove",
        own_cards.card_remove,
        name="payments_card_remove",
    ),
]
