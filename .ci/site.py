"Render the notebooks that `nbdev_proc_nbs` processed to a static site: `python .ci/site.py PROC_DIR OUT_DIR`."
import html, json, re, shutil, sys
from pathlib import Path
from string import Template
import yaml
from cells import dropped
from pages import Page

HERE = Path(__file__).parent

def merge(a, b):
    "Mappings are merged key by key, lists are joined, anything else is replaced by `b`."
    if isinstance(a, dict) and isinstance(b, dict): return {**a, **{k: merge(a[k], v) if k in a else v for k, v in b.items()}}
    return a + [o for o in b if o not in a] if isinstance(a, list) and isinstance(b, list) else b

def config(proc):
    "The `_quarto.yml` in `proc`, merged with its metadata files."
    conf = yaml.safe_load((proc/'_quarto.yml').read_text())
    for f in conf.get('metadata-files', []): conf = merge(conf, yaml.safe_load((proc/f).read_text()))
    return conf['website']

def sidebar(contents, section=None):
    "Every entry of the sidebar as (section, file, given title), in order."
    for o in contents:
        if isinstance(o, str): yield section, o, None
        elif 'section' in o: yield from sidebar(o['contents'] or [], o['section'])
        else: yield section, o.get('href') or o['file'], o.get('text')

class Site:
    "All pages and what they share."
    def __init__(self, proc, out):
        self.proc, self.out, self.conf = proc, out, config(proc)
        self.url = self.conf.get('site-url', '').rstrip('/') + '/'
        self.pages = {f.name: Page(f, out) for f in sorted([*proc.glob('*.ipynb'), *proc.glob('*.qmd')])}
        self.files = {p.file for p in self.pages.values()}
        self.entries = list(sidebar(self.conf['sidebar']['contents']))

    def errors(self):
        "Everything that keeps this site from being published."
        listed = [o[1] for o in self.entries]
        for f in listed:
            if f not in self.pages and not (self.proc/f).exists(): yield f'_quarto.yml: sidebar entry {f} has no notebook'
        for name, page in self.pages.items():
            if name not in listed and name != '404.qmd': yield f'{name}: missing from the sidebar in _quarto.yml'
            if name.endswith('.qmd'): continue
            for line in dropped(self.proc.parent/self.conf.get('repo-subdir', 'nbs')/name):
                yield f'{name}: nbdev drops "{line}"; the title cell holds only `# Title` and `> subtitle`'
            yield from page.errors
        if not (self.proc/'katex').exists(): yield 'katex is missing: nbdev copies folders only with `recursive = True` in settings.ini'

    def address(self, url, page):
        "The address inside the site that `url` means on `page`."
        if url.startswith(self.url) and len(self.url) > 1: url = url.removeprefix(self.url) or 'index.html'
        if re.match(r'[a-z]+:|//|#', url) or not url: return url
        path, sep, anchor = url.partition('#')
        if path in self.pages: path = self.pages[path].file
        elif path not in self.files and not (self.proc/path).exists(): page.error(f'link to missing {path}')
        return path + sep + anchor

    def link(self, file, title, attrs=''):
        p = self.pages.get(file)
        return f'<a href="{p.file if p else file}"{attrs}>{html.escape(title or (p.title if p else file))}</a>'

    def nav(self, page):
        "The sidebar as seen from `page`."
        res, last = [], None
        for section, file, title in self.entries:
            if section != last: res.append(f'<li class="section">{html.escape(section or "")}</li>')
            res.append('<li>' + self.link(file, title, ' aria-current="page"' if file == page.name else '') + '</li>')
            last = section
        return '\n'.join(res)

    def turn(self, page, step):
        "The link to the page `step` entries after `page`."
        order = [o for o in self.entries if o[1] in self.pages]
        if page.name not in [o[1] for o in order]: return ''
        i = [o[1] for o in order].index(page.name) + step
        return self.link(*order[i][1:], f' rel="{"next" if step > 0 else "prev"}"') if 0 <= i < len(order) else ''

    def actions(self, page):
        "Links to the notebook's source and to the issues."
        repo, branch, sub = (self.conf.get(k, '') for k in ('repo-url', 'repo-branch', 'repo-subdir'))
        return f'<a href="{repo}/blob/{branch}/{sub}/{page.name}">Source notebook</a> <a href="{repo}/issues/new">Report an issue</a>'

    def write(self, page, template):
        toc, body = page.html()
        (self.out/page.file).write_text(template.substitute(
            title=html.escape(page.title), site=html.escape(self.conf['title']), repo=self.conf.get('repo-url', '#'), body=body, toc=toc,
            description=html.escape(str(page.meta.get('description', '')), quote=True), nav=self.nav(page), url=self.url,
            prev=self.turn(page, -1), next=self.turn(page, 1), actions=self.actions(page)))

    def lists(self):
        "What crawlers read: every address, and every page with its subtitle"
        pages = [p for p in self.pages.values() if p.name != '404.qmd']
        urls = ''.join(f'<url><loc>{self.url}{p.file}</loc></url>\n' for p in pages)
        yield 'sitemap.xml', f'<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{urls}</urlset>\n'
        rows = '\n'.join(f'- [{p.title}]({self.url}{p.file}): {p.meta.get("description", "")}' for p in pages)
        yield 'llms.txt', f'# {self.conf["title"]}\n\n> {self.pages["index.ipynb"].meta.get("description", "")}\n\n## Pages\n\n{rows}\n'

    def build(self):
        "Write every page, what the pages need, and the search index."
        for p in self.pages.values(): p.link(self.address)
        if errors := list(self.errors()): sys.exit('\n'.join(errors))
        for f in self.proc.iterdir():
            if f.suffix in ('.ipynb', '.qmd', '.yml', '.py') or f.name[0] in '._': continue
            shutil.copytree(f, self.out/f.name, dirs_exist_ok=True) if f.is_dir() else shutil.copy(f, self.out)
        for f in ('site.css', 'site.js'): shutil.copy(HERE/f, self.out)
        template = Template((HERE/'site.html').read_text())
        for p in self.pages.values(): self.write(p, template)
        for name, content in self.lists(): (self.out/name).write_text(content, encoding='utf-8')
        (self.out/'search.json').write_text(json.dumps([r for p in self.pages.values() for r in p.sections()], ensure_ascii=False))

def main(proc, out):
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    site = Site(proc, out)
    site.build()
    print(f'{len(site.pages)} pages in {out}')

if __name__ == '__main__': main(*map(Path, sys.argv[1:3]))
