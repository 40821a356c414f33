"Check the shape of the project: orphans, import direction, undefined and repeated names, stored outputs, recorded thresholds: `python .ci/structure.py`"
import ast, builtins, csv, dis, importlib, json, math, os, re, sys, types
from pathlib import Path

import yaml

from cells import options

root = Path(__file__).resolve().parent.parent
LAST = 10**6


def text(o): return o if isinstance(o, str) else ''.join(o)


def number(stem):
    "Position of a notebook; pages without a number may import everything"
    m = re.match(r'(\d\d)', stem)
    return int(m[1]) if m else LAST


def modules():
    "Module name -> stem of the notebook it comes from"
    out = {}
    for p in (root/'spectral_nb').rglob('*.py'):
        if p.name in ('__init__.py', '_modidx.py'): continue
        m = re.search(r'File to edit: \S*?/(\w+)\.ipynb', p.read_text(encoding='utf-8'))
        out[p.stem] = m[1] if m else None
    return out


def imported(source):
    "Modules of the package that a piece of code imports"
    lines = '\n'.join('pass' if re.match(r'\s*[!%]', l) else l for l in source.splitlines())
    for node in ast.walk(ast.parse(lines)):
        if isinstance(node, ast.ImportFrom):
            if node.level: yield (node.module or '').split('.')[0]
            elif (node.module or '').startswith('spectral_nb.'): yield node.module.split('.')[1]
        elif isinstance(node, ast.Import):
            yield from (a.name.split('.')[1] for a in node.names if a.name.startswith('spectral_nb.'))


def orphans(mods):
    for m, nb in mods.items():
        if nb is None or not (root/'nbs'/f'{nb}.ipynb').exists(): yield f'spectral_nb/{m}.py: no notebook writes it'


def forward(mods):
    "Imports of a module whose notebook has a higher number"
    def check(where, here, source):
        for m in filter(mods.get, set(imported(source))):
            if number(mods[m]) > here: yield f'{where}: imports {m}, which comes later ({mods[m]})'
    for m, nb in mods.items():
        if nb: yield from check(f'spectral_nb/{m}.py', number(nb), (root/'spectral_nb'/f'{m}.py').read_text(encoding='utf-8'))
    for p in (root/'nbs').glob('*.ipynb'):
        for c in json.loads(p.read_text(encoding='utf-8'))['cells']:
            if c['cell_type'] == 'code': yield from check(p.name, number(p.stem), text(c['source']))


def undefined(mods):
    "Global names that a module uses and does not have: imported in a cell that is not exported, say"
    def used(code):
        yield from (i.argval for i in dis.get_instructions(code) if i.opname=='LOAD_GLOBAL')
        for c in code.co_consts:
            if isinstance(c, types.CodeType): yield from used(c)
    for m in mods:
        mod = importlib.import_module(f'spectral_nb.{m}')
        source = compile(Path(mod.__file__).read_text(encoding='utf-8'), m, 'exec')
        for name in sorted(set(used(source)) - vars(mod).keys() - vars(builtins).keys()): yield f'spectral_nb/{m}.py: {name} is not defined'


def twice(mods):
    "Functions and classes that a module defines again under the same name"
    for m in mods:
        names = [n.name for n in ast.parse((root/'spectral_nb'/f'{m}.py').read_text(encoding='utf-8')).body
                 if isinstance(n, (ast.FunctionDef, ast.ClassDef)) and n.name!='_']
        for name in sorted({n for n in names if names.count(n) > 1}): yield f'spectral_nb/{m}.py: {name} is defined twice'


def stored(size=2_000_000):
    "Notebooks that were not executed, store an error or a path of a machine, or lack their badge"
    for p in sorted((root/'nbs').glob('*.ipynb')):
        raw = p.read_text(encoding='utf-8')
        code = [c for c in json.loads(raw)['cells'] if c['cell_type'] == 'code' and text(c['source']).strip()]
        outs = [o for c in code for o in c['outputs']]
        if any(o['output_type'] == 'error' for o in outs): yield f'{p.name}: stores an error'
        if len(outs) < len(code)//6: yield f'{p.name}: {len(outs)} outputs in {len(code)} code cells; was it executed?'
        if f'/nbs/{p.name}' not in raw: yield f'{p.name}: no Colab badge'
        if len(raw) > size: yield f'{p.name}: {len(raw)} bytes'
        for bad in re.findall(r'(?:/tmp|/root|/home|/work|/Users)/[A-Za-z0-9_./-]+', raw): yield f'{p.name}: path of a machine {bad}'


