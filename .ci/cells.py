"Notebook cells as pandoc markdown."
import base64, html, json, re
from pathlib import Path
import yaml

MIMES = 'text/markdown text/html image/svg+xml image/png image/jpeg text/latex text/plain'.split()

class Fault(Exception): "A cell that cannot be shown."

def text(source): return ''.join(source)

def fenced(body, attrs):
    "A fence longer than any run of backticks inside `body`."
    ticks = '`' * (max([2, *map(len, re.findall('`+', body))]) + 1)
    return f'{ticks}{attrs}\n{body}\n{ticks}'

def options(source):
    "The `#| key: value` lines that open a cell, and the code below them."
    lines = source.splitlines()
    n = next((i for i, l in enumerate(lines) if not l.startswith('#|')), len(lines))
    keyed = [l[2:].removeprefix(' ') for l in lines[:n] if not re.fullmatch(r'#\| ?\w[\w. ]*', l)]
    return yaml.safe_load('\n'.join(keyed)) or {}, '\n'.join(lines[n:]).strip()

def picture(data, mime, opts, meta, file):
    "The element that shows an image, which is written to `file`."
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(base64.b64decode(text(data[mime])))
    alt = html.escape(str(opts.get('fig-alt') or opts.get('fig-cap') or ''))
    width = f' width="{meta[mime]["width"]}"' if 'width' in meta.get(mime, {}) else ''
    return fenced(f'<p class="picture"><img src="{file.parent.name}/{file.name}" alt="{alt}"{width}></p>', '{=html}')

def output(o, opts, file):
    "One stored output as markdown."
    if o['output_type'] == 'error': raise Fault(f'stored error output {o["ename"]}: {o["evalue"]}')
    if o['output_type'] == 'stream': return fenced(text(o['text']).rstrip(), '{.output}')
    data, mime = o['data'], next((m for m in MIMES if m in o['data']), None)
    if mime is None or any('widget-view' in m for m in data): raise Fault(f'output that no page can show: {", ".join(data)}')
    if mime in ('text/markdown', 'text/latex'): return text(data[mime])
    if mime == 'text/plain': return fenced(text(data[mime]), '{.output}')
    if mime in ('image/png', 'image/jpeg'): return picture(data, mime, opts, o.get('metadata', {}), file.with_suffix('.' + mime[6:]))
    return '::: {.html-output}\n' + fenced(re.sub(r'(?s)^<\?xml.*?(?=<svg)', '', text(data[mime])), '{=html}') + '\n:::'

def code_cell(cell, file):
    "A code cell and its outputs, as a figure if it has a caption."
    opts, code = options(text(cell['source']))
    if opts.get('include') is False: return ''
    code = fenced(code, '{.python}') if code and opts.get('echo', True) else ''
    if code and opts.get('code-fold'):
        state = ' open' if opts['code-fold'] == 'show' else ''
        code = f'<details class="fold"{state}><summary>{opts.get("code-summary", "Code")}</summary>\n\n{code}\n\n</details>'
    outputs = cell['outputs'] if opts.get('output', True) else []
    shown = [output(o, opts, file.with_name(f'{file.name}_{j}')) for j, o in enumerate(outputs)]
    label, caption = opts.get('label'), opts.get('fig-cap') or opts.get('tbl-cap')
    if shown and caption: shown = [f':::::: {{.figure {"#" + label if label else ""}}}', *shown, str(caption), '::::::']
    return '\n\n'.join([code, *shown])

def head(meta, name):
    "The title and subtitle of a page."
    return f'# {meta.get("title", name)} {{#top}}\n\n::: {{.subtitle}}\n{meta.get("description", "")}\n:::'

def place(cell):
    "The first line of a cell, to find it by."
    return next((l for l in text(cell['source']).splitlines() if l and not l.startswith('#|')), '')[:50]

def dropped(file):
    "The lines that nbdev drops from a notebook's title cell: all but `# Title` and `> subtitle`."
    cells = json.loads(file.read_text())['cells'] if file.exists() else []
    titles = [text(c['source']) for c in cells if c['cell_type'] == 'markdown' and re.search(r'(?m)^# ', text(c['source']))]
    return [l for l in titles[0].splitlines() if l.strip() and not re.match('[#>] ', l)][:1] if titles else []

def prose(source):
    "The front matter and the text of a Quarto document as cells."
    _, front, body = source.split('---\n', 2)
    return [dict(cell_type='raw', source=f'---\n{front}---'), dict(cell_type='markdown', source=body)]

def markdown(file, out):
    "A notebook's metadata, its markdown with a comment before each cell, where its cells are, and its faults; also of a `.qmd`."
    meta, parts, faults = {}, [], []
    cells = json.loads(file.read_text())['cells'] if file.suffix=='.ipynb' else prose(file.read_text())
    places = [f'{file.name}, cell {i} "{place(c)}"' for i, c in enumerate(cells)]
    for i, cell in enumerate(cells):
        source = text(cell['source'])
        if cell['cell_type'] == 'raw' and source.startswith('---'): meta |= yaml.safe_load(source.strip().strip('-'))
        elif cell['cell_type'] != 'code': parts.append(f'<!-- cell {i} -->\n\n{source}')
        else:
            try: parts.append(f'<!-- cell {i} -->\n\n' + code_cell(cell, out/f'{file.stem}_files'/f'cell{i}'))
            except Fault as e: faults.append(f'{places[i]}: {e}')
    if 'title' not in meta: faults.append(f'{file.name}: no title; a notebook opens with `# Title` and `> subtitle` in a cell of their own')
    return meta, '\n\n'.join([head(meta, file.name), *parts]), places, faults
