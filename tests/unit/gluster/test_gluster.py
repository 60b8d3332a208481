import pytest

from webha.gluster import (
    PoolMember,
    Store,
    Volume,
    differing,
    mount_unit,
    parse_pool,
    parse_volumes,
    to_create,
    to_probe,
)
from webha.ground.probe import ProbeError

NAMES = ("a", "b", "c")
ALIASES = {name: (f"10.0.0.{i}", f"{name}.example.org") for i, name in enumerate(NAMES, 1)}
BRICKS = ("a:/gluster", "b:/gluster", "c:/gluster")


def answer(body, code=0, words=""):
    return f"<cliOutput><opRet>{code}</opRet><opErrno>1</opErrno><opErrstr>{words}</opErrstr>{body}</cliOutput>"


def peer(*names, connected=1, state=3):
    listed = "".join(f"<hostname>{name}</hostname>" for name in names)
    return (
        f"<peer><hostname>{names[0]}</hostname><hostnames>{listed}</hostnames>"
        f"<connected>{connected}</connected><state>{state}</state></peer>"
    )


def pool(*names):
    return tuple(PoolMember(one if isinstance(one, tuple) else (one,), True, "3") for one in names)


def store(**changes):
    return Store(**{"installed": True, "glusterd": "active", "pool": (), "volumes": ()} | changes)


def volume(status="Started", bricks=BRICKS, replica=3, **options):
    return Volume("fs_ha", status, replica, bricks, options)


@pytest.mark.parametrize("parse", [parse_pool, parse_volumes])
@pytest.mark.parametrize(
    ("text", "words"),
    [
        (answer("", -1, "Another transaction is in progress"), "Another transaction"),
        ("Connection failed. Please check if gluster daemon is operational.", "Connection failed"),
        ("", "no element"),
        (answer("")[:-5], "cliOutput"),
    ],
)
def test_an_error_is_no_empty_answer(parse, text, words):
    with pytest.raises(ProbeError, match=words):
        parse(text)


def test_an_empty_pool_is_empty():
    assert parse_pool(answer("<peerStatus/>")) == ()


@pytest.mark.parametrize(("connected", "state", "settled"), [(1, 3, True), (0, 3, False), (1, 4, False)])
def test_a_peer_is_settled_when_it_is_connected_and_a_full_member(connected, state, settled):
    (found,) = parse_pool(answer(f"<peerStatus>{peer('b', '10.0.0.2', connected=connected, state=state)}</peerStatus>"))
    assert found.hostnames == ("b", "10.0.0.2")
    assert found.settled is settled


def test_a_peer_of_an_old_gluster_has_one_name():
    (found,) = parse_pool(answer("<peerStatus><peer><hostname>b</hostname></peer></peerStatus>"))
    assert found == PoolMember(("b",), False, "")


def test_volumes_are_read_with_bricks_and_options():
    brick = "<brick uuid='u'>a:/gluster<name>a:/gluster</name></brick>"
    body = (
        "<volInfo><volumes><volume><name>fs_ha</name><statusStr>Created</statusStr><replicaCount>3</replicaCount>"
        f"<bricks>{brick}</bricks><options><option><name>nfs.disable</name><value>on</value></option></options></volume>"
        "<count>1</count></volumes></volInfo>"
    )
    assert parse_volumes(answer(body)) == (Volume("fs_ha", "Created", 3, ("a:/gluster",), {"nfs.disable": "on"}),)
    assert parse_volumes(answer("<volInfo><volumes><count>0</count></volumes></volInfo>")) == ()


def test_an_unknown_pool_is_not_probed_into():
    verdict = to_probe("a", NAMES, ALIASES, None)
    assert (verdict.action, verdict.names) == ("refuse", ())
    assert "unknown" in verdict.reason


@pytest.mark.parametrize(
    ("members", "names"),
    [
        (pool(), ("b", "c")),
        (pool("b"), ("c",)),
        (pool("10.0.0.2", "c"), ("b",)),
        (pool("b.example.org", "10.0.0.3"), ("b", "c")),
    ],
)
def test_nodes_that_the_pool_does_not_know_by_name_are_probed(members, names):
    verdict = to_probe("a", NAMES, ALIASES, members)
    assert (verdict.action, verdict.names) == ("probe", names)


