"A notebook as a page: its pandoc tree, with numbered labels, callouts and resolved links."
import html, json, re, subprocess
import pypandoc
from cells import markdown

KINDS = {'eq': 'Equation', 'fig': 'Figure', 'tbl': 'Table', 'sec': 'Section', 'thm': 'Theorem', 'lem': 'Lemma',
         'cor': 'Corollary', 'prp': 'Proposition', 'def': 'Definition', 'exm': 'Example'}
CELL = re.compile(r'<!-- cell (\d+) -->')

def kind(label):
    "What a label counts, or None."
    return KINDS.get(label.split('-')[0]) if '-' in label else None

def pandoc(source, *args):
    "What pandoc makes of `source`."
    return subprocess.run([pypandoc.get_pandoc_path(), *args], input=source, text=True, check=True, capture_output=True).stdout

def walk(node, visit):
    "The tree with each element replaced by `visit(element)`, parents first, in reading order."
    if isinstance(node, list): return [walk(o, visit) for o in node]
    if not isinstance(node, dict): return node
    if 't' in node: node = visit(node) or node
    return {k: walk(v, visit) for k, v in node.items()}

def plain(node):
    "The words of a tree."
    if isinstance(node, list): return ''.join(map(plain, node))
    if not isinstance(node, dict): return ''
    t, c = node.get('t'), node.get('c')
    if t == 'Str': return c
    if t in ('Code', 'Math', 'CodeBlock'): return c[1] + (' ' if t == 'CodeBlock' else '')
    if t in ('RawBlock', 'RawInline'): return re.sub(r'(?s)<(script|style).*?</\1>|<[^>]*>', ' ', c[1])
    return plain(c) + ('' if t in ('Emph', 'Strong', 'Link', 'Span') else ' ')

def words(s): return [{'t': 'Str', 'c': s}]
def para(inlines, name='Para'): return {'t': name, 'c': inlines}
def raw(s): return {'t': 'RawBlock', 'c': ['html', s]}

def callout(attr, blocks):
    "A callout box: its title is its first heading, its `title`, or its kind."
    keys, name = dict(attr[2]), next(o for o in attr[1] if o.startswith('callout-'))
    title = words(keys.get('title') or name.removeprefix('callout-').capitalize())
    if blocks and blocks[0]['t'] == 'Header': title, blocks = blocks[0]['c'][2], blocks[1:]
    folded = 'collapse' in keys
    tags = [f'<details{"" if keys["collapse"] == "true" else " open"}><summary>', '</summary>', '</details>'] if folded else \
           ['<p class="callout-title">', '</p>', '']
    return {'t': 'Div', 'c': [[attr[0], ['callout', name], []], [raw(tags[0]), para(title, 'Plain'), raw(tags[1]), *blocks, raw(tags[2])]]}

