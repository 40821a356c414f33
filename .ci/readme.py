"Write README.md from nbs/index.ipynb and its stored outputs: `python .ci/readme.py`"
import base64, json, re
from pathlib import Path

root = Path(__file__).resolve().parent.parent
nbs, figures = root/'nbs', root/'nbs'/'readme_files'


def text(o): return o if isinstance(o, str) else ''.join(o)


def split(source):
    "Directives and the rest of a cell"
    lines = source.splitlines()
    directives = [l[2:].strip() for l in lines if l.startswith('#|')]
    return directives, '\n'.join(l for l in lines if not l.startswith('#|')).strip()


def output(o, directives, i):
    "One stored output as markdown"
    data = o.get('data', {})
    if 'image/png' in data:
        keys = dict(d.split(': ', 1) for d in directives if ': ' in d)
        name = keys.get('label', f'fig-{i}') + '.png'
        (figures/name).write_bytes(base64.b64decode(text(data['image/png'])))
        return f'![{keys.get("fig-alt", "").strip(chr(34))}](nbs/readme_files/{name})'
    plain = text(o['text'] if 'text' in o else data['text/plain']).rstrip()
    return f'```text\n{plain}\n```'


def cell(c, i):
    "A notebook cell as markdown"
    directives, source = split(text(c['source']))
    if c['cell_type'] == 'markdown':
        return re.sub(r'\]\((\d\d_\w+\.ipynb)', r'](nbs/\1', re.sub(r'\[\]\{.*?\}', '', text(c['source'])))
    if c['cell_type'] != 'code' or 'hide' in directives: return ''
    shown = '' if 'echo: false' in directives else f'```python\n{source}\n```'
    return '\n\n'.join(filter(None, [shown, *(output(o, directives, i) for o in c['outputs'])]))


def main():
    cells = json.loads((nbs/'index.ipynb').read_text(encoding='utf-8'))['cells']
    figures.mkdir(exist_ok=True)
    for f in figures.iterdir(): f.unlink()
    note = '<!-- Written from nbs/index.ipynb by .ci/readme.py; edit the notebook. -->'
    (root/'README.md').write_text('\n\n'.join([note, *filter(None, map(cell, cells, range(len(cells))))]) + '\n', encoding='utf-8')


if __name__ == '__main__': main()
