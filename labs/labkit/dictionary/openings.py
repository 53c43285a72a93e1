"""How the sampled texts begin: openings and topics written for this course, crossed at random.

The dictionary can only find what the model wrote, so the openings reach for variety: encyclopedic
and personal, chat and code, dialogue in quotes, lists, letters, numbers, and a share of plain
random words that commit the model to nothing.
"""

from __future__ import annotations

import random

USER, ASSISTANT, END = "<|im_start|>user\n", "<|im_start|>assistant\n", "<|im_end|>\n"

TOPICS = r"""the Roman army|volcanoes|whales|the moon|bread|glaciers|the printing press|tea|bees|
earthquakes|jazz|chess|the human heart|vaccines|steam engines|coral reefs|poetry|tax law|football|
railways|the French Revolution|ancient Egypt|the Silk Road|photosynthesis|black holes|the weather|
dinosaurs|money|inflation|democracy|elections|prime numbers|probability|triangles|algebra|gravity|
electricity|magnets|batteries|solar
power|oil|steel|glass|paper|cotton|salt|sugar|coffee|chocolate|
cheese|wine|rice|potatoes|apples|roses|oak trees|mushrooms|bacteria|viruses|DNA|evolution|insects|
spiders|snakes|frogs|penguins|elephants|horses|dogs|cats|sheep|wolves|sharks|salmon|rivers|lakes|
deserts|rainforests|mountains|islands|the Arctic|Africa|Japan|Brazil|India|Canada|Italy|Russia|
China|Mexico|Australia|London|Paris|New York|Berlin|Istanbul|Cairo|a small
village|castles|bridges| cathedrals|painting|sculpture|cinema|the theatre|opera|the
guitar|dance|fashion|photography|novels| fairy
tales|ghosts|dragons|pirates|detectives|robots|spaceships|time travel|artificial intelligence|
computers|the internet|video
games|databases|spreadsheets|email|telephones|cars|bicycles|aeroplanes| ships|a broken lamp|a lost
key|an old letter|a birthday party|a wedding|a funeral|a hospital|a school|a prison|a bank|a
farm|a bakery|a library|a museum|a market|a kitchen|a garden|the sea|winter| summer|a storm|a
fire|a flood|war|peace|friendship|love|anger|grief|fear|sleep|dreams|memory|
language|Latin|spelling|mathematics|philosophy|religion|Buddhism|Islam|Christianity|law|crime|the
police|journalism|advertising|shopping|cooking|exercise|medicine|teeth|eyes|blood|bones|cancer|
stress|pregnancy|children|old age|teachers|nurses|farmers|soldiers|kings and queens|scientists|
engineers|lawyers|musicians|athletes|neighbours|twins|names|colours|numbers|clocks|calendars|maps|
holidays|Monday mornings|the twenty-first century|the year 1848|the 1960s|climate
change|recycling|
water|air|plastic|gold|diamonds|toys|jokes|riddles|recipes|tools|paint|concrete|roofs|lifts|tunnels"""

