"""The shop on a coach's own host."""

from django.urls import path

from public_pages.shop import catalogue, downloading, order, paying, product

urlpatterns = [
    path("shop/", catalogue.shop, name="shop"),
    path("shop/<slug:product_slug>/", product.product, name="product"),
    path("shop/<slug:product_slug>/picture", product.picture, name="product_picture"),
    path("o/<str:order_token>/", order.order, name="order"),
    path("o/<str:order_token>/pay", paying.order_pay, name="order_pay"),
    path("o/<str:order_token>/paid", paying.order_return, name="order_return"),
    path("o/<str:order_token>/send", order.send_link, name="order_send"),
    path("o/<str:order_token>/receipt", order.order_receipt, name="order_receipt"),
    path("o/<str:order_token>/files/<uuid:file_id>", downloading.download, name="order_download"),
    path("file/<str:download_token>/", downloading.file, name="order_file"),
]
