"Open every page of a static site in a browser, wide and narrow, and list what is broken: `python .ci/check_site.py SITE_DIR`."
import argparse, functools, http.server, sys, tempfile, threading
from importlib.resources import files
from pathlib import Path
from urllib.parse import unquote, urljoin, urlparse
from playwright.sync_api import expect, sync_playwright

FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic']
WIDTHS = 1280, 390
WEIGHT = 1_500_000   # bytes of a page and its pictures, uncompressed
AXE = (files('axe_playwright_python')/'axe.min.js').read_text(encoding='utf-8')
OURS = 'image-alt', 'page-has-heading-one'     # PROBE has them
VIOLATIONS = """async ([ours, skip]) => (await axe.run({exclude: skip.map(s => [s])},
  {resultTypes: ['violations'], rules: Object.fromEntries(ours.map(r => [r, {enabled: false}]))})).violations.map(v =>
  `axe: ${v.id}, ${v.nodes.length} times: ${v.nodes[0].html.replace(/\\s+/g, ' ').slice(0, 90)}`)"""
PROBE = r'''() => {
  const all = s => [...document.querySelectorAll(s)], short = s => s.trim().replace(/\s+/g, ' ').slice(0, 60)
  const texts = [], walk = document.createTreeWalker(document.querySelector('main') || document.body, NodeFilter.SHOW_TEXT)
  while (walk.nextNode()) if (!walk.currentNode.parentElement.closest('pre, code, script, style, .katex')) texts.push(walk.currentNode.data)
  const boxed = e => { while ((e = e.parentElement) && e != document.body) if (getComputedStyle(e).overflowX != 'visible') return true }
  const over = e => e.getBoundingClientRect().right > innerWidth + 1 && !boxed(e)
  const math = all('.math')
  return {
    ids: all('[id], a[name]').map(e => e.id || e.name),
    links: all('a[href]:not([aria-hidden=true])').map(e => e.getAttribute('href')),
    formulas: math.length,
    images: all('img').length,
    faults: [
      ...math.filter(e => !e.querySelector('.katex, mjx-container')).map(e => 'formula not typeset: ' + short(e.textContent)),
      ...all('.katex-error, .katex [style*="#cc0000"], .katex [style*="204, 0, 0"]').map(e => 'formula with an error: ' + short(e.title || e.textContent)),
      ...all('img').filter(i => !i.alt.trim()).map(i => 'image without alt text: ' + short(i.src)),
      ...all('img').filter(i => /^(data:|blob:)/.test(i.src) || new URL(i.src, location).origin == location.origin)
                   .filter(i => !i.complete || !i.naturalWidth).map(i => 'image does not load: ' + short(i.src)),
      ...all('[hidden]').filter(e => e.getClientRects().length).map(e => 'hidden element shows: ' + short(e.outerHTML)),
      ...texts.filter(t => /:::|\?@|@(fig|eq|tbl|sec|thm)-|\$\$|^#\||\{\{<|\{#|\\[(\[]/m.test(t)).map(t => 'raw markup: ' + short(t)),
      ...all('pre').filter(e => /^#\|/m.test(e.textContent)).map(e => 'raw markup: ' + short(e.textContent)),
      ...(all('h1').length == 1 ? [] : [`${all('h1').length} h1 headings`]),
      ...(document.documentElement.scrollWidth > innerWidth ? [`wider than the page at ${innerWidth} px: ` +
          short(all('body *').filter(over).slice(0, 1).map(e => `<${e.tagName.toLowerCase()} class="${e.className}"> ` + e.textContent).join())] : []),
    ],
  }
}'''

class Quiet(http.server.SimpleHTTPRequestHandler):
    "A file server that keeps no log."
    def log_message(self, *args): pass

