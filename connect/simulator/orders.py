"""What a program can tell the simulator to do, besides what Stripe's own API does."""

import json
from dataclasses import dataclass
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

WAIT_SECONDS = 60


class SimulatorRefused(Exception):
    """The command could not be carried out; the message says why."""


@dataclass(frozen=True)
class Paid:
    """What came of the button: the PaymentIntent (or SetupIntent), its status, where the client is sent.

    `method_id` is the card that was used, "" when it was refused.
    """

    intent_id: str
    status: str
    success_url: str
    method_id: str = ""


class Control:
    """One running simulator, by its address."""

    def __init__(self, url: str) -> None:
        self.url = url

    def _post(self, command: str, /, **fields: Any) -> Any:
        body = json.dumps({name: value for name, value in fields.items() if value is not None}).encode()
        request = Request(f"{self.url}/_control/{command}", data=body, method="POST")  # noqa: S310
        request.add_header("Content-Type", "application/json")
        try:
            with urlopen(request, timeout=WAIT_SECONDS) as answer:  # noqa: S310
                return json.load(answer)
        except HTTPError as error:
            raise SimulatorRefused(json.load(error)["error"]["message"]) from error


class CardOrders(Control):
    """Hosted pages that are filled in, banks that are answered, and what becomes of kept cards."""

    def pay(
        self,
        checkout_id: str,
        *,
        card: str = "4242424242424242",
        authenticate: bool | None = None,
        keep: bool = False,
    ) -> Paid:
        """Fill in a hosted page, one that takes a payment or one that keeps a card.

        `card` is a test card's number, or the id of a kept card (`pm_…`) that the page offers. `authenticate`
        answers a bank that asks. `keep` ticks that the card may be offered again, where the page asks.

        Raises SimulatorRefused when the page is not open or the account takes no cards. A declined card is
        no refusal: the status is then `requires_payment_method`.
        """
        answers = {} if authenticate is None else {"authenticate": authenticate}
        said = self._post(f"checkout/{checkout_id}/pay", card=card, keep=keep, **answers)
        return Paid(said["intent"], said["status"], said["success_url"], said["method"])

    def answer_bank(self, intent_id: str, *, completed: bool = True) -> str:
        """The client, sent to a payment's `next_url`, confirms it or not. Answers where they are sent."""
        return self._post(f"intents/{intent_id}/bank", completed=completed)["url"]

    def decline_from_now_on(
        self, method_id: str, decline_code: str = "insufficient_funds", *, advice_code: str | None = None
    ) -> None:
        """Every payment with this kept card is declined, for Stripe's `decline_code` of that name.

        `expired_card`, `incorrect_cvc`, `processing_error` and `authentication_required` are error codes of
        their own; all others come with `card_declined`. `advice_code` replaces the advice that usually goes
        with it (`insufficient_funds`: try_again_later; `lost_card`, `stolen_card`: do_not_try_again; …).
        """
        self._post(f"methods/{method_id}/decline", decline_code=decline_code, advice_code=advice_code)

    def accept_again(self, method_id: str) -> None:
        """Take an ordered decline back."""
        self._post(f"methods/{method_id}/accept")

    def expire_card(self, method_id: str) -> None:
        """The card's last month is over; payments are declined as `expired_card`. Stripe sends no event."""
        self._post(f"methods/{method_id}/expire")

    def replace_card(self, method_id: str, *, last4: str = "1881") -> None:
        """The bank issues a new card and the network tells Stripe: same method, new number and date.

        It succeeds from then on; `payment_method.automatically_updated` is sent.
        """
        self._post(f"methods/{method_id}/replace", last4=last4)

    def dashboard_detach(self, method_id: str) -> None:
        """The coach removes a kept card in Stripe's dashboard."""
        self._post(f"methods/{method_id}/detach")

    def dashboard_delete_customer(self, customer_id: str) -> None:
        """The coach deletes a customer, and with them their cards; `customer.deleted` is sent."""
        self._post(f"customers/{customer_id}/delete")