@pytest.mark.parametrize("members", [pool("b", "c"), pool(("10.0.0.2", "b"), "c")])
def test_a_pool_of_all_nodes_by_name_is_left_alone(members):
    assert to_probe("a", NAMES, ALIASES, members).action == "nothing"


@pytest.mark.parametrize("members", [pool("b", "stranger"), pool("b", "c", ("stranger", "10.9.9.9"))])
def test_a_pool_with_a_stranger_is_refused(members):
    verdict = to_probe("a", NAMES, ALIASES, members)
    assert verdict.action == "refuse"
    assert "the pool of a holds stranger" in verdict.reason
    assert "gluster peer detach" in verdict.reason


def of(*stores):
    return dict(zip(NAMES, stores, strict=True))


def test_a_volume_is_created_over_empty_or_missing_bricks():
    stores = of(store(brick="absent"), store(brick="empty"), store(brick="empty"))
    assert to_create("fs_ha", BRICKS, stores).action == "create"


def test_another_volume_is_none_of_ours():
    other = Volume("other", "Started", 1, ("a:/x",))
    assert to_create("fs_ha", BRICKS, of(store(volumes=(other,)), store(), store())).action == "create"


@pytest.mark.parametrize("unknown", [None, store(volumes=None)])
@pytest.mark.parametrize("known", [store(), store(volumes=(volume(),), brick="used")])
def test_with_a_node_that_does_not_answer_no_volume_is_created_or_started(unknown, known):
    verdict = to_create("fs_ha", BRICKS, of(known, unknown, known))
    assert verdict.action == "refuse"
    assert "glusterd of b does not answer" in verdict.reason


@pytest.mark.parametrize(("status", "action"), [("Started", "nothing"), ("Stopped", "start"), ("Created", "start")])
def test_our_volume_is_started_once(status, action):
    one = store(volumes=(volume(status, tuple(reversed(BRICKS))),), brick="used")
    assert to_create("fs_ha", BRICKS, of(one, one, one)).action == action


def test_a_volume_that_only_another_node_knows_is_not_created_again():
    assert to_create("fs_ha", BRICKS, of(store(), store(), store(volumes=(volume(),)))).action == "nothing"


@pytest.mark.parametrize("other", [volume(bricks=BRICKS[:2]), volume(bricks=("x:/b", *BRICKS[1:])), volume(replica=1)])
def test_a_volume_of_other_bricks_is_refused(other):
    verdict = to_create("fs_ha", BRICKS, of(store(volumes=(other,)), store(), store()))
    assert verdict.action == "refuse"
    assert "exists with other bricks" in verdict.reason


@pytest.mark.parametrize(
    ("brick", "words"), [("foreign", "holds files that are no volume's"), ("used", "may be the last copy")]
)
def test_files_in_a_brick_directory_are_not_built_over(brick, words):
    verdict = to_create("fs_ha", BRICKS, of(store(brick="empty"), store(brick="empty"), store(brick=brick)))
    assert verdict.action == "refuse"
    assert "the brick directory of c " in verdict.reason
    assert words in verdict.reason


def test_options_that_differ_or_were_never_set_are_set():
    wanted = {"same": "on", "other": "on", "never": "1"}
    assert differing(volume(same="on", other="off", own="x"), wanted) == {"other": "on", "never": "1"}


@pytest.mark.parametrize(
    ("path", "unit"),
    [
        ("/var/www/html/drupal", "var-www-html-drupal.mount"),
        ("/var/www/html/drupal/", "var-www-html-drupal.mount"),
        ("/srv//www/", "srv-www.mount"),
        ("/srv/a-b", r"srv-a\x2db.mount"),
        ("/srv/with space", r"srv-with\x20space.mount"),
        ("/.hidden/.x", r"\x2ehidden-.x.mount"),
        ("/srv/ñ", r"srv-\xc3\xb1.mount"),
        ("/srv/a:b_c.d", "srv-a:b_c.d.mount"),
        ("/srv/a+b@c", r"srv-a\x2bb\x40c.mount"),
        ("/", "-.mount"),
    ],
)
def test_a_mount_unit_has_the_name_that_systemd_escape_gives(path, unit):
    assert mount_unit(path) == unit