PROSE = r"""The history of {t}|In this article we look at {t} and|Most people do not know that
{t}| A short introduction to {t}.|The first thing to know about {t} is|Chapter 1: {T}\n\n|#
{T}\n\n| Abstract. We study {t} and show that|According to a new report on {t},|BREAKING:
{T}|Review: a book about {t}.|What I learned from {t}:|Dear editor, I am writing about {t}.|Dear
Anna,\n\nYesterday I thought of {t}|My grandmother used to talk about {t}.|Once upon a time, there
was|It was raining when I first saw|I have always loved {t}, but|I hate {t}. Every|Why is {t} so
important? The|Unlike {t}, the|{T} is a|{T} was the|{T} can be divided into three|The difference
between {t} and {u} is|Both {t} and {u} are|When {t} met {u}, the|In 1912, {t}|On 14 March
1987,|Last night in the city, a man|The minister for {t} said on Tuesday that|Scientists at the
university have discovered that {t}|For immediate release: {T}|Minutes of the meeting on {t}.
Present:|Terms and conditions. By using {t} you agree|Warning: {t}|How to care for {t}:
first,|Ingredients for {t}:\n-|To draw {t}, begin with|The poem "{T}"\n\n|Roses are red,|He was
afraid of {t}, so he|She had written three books on {t}.|They were talking about {t} when the|We
drove for hours, past {t} and {u}, until|You will need {t}, {u} and|If {t} did not exist,|Although
{t} is|Because of {t}, the|There are {n} kinds of {t}:|About {n} per cent of {t}|The price of {t}
rose by {n}|Between {n} and {m},|{n} + {m} =|A train travels {n} kilometres in|The patient, aged
{n}, complained of|The defendant|Theorem {n}. Let|Proof. Suppose that|Question: What is
{t}?\nAnswer:|Q: Who invented {t}?\nA:|True or false: {t}|Der Ursprung von| L'histoire de|La
historia de|Translate into French: {t}|Synonyms of the word|The opposite of|The word for {t} in
Latin|Glossary\n\n|Table of contents\n\n1.|Bibliography\n\n|Figure {n}:|Email subject: {T}
\n\nHi|Tweet: {t}|@user I cannot believe {t}|5 stars. |1 star. Terrible|Lyrics: {T}\n\n[Verse
1]\n| Act I, Scene {n}. |Horoscope for|Weather for the week: Monday|Score: {n} to {m}. The|The
capital of| The largest city in|The chemical symbol for|The president of|In the beginning|Nobody
believed that"""

SPEECH = r'''"I have never seen {t}," said|"Where is {t}?" she asked. "|"Stop!" he shouted. "|He
whispered: "|The teacher said, "{T}|"If you want my opinion on {t}," the old man began, "|She read
the sign aloud: "|"No," said the boy, "|"{T}," wrote the poet, "is|They called it "{t}"
because|The word "{t}" comes from|As the saying goes, "|Alice: Have you heard about
{t}?\nBob:|INTERVIEWER: Tell us about {t}.\nGUEST:|'Well,' said the captain, '|Mother: "|"Thank
you," I said. "|The so-called "{t}| “{T},” she said, “|He looked at {t}. "'''

LISTS = r"""Shopping list:\n-|Top {n} facts about {t}:\n1.|To do:\n- [ ]|Steps to make {t}:\n\n1.|
Advantages of {t}:\n\n*|Names of {t}: |Countries:\n1. France\n2.|Days: Monday, Tuesday,|Colours:
red, |Numbers: {n}, {m},|Animals:\n- cat\n-|Months: January,|A, B, C,|Packing list for
{t}:\n-|Name, Age, City\n|Menu\n\n|Timeline of {t}\n\n{y}:"""

CODE = r"""def main():\n|def is_prime(n):\n|import numpy as np\n|import os\nimport sys\n\n|class
Node:\n    def __init__|for i in range({n}):\n|```python\n|# Python program about {t}\n|function
sum(a, b) {|const |<html>\n<body>\n|<div class="|SELECT name FROM|#include <stdio.h>\n\nint
main|{"name": "|public class|$ git |try:\n    |print("|def test_|x = [{n}, {m},|if __name__ ==|let
y = {n};\n|while True:\n|Traceback (most recent call
last):\n|\\begin{theorem}\n|http://www.|assert|return"""

