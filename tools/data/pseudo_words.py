"""Words that mean nothing, in the spelling of languages other than English, for training on their sounds and tones."""

from __future__ import annotations

import random

# Mandarin syllables as Hanyu Pinyin has them: initials by final. "ü" after l and n is left out.
_PINYIN_FINALS = {
    "a": "b p m f d t n l g k h zh ch sh z c s",
    "ai": "b p m d t n l g k h zh ch sh z c s",
    "an": "b p m f d t n l g k h zh ch sh r z c s",
    "ang": "b p m f d t n l g k h zh ch sh r z c s",
    "ao": "b p m d t n l g k h zh ch sh r z c s",
    "e": "d t n l g k h zh ch sh r z c s",
    "ei": "b p m f n l g h z",
    "en": "b p m f n g k h zh ch sh r z c s",
    "eng": "b p m f d t n l g k h zh ch sh r z c s",
    "i": "b p m d t n l j q x zh ch sh r z c s",
    "ian": "b p m d t n l j q x",
    "iang": "n l j q x",
    "iao": "b p m d t n l j q x",
    "ie": "b p m d t n l j q x",
    "in": "b p m n l j q x",
    "ing": "b p m d t n l j q x",
    "iong": "j q x",
    "iu": "m d n l j q x",
    "ong": "d t n l g k h zh ch r z c s",
    "ou": "p m f d t n l g k h zh ch sh r z c s",
    "u": "b p m f d t n l g k h j q x zh ch sh r z c s",
    "ua": "g k h zh sh",
    "uan": "d t n l g k h j q x zh ch sh r z c s",
    "uang": "g k h zh ch sh",
    "ue": "j q x",
    "ui": "d t g k h zh ch sh r z c s",
    "un": "d t l g k h j q x zh ch sh r z c s",
    "uo": "d t n l g k h zh ch sh r z c s",
}
_PINYIN_ALONE = "an ang ao wo wu wa wai wan wang wei wen weng ya yan yang yao ye yi yin ying yong you yu yuan yue yun".split()
PINYIN = sorted(initial + final for final, initials in _PINYIN_FINALS.items() for initial in initials.split())
PINYIN += _PINYIN_ALONE

# Onsets, nuclei and codas in each language's own spelling; an empty coda is written as "-".
_SPELLINGS = {
    "es": ("b c d f g j l ll m n ñ p r s t v z ch br cr pl tr", "a e i o u ie ue", "- - - n s r l"),
    "de": ("b d f g h k l m n p r s t w z sch st pf kr schl", "a e i o u ä ö ü ei au ie", "- n r l ch ng st tz"),
    "fr": ("b c d f g j l m n p r s t v ch br cl tr", "a é i o u ou an on in eu oi", "- - - r l que"),
    "it": ("b c d f g l m n p r s t v z gn gli ch br st", "a e i o u", "- - - n r l"),
    "pl": ("b c d f g k l ł m n p r s t w z cz sz rz ś prz", "a e i o u y ą", "- - k n sz m"),
    "tr": ("b c ç d f g h k l m n p r s ş t v y z", "a e ı i o ö u ü", "- - k n r l m"),
    "sw": ("b ch d f g h j k l m mb n nd ng ny p s sh t v w y z", "a e i o u", "-"),
    "fi": ("h j k l m n p r s t v", "a e i o u ä ö y aa ee ii uu ai uo yö ie", "- - n s l t"),
    "id": ("b c d g h j k l m n ng ny p r s t w y", "a e i o u ai au", "- - n ng k r s"),
    "pt": ("b c d f g j l lh m n nh p r s t v z ch", "a e i o u ão ei ou", "- - s r m"),
    "nl": ("b d f g h k l m n p r s t v w z sch", "a e i o u aa ee oo ij ui oe", "- n r l t cht"),
    "hu": ("b cs d f g gy h j k l m n ny p r s sz t v z zs", "a á e é i o ó ö ő u ü", "- - k n r l"),
    "ro": ("b c d f g h j l m n p r s ș t ț v z", "a ă e i î o u ea oa", "- - n r l t"),
    "cs": ("b c č d f h ch k l m n p r ř s š t v z ž", "a á e é i í o u ů y", "- - k n l m"),
    "sv": ("b d f g h j k l m n p r s t v sk tr", "a e i o u y å ä ö", "- n r l t"),
    "vi": ("b c ch d đ g h kh l m n nh ph s t th tr v x", "a à á ả ã ạ e ê ế o ô ồ ơ u ư ừ i", "- - n m ng t"),
}
LANGUAGES = sorted(_SPELLINGS)


def _edited(syllables: list[str], choose, random_: random.Random) -> list[str]:
    """The same syllables with one of them chosen anew: a word that differs from the first by little."""
    copy = list(syllables)
    copy[random_.randrange(len(copy))] = choose()
    return copy


def pinyin_words(count: int, random_: random.Random) -> list[str]:
    """`count` distinct words of two or three syllables with tone digits ("bei3jing1"), among them near pairs that differ in
    one tone or in one syllable."""

    def syllable() -> str:
        return random_.choice(PINYIN) + random_.choice("1234")

    words: dict[str, None] = {}
    while len(words) < count:
        base = [syllable() for _ in range(2 if random_.random() < 0.7 else 3)]
        words["".join(base)] = None
        if random_.random() < 0.5:
            other_tones = [part[:-1] + random_.choice("1234") for part in base]
            words["".join(other_tones)] = None
        if random_.random() < 0.3:
            words["".join(_edited(base, syllable, random_))] = None
    return list(words)[:count]


def spelled_words(language: str, count: int, random_: random.Random) -> list[str]:
    """`count` distinct words of two to four syllables in the spelling of `language`, among them near pairs."""
    onsets, nuclei, codas = (part.split() for part in _SPELLINGS[language])

    def syllable() -> str:
        return random_.choice(onsets) + random_.choice(nuclei) + random_.choice(codas).strip("-")

    words: dict[str, None] = {}
    while len(words) < count:
        base = [syllable() for _ in range(random_.choice((2, 2, 3, 3, 4)))]
        words["".join(base)] = None
        if random_.random() < 0.3:
            words["".join(_edited(base, syllable, random_))] = None
    return list(words)[:count]
