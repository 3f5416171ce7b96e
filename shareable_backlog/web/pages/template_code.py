"""Let templates write and call with less around it than Jinja has: that was half of the time that a page took."""

import re
from collections.abc import Callable, MutableMapping
from typing import Any, cast

from jinja2 import Environment, nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.runtime import Context
from jinja2.utils import internalcode
from markupsafe import Markup, escape

_find_special = re.compile("[&<>'\"]").search


def write_html(value: Any) -> str:  # noqa: ANN401 (whatever a template writes)
    """Return what a template writes where `value` stands: markup as it is, all else escaped."""
    kind = cast("type[object]", type(value))
    if kind is Markup or (kind is str and not _find_special(value)):
        return value
    return str(value) if kind is int else escape(value)


class HtmlCode(CodeGenerator):
    """The code of a template, which writes each expression by `write_html`."""

    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: CodeGenerator._FinalizeInfo) -> None:
        if finalize.src is None and frame.eval_ctx.autoescape and not frame.eval_ctx.volatile:
            self.write("environment.write_html(")
        else:
            super()._output_child_pre(node, frame, finalize)


class DirectNames(Context):
    """The names that a template knows, of which it calls those directly that don't want to know about it."""

    @internalcode
    def call(
        self,
        called: Callable[..., object],
        /,
        *args: object,
        _loop_vars: object = None,
        _block_vars: object = None,
        **options: object,
    ) -> Any:  # noqa: ANN401 (whatever the called function returns)
        """Return what the called function returns."""
        if hasattr(called, "jinja_pass_arg"):
            return super().call(called, *args, _loop_vars=_loop_vars, _block_vars=_block_vars, **options)
        return called(*args, **options)


class HtmlEnvironment(Environment):
    """Templates with such code and names, all of which have the same globals."""

    code_generator_class = HtmlCode
    context_class = DirectNames
    write_html = staticmethod(write_html)

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """Return the globals of a template: those of all, which are copied and compared at each import."""
        return super().make_globals(d) if d else self.globals
