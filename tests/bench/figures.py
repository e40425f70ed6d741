"""The table: a figure, its goal, and whether it holds."""
import json
import statistics
import unicodedata


class Figures:
    def __init__(self):
        self.rows = []

    def add(self, part, name, value, unit="", at_least=None, at_most=None, note=""):
        """Without a goal a figure is there to be read beside the others."""
        good = None
        if at_least is not None:
            good = value >= at_least
        elif at_most is not None:
            good = value <= at_most
        self.rows.append(dict(part=part, name=name, value=value, unit=unit, at_least=at_least, at_most=at_most, ok=good,
                              note=note))
        print(self.line(self.rows[-1]), flush=True)

    @staticmethod
    def line(row):
        goal = ""
        if row["at_least"] is not None:
            goal = f">= {row['at_least']:g}"
        elif row["at_most"] is not None:
            goal = f"<= {row['at_most']:g}"
        verdict = {True: "OK", False: "short", None: ""}[row["ok"]]
        value = f"{row['value']:,.0f}" if abs(row["value"]) >= 100 else f"{row['value']:.3g}"
        return f"{row['part']:<9}{pad(row['name'], 58)}{value:>10} {row['unit']:<6}{goal:>10}  {verdict:<6}{row['note']}".rstrip()

    def save(self, path, **about):
        path.write_text(json.dumps({**about, "figures": self.rows}, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")

    def count(self):
        judged = [row["ok"] for row in self.rows if row["ok"] is not None]
        return judged.count(True), judged.count(False)


def pad(text, width):
    wide = sum(unicodedata.east_asian_width(letter) in "WF" for letter in text)
    return text + " " * (width - len(text) - wide)


def middle(values):
    return statistics.median(values)
