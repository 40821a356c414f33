"Break the library one operator at a time and see that its notebook notices: `python .ci/mutants.py [notebook ...]`"
import json, os, re, sys, time, warnings
from pathlib import Path

nbs = Path(__file__).resolve().parent.parent/'nbs'

MUTANTS = {
'00_core': [
    ('relative error without the norm', 'return d/r if r', 'return d if r'),
    ('hue turned the other way', 'np.angle(z) / (2*np.pi)', '-np.angle(z) / (2*np.pi)'),
    ('shapes broadcast', "if a.shape != b.shape: raise", "if False: raise"),
    ('random state not restored', 'with torch.random.fork_rng():', 'if True:'),
    ('bootstrap of a single draw', 'stat(np.random.default_rng(seed).choice(x, (B, len(x))), axis=1)', 'np.random.default_rng(seed).choice(x, B)'),
    ('time ratio upside down', 'r = [cpu_time(batch(f), 1, int(i==0))/max(cpu_time(batch(g), 1, int(i==0)), 1e-9)', 'r = [cpu_time(batch(g), 1, int(i==0))/max(cpu_time(batch(f), 1, int(i==0)), 1e-9)'),
    ('empty axis accepted', 'if x.shape[dim]==0: raise', 'if False: raise')],
'01_claims': [
    ('NaN passes', "if math.isnan(self.value): return 'FAIL'", "if math.isnan(self.value): return 'PASS'"),
    ('a straddling interval passes', "return 'INCONCLUSIVE' if len(met)==2", "return 'PASS' if len(met)==2"),
    ('moving bar not noticed', "if (flip.op, flip.threshold) != (e.op, e.threshold): return", 'if False: return'),
    ('NaN flip certifies', "if not math.isfinite(flip.value): return", 'if False: return'),
    ('any flip certifies', "if {e.outcome, flip.outcome} != {'PASS', 'FAIL'}: return", 'if False: return'),
    ('claims without flips', 'if not self.flips: raise', 'if False: raise'),
    ('the replacement rescues', 'if self.cond and self.cond.evidence', 'if (self.cond or self.corr) and (self.cond or self.corr).evidence'),
    ('the condition is ignored', "if self.cond and self.cond.evidence.outcome=='PASS' else 'FAILS'", "if False else 'FAILS'"),
    ('a false replacement is fine', "if self.corr and self.corr.evidence.outcome != 'PASS' else []", 'if False else []'),
    ('errors are swallowed', "if self.error: return 'ERROR'", "if False: return 'ERROR'"),
    ('removed claims not missed', '{**now, **(reviewed if complete else {})}', '{**now}'),
    ('exit code always 0', 'return int(s.certified < s.conclusive or', 'return 0*int(s.certified < s.conclusive or'),
    ('resume forgets', 'todo = [c for c in claims if c.id not in rows]', 'todo = list(claims)')],
'10_invariants': [
    ('DFT with the other sign', 'θ = -2*math.pi*(k[:, None]*k % n)', 'θ = 2*math.pi*(k[:, None]*k % n)'),
    ('wrong n accepted', 'if bins != n//2+1: raise', 'if False: raise'),
    ('half precision not widened', 'def _wide(x): return x.float() if', 'def _wide(x): return x if'),
    ('energy without the square', 'return x.abs().square().sum(dim)', 'return x.abs().sum(dim)'),
    ('no 1/n in Parseval', "'backward': 1/n", "'backward': 1."),
    ('no n in Parseval, forward norm', "'forward': float(n)", "'forward': 1."),
    ('κ = 2 at DC', 'κ[0] = 1', 'κ[0] = 2'),
    ('κ = 2 at Nyquist', 'if n%2==0: κ[-1] = 1', 'if n%2==0: κ[-1] = 2'),
    ('second weight dropped', 'rel_err(α*f(x) + β*f(y)', 'rel_err(α*f(x) + f(y)'),
    ('shift to the left', 'θ = -2*math.pi*torch.arange(n//2+1', 'θ = 2*math.pi*torch.arange(n//2+1'),
    ('shift defect without undoing the shift', 'rel_err(f(x.roll(m, -1)), f(x).roll(m, -1))', 'rel_err(f(x.roll(m, -1)), f(x))'),
    ('convolution with a conjugate', 'return irfft(rfft(x, dim)*rfft(h, dim), n, dim)', 'return irfft(rfft(x, dim)*rfft(h, dim).conj(), n, dim)'),
    ('correlation without the conjugate', 'rfft(h, dim).conj(), n, dim)', 'rfft(h, dim), n, dim)'),
    ('correlation with the other conjugate', 'rfft(x, dim)*rfft(h, dim).conj(), n, dim)', 'rfft(x, dim).conj()*rfft(h, dim), n, dim)'),
    ('mirror image not conjugated', '1:(n+1)//2].conj().flip(-1)', '1:(n+1)//2].flip(-1)'),
    ('mirror image a bin too long', '1:(n+1)//2].conj()', '1:n//2+1].conj()'),
    ('no 1/n in the lost energy', '.imag.square().sum(-1)/n', '.imag.square().sum(-1)'),
    ('no n in the adjoint of rfft', 'return n*irfft(G/along', 'return irfft(G/along'),
    ('no κ in the adjoint of rfft', 'G/along(half_weights(n, G.real.dtype), G, -1), n)', 'G, n)'),
    ('no 1/n in the adjoint of irfft', '*G/n', '*G'),
    ('derivative of the wrong sign', 'D = (1j*omega(n, period))**order', 'D = (-1j*omega(n, period))**order'),
    ('frequency without the 2', '(2*math.pi/(n if period is None', '(math.pi/(n if period is None'),
    ('alias with a sign', 'return abs((f+fs/2) % fs - fs/2)', 'return (f+fs/2) % fs - fs/2'),
    ('folding without 1/m', '(m, n//m)).mean(-2)', '(m, n//m)).sum(-2)'),
    ('padding one short', "_check_real(h, dim, 'h') - 1", "_check_real(h, dim, 'h') - 2"),
    ('slow lengths', 'for p in (2, 3, 5):', 'for p in (2, 3, 5, 7):'),
    ('leakage inside instead of outside', '.abs() > bins', '.abs() < bins')],
}


