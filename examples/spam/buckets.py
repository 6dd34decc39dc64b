"""What the spam model sees of a mail: which of 512 buckets its words fall into.

    python buckets.py < mail.eml > input.json

Python's standard library suffices. See README.md.
"""

import email
import json
import re
import sys
import zlib

BUCKETS = 512
ADDRESS = re.compile(r"\S+@\S+")
URL = re.compile(r"(?:https?://|www\.)[^\s\"'<>]+")
WORD = re.compile(r"(?<![a-z])[a-z]{2,20}(?![a-z])|[$!%]")


def words(mail):
    """Distinct words of the subject and of all parts that are text; no other header is read."""
    message = email.message_from_bytes(mail)
    texts = [str(message["subject"] or "")]
    for part in message.walk():
        if part.get_content_maintype() == "text":
            # Only ASCII letters become words, so the character set does not matter.
            texts.append((part.get_payload(decode=True) or b"").decode("latin-1"))
    text = "\n".join(texts).lower()
    return set(WORD.findall(URL.sub(" http ", ADDRESS.sub(" ", text))))


def buckets(mail):
    """512 of 0 or 1: whether some word has this CRC-32 modulo 512."""
    present = [0] * BUCKETS
    for word in words(mail):
        present[zlib.crc32(word.encode()) % BUCKETS] = 1
    return present


if __name__ == "__main__":
    print(json.dumps({"buckets": buckets(sys.stdin.buffer.read())}))
