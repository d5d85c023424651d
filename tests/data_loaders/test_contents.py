"""Classes and values in common, as `dualamn inspect` shows them."""

import json

import dualamn
from dualamn.data_loaders import check_health
from dualamn.data_loaders.contents import ClassCount, SharedValues, look_into
from tests.data_loaders.turtle import read

LEFT = """
:c a owl:Class ; rdfs:label "City" .
:a a :c ; rdfs:label "A" ; skos:altLabel "Aa" ; :isbn "X1" ; :in :b ; :code "x2" .
:b a :c ; :isbn "X2" ; :in :a . :p a :P ; :isbn "X3" ; :in :b .
"""
RIGHT = ':q a :Q ; rdfs:label "Aa" ; :ISBN " x1" ; :in :r . :r a :Q ; :ISBN "x2" ; :in :q .'


def test_classes_and_values_in_common() -> None:
    left, right = (
        dualamn.as_graph(read(text)[0], name) for text, name in ((LEFT, "l"), (RIGHT, "r"))
    )
    task = dualamn.as_task([left, right])
    found = look_into(task)
    assert found.classes == (
        ClassCount("l", "http://e.org/c", 2, 1),
        ClassCount("l", "http://e.org/P", 1, 0),
        ClassCount("r", "http://e.org/Q", 2, 1),
    )
    e = "http://e.org/"
    assert found.shared == (
        SharedValues("l", "r", e + "isbn", e + "ISBN", 2, 3, 2),
        SharedValues("l", "r", e + "code", e + "ISBN", 1, 1, 2),
    )
    assert json.loads(json.dumps(found.to_dict()))["shared"][0]["values"] == 2
    health = check_health(task)
    assert (health.graphs[0].unlinkable, health.graphs[0].further_names) == (1, 1)
    assert health.pairs[0].names == 1


def test_graphs_without_values_have_no_contents() -> None:
    found = look_into(dualamn.as_task([[("a", "r", "b")], [("c", "r", "d")]]))
    assert (found.classes, found.shared) == ((), ())
