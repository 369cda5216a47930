"""What each cell of the README and the manual should do, by its text as it stands there."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["CELLS", "Cell"]

KEY = "hush-0123456789"
# By which the engine that the tests run is ollama; every kernel has it at hand.
AS_OLLAMA = "import os; os.environ['OLLAMA_HOST'] = os.environ['ENGINE_HOST']"
NO_OLLAMA = "os.environ.pop('OLLAMA_HOST', 0); 0;"
AT_ENGINE = "%cromicle use http://127.0.0.1:8001/v1"
ANEW = "%reload_ext cromicle_magic"
FAILS = "1 / 0"
ANY = "%%cromicle\nHi"
IN_BACKGROUND = "%%cromicle --bg\nHi"
CLASS = """
from pathlib import Path
Path("{0}").mkdir(exist_ok=True)
Path("{0}/{1}.py").write_text('''
class {2}:
    @classmethod
    async def create_async(cls, model, messages):
        return "from a class"
''')
"""


class Cell(NamedTuple):
    """A cell of the text, and what it should do.

    Attributes:
        text: As it stands there.
        says: A regular expression; what it shows, and what ``look`` shows, has to hold it.
        then: An expression that is true afterwards.
        before: Cells that are run before it.
        runs: What is run where the text is only a part of a cell; ``{}`` stands for it. A magic's
            line alone gets a prompt.
        look: A cell that is run after it.
        typed: What is typed in where it asks.
    """

    text: str
    says: str = ""
    then: str = "True"
    before: tuple[str, ...] = ()
    runs: str = "{}"
    look: str = ""
    typed: str = ""


def prompt(text: str, then: str = "True", **more: str | tuple[str, ...]) -> Cell:
    """Give a cell that asks, and whose answer is whole."""
    return Cell(text, then=f"_cromicle.state == 'done' and {then}", **more)  # type: ignore[arg-type]


def sends(text: str, word: str, **more: str | tuple[str, ...]) -> Cell:
    """Give a cell that asks, and sends a word along."""
    return prompt(text, f"{word!r} in _cromicle.sent.body", **more)


# By page, each in an order in which the cells can follow each other.
CELLS: dict[str, tuple[Cell, ...]] = {
    "README": (
        Cell(
            "%load_ext cromicle_magic",
            then="'cromicle' in get_ipython().magics_manager.magics['cell']",
            before=("%unload_ext cromicle_magic",),
        ),
        sends(
            "%%cromicle -o answer\n"
            'Why is the sky blue? Say it with {braces}, $x^2$ and "quotes": they arrive as typed.',
            r"{braces}, $x^2$ and \"quotes\":",
            look="answer == _cromicle.text, _cromicle.state, _cromicle.seconds > 0",
            says=r"\(True, 'done', True\)",
        ),
        sends('%%cromicle -s "Answer a child of ten."', "Answer a child of ten."),
        prompt("%%cromicle -x python -o code", "compile(code, '', 'exec')"),
        prompt("%%cromicle --insert", says=r"(?m)^inserted: squares = "),
        prompt("%%cromicle -c idea", look="%cromicle chats", says=r"idea +1 "),
        Cell("%%cromicle --bg", then="_cromicle.wait().state == 'done'"),
        sends("%%cromicle --context 3", "1048576", before=("2 ** 20",)),
        sends("%cromicle fix", "ZeroDivisionError", before=(FAILS,)),
        sends("%%cromicle", "Hi", runs="{}\nHi"),
        Cell("%cromicle", r"%cromicle doctor \[ENGINE\] +check the way"),
        Cell("%%cromicle -h", r"--timeout SECONDS .* Default: 300 s\."),
        Cell("%config", "CromicleMagics"),
        Cell(
            "%config CromicleMagics.temperature = 0",
            r"temperature +0\.0 +%config CromicleMagics.temperature",
            look="%cromicle config",
        ),
        Cell("%%cromicle --dry-run", r"Nothing was sent\. This would be:\n\nPOST http://127"),
        Cell("%cromicle sent", r"Sent for cell \d+:\n\nPOST http://127", before=(ANY,)),
        Cell("%cromicle doctor", r"first text +ok"),
        prompt("%%cromicle --timeout 600", says="No model is connected"),
        Cell(
            "%cromicle use ollama",
            r"ollama at http://127\.0\.0\.1:\d+/v1 answers from now on, with llama3\.2",
            before=(AS_OLLAMA,),
        ),
        prompt("%%cromicle -m llama3.2\nWhy is the sky blue?", says=r"llama3\.2 says: Why is"),
        Cell("%cromicle models", r"\* +ollama at http\S+ +llama3\.2\n"),
        Cell("%cromicle use auto", "answers from now on, with llama3.2: OLLAMA_HOST"),
        Cell("%cromicle use http://127.0.0.1:8001/v1", r"answers from now on", before=(NO_OLLAMA,)),
        Cell(
            "%cromicle login",
            r"The key for http://127.0.0.1:\d+, and for no other place, is in the memory",
            typed=KEY,
        ),
        Cell(
            "%cromicle use ./model.gguf",
            r"model answers from now on.*Yes",
            look="%cromicle --no-history Hi",
        ),
    ),
    "answers": (
        prompt("%%cromicle -o answer\nWhy is the sky blue?", "answer == _cromicle.text"),
        prompt("%cromicle Why is the sky blue?", says="No model is connected"),
        Cell("%cromicle show", "No model is connected"),
        prompt(
            "%%cromicle -o answer ;\nWhy is the sky blue?",
            "answer == _cromicle.text",
            says=r"\A\Z",
            before=("answer = ''",),
        ),
    ),
    "background": (
        prompt("%%cromicle --bg -o answer\nWhy is the sky blue?", "answer", look="await _cromicle"),
        Cell("%cromicle status", r"1 .*(waiting|streaming)", before=(ANEW, IN_BACKGROUND)),
        prompt("%cromicle wait"),
        prompt("%cromicle wait 1", before=(ANEW, IN_BACKGROUND)),
        Cell("%cromicle stop", "", "_cromicle.state == 'stopped'", (IN_BACKGROUND,)),
        Cell("%cromicle stop 1", "", "_cromicle.state == 'stopped'", (ANEW, IN_BACKGROUND)),
        prompt("text = (await _cromicle).text", "text", before=(IN_BACKGROUND,)),
        Cell(
            'async for piece in _cromicle:\n    print(piece, end="")',
            r"printed: .*HOST:PORT/v1`",  # from wherever it had come to
            before=(IN_BACKGROUND,),
        ),
    ),
    "chats": (
        sends("%%cromicle --fork plan", "Assistant: **No", before=(ANY,)),
        prompt("%%cromicle --new", "'Assistant: **No' not in _cromicle.sent.body"),
        prompt("%%cromicle --no-history", "'Assistant: **No' not in _cromicle.sent.body"),
        Cell("%cromicle history", r"^main: 2 turns; 1 of them"),
        Cell("%cromicle history idea", "^idea: 1 turn; 1", before=("%%cromicle -c idea\nHi",)),
        Cell("%cromicle chats", r"main +2 +1 .*\nplan +2 +2 .* main .*\nidea +1 +1 "),
        prompt("%cromicle retry", says="No model is connected"),
        Cell("%cromicle continue", 'The last answer of the chat "main" is complete'),
        Cell("%cromicle export chats.md", r"\d turns written to chats\.md\.$"),
        Cell("%cromicle export chats.md --force", r"\d turns written to chats\.md\.$"),
        Cell(
            "%cromicle export idea.jsonl idea",
            r"1 turn written to idea\.jsonl\.$",
            "len(open('idea.jsonl').readlines()) == 1 and open('chats.md').read(6) == '# main'",
        ),
        Cell("%cromicle reset idea", "The chat idea begins anew; 1 turn forgotten"),
        Cell("%cromicle reset", r"The chat main begins anew; \d turns forgotten"),
        Cell("%cromicle reset all", r"All chats begin anew; \d turns forgotten"),
    ),
    "code": (
        prompt(
            "%%cromicle -x python -o code\nWrite code that computes the first ten squares.",
            "compile(code, '', 'exec')",
        ),
        prompt("%%cromicle -x json -o data", "__import__('json').loads(data)"),
        prompt("%%cromicle -x code -o block", "block == _cromicle.code[0].rstrip()"),
        prompt("%%cromicle -x 2 -o block", "block == _cromicle.code[1].rstrip()"),
        prompt("%%cromicle -x -1 -o block", "block == _cromicle.code[-1].rstrip()"),
        sends("%cromicle fix without pandas", "without pandas", before=(FAILS,)),
    ),
    "display": (
        prompt("%%time", runs="{}\n%cromicle Hi", says=r"No model is connected.*Wall time"),
    ),
    "engines": (
        prompt("%config CromicleMagics.engine", runs="{} = 'offline'", look="%cromicle Hi"),
        prompt(
            "%config CromicleMagics.url",
            "'llama3.2' in _cromicle.text",
            before=("%config CromicleMagics.engine = None",),
            runs="{} = 'http://127.0.0.1:8001/v1'",
            look="%cromicle Hi",
        ),
        Cell("%cromicle use", r"answers"),
        Cell("%cromicle models ollama", r"\* +ollama at \S+ +llama3\.2\n", before=(AS_OLLAMA,)),
        Cell("%cromicle doctor ollama", r"engine +ok.*first text +ok"),
        Cell(
            '%config CromicleMagics.aliases = {"fast": "llama3.2"}',
            "llama3.2 says: Hi",
            look="%cromicle -m fast Hi",
        ),
        prompt(
            "%%cromicle --temperature 0 --max-tokens 200 --param top_k 5\nWhy is the sky blue?",
            look="%cromicle sent",
            says=r'"temperature": 0.*,\s+"max_tokens": 200,\s+"top_k": 5',
        ),
        Cell("%cromicle config", r"aliases +\{'fast': 'llama3\.2'\} +%config"),
        prompt(
            "%cromicle use http://127.0.0.1:8377",
            look="%cromicle Hi",
            says=r"answers from now on\..*plain and streamed",
        ),
    ),
    "failures": (
        prompt("%%capture", runs="{} kept\n%cromicle Hi", says=r"\A\Z"),
        Cell(
            "%unload_ext",
            runs="{} cromicle_magic",
            then="'cromicle' not in get_ipython().magics_manager.magics['cell']",
        ),
    ),
    "keys": (
        Cell(
            "chmod 600 key.txt",
            before=("open('key.txt', 'w').write('hush-0123456789'); import os",),
            runs="!{}",
            look="%config CromicleMagics.token_file = 'key.txt'\n"
            "%cromicle --url http://127.0.0.1:8377 Hi",
            says="plain and streamed",
            then="os.stat('key.txt').st_mode & 0o777 == 0o600",
        ),
        Cell(
            "%cromicle login https://h.invalid/v1",
            r"The key for https://h\.invalid, and for no other place, is in the memory",
            typed=KEY,
        ),
        Cell(
            "%cromicle logout https://h.invalid/v1", r"The key for https://h\.invalid is forgotten"
        ),
        Cell(
            "%config CromicleMagics.token =",
            runs="{} 'hush-0123456789'",
            look="%cromicle config",
            says=r"token +set, and never shown +%config",
        ),
        Cell("%%cromicle --dry-run\nWhy is the sky blue?", "Nothing was sent. This would be"),
        sends(
            '%config CromicleMagics.guard = "mask"',
            "SHOP_TOKEN",
            before=("import os; os.environ['SHOP_TOKEN'] = 'sesame-0123456789'",),
            look="%cromicle What is sesame-0123456789?\nprint(_cromicle.sent.body)",
            says=r"(?s)^(?!.*sesame).*SHOP_TOKEN",
        ),
    ),
    "options": (
        prompt("%cromicle -m llama3.2 Why is the sky blue?", says="llama3", before=(AT_ENGINE,)),
        sends("%cromicle -- -5 degrees, is that cold?", "-5 degrees, is that cold?"),
        sends("%cromicle -- show me the way", "show me the way"),
        sends(
            '%%cromicle -s "Answer in one sentence." --temperature 0\nWhy is the sky blue?',
            "Answer in one sentence.",
        ),
        Cell("%cromicle -h", r"--timeout SECONDS .* Default: 300 s\."),
        Cell("%config CromicleMagics", r"CromicleMagics\.temperature=<\w+>.*Current: None"),
        Cell(
            "%config CromicleMagics.temperature = None",
            r"temperature *\n",
            before=("%config CromicleMagics.temperature = 0",),
            look="%cromicle config",
        ),
    ),
    "providers": (
        Cell(
            """\
