"""A name as strangers may see it: «Анна П.»."""

import re
from unicodedata import combining, normalize

_INSIDE = "-'’"
"""What stands within a word besides letters."""
_AFTER_PATRONYMIC = ("оглы", "оглу", "улы", "кызы", "гызы", "кизи")
"""«Son» and «daughter» of the name before, as Azerbaijani and Turkic names have it."""
_PATRONYMIC = re.compile(
    r".{2,}(?:вна|чна|шна|ович|евич|ьич|мич|нич|кич|evna|ovna|ichna|ovich|evich)"
    rf"|.+[- ](?:{'|'.join(_AFTER_PATRONYMIC)})"
)
"""Patronymics by their endings, in small letters."""
_SURNAME = re.compile(
    r".{3,}(?:ов|ев|ёв|ова|ева|ёва|ский|цкий|ская|цкая|енко|швили"
    r"|ov|ev|ova|eva|sky|skiy|skaya|enko)"
)
"""Surnames by endings that nothing else has, in small letters."""
_PERHAPS_SURNAME = re.compile(r".+[иы]на?")
"""Endings of surnames that given names have too: Водкина and Марина."""
_NAMES = """
абдул абдула абдулла аделина адель азамат азат азиз аида айгуль айдар айнур айрат айсылу айша
алан александр александра алексей алена алеся али алиме алина алиса алия алла алсу альберт
альбина альфия амина амир анастасия анатолий ангелина андрей анжела анжелика ания анна антон
антонина анфиса аня арина аркадий арсен арсений арслан артем артур асель аскар аслан ася ахмед
богдан борис булат вадим валентин валентина валерий валерия валерьян варвара василий василиса
василя венера вера вероника виктор виктория виолетта виталий виталина влад владимир владислав
владислава владлен всеволод вячеслав галина галия геннадий георгий герман глеб григорий гузель
гульмира гульназ гульнара гульсина гульшат давид далер дамир дания дарина дарья даша денис
диана дильшат диляра дима дина динар динара дмитрий ева евгений евгения евдокия егор екатерина
елена елизавета есения ефим жанна женя заира закир залина зара зарема зарина захар земфира
зинаида зиновий злата зоя зульфия зухра ибрагим иван игнат игорь изабелла илона ильгиз ильдар
ильнур ильсур ильшат илья ильяс инга инесса инна иннокентий иосиф ира ираида ирина искандер
ислам камила камиля карина каролина катерина катя кирилл клавдия клара клим коля константин
костя кристина ксения лада лариса лаура лев лейла лейсан лена леонид леонтий леся леша лиана
лидия лиза лилиана лилия лина линар линара лия лола луиза лука люба любовь люда людмила магомед
мадина майя макар макс максим максимилиан марат маргарита марианна марина мария марк марта
мартин марья матвей махмуд маша мелания мила милана милена милослава мира мирон мирослав
мирослава михаил миша мурат муслим надежда надя назар наиль наиля наргиза настя наталия наталья
наташа нелли ника никита никифор николай нина нонна нурия оксана олег олеся ольга оля павел
патимат паша петр петя платон полина поля прохор рада радик радмила раиль раиса расим расул
рафаэль рафик рашид регина ренат рената ринат рита роберт родион роза роксана рома роман
ростислав рузанна рузиля руслан руслана рустам рустем рушан сабина савелий салават самира саша
света светлана святослав семен серафим серафима сергей сережа слава снежана соня софия софья
станислав станислава степан стефания сулейман таисия тамара таня тарас татьяна тигран тимофей
тимур тихон толя ульяна фаиля фаина фарид фарида фатима федор феликс филипп флора флюра фрида
хадижат харитон христина чулпан шамиль эвелина эдуард элеонора элина элла эльвира эльдар эльза
эльмира эльнара эмилия эмиль эмма эрик эрика эсфирь юлиан юлиана юлия юля юнус юра юрий юсуф
яков яна янина ярослав ярослава яша
"""
_GIVEN = frozenset(_NAMES.split())
"""Given names that are common in Russia, ё as е. A name that is missing costs its owner no more
than an initial in place of the name."""


def shortened_name(name: str) -> str:
    """Shorten a person's name to the given name and the surname's initial: «Анна П.».

    Names are typed freely and in any order. A word is shown whole only where it is known to be
    the given name: it is a common one, or stands before a patronymic, or the other of two words
    ends as only surnames do. Else initials are all there is: «К. М.».

    Args:
        name: anything.

    Returns:
        At most one word and one initial, or two initials; "" where there is no letter.
    """
    words = _words(name)
    if not words:
        return ""
    given = _given(words)
    if given is None:
        return " ".join(_initial(word) for word in words[:2])
    first = words.pop(given)
    first = first.title() if first.islower() or first.isupper() else first
    if len(words) > 1 and given < len(words) and _is_patronymic(words[given]):
        del words[given]
    if not words:
        return first
    surname = next(filter(_is_surname, words), words[-1 if given == 0 else 0])
    return f"{first} {_initial(surname)}"


def _words(name: str) -> list[str]:
    """Split a name into words, «Гасан оглы» being one."""
    words: list[str] = []
    plain = (each for each in normalize("NFC", name) if not combining(each))
    letters = "".join(each if each.isalpha() or each in _INSIDE else " " for each in plain)
    for word in filter(None, (each.strip(_INSIDE) for each in letters.split())):
        if words and word.lower() in _AFTER_PATRONYMIC:
            words[-1] += f" {word}"
        else:
            words.append(word)
    return words


def _given(words: list[str]) -> int | None:
    """Find the given name; None where nothing tells which it is."""
    known = [at for at, word in enumerate(words) if _is_given(word)]
    before = [at - 1 for at in range(1, len(words)) if _is_patronymic(words[at])]
    unlike = [at for at in before if not _is_surname(words[at]) and not _is_patronymic(words[at])]
    both = [at for at in before if at in known]
    if len(known) == len(words) > 1 and not both:
        return None  # «Герман Анна»
    if found := both or known or unlike:
        return found[0]
    if len(words) == 2:
        for at, word in enumerate(words):
            if _is_surname(words[1 - at]) and not _may_be_surname(word):
                return at
    return None


def _is_given(word: str) -> bool:
    return all(part in _GIVEN for part in word.lower().replace("ё", "е").split("-"))


def _is_patronymic(word: str) -> bool:
    return _PATRONYMIC.fullmatch(word.lower()) is not None


def _is_surname(word: str) -> bool:
    return not _is_given(word) and any(map(_SURNAME.fullmatch, word.lower().split("-")))


def _may_be_surname(word: str) -> bool:
    perhaps = _PERHAPS_SURNAME.fullmatch(word.lower()) is not None
    return perhaps or _is_surname(word) or _is_patronymic(word)


def _initial(word: str) -> str:
    return f"{word[0].upper()[:1]}."
