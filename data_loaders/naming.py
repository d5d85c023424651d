"""Names of entities from attribute triples: which properties name, and which name comes first."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import unquote

import numpy as np

from dualamn.graphs.knowledge_graph import FurtherNames
from dualamn.kernels.arrays import BoolArray, IntArray, StringArray, strings

_RDFS = "http://www.w3.org/2000/01/rdf-schema#"
_SKOS = "http://www.w3.org/2004/02/skos/core#"
_XL = "http://www.w3.org/2008/05/skos-xl#"
_SCHEMA = ("http://schema.org/", "https://schema.org/")
_FOAF = "http://xmlns.com/foaf/0.1/"
_TERMS = "http://purl.org/dc/terms/"
_OBO = "http://www.geneontology.org/formats/oboInOwl#"
_PURL_OBO = "http://purl.obolibrary.org/obo/"
_GEONAMES = "http://www.geonames.org/ontology#"
_GND = "https://d-nb.info/standards/elementset/gnd#"

_FORM = "http://www.w3.org/ns/lemon/ontolex#"

STEP = "|"
"""Between the properties of a path, such as designation|label; no IRI contains it."""

BACK = "^"
"""Before a relation of a path that leads to where the path comes from."""

LABELS = (
    f"{_RDFS}label",
    f"{_SKOS}prefLabel",
    f"{_XL}prefLabel{STEP}{_XL}literalForm",
    f"{_FORM}canonicalForm{STEP}{_FORM}writtenRep",
    *(space + "name" for space in _SCHEMA),
    f"{_FOAF}name",
    f"{_TERMS}title",
    "http://purl.org/dc/elements/1.1/title",
    f"{_GEONAMES}name",
    f"{_GND}preferredName",
    "http://www.loc.gov/mads/rdf/v1#authoritativeLabel",
    "http://www.w3.org/2006/vcard/ns#fn",
    "http://purl.org/goodrelations/v1#name",
    "http://usefulinc.com/ns/doap#name",
    "http://rdf.freebase.com/ns/type.object.name",
    f"{_XL}literalForm",
    f"{_FORM}writtenRep",
)
"""The properties and paths whose values are names, the preferred one first."""

SYNONYMS = (
    f"{_SKOS}altLabel",
    f"{_XL}altLabel{STEP}{_XL}literalForm",
    f"{_FORM}otherForm{STEP}{_FORM}writtenRep",
    *(space + "alternateName" for space in _SCHEMA),
    *(space + "legalName" for space in _SCHEMA),
    f"{_TERMS}alternative",
    f"{_OBO}hasExactSynonym",
    f"{_OBO}hasSynonym",
    f"{_OBO}hasRelatedSynonym",
    f"{_PURL_OBO}IAO_0000118",
    f"{_PURL_OBO}IAO_0000111",
    "http://www.ebi.ac.uk/efo/alternative_term",
    f"{_GEONAMES}officialName",
    f"{_GEONAMES}alternateName",
    f"{_GND}variantName",
    "http://www.loc.gov/mads/rdf/v1#variantLabel",
    "http://dbpedia.org/ontology/alias",
    f"{_FOAF}nick",
    f"{_SKOS}hiddenLabel",
    f"{_XL}hiddenLabel{STEP}{_XL}literalForm",
)
"""The properties and paths whose values are names beside the preferred one."""

FOUND, COMBINED, NODE, OTHER = 1000, 2000, 3000, 4000
"""Places of names by how they were found, see `places`: before them come those of `LABELS`."""

_GIVEN = {"givenname", "firstname", "forename", "prenom", "vorname"}
_FAMILY = {"familyname", "surname", "lastname", "nachname"}
_NAMING = frozenset(
    (
        *("name", "names", "label", "labels", "title", "titles", "synonym", "synonyms"),
        *("appellation", "designation", "denomination", "alias", "term", "heading"),
        *("nom", "nome", "nombre", "naam", "titre", "titel", "titolo", "titulo"),
        *("bezeichnung", "benennung"),
    )
)
_PARTS = {"given", "first", "family", "last", "middle", "user", "file"}
_WORD = re.compile(r"[^\W\d_]+")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def split_words(text: str) -> str:
    """A name written as one word in camelCase as words: "ElectricCurrent", "Electric Current"."""
    return _CAMEL.sub(" ", text)


def names_in_uris(identifiers: StringArray) -> StringArray:
    """The last part of every identifier as a name: ".../National_Front_(France)" is
    "National Front (France)".

    Percent signs are decoded; an identifier without a slash or hash is taken whole. Where more
    identifiers are in camelCase than have words apart, "ElectricCurrent" is "Electric Current".
    """
    names = [_last_part(identifier) for identifier in identifiers]
    words = [name if " " in name else split_words(name) for name in names]
    apart = sum(" " in name for name in names)
    joined = sum(" " in name for name in words) - apart
    return strings(words if joined > apart else names)


def _last_part(identifier: str) -> str:
    text = identifier.rstrip("/#")
    # A slash in a name, as in "AC/DC", stays if it follows the place of all resources.
    _, marker, rest = text.partition("/resource/")
    if not marker:
        cut = max(text.rfind("#"), text.rfind("/")) if "://" in text else text.rfind("#")
        rest = text[cut + 1 :]
    return unquote(rest).replace("_", " ").strip()


def local_name(identifier: str) -> str:
    """The last part of a property's identifier, after the last "/", "#" or step of a path."""
    return re.split(r"[/#|]", identifier.rstrip("/#"))[-1]


