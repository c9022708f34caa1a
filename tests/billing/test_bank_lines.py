"""Lines of a bank account: taken in once, accepted by a press, put aside, and open again."""

import uuid

import pytest
from django_tenants.utils import tenant_context

from kit import clock
from kit.states import IllegalMove
from tenants.billing import bank_files, bank_lines, by_hand
from tenants.billing.bank_lines import CannotAccept, Part, Taken
from tenants.billing.models import BankLine, Charge, LedgerEntry, ManualPayment
from tenants.packs.models import PackOffer
from tenants.registry.models import Tenant
from tests.billing.by_hand import ANNA, PACK_MINOR, books, charge_of, record, sold_pack, take_back

FILE = (
    "Date;Name;Reference;Amount\n"
    "2026-06-10;Cleo;R-7;450,00\n2026-06-11;Dev;x;45,00\n2026-06-12;Shop;y;-9,00\n"
)


def take_in(tenant: Tenant, text: str = FILE) -> Taken:
    with tenant_context(tenant):
        return bank_lines.take_in(data=text.encode(), now=clock.now(), actor=ANNA)


def line_of(tenant: Tenant, payer: str = "Cleo") -> BankLine:
    with tenant_context(tenant):
        return BankLine.objects.get(payer=payer)


def accept(tenant: Tenant, line: BankLine, *parts: tuple[Charge, int]) -> list[ManualPayment]:
    with tenant_context(tenant):
        shared = [Part(charge.pk, minor) for charge, minor in parts]
        return bank_lines.accept(line_id=line.pk, parts=shared, now=clock.now(), actor=ANNA)


def undo(tenant: Tenant, line: BankLine) -> BankLine:
    with tenant_context(tenant):
        return bank_lines.undo(line_id=line.pk, because="wrong line", now=clock.now(), actor=ANNA)


def ignore(tenant: Tenant, line: BankLine) -> BankLine:
    with tenant_context(tenant):
        return bank_lines.ignore(line_id=line.pk, now=clock.now(), actor=ANNA)


@pytest.fixture
def charge(anna: Tenant) -> Charge:
    return charge_of(anna, sold_pack(anna).pk)


def test_incoming_lines_are_kept_once_however_often_the_file_comes(anna: Tenant) -> None:
    assert take_in(anna) == Taken(new=2, known=0, outgoing=1, problems=())
    assert take_in(anna) == Taken(new=0, known=2, outgoing=1, problems=())
    longer = FILE + "2026-06-13;Zoe;z;1,00\n"
    assert take_in(anna, longer).new == 1
    with tenant_context(anna):
        assert BankLine.objects.count() == 3


def test_two_lines_that_are_the_same_are_two_transfers(anna: Tenant) -> None:
    twice = "Date;Name;Amount\n2026-06-10;Cleo;45,00\n2026-06-10;Cleo;45,00\n"
    assert take_in(anna, twice).new == 2
    assert take_in(anna, twice).new == 0


def test_the_same_line_in_another_shape_is_the_same_line(anna: Tenant) -> None:
    take_in(anna)
    other = "Reference\tPaid in\tBooking date\tPayer\nR-7\t450.00\t10/06/2026\tCleo\n"
    assert take_in(anna, other) == Taken(new=0, known=1, outgoing=0, problems=())


def test_nothing_of_a_file_that_cannot_be_read_is_kept(anna: Tenant) -> None:
    with pytest.raises(bank_files.UnreadableFile):
        take_in(anna, "hello")
    with tenant_context(anna):
        assert not BankLine.objects.exists()


def test_taking_lines_in_records_nothing(anna: Tenant, charge: Charge) -> None:
    take_in(anna)
    assert books(anna, charge) == (0, 0, 0, "open")


def test_accepting_records_a_transfer_with_the_lines_day_and_words(anna: Tenant, charge: Charge) -> None:
    take_in(anna)
    line = line_of(anna)
    [payment] = accept(anna, line, (charge, PACK_MINOR))
    assert (payment.tender, payment.reference, payment.received_on) == ("transfer", "R-7", line.booked_on)
    assert payment.bank_line_id == line.pk
    assert line_of(anna).status == "matched"
    assert books(anna, charge)[3] == "paid"


