"""Both languages are complete: no message of the code without its Chinese text, and none with a broken placeholder."""

import re

from babel.messages.pofile import read_po

from shixun.commands.messages import missing, sources

PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]")


def test_no_message_lacks_its_chinese() -> None:
    assert missing() == {}


def test_placeholders_survive_translation() -> None:
    wrong = []
    for po in sources():
        with po.open("rb") as file:
            for message in read_po(file, locale="zh"):
                ids = message.id if isinstance(message.id, (list, tuple)) else [message.id]
                texts = message.string if isinstance(message.string, (list, tuple)) else [message.string]
                wanted = set(PLACEHOLDER.findall(ids[-1]))
                wrong += [text for text in texts if message.id and text and set(PLACEHOLDER.findall(text)) != wanted]
    assert wrong == []


def test_a_message_reads_the_same_in_every_catalogue() -> None:
    """The catalogues are merged, so the last one to translate a message would win everywhere."""
    seen: dict[tuple[object, object], set[str]] = {}
    for po in sources():
        with po.open("rb") as file:
            for message in read_po(file, locale="zh"):
                if message.id and message.string:
                    seen.setdefault((str(message.id), message.context), set()).add(str(message.string))
    assert {key: texts for key, texts in seen.items() if len(texts) > 1} == {}
