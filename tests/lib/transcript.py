"""Compares what eventd logs with transcripts as devices print them: line for line, with placeholders for what differs.

    log = entries(daemon.show("show logging"))
    Transcript(FAILURE).match(log)

A template is text, one line an entry. In it `<name>` stands for one word of its own (the same wherever it stands again),
`<name:REGEX>` for what the expression matches, and a line `#` for one or more lines of a hex dump.
"""

import re

STAMP = re.compile(r"[*.]?[A-Z][a-z]{2} +\d+ \d\d:\d\d:\d\d(\.\d+)?: ?")
HEX = re.compile(r"([0-9A-F]{2} )*[0-9A-F]{2}$")
SMTP = "DEBUG(smtp_lib)"


def entries(show_logging):
    """The lines of the log buffer without their time stamps; a line that has none (a continuation) stays as it is."""
    lines = show_logging.rstrip("\n").split("\n")
    at = next(i for i, line in enumerate(lines) if line.startswith("Log Buffer"))
    return [STAMP.sub("", line, count=1).rstrip() if STAMP.match(line) else line for line in lines[at + 1:] if line]


def stamps(show_logging):
    return [m.group() for m in map(STAMP.match, show_logging.splitlines()) if m]


def without_smtp(lines):
    """PKI and TLS lines alone: the dialogue comes between them as the network will have it."""
    return [line for line in lines if SMTP not in line]


class Transcript:
    def __init__(self, text):
        self.lines = [line.strip() for line in text.strip("\n").split("\n")]

    def match(self, lines, begin=None, **values):
        """The template is found in `lines` from its first line (or from where `begin` matches) on, without gaps. Returns
        the values of the placeholders and the index behind the last line."""
        at = next((i for i, line in enumerate(lines) if re.search(begin or self.pattern(self.lines[0], values), line)), None)
        assert at is not None, "nothing begins with %r in:\n%s" % (begin or self.lines[0], "\n".join(lines))
        start = at
        for template in self.lines:
            if template == "#":
                assert at < len(lines) and HEX.match(lines[at]), self.told(template, lines, start, at)
                while at < len(lines) and HEX.match(lines[at]):
                    at += 1
                continue
            assert at < len(lines), self.told(template, lines, start, at)
            found = re.fullmatch(self.pattern(template, values), lines[at].strip())
            assert found, self.told(template, lines, start, at)
            values.update(found.groupdict())
            at += 1
        return values, at

    @staticmethod
    def pattern(template, values):
        """The expression for one line; placeholders that are known already stand for their value."""
        out, here = [], set()
        for part in re.split(r"(<[a-z0-9_]+(?::[^>]+)?>)", template):
            if not re.fullmatch(r"<[a-z0-9_]+(:[^>]+)?>", part):
                out.append(re.escape(part))
                continue
            name, _, expression = part[1:-1].partition(":")
            if name in values:
                out.append(re.escape(values[name]))
            elif name in here:
                out.append("(?P=%s)" % name)
            else:
                out.append("(?P<%s>%s)" % (name, expression or r"\S+?"))
                here.add(name)
        return "".join(out)

    @staticmethod
    def told(template, lines, start, at):
        shown = "\n".join("  %s" % line for line in lines[max(start, at - 12):at])
        rest = "\n".join("  %s" % line for line in lines[at + 1:at + 4])
        return "after\n%s\nthis should come: %s\nthis came:        %s\n%s" % (
            shown, template, lines[at] if at < len(lines) else "(nothing)", rest)
