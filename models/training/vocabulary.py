"""The words of the model: what it must recognise, and what it must learn not to mistake for that.

`graph_words()` is what words.txt holds: a runtime grammar may use these words and no others. The rest is
material for the synthetic speech of the training set.
"""

import pathlib

COMMANDS = [
    "next", "ready", "okay", "done", "go", "go on", "next step", "say again", "repeat", "again", "go back", "back",
    "previous", "wait", "pause", "hold on", "continue", "resume", "how long", "where am i", "why", "tell me more",
    "what can i say", "help", "louder", "softer", "faster", "slower", "stop", "quit", "cancel", "yes", "no", "holding",
    "pressing", "plugged in", "slipped", "let go", "lost it", "erase it", "start over", "camera", "recorder",
    "front panel", "front keys", "skip",
]

# The four that act at once or are said most, and those nobody says in the recordings: the model rests on synthetic
# speech for the latter, so they get more of it.
EMPHASISED = ["next", "ready", "stop", "holding", "slipped", "yes", "no", "go", "okay", "done", "wait", "back", "again"]

DIGITS = "zero one two three four five six seven eight nine".split()
TEENS = "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split()
TENS = "twenty thirty forty fifty sixty".split()
NUMBER_WORDS = DIGITS + TEENS + TENS

# Words a guide may wait for ("green", "blinking"), beside the commands.
GUIDE_WORDS = (
    "light lights red green blue orange yellow white black blinking flashing steady solid beep beeps beeping lamp led "
    "off on up down left right open opened close closed screen menu picture image message password reset button switch "
    "key keys see it is not the a i found find power powered unplugged unplug plugged plug in out here there working "
    "work works failed fail wrong good fine phone call later skip nothing none both all first second third last "
    "hold press release released pressed held push pushed pull pulled turn turned cable cord clip hole cover lid screw "
    "box lost dropped slipped broken dark bright hot cold loud quiet long short more less fast slow start started "
    "finish finished restart restarted quit exit status check checked time minute minutes hour hours "
    "network router computer monitor recorder camera device front panel back side top bottom new old same different "
    "remote control service other way ways front keys choose answer count "
    "yep yeah nope sure please thanks ok correct true false never maybe two"
).split()

# Other words that sound like a command. Each is trained as itself, so that it does not pass for the command.
NEAR_HOMOPHONES = (
    "split slip slips slit slippery sipped skipped tipped flipped clipped dipped left text neck necks nest test rest "
    "best mixed fixed taxed nicks already red reading radio rather eddie teddy steady heavy folding boarding building "
    "bolding coding moulding molding hauling rolling owning loading scolding golden holden down dawn dumb gun ton one "
    "dust does dug duck pushing guessing dressing blessing pleasing passing missing crossing but bat pack bag beck bank "
    "bark black rack tack backed baked step steps stops top shop stoop stock drop chop strap stamp staff still store "
    "steep shopping stopping goat ghost gold grow glow low co toe dough joke throw show though know known now note nose "
    "nor new knee snow low yet yesterday guess chess less jazz years yell yellow lets let lit late gate great weight "
    "weigh way white what wet waste ways paws cause pose boss because repair repeal receipt defeat repeated reaper "
    "against gain a gain begin begun aging held hell health yelp kelp melt cancer counsel castle canceled camp candle "
    "quick quiz quite kit good could continued continent container presume assume zoom consume soften sofa coffee "
    "after laughter master plaster past fastest lower lowered slowed slow older order ladder lighter later latter louse "
    "law layer mouse cow loud aloud allowed leisure helped raised race erased arrays eraser grace trace lost loss cost "
    "lasting glossed frosted cameras comma summer common camp record recorded recording order border recall front "
    "print from friend ant paddle channel pedal kettle keys knees cheese peace skip ship sip skin skull script keep "
    "hope hop help hip long lung wrong song low along belong why white wire wild y oh okra decay obey today away "
    "previously precious devious curious pluck plug plugs bugged hugged luck clogged start star started heart "
    "art over clover older rover resumed"
).split()


def number(n):
    """The words of a number, 0 to 69."""
    if n < 10:
        return DIGITS[n]
    if n < 20:
        return TEENS[n - 10]
    tens = (TENS + ["seventy"])[n // 10 - 2]
    return tens if n % 10 == 0 else f"{tens} {DIGITS[n % 10]}"


def common_words():
    """Some thousand everyday words, commonest first (`common_words.py` wrote the list)."""
    return pathlib.Path(__file__).with_name("common_words.txt").read_text().split()


def graph_words():
    """Every word a runtime grammar may use, in the order of words.txt."""
    words = []
    for phrase in COMMANDS + NUMBER_WORDS + GUIDE_WORDS:
        for word in phrase.split():
            if word not in words:
                words.append(word)
    return words


def said_alone():
    """The words that are commands or numbers by themselves; what sounds like them is told from them with more care."""
    return {word for word in COMMANDS + NUMBER_WORDS if " " not in word}


# How many of the commonest words are in the graph as other words.
FILLER_COUNT = 1600


def fillers():
    """The other words of the graph, which are told from the commands: what sounds like one, and everyday words."""
    words = NEAR_HOMOPHONES + common_words()[:FILLER_COUNT] + graph_words()
    words += "um uh hmm hey hi oh well so happy wow tree sheila house cat marvin bird learn dog bed forward".split()
    return [w for w in dict.fromkeys(words) if len(w) > 1 or w in "ai"]
