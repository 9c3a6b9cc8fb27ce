"""Plug-ins that change something for the whole process, one for each kind."""

from __future__ import annotations

from pathlib import Path

KINDS = {
    "dtype": ("torch.set_default_dtype(torch.float64)", "torch's default dtype: float64"),
    "device": ("torch.set_default_device('meta')", "torch's default device: meta"),
    "threads": ("torch.set_num_threads(63)", "torch's number of threads: 63"),
    "grad": ("torch.set_grad_enabled(False)", "torch's gradient mode: False"),
    "strict": (
        "torch.use_deterministic_algorithms(True)",
        "torch's deterministic algorithms: True",
    ),
    "precise": (
        "torch.set_float32_matmul_precision('medium')",
        "torch's precision of matrix products: medium",
    ),
    "anomaly": ("torch.autograd.set_detect_anomaly(True)", "torch's search for anomalies: True"),
    "drawn": ("torch.manual_seed(7)", "torch's random numbers"),
    "patched": ("torch.load = print", "functions of torch: load"),
    "stdout": ("sys.stdout = io.StringIO()", "sys.stdout"),
    "stderr": ("sys.stderr = io.StringIO()", "sys.stderr"),
    "hook": ("sys.excepthook = print", "sys.excepthook"),
    "signals": ("signal.signal(signal.SIGTERM, signal.SIG_IGN)", "signal handlers: SIGTERM"),
    "folder": ("os.chdir('/')", "the working folder"),
    "located": (
        "was = locale.setlocale(6); locale.setlocale(6, 'C' * (was != 'C'))  # LC_ALL",
        "the locale: ",
    ),
    "warned": ("warnings.simplefilter('ignore')", "the filters of warnings"),
    "environ": ("os.environ['OF_A_TEST'] = 'secret'", "environment variables: OF_A_TEST"),
    "path": ("sys.path.insert(0, '/nowhere/vendored')", "the order of sys.path"),
    "logs": ("logging.disable(logging.CRITICAL)", "logging: disabled"),
    "sockets": ("socket.setdefaulttimeout(0.001)", "the default timeout of sockets: 0.001"),
    "deep": ("sys.setrecursionlimit(5000)", "the recursion limit: 5000"),
    "mask": ("os.umask(0)", "the mask of new files: 000"),
    "decimals": ("decimal.getcontext().prec = 3", "the decimal context"),
    "seeded": ("random.seed(7)", "Python's random numbers"),
    "errors": (
        "numpy.seterr(invalid='raise')",
        "NumPy's answers to floating-point errors: invalid",
    ),
    "prints": ("numpy.set_printoptions(precision=1)", "how NumPy prints: precision"),
    "numbers": ("numpy.random.seed(7)", "NumPy's random numbers"),
    "served": ("gradio.set_static_paths(['/tmp'])", "the folders that gradio serves: tmp"),
    "plots": (
        "matplotlib.rcParams['lines.linewidth'] = 9",
        "Matplotlib's settings: lines.linewidth",
    ),
    "loops": (
        "asyncio.set_event_loop_policy(asyncio.DefaultEventLoopPolicy())",
        "the policy of event loops",
    ),
    "builtin": ("builtins.sorted = lambda *_, **__: []", "functions of builtins: sorted"),
    "spawned": (
        "multiprocessing.set_start_method('spawn', force=True)",
        "how processes are started: spawn",
    ),
    "collected": ("gc.disable()", "the garbage collector"),
    "alarm": (
        "signal.alarm(3600)",
        "the alarm clock",
    ),
    "profiled": ("sys.setprofile(lambda *_: None)", "the profile function"),
    "temp": ("tempfile.tempdir = '/nowhere'", "tempfile.tempdir"),
    "huge": ("PIL.Image.MAX_IMAGE_PIXELS = None", "Pillow's limit of pixels: None"),
    "truncated": (
        "PIL.ImageFile.LOAD_TRUNCATED_IMAGES = True",
        "how Pillow takes truncated pictures",
    ),
}
"""Name -> what a plug-in does, and what is said of it."""

IMPORTS = (
    *("asyncio", "builtins", "decimal", "gc", "io", "locale", "logging", "multiprocessing", "os"),
    *("random", "signal", "socket", "sys", "tempfile", "warnings", "gradio", "matplotlib"),
    *("numpy", "torch", "PIL.Image", "PIL.ImageFile"),
)
SOURCE = """import {module}
import gradio as gr
import pluggy

hookimpl = pluggy.HookimplMarker("paragone")
{at_import}

@hookimpl
def register_tasks(register):
    register(name="{name}", title="{name}", build=f"{{__name__}}:build")


def build(ctx):
    {at_build}
    word = gr.Textbox(label="Word")
    word.submit(echo, word, word, api_name="{name}")


def echo(word: str) -> str:
    return word
"""


def write(folder: Path, kind: str, at_build: bool = False) -> Path:
    """Write the plug-in of a kind, which does it while it is imported, or while it is built."""
    does = KINDS[kind][0]
    modules = ", ".join(m for m in IMPORTS if f"{m}." in does)
    parts = {"at_import": "" if at_build else does, "at_build": does if at_build else "pass"}
    path = folder / f"{kind}.py"
    path.write_text(SOURCE.format(module=modules, name=kind, **parts), encoding="utf-8")
    return path