def mixed():
    "Cells that mix imports with other code: rendering runs such a cell alone, without what comes before it"
    for p in sorted((root/'nbs').glob('*.ipynb')):
        for c in json.loads(p.read_text(encoding='utf-8'))['cells']:
            s = text(c['source'])
            if c['cell_type'] != 'code' or re.search(r'^#\| *(export|exports|exporti|hide|eval: false)\b|nbdev_export\(\)', s, re.M): continue
            nodes = list(ast.walk(ast.parse('\n'.join('pass' if re.match(r'\s*[!%]', l) else l for l in s.splitlines()))))
            if any(isinstance(n, (ast.Import, ast.ImportFrom)) for n in nodes) and any(isinstance(n, (ast.Expr, ast.Assign)) for n in nodes):
                yield f'{p.name}: a cell mixes imports with other code: {s.splitlines()[0][:60]}'


def directives():
    "Cells whose `#| key: value` lines are not YAML, such as a colon in a text without quotes"
    for p in sorted((root/'nbs').glob('*.ipynb')):
        for c in json.loads(p.read_text(encoding='utf-8'))['cells']:
            if c['cell_type'] != 'code': continue
            try: options(text(c['source']))
            except yaml.YAMLError as e: yield f'{p.name}: {str(e).splitlines()[0]}: {text(c["source"])[:80]}'


def headings():
    "Exported cells whose public names would have their heading in the wrong place on the site"
    for p in sorted((root/'nbs').glob('*.ipynb')):
        for c in json.loads(p.read_text(encoding='utf-8'))['cells']:
            s = text(c['source'])
            if c['cell_type'] != 'code' or not (m := re.search(r'^#\| *exports? *$', s, re.M)): continue
            own = [n.name for n in ast.parse(s).body if isinstance(n, (ast.FunctionDef, ast.ClassDef))
                   and n.name[0] != '_' and not any('patch' in ast.unparse(d) for d in n.decorator_list)]
            if own and (len(own) > 1 or not m[0].strip().endswith('s')):
                yield f'{p.name}: expected one public name in a cell `#| exports`, got {", ".join(own)} in `{m[0]}`'


def bar(recorded):
    "Side and bar that a recorded threshold states; None for intervals and words"
    m = re.search(r'(<=|>=|==|<|>)\s*(-?\d[\d.]*(?:e-?\d+)?)(\*pi)?(%)?', recorded) or re.match(r'()(\d[\d.]*)()(%)?', recorded)
    return (m[1], float(m[2])*(math.pi if m[3] else 1)*(.01 if m[4] else 1)) if m else None


def evidence(c):
    "Side and bar of a claim, from one run of its test"
    from spectral_nb.core import seeded
    with seeded(0): e = c.test(c.subject)
    return e.op, e.threshold


def tested(path=root/'claims.json'):
    "Sides and bars of a run of `spectral_claims` with this very code, by id; empty without one"
    from spectral_nb.claims import provenance
    run = json.loads(path.read_text(encoding='utf-8')) if path.is_file() else None
    if not run or run['run']['code'] != provenance()['code']: return {}
    return {r['id']: (r['stated']['op'], r['stated']['threshold']) for r in run['claims'] if r['stated']}


def thresholds(path):
    "Claims whose bar is not the recorded one and which do not say why"
    from spectral_nb.claims import load_ledger
    rows, seen = {r['id']: r for r in csv.DictReader(path.open(encoding='utf-8'))}, tested()
    for c in load_ledger().values():
        if c.source == 'nb' or c.deviation or c.test is None or c.slow: continue
        if c.id not in rows: yield f'{c.id}: not among the recorded claims'; continue
        want, (op, level) = bar(rows[c.id]['threshold']), seen.get(c.id) or evidence(c)
        if want and (abs(want[1]-level) > 1e-9*abs(want[1]) or want[0] and want[0] != op):
            yield f'{c.id}: recorded {rows[c.id]["threshold"]!r}, tested {op} {level:g}, and no deviation is stated'


def main():
    mods = modules()
    faults = [*orphans(mods), *forward(mods), *undefined(mods), *twice(mods), *stored(), *mixed(), *directives(), *headings()]
    recorded = Path(os.environ.get('SPECTRAL_NB_CLAIMS', root.parent/'shared'/'research'/'claims.csv'))
    if recorded.is_file(): faults += thresholds(recorded)
    print('\n'.join(faults) or f'{len(mods)} modules, every import points back' + (', every bar is the recorded one' if recorded.is_file() else ''))
    sys.exit(bool(faults))


if __name__ == '__main__': main()