from cromicle_magic import register


class Shout:
    \"\"\"No model: it says everything again, louder.\"\"\"

    @classmethod
    async def create_async_generator(cls, model, messages, **kwargs):
        for word in messages[-1]["content"].split():
            yield word.upper() + " "


register("shout", Shout)"""
        ),
        Cell("%cromicle use shout", r"Shout answers from now on\..*HI", look=ANY),
        Cell("%cromicle use Shout", r"Shout answers from now on\..*HI", look=ANY),
        Cell(
            "%cromicle use package.module.Class",
            r"Class answers from now on\..*from a class",
            before=(CLASS.format("package", "module", "Class"),),
            look=ANY,
        ),
        # A stand-in at the same place; tests/providers/test_g4f.py asks the released one.
        Cell(
            "%cromicle use g4f.Provider.X",
            r"X answers from now on\..*from a class",
            before=(CLASS.format("g4f", "Provider", "X"),),
            look=ANY,
        ),
    ),
    "python": (
        Cell(
            'print(await ask("Why is the sky blue?"))',
            r"printed: \*\*No model is connected",
            before=("from cromicle_magic import ask",),
        ),
    ),
    "values": (
        Cell('planets = ["Mars", "Venus"]', then="planets"),
        sends("%%cromicle\nWhich of these is hotter: {{ planets }}?", "Venus"),
        prompt(
            "%%cromicle --context vars",
            "'planets' in _cromicle.sent.body and 'Venus' not in _cromicle.sent.body",
            before=(ANEW, "planets = ['Mars', 'Venus']"),
        ),
        sends("%%cromicle --context all", "Venus"),
    ),
}