class TroubleOrders(Control):
    """Refunds that take their time, disputes, reviews, warnings."""

    def refunds_stay_pending(self, wanted: bool = True) -> None:
        """Refunds from now on wait, as when the coach's balance is short, for one of the next three."""
        self._post("refunding", pending=wanted)

    def succeed_refund(self, refund_id: str) -> None:
        """`refund.updated` is sent."""
        self._post(f"refunds/{refund_id}/succeed")

    def fail_refund(self, refund_id: str, reason: str = "expired_or_canceled_card") -> None:
        """A pending or succeeded one; the money is the coach's again. `refund.updated`, `refund.failed`."""
        self._post(f"refunds/{refund_id}/fail", reason=reason)

    def cancel_refund(self, refund_id: str) -> None:
        """Only a pending one."""
        self._post(f"refunds/{refund_id}/cancel")

    def open_dispute(
        self,
        charge_id: str,
        *,
        amount: int | None = None,
        reason: str = "fraudulent",
        kind: str = "chargeback",
    ) -> str:
        """The payer's bank takes `amount` back (all that was not refunded). Returns the dispute's id.

        `kind`: `chargeback` (needs_response, the money and Stripe's fee are withdrawn), `inquiry`
        (warning_needs_response, no money moves) or `lost` (withdrawn, and nothing can be answered).
        """
        return self._post(f"charges/{charge_id}/dispute", amount=amount, reason=reason, kind=kind)["dispute"]

    def escalate_dispute(self, dispute_id: str) -> None:
        """An inquiry becomes a chargeback: the money is withdrawn now."""
        self._post(f"disputes/{dispute_id}/escalate")

    def answer_dispute(self, dispute_id: str) -> None:
        """The coach sends evidence in the dashboard: under review."""
        self._post(f"disputes/{dispute_id}/answer")

    def win_dispute(self, dispute_id: str) -> None:
        """The money comes back, Stripe's fee does not. An inquiry ends as warning_closed."""
        self._post(f"disputes/{dispute_id}/win")

    def lose_dispute(self, dispute_id: str) -> None:
        """Refused for an inquiry, which must be escalated before."""
        self._post(f"disputes/{dispute_id}/lose")

    def open_review(self, intent_id: str) -> str:
        """Stripe sets a payment aside to be looked at. Returns the review's id."""
        return self._post(f"intents/{intent_id}/review")["review"]

    def close_review(self, review_id: str, reason: str = "approved") -> None:
        self._post(f"reviews/{review_id}/close", reason=reason)

    def warn_of_fraud(self, charge_id: str) -> str:
        """The bank reports a charge as probably fraudulent. Returns the warning's id.

        It is actionable until the charge is disputed or wholly refunded.
        """
        return self._post(f"charges/{charge_id}/warn")["warning"]


class BalanceOrders(Control):
    """Payouts, and what else moves a coach's balance."""

    def payout_schedule(self, account_id: str, interval: str) -> None:
        """`daily` (at first: automatic payouts when a working day begins) or `manual`."""
        self._post(f"accounts/{account_id}/schedule", interval=interval)

    def pay_out(
        self,
        account_id: str,
        amount: int | None = None,
        *,
        currency: str | None = None,
        method: str = "standard",
    ) -> str:
        """The coach pays out by hand: `amount`, or all that is available. Returns the payout's id.

        Refused when nothing (or not so much) is available. Stripe cannot say of which payments it is.
        """
        fields = {"amount": amount, "currency": currency, "method": method}
        return self._post(f"accounts/{account_id}/payout", **fields)["payout"]

    def fail_payout(self, payout_id: str, code: str = "account_closed") -> None:
        """The bank sends it back, even after it was paid; the money is on the balance again.

        Automatic payouts stop until mend_bank_account.
        """
        self._post(f"payouts/{payout_id}/fail", code=code)

    def mend_bank_account(self, account_id: str) -> None:
        """The coach names a bank account that works; automatic payouts go on with the next working day."""
        self._post(f"accounts/{account_id}/bank")

    def cancel_payout(self, payout_id: str) -> None:
        """Only a pending one."""
        self._post(f"payouts/{payout_id}/cancel")

    def charge_cost(
        self, account_id: str, amount: int, *, description: str | None = None, currency: str | None = None
    ) -> str:
        """Stripe charges the coach for something of its own (`stripe_fee`). Returns its entry's id."""
        fields = {"amount": amount, "description": description, "currency": currency}
        return self._post(f"accounts/{account_id}/cost", **fields)["entry"]

    def sell_elsewhere(
        self, account_id: str, amount: int, *, description: str | None = None, currency: str | None = None
    ) -> str:
        """The coach takes a payment without us: no metadata, no platform fee. Returns the charge's id."""
        fields = {"amount": amount, "description": description, "currency": currency}
        return self._post(f"accounts/{account_id}/sale", **fields)["charge"]

    def settle_in(self, account_id: str, currency: str, *, rate: float) -> None:
        """What is charged in another currency reaches the balance in this one: `rate` of it for one whole."""
        self._post(f"accounts/{account_id}/settlement", currency=currency, rate=rate)
