"""Whether an address is this node's."""

import pytest

from webha_node import address

TABLE = """Main:
  +-- 0.0.0.0/0 3 0 5
     |-- 0.0.0.0
        /0 universe UNICAST
        |-- 10.0.0.0
           /24 link UNICAST
        |-- 10.0.0.25
           /32 host LOCAL
        |-- 10.0.0.133
           /32 host LOCAL
        |-- 10.0.0.251
           /32 universe UNICAST
        |-- 10.0.0.255
           /32 link BROADCAST
"""


@pytest.mark.parametrize(("ip", "ours"), [("127.0.0.1", True), ("192.0.2.1", False)])
def test_an_address_is_held_where_the_kernel_has_it(ip, ours):
    assert address.held(ip) is ours


@pytest.mark.parametrize(
    ("ip", "ours"),
    [
        ("10.0.0.133", True),
        ("10.0.0.25", True),
        ("10.0.0.250", False),  # a longer one
        ("0.0.0.25", False),
        ("10.0.0.251", False),  # a route to somebody else's
        ("10.0.0.255", False),
        ("10.0.0.0", False),
        ("10x0.0.133", False),
    ],
)
def test_no_other_entry_of_the_table_is_an_address_of_ours(tmp_path, monkeypatch, ip, ours):
    monkeypatch.setattr(address, "TRIE", tmp_path / "fib_trie")
    address.TRIE.write_text(TABLE)
    assert address.held(ip) is ours


def test_what_cannot_be_read_counts_as_held(tmp_path, monkeypatch):
    """The guard then looks for it with ip and takes off what is there; the docroot stays mounted."""
    monkeypatch.setattr(address, "TRIE", tmp_path / "gone")
    assert address.held("10.0.0.250") is True
