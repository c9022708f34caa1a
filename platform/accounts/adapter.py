from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):
    def get_login_redirect_url(self, request: HttpRequest) -> str:
        return "/operators/" if getattr(request.user, "is_staff", False) else "/coach/"

    def get_signup_redirect_url(self, request: HttpRequest) -> str:
        return "/start/"