def readable(attribute: str) -> str:
    """A property for people: its local name, or those of the steps of a path."""
    steps = [local_name(step) for step in attribute.split(STEP)]
    return " > ".join(steps)


def sounds_like_a_name(identifier: str) -> bool:
    """Whether the local name of a property says that it names, as P102_has_title does."""
    words = {word.lower() for word in _WORD.findall(split_words(local_name(identifier)))}
    return bool(words & _NAMING) and not words & _PARTS


def is_synonym(identifier: str) -> bool:
    """Whether the local name of a property says that its names come after others."""
    words = {word.lower() for word in _WORD.findall(split_words(local_name(identifier)))}
    return bool(
        words & {"alt", "alternative", "alternate", "variant", "hidden", "synonym", "alias"}
    )


def places(attributes: Sequence[str], labels: Sequence[str]) -> IntArray:
    """(a,) the place of each attribute among those that name, the preferred one first; -1 of none.

    Args:
        labels: what the user prefers to all others.
    """
    order = {name: OTHER + at for at, name in enumerate(SYNONYMS)}
    order |= {name: len(labels) + at for at, name in enumerate(LABELS)}
    order |= {name: at for at, name in reversed(list(enumerate(labels)))}
    return np.array([order.get(attribute, -1) for attribute in attributes], dtype=np.int64)


def combined(
    facts: IntArray, attributes: Sequence[str], unnamed: BoolArray
) -> tuple[IntArray, IntArray]:
    """Attribute triples with the given name and with the family name of entities without a name.

    Only where an entity has one of each.
    """
    parts = []
    for words in (_GIVEN, _FAMILY):
        such = [
            at
            for at, name in enumerate(attributes)
            if "".join(_WORD.findall(local_name(name))).lower() in words
        ]
        rows = np.flatnonzero(np.isin(facts[:, 1], such))
        rows = rows[unnamed[facts[rows, 0]]]
        _, first, count = np.unique(facts[rows, 0], return_index=True, return_counts=True)
        parts.append(rows[first[count == 1]])
    given, family = parts
    _, at_given, at_family = np.intersect1d(facts[given, 0], facts[family, 0], return_indices=True)
    return given[at_given], family[at_family]


def choose_names(
    n: int,
    facts: IntArray,
    place: IntArray,
    values: StringArray,
    types: StringArray,
    language: str | None,
) -> tuple[StringArray | None, FurtherNames | None]:
    """(n,) the first name of every entity, "" without one, and all other names.

    Args:
        facts: (m, 2) attribute triples that name, their entity first.
        place: (m,) the place of each property; the lowest decides first, then the language, then
            which came first.
        values, types: (m,) the names, none blank, and their languages.
        language: the preferred language; English if None.
    """
    if not len(facts):
        return None, None
    ranks = {kind: _language_rank(kind, language) for kind in set(types)}
    languages = np.array([ranks[kind] for kind in types])
    best = np.lexsort((np.arange(len(facts)), languages, place, facts[:, 0]))
    owners = facts[best, 0]
    is_first = np.append(True, owners[1:] != owners[:-1])
    names = np.full(n, "", dtype=object)
    names[owners[is_first]] = values[best[is_first]]
    # Only who has several names can have one twice.
    several = np.append(~is_first[1:], False) | ~is_first
    best, owners, is_first = best[several], owners[several], is_first[several]
    if not len(best):
        return names, None
    # Equal names of an entity stand together, its first name before them all. The order by
    # codes, which are others in every run, is left again.
    code = np.fromiter(map(hash, values[best]), np.int64, len(best))
    order = np.lexsort((~is_first, code, owners))
    one, other = order[:-1], order[1:]
    near = (owners[one] == owners[other]) & (code[one] == code[other])
    again = other[near][values[best[one[near]]] == values[best[other[near]]]]
    new = ~is_first
    new[again] = False
    further = FurtherNames(owners[new].astype(np.int32), values[best[new]])
    return names, further if len(further) else None


def _language_rank(kind: str, wanted: str | None) -> int:
    """How well the language of a name fits, 0 is best."""
    tag = kind.lower()
    choices = [f"@{language}" for language in dict.fromkeys((wanted or "en", "en"))]
    for at, choice in enumerate(choices):
        if tag == choice:
            return 2 * at
        if tag.startswith(f"{choice}-"):
            return 2 * at + 1
    return 4 if tag == "" else 5