def sources(name):
    "Code cells that a test run executes, without directives"
    for c in json.loads((nbs/f'{name}.ipynb').read_text(encoding='utf-8'))['cells']:
        s = c['source'] if isinstance(c['source'], str) else ''.join(c['source'])
        if c['cell_type'] == 'code' and 'nbdev_export(' not in s and not re.search(r'#\| *(eval: *false|slow|cuda)', s): yield s
        elif 'nbdev_export(' in s: yield s.replace('import nbdev; nbdev.nbdev_export()', '')


def survives(cells, old, new):
    "Run the cells in a child process with one replacement; what noticed it, or nothing"
    assert sum(s.count(old) for s in cells) == 1, f'expected once, found {sum(s.count(old) for s in cells)} times: {old}'
    r, w = os.pipe()
    if pid := os.fork():
        os.close(w); os.waitpid(pid, 0)
        return os.read(r, 300).decode()
    try:
        os.chdir(nbs)
        ns, note = {'__name__': '__main__', 'display': print}, ''
        sys.stdout = sys.stderr = open(os.devnull, 'w')
        for s in cells:
            try: exec(compile(s.replace(old, new), 'cell', 'exec'), ns)
            except BaseException as e:
                note = f'{type(e).__name__} in "{next(l for l in s.splitlines() if l and l[0] != "#")[:60]}"'
                break
        os.write(w, note.encode())
    finally: os._exit(0)


def main(names):
    import matplotlib; matplotlib.use('agg'); warnings.simplefilter('ignore')
    import hypothesis, scipy.signal, torch, spectral_nb.claims  # warm before forking
    torch.set_num_threads(1)
    total = killed = 0
    for name in names:
        cells = list(sources(name))
        if note := survives(cells, cells[0], cells[0]): sys.exit(f'{name}: fails without any mutation: {note}')
        for what, old, new in MUTANTS[name]:
            t, note = time.time(), survives(cells, old, new)
            total += 1; killed += bool(note)
            print(f'{"killed " if note else "SURVIVED"} {name}: {what}: {note} ({time.time()-t:.0f} s)', flush=True)
    print(f'{killed}/{total} mutants killed')
    sys.exit(killed < total)


if __name__ == '__main__': main(sys.argv[1:] or MUTANTS)
