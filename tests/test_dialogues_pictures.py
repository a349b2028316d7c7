"""Steps with a picture, and without, as people walk through them at every door."""

from tests.dialogue import Person
from tests.doors import House, ann, door, house
from tests.drawings import pictured

__all__ = ["ann", "door", "house"]


async def test_steps_with_a_picture_and_without_follow_each_other(
    house: House, ann: Person
) -> None:
    house.course = pictured(house.course, "chat", 2, 3)
    _, second, third, _ = (step.picture for step in house.course.lessons["chat"].steps)
    assert second
    assert third
    await ann.sends_action("open:chat")
    for number, shown in ((1, None), (2, second.png), (3, third.png), (4, None)):
        ann.sees(f"Шаг {number}", "Текст шага.")
        assert ann.picture == shown
        if number < 4:
            await ann.presses("Дальше →")
    await ann.presses("← Назад")
    ann.sees("Шаг 3")
    assert ann.picture == third.png
    await ann.presses("тест")
    ann.sees("вопрос 1")
    assert ann.picture is None