REQUESTS = r"""What is {t}?|Explain {t} to a child.|Write a poem about {t}.|Write a short story
about {t}.|Give me five facts about {t}.|Compare {t} and {u}.|How does {t} work?|Why is {t}
important?|Write an email to my boss about {t}.|Summarise the history of {t}.|Make a list of words
about {t}.|I feel sad about {t}. What can I do?|Is {t} dangerous?|Tell me a joke about {t}.|Write
a dialogue between {t} and {u}.|Write a Python function about {t}.|Write a positive review of
{t}.|Write a negative review of {t}.| Who discovered {t}?|When did {t} begin?|What is {n} times
{m}?|What is {n} plus {m}?|If I have {n} apples and eat two, how many are left?|Translate "{t}"
into Spanish.|Rewrite this sentence: I like {t}.|Correct the grammar: him go to {t}
yesterday.|Give me a recipe with {t}.|Plan a trip to see {t}.| What are the pros and cons of
{t}?|Describe {t} in three sentences.|Pretend that you are {t}.|Give me a title for an essay on
{t}.|Classify the sentiment: I hate {t}.|Answer yes or no: is {t} alive?|Hello!| Thank you!|Can
you help me?|Sort these numbers: {n}, {m}, 7.|Write a headline about {t}.|What rhymes with
{t}?|Write a letter to {t}.|Finish this sentence: {T} is"""

WORDS = """after again almost always animal answer around ask bad because before begin below best
better big blue book both bring build busy call carry certain change city clean close cold colour
come could cover cross dark day deep different do door down draw early earth easy eat every
example eye face fall far fast father few field find fire fish five follow food form friend from
front full game get give go gold good great green ground grow half hand happen hard have head hear
help her high his hold home hour house how hundred idea if interest keep kind king know land large
last late laugh law learn left less letter life light like line listen little live long look lost
love low machine make man many mark mean measure men might mile mind minute money moon more
morning most mother mountain move much music must name near need never new next night north not
note now number off often old on once only open order other our over own page paper part pass
people perhaps person picture place plan plant play point possible power problem pull put question
quick quiet rain reach read ready real red remember rest right river road rock room round rule run
said same say school science sea second see seem sentence set seven several shape she ship short
should show side simple since sing sit six size sleep slow small snow some song soon sound south
space stand star start state stay step still stone stop story street strong study such sun sure
table take talk teach tell ten than that their then there they thing think this those thought
thousand three through time together too top toward town travel tree true try turn two under until
up use very voice wait walk want war warm was watch water way week weight well went west what when
where which while white who whole why wind winter with without woman wonder wood word work world
would write wrong year yes yet you young""".split()

SHARES = {"prose": 36, "speech": 12, "lists": 6, "code": 8, "request": 20, "chat": 8, "words": 10}
"""Per cent of the texts: ``chat`` opens a user's turn and leaves the request to the model."""


def _items(text: str) -> list[str]:
    r"""Split at the bars; only a line break written as \n belongs to an item."""
    joined = " ".join(text.split("\n"))
    return [item.strip().replace("\\n", "\n") for item in joined.split("|")]


_TOPICS = _items(TOPICS)
_OPENINGS = {
    "prose": _items(PROSE), "speech": _items(SPEECH), "lists": _items(LISTS),
    "code": _items(CODE), "request": _items(REQUESTS),
}  # fmt: skip


def opening(draw: random.Random) -> str:
    """Draw the first words of a text."""
    kind = draw.choices(list(SHARES), weights=list(SHARES.values()))[0]
    if kind == "chat":
        return USER
    if kind == "words":
        words = draw.sample(WORDS, draw.randint(1, 3))
        return " ".join(words) if draw.random() < 0.5 else " ".join(words).capitalize()
    text = _filled(draw.choice(_OPENINGS[kind]), draw)
    return f"{USER}{text}{END}{ASSISTANT}" if kind == "request" else text


def _filled(form: str, draw: random.Random) -> str:
    topic, other = draw.sample(_TOPICS, 2)
    fields = {
        "t": topic, "u": other, "T": topic[0].upper() + topic[1:],
        "n": str(draw.randint(2, 99)), "m": str(draw.randint(2, 99)),
        "y": str(draw.randint(1600, 2020)),
    }  # fmt: skip
    for name, value in fields.items():
        form = form.replace("{" + name + "}", value)
    return form
