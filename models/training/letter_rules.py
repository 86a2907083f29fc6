"""Learns letter-to-sound rules from a dictionary: what a letter sounds like, given the letters around it.

First every word's letters are aligned with its phones (a letter sounds like none, one or two of them), by expectation
maximisation. Then, letter by letter, a tree is grown that looks at one more neighbour at a time, always in the order of
`NEIGHBOURS` (an "IGTree": Daelemans and van den Bosch, 1997). A node is kept only where it says something else than the
node above it, so the rule with the longest matching context is the one that holds.
"""

import collections
import math

# The next letter, the one before, the second next, and so on. "#" is beyond the word.
NEIGHBOURS = (1, -1, 2, 3, -2, -3, 4, 5)
MOST_PHONES = 2


def aligned(lexicon, rounds=8):
    """[(word, [phones of each letter])] of the (word, phones) pairs that can be aligned."""
    chance = collections.defaultdict(lambda: 0.05)
    for _ in range(rounds):
        counts, paths = collections.Counter(), []
        for word, phones in lexicon:
            path = _best_path(word, phones, chance)
            if path:
                paths.append((word, path))
                counts.update(zip(word, path))
        totals = collections.Counter()
        for (letter, _), n in counts.items():
            totals[letter] += n
        chance = collections.defaultdict(lambda: 1e-5)
        for (letter, sound), n in counts.items():
            chance[letter, sound] = n / (totals[letter] + 1)
    return paths


def _best_path(word, phones, chance):
    best = {0: (0.0, ())}
    for letter in word:
        following = {}
        for at, (score, path) in best.items():
            for count in range(MOST_PHONES + 1):
                if at + count > len(phones):
                    break
                sound = phones[at : at + count]
                # Silent and doubled letters are the exception.
                total = score + math.log(chance[letter, sound]) - (0.0, 0.0, 1.0)[count]
                if at + count not in following or following[at + count][0] < total:
                    following[at + count] = (total, path + (sound,))
        best = following
    return best[len(phones)][1] if len(phones) in best else None


def neighbour(word, at, offset):
    at += offset
    return word[at] if 0 <= at < len(word) else "#"


def learn(paths, fewest=5):
    """{context: phones}; a context is the letter and then its neighbours."""
    examples = collections.defaultdict(list)
    for word, path in paths:
        for at, sound in enumerate(path):
            context = "".join(neighbour(word, at, offset) for offset in NEIGHBOURS)
            examples[word[at]].append((context, sound))
    rules = {}

    def grow(context, found, said):
        commonest, n = collections.Counter(sound for _, sound in found).most_common(1)[0]
        if commonest != said:
            rules[context] = commonest
        depth = len(context) - 1
        if n == len(found) or depth == len(NEIGHBOURS):
            return
        parts = collections.defaultdict(list)
        for example in found:
            parts[example[0][depth]].append(example)
        for letter, part in parts.items():
            if len(part) >= fewest:
                grow(context + letter, part, commonest)

    for letter, found in sorted(examples.items()):
        grow(letter, found, None)
    return rules


def pronounce(word, rules):
    phones = []
    for at, letter in enumerate(word):
        context = letter + "".join(neighbour(word, at, offset) for offset in NEIGHBOURS)
        for length in range(len(context), 0, -1):
            if context[:length] in rules:
                phones.extend(rules[context[:length]])
                break
    return tuple(phones)