def test_accepted_twice_is_recorded_once(anna: Tenant, charge: Charge) -> None:
    take_in(anna)
    first = accept(anna, line_of(anna), (charge, 20000))
    again = accept(anna, line_of(anna), (charge, 20000))
    assert [each.pk for each in first] == [each.pk for each in again]
    assert books(anna, charge)[0] == 20000


def test_one_line_pays_for_several_things(anna: Tenant, charge: Charge) -> None:
    other = charge_of(anna, sold_pack(anna, _same_offer(anna), email="dev@example.com").pk)
    take_in(anna, "Date;Name;Amount\n2026-06-10;Parents;900,00\n")
    accept(anna, line_of(anna, "Parents"), (charge, PACK_MINOR), (other, PACK_MINOR))
    assert (books(anna, charge)[3], books(anna, other)[3]) == ("paid", "paid")
    undo(anna, line_of(anna, "Parents"))
    assert (books(anna, charge)[2:], books(anna, other)[2:]) == ((0, "open"), (0, "open"))


def _same_offer(anna: Tenant) -> PackOffer:
    with tenant_context(anna):
        return PackOffer.objects.get()


def test_either_all_parts_are_recorded_or_none(anna: Tenant, charge: Charge) -> None:
    other = charge_of(anna, sold_pack(anna, _same_offer(anna), email="dev@example.com").pk)
    record(anna, other, 44000)
    take_in(anna, "Date;Name;Amount\n2026-06-10;Parents;900,00\n")
    with pytest.raises(by_hand.TooMuch):
        accept(anna, line_of(anna, "Parents"), (charge, PACK_MINOR), (other, PACK_MINOR))
    assert books(anna, charge)[0] == 0
    assert line_of(anna, "Parents").status == "open"


def test_a_line_shares_out_no_more_than_it_brought(anna: Tenant, charge: Charge) -> None:
    take_in(anna)
    for parts in ([(charge, 45001)], [(charge, 100), (charge, 100)], []):
        with pytest.raises(CannotAccept):
            accept(anna, line_of(anna), *parts)
    assert line_of(anna).status == "open"


def test_another_currency_pays_for_nothing(anna: Tenant, charge: Charge) -> None:
    other = "usd" if charge.currency != "usd" else "eur"
    take_in(anna, f"Date;Name;Amount;Currency\n2026-06-10;Cleo;450,00;{other}\n")
    with pytest.raises(by_hand.CannotRecord, match="owed in"):
        accept(anna, line_of(anna), (charge, PACK_MINOR))


def test_what_was_accepted_can_be_undone_and_accepted_again(anna: Tenant, charge: Charge) -> None:
    take_in(anna)
    for _ in range(2):
        accept(anna, line_of(anna), (charge, PACK_MINOR))
        assert undo(anna, line_of(anna)).status == "open"
        assert books(anna, charge) == (0, 0, 0, "open")
    with tenant_context(anna):
        assert LedgerEntry.objects.count() == 4


def test_a_payment_that_is_taken_back_opens_its_line(anna: Tenant, charge: Charge) -> None:
    take_in(anna)
    [payment] = accept(anna, line_of(anna), (charge, PACK_MINOR))
    take_back(anna, payment)
    assert line_of(anna).status == "open"


def test_a_line_that_is_put_aside_pays_for_nothing_until_it_is_taken_back(
    anna: Tenant, charge: Charge
) -> None:
    take_in(anna)
    assert ignore(anna, line_of(anna)).status == "ignored"
    assert ignore(anna, line_of(anna)).status == "ignored"
    with pytest.raises(CannotAccept, match="put this line aside"):
        accept(anna, line_of(anna), (charge, PACK_MINOR))
    assert undo(anna, line_of(anna)).status == "open"
    accept(anna, line_of(anna), (charge, PACK_MINOR))
    with pytest.raises(IllegalMove):
        ignore(anna, line_of(anna))


def test_what_does_not_exist_is_not_accepted(anna: Tenant, charge: Charge) -> None:
    take_in(anna)
    nothing = Charge(pk=uuid.uuid4())
    with pytest.raises(Charge.DoesNotExist):
        accept(anna, line_of(anna), (nothing, 100))
