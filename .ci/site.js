const all = (s, root = document) => [...root.querySelectorAll(s)], one = s => document.querySelector(s)

function make(tag, props, ...children) {
  const e = Object.assign(document.createElement(tag), props)
  e.append(...children)
  return e
}

function typeset(span) {
  katex.render(span.textContent, span, { displayMode: span.classList.contains('display'), throwOnError: false })
  span.classList.toggle('wide', span.classList.contains('inline') && span.scrollWidth > one('main').clientWidth)
}

function scrollable(table) {
  if (table.closest('.html-output')) return
  const box = make('div', { className: 'scroll', tabIndex: 0 })
  table.replaceWith(box)
  box.append(table)
}

function copyable(box) {
  const button = make('button', { className: 'copy', textContent: 'Copy' })
  button.onclick = async () => {
    await navigator.clipboard.writeText(box.querySelector('code').innerText)
    button.textContent = 'Copied'
    setTimeout(() => button.textContent = 'Copy', 1200)
  }
  box.append(button)
}

function anchor(heading) {
  heading.append(make('a', { className: 'anchor', href: '#' + heading.id, ariaLabel: 'Link to this section' }, '#'))
}

function followScroll() {
  const links = new Map(all('#toc li a').map(a => [decodeURIComponent(a.hash.slice(1)), a]))
  const seen = new IntersectionObserver(entries => entries.filter(e => e.isIntersecting).forEach(e => {
    links.forEach(a => a.classList.remove('here'))
    links.get(e.target.id)?.classList.add('here')
  }), { rootMargin: '-60px 0px -75% 0px' })
  all('main h2[id], main h3[id]').forEach(h => seen.observe(h))
}

function score(record, query) {
  const title = record.title.toLowerCase(), at = title.indexOf(query)
  if (title == query) return 4
  if (at >= 0) return at == 0 ? 3 : 2
  return query.split(/\s+/).every(w => (title + ' ' + record.text.toLowerCase()).includes(w)) ? 1 : 0
}

function excerpt(text, query) {
  const i = text.toLowerCase().indexOf(query)
  if (i < 0) return [text.slice(0, 70)]
  return [text.slice(Math.max(0, i - 25), i), make('mark', {}, text.slice(i, i + query.length)), text.slice(i + query.length, i + 60)]
}

function hit(record, query) {
  const where = record.title == record.page ? '' : record.page + ' · '
  return make('li', { role: 'option' }, make('a', { href: record.href, tabIndex: -1 }, record.title, make('small', {}, where, ...excerpt(record.text, query))))
}

function searchBox(input, list) {
  let records, chosen = 0
  const items = () => all('li', list)
  const choose = i => {
    chosen = (i + items().length) % items().length
    items().forEach((li, j) => li.ariaSelected = j == chosen)
    items()[chosen]?.scrollIntoView({ block: 'nearest' })
  }
  const show = on => { list.hidden = !on; input.ariaExpanded = on }
  const find = async () => {
    records ??= await fetch('search.json').then(r => r.json()).catch(() => null)
    const query = input.value.trim().toLowerCase()
    if (query.length < 2) return show(false)
    if (!records) { list.replaceChildren(make('p', {}, 'Search needs a web server: python -m http.server')); return show(true) }
    const found = records.map(r => [score(r, query), r]).filter(o => o[0]).sort((a, b) => b[0] - a[0]).slice(0, 12)
    list.replaceChildren(...found.map(o => hit(o[1], query)), ...(found.length ? [] : [make('p', {}, 'Nothing found')]))
    show(true)
    if (found.length) choose(0)
  }
  const keys = {
    ArrowDown: () => choose(chosen + 1), ArrowUp: () => choose(chosen - 1), Escape: () => { show(false); input.blur() },
    Enter: () => items()[chosen]?.querySelector('a').click(),
  }
  input.oninput = input.onfocus = find
  input.onkeydown = e => { if (keys[e.key]) { e.preventDefault(); keys[e.key]() } }
  list.onclick = () => show(false)
  document.addEventListener('click', e => e.target.closest('.search') || show(false))
  document.addEventListener('keydown', e => {
    if (e.key == '/' && !e.target.closest('input, textarea, select')) { e.preventDefault(); input.focus() }
  })
}

one('#menu').onclick = e => e.target.ariaExpanded = document.body.classList.toggle('menu')
for (const e of all('main pre, main .html-output')) if (e.scrollWidth > e.clientWidth) e.tabIndex = 0
one('#toc details').open = innerWidth > 1180
all('main table').forEach(scrollable)
all('main h2[id], main h3[id]').forEach(anchor)
all('span.math').forEach(typeset)
all('div.sourceCode').forEach(copyable)
followScroll()
const here = one('#sidebar [aria-current]')
if (here) one('#sidebar').scrollTop = here.offsetTop - 200
searchBox(one('#q'), one('#hits'))
