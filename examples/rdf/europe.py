"""Writes the graphs of examples/europe as RDF, for docs/tutorial.md.

    python examples/rdf/europe.py FOLDER

FOLDER gets english.ttl and french.ttl, where entities have numbers for IRIs and their names as
rdfs:label, known.nt with the seed links, and gold.nt with the test links, both as owl:sameAs.
"""

import sys
from pathlib import Path

EUROPE = Path(__file__).resolve().parents[1] / "europe"
SAME = "<http://www.w3.org/2002/07/owl#sameAs>"
LANGUAGES = {"english": "en", "french": "fr"}


def rows(name: str) -> list[list[str]]:
    """The lines of a table, split at tabs."""
    lines = (EUROPE / f"{name}.tsv").read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines]


def write_graph(name: str, path: Path) -> dict[str, str]:
    """Writes one graph as Turtle; gives back the IRI of every entity."""
    triples = rows(name)
    names = dict.fromkeys(entity for head, _, tail in triples for entity in (head, tail))
    numbers = {entity: f"e{number}" for number, entity in enumerate(names, start=1)}
    space = f"https://example.org/{name}/"
    lines = [
        f"@prefix : <{space}> .",
        f"@prefix r: <{space}relation#> .",
        "@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .",
        "",
    ]
    for entity, number in numbers.items():
        label = entity.replace("\\", "\\\\").replace('"', '\\"')
        lines.append(f':{number} rdfs:label "{label}"@{LANGUAGES[name]} .')
    lines += [f":{numbers[head]} r:{rel} :{numbers[tail]} ." for head, rel, tail in triples]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return {entity: f"<{space}{number}>" for entity, number in numbers.items()}


def main(folder: Path) -> None:
    """Writes all four files."""
    folder.mkdir(parents=True, exist_ok=True)
    english, french = (write_graph(name, folder / f"{name}.ttl") for name in LANGUAGES)
    for table, target in (("seed_links", "known.nt"), ("test_links", "gold.nt")):
        lines = [f"{english[left]} {SAME} {french[right]} .\n" for left, right in rows(table)]
        (folder / target).write_text("".join(lines), encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python europe.py FOLDER")
    main(Path(sys.argv[1]))
