"""What the transformer sees of a mail: for each eighth of it, which of 64 buckets its words fall into.

    python segments.py < mail.eml > input.json

Python's standard library suffices. See README.md.
"""

import email
import json
import re
import sys
import zlib

SEGMENTS = 8
BUCKETS = 64
WORDS = 512
LETTERS = 3
ADDRESS = re.compile(r"\S+@\S+")
URL = re.compile(r"(?:https?://|www\.)[^\s\"'<>]+")
WORD = re.compile(r"(?<![a-z])[a-z]{2,20}(?![a-z])|[$!%]")


def words(mail):
    """Words of the subject and of all parts that are text, in order; no other header is read."""
    message = email.message_from_bytes(mail)
    texts = [str(message["subject"] or "")]
    for part in message.walk():
        if part.get_content_maintype() == "text":
            # Only ASCII letters become words, so the character set does not matter.
            texts.append((part.get_payload(decode=True) or b"").decode("latin-1"))
    text = "\n".join(texts).lower()
    return WORD.findall(URL.sub(" http ", ADDRESS.sub(" ", text)))


def segments(found):
    """8 times 64 of 0 or 1: whether some word of this eighth begins with letters of this bucket."""
    found = found[:WORDS]
    present = [[0] * BUCKETS for _ in range(SEGMENTS)]
    for i, row in enumerate(present):
        for word in found[i * len(found) // SEGMENTS : (i + 1) * len(found) // SEGMENTS]:
            row[zlib.crc32(word[:LETTERS].encode()) % BUCKETS] = 1
    return present


if __name__ == "__main__":
    print(json.dumps({"segments": segments(words(sys.stdin.buffer.read()))}))
