import pytest

from tests.fakes import FakeClock
from watchdog.core.happening import Happening
from watchdog.surfaces.followers import MOST_FOLLOWERS, ROOM, Follower, Followers


def happening(name: str, target: str | None = None) -> Happening:
    return Happening(name=name, at=FakeClock().now(), target=target)


async def taken(follower: Follower) -> list[str]:
    names: list[str] = []
    while True:
        try:
            each = await follower.take(0.001)
        except TimeoutError:
            return names
        if each is None:
            return [*names, "end"]
        names.append(each.name)


async def test_who_follows_a_target_hears_of_it_and_of_what_concerns_all() -> None:
    """Nothing of other targets is told, and the loss of the engine is told to everyone."""
    followers = Followers()
    follower = Follower("api", lambda: None)
    followers.add(follower)
    for each in (happening("a", "api"), happening("b", "db"), happening("engine.lost")):
        followers.publish(each)
    assert await taken(follower) == ["a", "engine.lost"]


async def test_who_reads_too_slowly_is_dropped_and_the_others_are_not() -> None:
    """One stuck reader costs nobody anything."""
    followers = Followers()
    dropped: list[str] = []
    slow = Follower(None, lambda: dropped.append("slow"))
    quick = Follower(None, lambda: dropped.append("quick"))
    followers.add(slow)
    followers.add(quick)
    for number in range(ROOM + 5):
        followers.publish(happening(str(number)))
        await quick.take(1.0)
    assert dropped == ["slow"]


async def test_who_left_hears_no_more() -> None:
    """A follower that was removed gets nothing."""
    followers = Followers()
    follower = Follower(None, lambda: None)
    followers.add(follower)
    followers.remove(follower)
    followers.publish(happening("a"))
    assert await taken(follower) == []


async def test_at_the_end_everyone_is_told() -> None:
    """Who follows reads what was said before the end, then the end; who has no room is cut off."""
    followers = Followers()
    dropped: list[str] = []
    follower, full = Follower(None, lambda: None), Follower(None, lambda: dropped.append("full"))
    followers.add(follower)
    followers.publish(happening("a"))
    followers.add(full)
    for _ in range(ROOM):
        full.offer(happening("b"))
    followers.end()
    assert await taken(follower) == ["a", "end"]
    assert dropped == ["full"]


@pytest.mark.parametrize(("count", "full"), [(MOST_FOLLOWERS - 1, False), (MOST_FOLLOWERS, True)])
async def test_there_is_room_for_so_many(count: int, *, full: bool) -> None:
    """The number of followers is bounded."""
    followers = Followers()
    for _ in range(count):
        followers.add(Follower(None, lambda: None))
    assert followers.full is full