class Page:
    "One notebook on its way to a page."
    def __init__(self, file, out):
        self.name, self.cell, self.labels, self.counts = file.name, 0, {}, {}
        self.meta, md, self.places, self.errors = markdown(file, out)
        self.file, self.title = self.meta.get('output-file', file.stem + '.html'), str(self.meta.get('title', file.stem))
        form = 'markdown-yaml_metadata_block+lists_without_preceding_blankline'
        self.doc = walk(json.loads(pandoc(md, '-f', form, '-t', 'json', '--columns=10000')), self.number)

    def error(self, message): self.errors.append(f'{self.places[self.cell]}: {message}')
    def count(self, label):
        "The next number of this label's kind."
        if label in self.labels: self.error(f'label {label} is used twice')
        k = kind(label); n = self.counts[k] = self.counts.get(k, 0) + 1
        self.labels[label] = f'{k} {n}'
        return n

    def caption(self, label, blocks):
        "A caption that begins with its number."
        if not kind(label): return blocks
        self.count(label)
        first, rest = (blocks[0]['c'], blocks[1:]) if blocks else ([], [])
        return [para([{'t': 'Strong', 'c': words(self.labels[label] + '.')}, {'t': 'Space'}, *first], 'Plain'), *rest]

    def equations(self, inlines):
        "Display formulas followed by `{#eq-label}` become numbered spans."
        res = []
        for o in inlines:
            m = o['t'] == 'Str' and re.match(r'\{#(eq-[\w-]+)\}(.*)', o['c'])
            i = next((i for i in range(len(res) - 1, -1, -1) if res[i]['t'] not in ('Space', 'SoftBreak')), -1)
            if not m or i < 0 or res[i]['t'] != 'Math': res.append(o); continue
            style, tex = res[i]['c']
            math = {'t': 'Math', 'c': [style, f'{tex.strip()} \\tag{{{self.count(m[1])}}}']}
            res[i:] = [{'t': 'Span', 'c': [[m[1], [], []], [math]]}, *words(m[2])]
        return res

    def number(self, node):
        "First pass: count what has a label, give figures and callouts their shape."
        t, c = node['t'], node.get('c')
        if t == 'RawBlock' and (m := CELL.match(c[1])): self.cell = int(m[1])
        if t in ('Para', 'Plain'): return para(self.equations(c), t)
        if t == 'Header' and kind(c[1][0]): self.labels[c[1][0]] = plain(c[2])
        if t in ('Figure', 'Table'): c[1][1] = self.caption(c[0][0], c[1][1])
        if t == 'Image': c[0][2] = [['alt' if k == 'fig-alt' else k, v] for k, v in c[0][2]]
        if t != 'Div': return node
        attr, blocks = c
        if any(o.startswith('callout-') for o in attr[1]): return callout(attr, blocks)
        label = kind(attr[0])
        if label in ('Figure', 'Table') or 'figure' in attr[1]:
            body, caption = (blocks[:-1], blocks[-1:]) if blocks and blocks[-1]['t'] == 'Para' else (blocks, [])
            return {'t': 'Figure', 'c': [[attr[0], ['table'] if label == 'Table' else [], []], [None, self.caption(attr[0], caption)], body]}
        if label: return {'t': 'Div', 'c': [[attr[0], ['theorem'], []], [*self.caption(attr[0], []), *blocks]]}

    def link(self, address):
        "Second pass, with `address(url, page)`: resolve every reference and link."
        self.doc = walk(self.doc, lambda node: self.resolve(node, address))

    def resolve(self, node, address):
        "References become links, links to notebooks become links to pages."
        t, c = node['t'], node.get('c')
        if t == 'RawBlock' and (m := CELL.match(c[1])): self.cell = int(m[1])
        if t in ('Link', 'Image'): c[2][0] = address(c[2][0], self)
        if t in ('RawBlock', 'RawInline'):
            c[1] = re.sub(r'(<a\b[^>]*?href=")([^"]*)', lambda m: m[1] + address(html.unescape(m[2]), self), c[1])
        refs = [o['citationId'] for o in c[0]] if t == 'Cite' else []
        if not any(map(kind, refs)): return node
        for r in refs:
            if r not in self.labels: self.error(f'unresolved cross-reference @{r}: no such label on this page')
        links = [{'t': 'Link', 'c': [['', ['reference'], []], words(self.labels.get(r, r)), ['#' + r, '']]} for r in refs]
        return {'t': 'Span', 'c': [['', [], []], [o for l in links for o in (*words(', '), l)][1:]]}

    def sections(self):
        "Search records: one for each heading, with the words below it."
        res = []
        for b in self.doc['blocks']:
            if b['t'] == 'Header': res.append(dict(title=plain(b['c'][2]).strip(), page=self.title, href=f'{self.file}#{b["c"][1][0]}', text=''))
            else: res[-1]['text'] = re.sub(r'\s+', ' ', res[-1]['text'] + ' ' + plain(b)).strip()
        return res

    def toc(self):
        "The headings of level two and three as links."
        heads = [b['c'] for b in self.doc['blocks'] if b['t'] == 'Header' and b['c'][0] in (2, 3)]
        items = [[para([{'t': 'Link', 'c': [['', [f'level{n}'], []], inlines, ['#' + attr[0], '']]}], 'Plain')] for n, attr, inlines in heads]
        return [{'t': 'BulletList', 'c': items}] if items else []

    def html(self):
        "The contents list and the body as HTML; the badge is drawn here, since reading needs no other server."
        doc = {**self.doc, 'blocks': [*self.toc(), raw('<!-- body -->'), *self.doc['blocks']]}
        page = pandoc(json.dumps(doc), '-f', 'json', '-t', 'html5', '--katex', '--wrap=none')
        toc, body = re.sub(r'<img[^>]*colab-badge\.svg[^>]*>', '<span class="badge">Open in Colab</span>', page).split('<!-- body -->')
        return re.sub(r'(?<=[a-z])(?=[A-Z])(?=[^<>]*<)|(?<=_)(?=[^<>]*<)', '<wbr>', toc), body
