"""Fills golden.jsonl: renders each line's template with jinja2, set up as Hugging Face's transformers sets it up, and
writes what comes out beside it. The first line holds the variables. Made with jinja2 3.1.6."""
import json
import pathlib

import jinja2
from jinja2 import nodes
from jinja2.ext import Extension, loopcontrols
from jinja2.sandbox import ImmutableSandboxedEnvironment


class Generation(Extension):
    tags = {"generation"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        return nodes.CallBlock(self.call_method("_body"), [], [], body).set_lineno(line)

    def _body(self, caller):
        return caller()


def tojson(value, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
    return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


def raise_exception(message):
    raise jinja2.exceptions.TemplateError(message)


environment = ImmutableSandboxedEnvironment(
    trim_blocks=True, lstrip_blocks=True, extensions=[Generation, loopcontrols])
environment.filters["tojson"] = tojson
environment.globals["raise_exception"] = raise_exception

path = pathlib.Path(__file__).with_name("golden.jsonl")
variables, *cases = [json.loads(line) for line in path.read_text("utf-8").split("\n") if line]
with path.open("w", encoding="utf-8", newline="\n") as out:
    out.write(json.dumps(variables, ensure_ascii=False) + "\n")
    for case in cases:
        try:
            case["expected"] = environment.from_string(case["template"]).render(**variables)
        except Exception:
            case["expected"] = None
        out.write(json.dumps(case, ensure_ascii=False) + "\n")