def serve(site):
    "The address at which `site` is served from now on."
    server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), functools.partial(Quiet, directory=str(site)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f'http://127.0.0.1:{server.server_port}/'

class Checker:
    "One browser, one site, and the errors found so far."
    def __init__(self, browser, site, url=None):
        self.browser, self.site, self.url, self.base = browser, Path(site), url, serve(site)
        self.errors, self.ids, self.links, self.counts = {}, {}, [], dict(formulas=0, images=0, heaviest=0)

    def error(self, page, message): self.errors[f'{page}: {message}'] = True

    def route(self, page, route):
        "Let local requests through and block the rest, which only pictures may make."
        url = route.request.url
        if url.startswith(self.base): return route.continue_()
        if route.request.resource_type != 'image': self.error(page, f'needs the network: {url}')
        route.abort()

    def open(self, page, width, dark=False):
        "A browser tab showing `page`, with its complaints collected."
        tab = self.browser.new_page(viewport=dict(width=width, height=900), color_scheme='dark' if dark else 'light')
        tab.route('**/*', lambda route: self.route(page, route))
        tab.on('pageerror', lambda e: self.error(page, f'script error: {e}'))
        tab.weight = []
        tab.on('response', lambda r: r.status < 400 and Path(urlparse(r.url).path).suffix in ('.html', '.png', '.jpeg', '.svg')
               and tab.weight.append(int(r.headers.get('content-length', 0))))
        tab.on('response', lambda r: r.status >= 400 and self.error(page, f'HTTP {r.status}: {r.url.removeprefix(self.base)}'))
        tab.goto(self.base + page, wait_until='load')
        tab.evaluate('document.fonts.ready')
        return tab

    def look(self, page, shots=None):
        "Check one page at both widths."
        for width in WIDTHS:
            tab = self.open(page, width)
            seen = tab.evaluate(PROBE)
            for fault in seen['faults']: self.error(page, fault)
            if sum(tab.weight) > WEIGHT: self.error(page, f'heavier than {WEIGHT} bytes: {sum(tab.weight)}')
            self.counts['heaviest'] = max(self.counts['heaviest'], sum(tab.weight))
            if shots: tab.screenshot(path=shots/f'{Path(page).stem}_{width}.png', full_page=True)
            tab.close()
            if shots:
                tab = self.open(page, width, dark=True)
                tab.screenshot(path=shots/f'{Path(page).stem}_{width}_dark.png', full_page=True)
                tab.close()
        for dark in (False, True):  # typeset formulas have thousands of elements; code has the same few colours on every page
            tab = self.open(page, WIDTHS[0], dark)
            tab.evaluate(AXE)
            for v in tab.evaluate(VIOLATIONS, [OURS, ['.katex', 'svg', *['pre']*dark]]): self.error(page, v)
            tab.close()
        self.ids[page] = set(seen['ids']) | {'', 'top'}
        self.links += [(page, l) for l in seen['links']]
        for k in ('formulas', 'images'): self.counts[k] += seen[k]

    def search(self, symbol):
        "Type `symbol` into the search box and take the first hit."
        tab = self.open('index.html', WIDTHS[0])
        tab.keyboard.press('/')
        tab.keyboard.type(symbol)
        hit = tab.locator('#hits a, .aa-List a').first
        try:
            expect(hit).to_contain_text(symbol, ignore_case=True, timeout=3000)
            self.links.append(('search', hit.get_attribute('href')))
        except AssertionError: self.error('search', f'no first hit for {symbol}')
        tab.close()

    def resolve(self, page, link):
        "Complain unless `link` leads to a page, a file, an anchor or outside."
        if self.url and link.startswith(self.url): link = link.removeprefix(self.url).lstrip('/') or 'index.html'
        full = urljoin(self.base + (page if page in self.ids else ''), link)
        if not full.startswith(self.base): return
        path, anchor = unquote(urlparse(full).path.lstrip('/')) or 'index.html', unquote(urlparse(full).fragment)
        if not (self.site/path).exists(): self.error(page, f'dead link: {link}')
        elif path in self.ids and anchor not in self.ids[path]: self.error(page, f'dead anchor: {link}')

    def run(self, symbol=None, shots=None):
        "All errors of the site, in order."
        pages = sorted(f.relative_to(self.site).as_posix() for f in self.site.rglob('*.html'))
        if not pages: self.error(self.site, 'no pages')
        for p in pages: self.look(p, shots)
        if symbol: self.search(symbol)
        for page, link in self.links: self.resolve(page, link)
        return list(self.errors)

    def summary(self):
        return f'{len(self.ids)} pages, {self.counts["formulas"]} formulas, {len(self.links)} links, {self.counts["images"]} images, '\
               f'heaviest page {self.counts["heaviest"]/1e6:.2f} MB, {sum(": axe: " in e for e in self.errors)} kinds of axe violations'

# --- a checker that cannot fail is worthless -----------------------------------

DOT = '<img alt="dot" src="data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw==">'
MATH = '<span class="math"><span class="katex">x</span></span>'
SEARCH = '''<input id="q" aria-label="Search"><ul id="hits"></ul><script>onkeydown = e => { if (e.key == '/') { e.preventDefault(); q.focus() } }
q.oninput = () => hits.innerHTML = 'rel_err'.includes(q.value) ? '<a href="index.html#rel_err">rel_err</a>' : ''</script>'''
GOOD = f'<h1>Good</h1><p id="rel_err">{MATH} {DOT} <code>:::</code> <a href="#rel_err">here</a> <a href="https://example.org">out</a></p>{SEARCH}'
FAULTS = {
    'formula not typeset':      '<span class="math inline">x^2</span>',
    'formula with an error':    '<span class="math"><span class="katex"><span class="katex-error">\\foo</span></span></span>',
    'image does not load':      '<img alt="broken" src="data:image/png;base64,AAAA">',
    'image without alt text':   DOT.replace('alt="dot"', ''),
    'dead link':                '<a href="missing.html">x</a>',
    'dead anchor':              '<a href="#missing">x</a>',
    'script error':             '<script>undefined_name()</script>',
    'HTTP 404':                 '<link rel="stylesheet" href="missing.css">',
    'needs the network':        '<script src="https://example.org/x.js"></script>',
    'raw markup: ::: note':     '<p>::: note</p>',
    'raw markup: see ?@fig':    '<p>see ?@fig-x</p>',
    'raw markup: $$ x':         '<p>$$ x $$</p>',
    'raw markup: #| echo':      '<pre>#| echo: false</pre>',
    'axe: color-contrast':      '<p style="color:#ccc;background:#fff">pale</p>',
    'axe: heading-order':       '<h4>Deep</h4>',
    'axe: label':               '<input type="text">',
    'heavier than':             f'<!-- {"x"*WEIGHT} -->',
    'hidden element shows':     '<p hidden style="display:block">x</p>',
    '2 h1 headings':            '<h1>Again</h1>',
    'wider than the page at 1280': '<div style="width:2000px">wide</div>',
    'wider than the page at 390':  '<div style="width:600px">wide</div>',
}

def errors_of(browser, body, symbol='rel_err'):
    "What the checker says about a site of one page."
    with tempfile.TemporaryDirectory() as d:
        Path(d, 'index.html').write_text(f'<!doctype html><html lang="en"><title>A page</title><meta charset="utf-8"><link rel="icon" href="data:,"><main>{body}</main>')
        return Checker(browser, d).run(symbol)

def self_test(browser):
    "The good page passes and each fault is caught, under its own name and alone."
    cases = {name: errors_of(browser, GOOD + bad) for name, bad in FAULTS.items()}
    cases['0 h1 headings'] = errors_of(browser, GOOD.replace('h1', 'h2'))
    cases['no first hit for energy'] = errors_of(browser, GOOD, 'energy')
    cases['dead anchor: index.html#gone'] = errors_of(browser, GOOD.replace('index.html#rel_err', 'index.html#gone'))
    missed = {name: found for name, found in cases.items() 
              if not any(name in e for e in found) or not all(name.split(' at ')[0] in e for e in found)}
    for name, found in missed.items(): print(f'not caught: {name}; found {found}')
    good = errors_of(browser, GOOD)
    if good: print('the good page fails:', *good, sep='\n')
    print(f'self-test: {len(cases) - len(missed)}/{len(cases)} faults caught')
    return bool(missed or good)

def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('site', nargs='?', type=Path)
    parser.add_argument('--symbol', help='a name that the search must find')
    parser.add_argument('--shots', type=Path, help='folder for screenshots, light and dark')
    parser.add_argument('--url', help='public address of the site; links to it are checked locally')
    parser.add_argument('--chromium', default='/usr/bin/chromium')
    parser.add_argument('--self-test', action='store_true')
    args = parser.parse_args()
    if args.shots: args.shots.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as p:
        browser = p.chromium.launch(executable_path=args.chromium, args=FLAGS)
        failed = self_test(browser) if args.self_test else False
        if args.site:
            checker = Checker(browser, args.site.resolve(), args.url)
            errors = checker.run(args.symbol, args.shots)
            print(*errors, checker.summary(), sep='\n')
            failed |= bool(errors)
        browser.close()
    sys.exit(failed)

if __name__ == '__main__': main()
