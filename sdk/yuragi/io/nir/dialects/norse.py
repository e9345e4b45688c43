"""Norse: forward Euler, reset in the same step, no feedback in step 0."""

from yuragi.io.nir.dialects.rule import EULER, Dialect

__all__ = ["NORSE"]

NORSE = Dialect(
    name="norse",
    step=EULER,
    resets={"": {"zero": "zero", "subtract": "subtract"}, "IF": {"zero": "zero"}},
    feedback_bias=False,
    reads_r=frozenset({"LI"}),
    syn_leak="v_leak + ",
    starts_at_leak=True,
    unknown=frozenset({"CubaLI", "I", "LI", "Threshold"}),
    source="norse 1.1, utils/import_nir.py and functional/lif_box.py; nirtorch, GraphExecutor",
)
