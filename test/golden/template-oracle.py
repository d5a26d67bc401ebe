"""Renders chat templates with Jinja2, set up the way Transformers sets it up.

Reads a list of {"source", "now", "variables"} as JSON; writes a list of {"text"} or {"refused"} or {"error"}.
"""

import json
import sys
from datetime import datetime

from jinja2 import TemplateError
from jinja2.ext import loopcontrols
from jinja2.sandbox import ImmutableSandboxedEnvironment


class Refused(TemplateError):
    pass


def environment(now):
    def raise_exception(message):
        raise Refused(message)

    def tojson(x, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
        return json.dumps(x, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)

    made = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[loopcontrols])
    made.filters["tojson"] = tojson
    made.globals["raise_exception"] = raise_exception
    made.globals["strftime_now"] = lambda pattern: now.strftime(pattern)
    return made


def render(case):
    try:
        template = environment(datetime.fromisoformat(case["now"])).from_string(case["source"])
        return {"text": template.render(**case["variables"])}
    except Refused as refusal:
        return {"refused": str(refusal)}
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"}


json.dump([render(case) for case in json.load(sys.stdin)], sys.stdout)
