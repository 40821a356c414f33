"Break the library one operator at a time and see that its notebook notices: `python .ci/mutants.py [notebook ...]`"
import json, linecache, os, re, sys, time, types, warnings
from pathlib import Path

nbs = Path(__file__).resolve().parent.parent/'nbs'

MUTANTS = {
'00_core': [
    ('relative error without the norm', 'return d/r if r', 'return d if r'),
    ('hue turned the other way', 'np.angle(z) / (2*np.pi)', '-np.angle(z) / (2*np.pi)'),
    ('shapes broadcast', "if a.shape != b.shape: raise", "if False: raise"),
    ('random state not restored', 'with torch.random.fork_rng():', 'if True:'),
    ('bootstrap of a single draw', 'stat(np.random.default_rng(seed).choice(x, (B, len(x))), axis=1)', 'np.random.default_rng(seed).choice(x, B)'),
    ('interval ignores its level', '[(1-level)/2, (1+level)/2]', '[.025, .975]'),
    ('numpy not restored', 'np.random.set_state(before)', 'pass'),
    ('small numbers underflow', "if 0 < top < float('inf'): a, b = a/top, b/top", 'pass'),
    ('time ratio upside down', 'r = [cpu_time(batch(f), 1, int(i==0))/max(cpu_time(batch(g), 1, int(i==0)), 1e-9)', 'r = [cpu_time(batch(g), 1, int(i==0))/max(cpu_time(batch(f), 1, int(i==0)), 1e-9)'),
    ('empty axis accepted', 'if x.shape[dim]==0: raise', 'if False: raise')],
'02_data': [
    ('Burgers without the half', '-.5j*h*kappa*keep', '-1j*h*kappa*keep'),
    ('Burgers of another viscosity', '(-nu*kappa.square()*h/2).exp()', '(-nu*kappa.square()*h).exp()'),
    ('Burgers not dealiased', 'keep, kappa = 3*k < n', 'keep, kappa = 2*k < n'),
    ('Runge-Kutta weights', 'U = E*(E*(U + a/6) + (b+c)/3) + d/6', 'U = E*(E*(U + a/6) + (b+c)/2) + d/6'),
    ('field of another smoothness', '**(-gamma/2)', '**(-gamma)'),
    ('constant of the field too small', 'c[:, 0] = c[:, 0].real*2**.5', 'c[:, 0] = c[:, 0].real'),
    ('checksum of bytes alone', "f'{k} {a.dtype.str} {a.shape} '.encode() + a.tobytes()", 'a.tobytes()'),
    ('negative codes accepted', 'if any(i < 0 for i in codes): raise', 'if False: raise'),
    ('wrong checksum accepted', 'if want and (got := src.digest(content, f)) != want:', 'if False:')],
'01_claims': [
    ('NaN passes', "if math.isnan(self.value): return 'FAIL'", "if math.isnan(self.value): return 'PASS'"),
    ('a straddling interval passes', "return 'INCONCLUSIVE' if len(met)==2", "return 'PASS' if len(met)==2"),
    ('moving bar not noticed', "if (flip.op, flip.threshold) != (e.op, e.threshold): return", 'if False: return'),
    ('NaN flip certifies', "if not math.isfinite(flip.value): return", 'if False: return'),
    ('any flip certifies', "if {e.outcome, flip.outcome} != {'PASS', 'FAIL'}: return", 'if False: return'),
    ('claims without flips', 'if not self.flips: raise', 'if False: raise'),
    ('the replacement rescues', "if self.cond and self.cond.evidence.outcome=='PASS' else 'FAILS'", "if (self.cond or self.corr) and (self.cond or self.corr).evidence.outcome=='PASS' else 'FAILS'"),
    ('the condition is ignored', "if self.cond and self.cond.evidence.outcome=='PASS' else 'FAILS'", "if False else 'FAILS'"),
    ('a false replacement is fine', "(['corr: the replacement is not true'] if self.claim.test", "(['corr: the replacement is not true'] if False"),
    ('errors are swallowed', "if self.error: return 'ERROR'", "if False: return 'ERROR'"),
    ('removed claims not missed', '{**now, **(reviewed if complete else {})}', '{**now}'),
    ('exit code always 0', 'return int(bool(bad or diff))', 'return 0'),
    ('side of the bar not compared', '(flip.op, flip.threshold) != (e.op, e.threshold)', 'flip.threshold != e.threshold'),
    ('only the first flip is run', '{str(k): self._run(v) for k, v in self.flips.items()}', '{str(k): self._run(v) for k, v in list(self.flips.items())[:1]}'),
    ('tests run unseeded', 'with seeded(0): e = self.test(subject)', 'e = self.test(subject)'),
    ('a changing test is trusted', "if self.again not in ('', self.evidence.outcome)", 'if False'),
    ('no cases accepted', 'if self.n < 1: raise', 'if False: raise'),
    ('interval elsewhere accepted', 'not ci[0] <= self.value <= ci[1]', 'False'),
    ('condition with another test', 'if self.cond and self.cond.test is not self.test: raise', 'if False: raise'),
    ('condition with another bar', 'if self.cond and self.cond.evidence.bar != self.stated.evidence.bar', 'if False'),
    ('a test may end the run', 'except (Exception, SystemExit)', 'except Exception'),
    ('claims replaced in silence', '(ledger[id].says, name(ledger[id])) != (says, name(c))', 'ledger[id].says != says'),
    ('empty selection accepted', 'if not found: raise', 'if False: raise'),
    ('moved bars not noticed', "return j.verdict + (f', needs {r.evidence.bar}' if r else '')", 'return j.verdict'),
    ('doubtful verdicts accepted', 'if accept and not bad:', 'if accept:'),
    ('other rows lost on resume', 'list({**old, **{r', 'list({**{}, **{r'),
    ('devices overwritten', 'if p.exists() and not p.is_file(): raise', 'if False: raise'),
    ('NaN on the claimed side', "v = math.inf if e.op[0]=='<' else -math.inf", "v = -math.inf if e.op[0]=='<' else math.inf"),
    ('shading on the other side', "{'<': (6, bar), '>': (bar, width-6)", "{'>': (6, bar), '<': (bar, width-6)"),
    ('errors kept on resume', "for r in old['claims'] if not r['error']}", "for r in old['claims']}"),
    ('resume forgets', 'todo = [c for c in claims if c.id not in rows]', 'todo = list(claims)')],
'10_invariants': [
    ('DFT with the other sign', 'θ = -2*math.pi*(k[:, None]*k % n)', 'θ = 2*math.pi*(k[:, None]*k % n)'),
    ('wrong n accepted', 'if bins != n//2+1:', 'if False:'),
    ('half precision not widened', 'def _wide(x): return x.float() if', 'def _wide(x): return x if'),
    ('energy without the square', 'return _wide(x).abs().square().sum(dim)', 'return _wide(x).abs().sum(dim)'),
    ('no 1/n in Parseval', "'backward': 1/n", "'backward': 1."),
    ('no n in Parseval, forward norm', "'forward': float(n)", "'forward': 1."),
    ('κ = 2 at DC', 'κ[0] = 1', 'κ[0] = 2'),
    ('κ = 2 at Nyquist', 'if n%2==0: κ[-1] = 1', 'if n%2==0: κ[-1] = 2'),
    ('second weight dropped', 'rel_err(α*f(x) + β*f(y)', 'rel_err(α*f(x) + f(y)'),
    ('shift to the left', 'θ = -2*math.pi*(torch.arange(n//2+1', 'θ = 2*math.pi*(torch.arange(n//2+1'),
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
    ('frequency without the 2', '*(2*math.pi/period)', '*(math.pi/period)'),
    ('alias with a sign', 'return abs((f+fs/2) % fs - fs/2)', 'return (f+fs/2) % fs - fs/2'),
    ('folding without 1/m', '(m, n//m)).mean(-2)', '(m, n//m)).sum(-2)'),
    ('norm of the inverse ignored', 'return torch.fft.irfft(X, n=n, dim=dim, norm=norm)', 'return torch.fft.irfft(X, n=n, dim=dim)'),
    ('odd derivatives with Nyquist', 'if order%2 and n%2==0: D[-1] = 0', 'pass'),
    ('derivative without i', 'D = (1j*omega(n, period))**order', 'D = (omega(n, period)+0j)**order'),
    ('any order accepted', 'if not isinstance(order, int) or order < 0: raise', 'if False: raise'),
    ('even derivatives without Nyquist', 'if order%2 and n%2==0: D[-1] = 0', 'if n%2==0: D[-1] = 0'),
    ('axes of the kernel not compared', 'if dim >= 0 and x.ndim != h.ndim: raise', 'if False: raise'),
    ('convolution in half precision', 'torch.fft.rfft(_wide(v), n=N, dim=dim)', 'torch.fft.rfft(v, n=N, dim=dim)'),
    ('padding one short', 'm = sum(_check_kernel(x, h, dim)) - 1', 'm = sum(_check_kernel(x, h, dim)) - 2'),
    ('slow lengths', 'for p in (2, 3, 5):', 'for p in (2, 3, 5, 7):'),
    ('leakage inside instead of outside', '.abs() > bins', '.abs() < bins')],
'13_signals': [
    ('domains mix', 'if a is not b:', 'if False:'),
    ('grids mix', 'if self.grid != other.grid:', 'if False:'),
    ('operators do not check', "if isinstance(other, Signal): self._match(other, op.strip('_'))", 'pass'),
    ('a transposed square keeps its type', 'return shared and out.stride(axis) == s.stride(axis)', 'return shared'),
    ('views lose their type', 'return shared and out.stride(axis) == s.stride(axis)', 'return False'),
    ('every result keeps its type', 'if name in _COPIES | _JOINS: return True', 'return True'),
    ('magnitudes keep their type', 'if out.is_complex() != s.complex or out.ndim', 'if out.ndim'),
    ('deepcopy shares memory', 'self.detach().plain().clone()', 'self.detach().plain()'),
    ('any length accepted', '_check_half(X, n, axis); _check_norm(norm)', '_check_norm(norm)'),
    ('energy without weights', 'E = spectral_energy(X, g.n, -1, g.norm)', 'E = X.abs().square().sum(-1)/g.n'),
    ('energy of invisible parts', 'return E - scale*lost_energy(X, g.n)', 'return E'),
    ('norm lost on the way back', 'irfft(self.plain(), g.n, g.axis, g.norm)', 'irfft(self.plain(), g.n, g.axis)'),
    ('norm lost on the way there', '_tag(rfft(self.plain(), g.axis, g.norm)', '_tag(rfft(self.plain(), g.axis)'),
    ('axes moved in place', 'if name in _MOVES and signals: raise', 'if False: raise'),
    ('max over the axis keeps the type', 'if _pointwise(name) and (binary or name not in _REDUCTIONS): return True', 'if _pointwise(name): return True'),
    ('filters of another domain', "if isinstance(w, Signal): self._match(w, 'filter')", 'pass'),
    ('filter along the wrong axis', 'along(w.to(self.dtype), self, self.grid.axis)', 'w.to(self.dtype)'),
    ('integers keep their type', 'if not (out.is_complex() or out.is_floating_point()): return False', 'pass'),
    ('shift to the left', 'self.filter(phase_ramp(self.grid.n, m))', 'self.filter(phase_ramp(self.grid.n, -m))'),
    ('derivative of another order', 'derivative_response(self.grid.n, order, period)', 'derivative_response(self.grid.n, 1, period)'),
    ('derivative of another period', 'derivative_response(self.grid.n, order, period)', 'derivative_response(self.grid.n, order)'),
    ('band open below', '((f >= lo) & (f < hi))', '(f < hi)'),
    ('band closed above', '((f >= lo) & (f < hi))', '((f >= lo) & (f <= hi))')],
'20_wirtinger': [
    ('oracle for the conjugate', 'complex(slope(e), slope(1j*e))', 'complex(slope(e), -slope(1j*e))'),
    ('oracle of half size', '/(2*ε)', '/(4*ε)'),
    ('oracle in single precision', 'z, kind = z.detach().to(torch.cdouble), z.dtype', 'z, kind = z.detach(), z.dtype'),
    ('complex losses accepted', 'if f(z).is_complex(): raise', 'if False: raise'),
    ('gain not conjugated for the input', '_fit(g*(k*a).conj(), x)', '_fit(g*k.conj()*a, x)'),
    ('gain not conjugated for the kernel', '_fit(g*(x*a).conj(), k)', '_fit(g*x.conj()*a, k)'),
    ('chain rule without its second term', 'return f_z.conj()*g + f_z̄*g.conj()', 'return f_z.conj()*g'),
    ('chain rule without the conjugate of g', 'f_z̄*g.conj()', 'f_z̄*g'),
    ('input gradient without the conjugate', 'return _fit(g*w.conj(), z), _fit(g*z.conj(), w)', 'return _fit(g*w, z), _fit(g*z.conj(), w)'),
    ('weight gradient without the conjugate', 'return _fit(g*w.conj(), z), _fit(g*z.conj(), w)', 'return _fit(g*w.conj(), z), _fit(g*z, w)'),
    ('no sum over the batch', 'g = g.sum_to_size(x.shape)', 'g = g.expand(torch.broadcast_shapes(g.shape, x.shape))[(0,)*(g.ndim-x.ndim)]'),
    ('complex gradient of a real weight', 'return g if x.is_complex() else g.real', 'return g if x.is_complex() else g.abs()'),
    ('no gain in the input gradient', '(_fit(g*(k*a).conj(), x)', '(_fit(g*k.conj(), x)'),
    ('no gain in the kernel gradient', '_fit(g*(x*a).conj(), k)', '_fit(g*x.conj(), k)'),
    ('gain gradient without the conjugate', '_fit(g*(x*k).conj(), a)', '_fit(g*(x*k), a)'),
    ('fused input gradient without the conjugate', 'return _fit(irfft(w.conj()*G, n), x), _fit(κ/n*G*rfft(x).conj(), w)', 'return _fit(irfft(w*G, n), x), _fit(κ/n*G*rfft(x).conj(), w)'),
    ('fused weight gradient without the conjugate', 'return _fit(irfft(w.conj()*G, n), x), _fit(κ/n*G*rfft(x).conj(), w)', 'return _fit(irfft(w.conj()*G, n), x), _fit(κ/n*G*rfft(x), w)'),
    ('fused weight gradient without κ', '_fit(κ/n*G*rfft(x).conj(), w)', '_fit(2/n*G*rfft(x).conj(), w)'),
    ('fused weight gradient without 1/n', '_fit(κ/n*G*rfft(x).conj(), w)', '_fit(κ*G*rfft(x).conj(), w)'),
    ('inputs counted as saved', 'if s.data_ptr() not in seen: kept', 'kept'),
    ('saved bytes of views', '(s.nbytes(), t)', '(t.nbytes//2, t)')],
'25_convolution': [
    ('input gradient without a conjugate', 'G.mul_(w[d].conj())', 'G.mul_(w[d])'),
    ('weight gradient without a conjugate, one row', 'gw[d].addcmul_(X[0].conj(), G[0])', 'gw[d].addcmul_(X[0], G[0])'),
    ('weight gradient without a conjugate, rows', 'gw[d] += (X.conj()*G).sum(0)', 'gw[d] += (X*G).sum(0)'),
    ('only the first row counts', 'gw[d] += (X.conj()*G).sum(0)', 'gw[d] += (X.conj()*G)[0]'),
    ('kappa forgotten', 'return half_weights(m, S.real.dtype).to(S.device)/m', 'return 2/m'),
    ('second derivative without a conjugate', 'torch.fft.irfft(G*W.conj(), n=m)', 'torch.fft.irfft(G*W, n=m)'),
    ('second weight gradient without a conjugate', 'gw = (G*X.conj()).sum(0)\n', 'gw = (G*X).sum(0)\n'),
    ('frozen response not conjugated', '_response(w, m).conj().resolve_conj()', '_response(w, m)'),
    ('spectra outside the graph', 'gx = more if gx is None else gx+more', 'pass'),
    ('padding one short', 'fft_len(n+taps-1)', 'fft_len(n+taps-2)'),
    ('half precision inside', 'x, w = x.to(wide), w.to(', 'x, w = x, w.to('),
    ('always keeps the spectrum', '_needs_grad(w) and not recompute', '_needs_grad(w)'),
    ('kernel longer than the sequence', 'if not 1 <= k.shape[1] <= n: raise', 'if False: raise'),
    ('kernel back to front', 'F.conv1d(z, k.flip(-1)[:, None]', 'F.conv1d(z, k[:, None]'),
    ('tails lost', 'y[:, :, j:, :part.shape[-1]] += part[:, :, :-j]', 'pass'),
    ('a piece skipped', 'for d in range(0, D, r)])', 'for d in range(0, max(D-1, 1), r)])'),
    ('channels counted twice', 'torch.cat(kept[i:i+c], 1)', 'torch.cat(kept[i:i+c][::-1], 1)')],
'70_kernels': [
    ('imaginary part of a product', 'im = tl.dot(ar, bi, input_precision=P) + tl.dot(ai, br', 'im = tl.dot(ar, bi, input_precision=P) - tl.dot(ai, br'),
    ('phases not conjugated on the way back', 'ar*Tr + ai*Ti, ai*Tr - ar*Ti', 'ar*Tr - ai*Ti, ai*Tr + ar*Ti'),
    ('order of the frequencies', 'k1[:, None, None] + R1*(k2[:, None] + R2*k3)', 'k1[:, None, None] + R1*(k2[:, None] + R3*k3)'),
    ('matrix not unitary', 'torch.full((R, R), R**-.5', 'torch.full((R, R), R**-.4'),
    ('third factor not conjugated', '_product(zr.to(K), zi.to(K), F3r, -F3i, P)', '_product(zr.to(K), zi.to(K), F3r, F3i, P)'),
    ('second row of an odd batch read', 'two = (j < n) & ((2*p + 1 + 0*j) < B)', 'two = (j < n) & ((2*p + 1 + 0*j) < B + 1)'),
    ('rows share a scale', 'sa, sb = _mean(a, N), _mean(b, N)', 'sa, sb = _mean(a, N) + _mean(b, N), _mean(a, N) + _mean(b, N)'),
    ('NaN reaches the other row', "b/_safe(sb), 0.)\n", "b/_safe(sb), b)\n"),
    ('first row of a pair unscaled', "a = tl.where(sa < float('inf'), a/_safe(sa), 0.)", "a = a/_safe(sa)"),
    ('correlation of the other sign', 'ai += (Gi*Xr - Gr*Xi)*sx*sg', 'ai += (Gr*Xi - Gi*Xr)*sx*sg'),
    ('cross terms kept', 'H = (P + P.flip(1).roll(1, 1).conj())[:, :m//2+1]/2', 'H = P[:, :m//2+1]'),
    ('gradient without the conjugate', 'return _run(g, w.conj(), m), _correlate', 'return _run(g, w, m), _correlate'),
    ('imaginary DC read', 'edge[0] = edge[-1] = 0', 'edge[-1] = 0'),
    ('weights of the half spectrum', 'return H*half_weights(m, torch.float).to(x.device)', 'return H'),
    ('capability not asked', 'if cap < (7, 5): return', 'if False: return'),
    ('float32 that spills accepted', 'if x.dtype==torch.float and m > 512', 'if x.dtype==torch.float and m > 2048'),
    ('too short a transform accepted', 'if x.shape[1] > m: return', 'if False: return'),
    ('padded length one too short', '1 << (least-1).bit_length()', '1 << (least-1).bit_length()-1')],
'72_gpu': [
    ('one round short', 'for r in range(rounds):', 'for r in range(rounds-1):'),
    ('time of all calls', 'return (time.perf_counter()-t)/calls', 'return (time.perf_counter()-t)*0+1'),
    ('wrong answers accepted', 'if bad: raise AssertionError', 'if False: raise AssertionError'),
    ('any error is small', 'if not e < bar}', 'if e != e}'),
    ('causal definition circular', 'naive_filter(z, torch.fft.rfft(e, n=2*n) if causal else e, 2*n if causal else n)', 'naive_filter(z, torch.fft.rfft(e, n=n) if causal else e, n)'),
    ('gradient against output', 'return torch.autograd.grad(v, z, g.cpu().double())[0] if backward else v.detach()', 'return v.detach()'),
    ('finished rows measured again', "if any(all(r[k]==v for k, v in what.items()) for r in held['rows']): continue", 'if False: continue'),
    ('any row counts as finished', "if any(all(r[k]==v for k, v in what.items())", "if any(any(r[k]==v for k, v in what.items())"),
    ('full size without a GPU', "if device=='cpu' and not quick: raise", 'if False: raise'),
    ('share of something else', "share = ts[k], [c/v for c, v in zip(ts['copy'], ts[k])]", "share = ts[k], [c/v for c, v in zip(ts['FNet'] if 'FNet' in ts else ts['torch.fft'], ts[k])]"),
    ('baseline is another', "against = [c/v for c, v in zip(ts['fused attention'], ts[k])]", "against = [c/v for c, v in zip(ts['copy'], ts[k])]"),
    ('measured on a CPU', "measured=device=='cuda'", 'measured=True')],
'26_columns': [
    ('halves forgotten', 'Aw, Bw = (Zk+Zm)/2*w[0]', 'Aw, Bw = (Zk+Zm)*w[0]'),
    ('mirror not conjugated', 'Zk, Zm = Z[k], Z[-k].conj()', 'Zk, Zm = Z[k], Z[-k]'),
    ('DC not real', 'own = 2*k%m==0  ', 'own = k < 0  '),
    ('twiddle of the other sign', 'torch.exp(-2j*torch.pi', 'torch.exp(2j*torch.pi'),
    ('digits in order', 'row += k%r*size; k //= r', 'row += k//size%r*size'),
    ('kept spectrum out of order', 'order.argsort()', 'order'),
    ('conjugation ignored', '.resolve_conj().contiguous()', '.contiguous()'),
    ('double accepted', "if x.dtype!=torch.float:", 'if False:'),
    ('strides ignored', 'if not x.is_contiguous():', 'if False:'),
    ('any length accepted', 'if fast_len(m)!=m:', 'if False:'),
    ('failed builds accepted', 'if run.returncode or not made.exists():', 'if run.returncode:'),
    ('a gradient is not made contiguous', 'g, w = g.contiguous(), _weights', 'g, w = g, _weights'),
    ('weights of any shape', '.expand(D, m//2+1)', '')],
'27_streaming': [
    ('every block one long', 'return min(q & -q, P)', 'return min(1, P)'),
    ('blocks grow for ever', 'return min(q & -q, P)', 'return q & -q'),
    ('the half that wraps around', "2*L)[..., L:]", "2*L)[..., :L]"),
    ('periods not exchanged', "before=now, now=state['before']", "before=state['before'], now=now"),
    ('nothing known of the next period', "known=more, before", "known=0*more, before"),
    ('the present forgotten', 'k[:, :q-b].flip(-1)', 'k[:, 1:q-b+1].flip(-1)'),
    ('a piece forgets the period before', "seen = torch.cat([state['before'], ", "seen = torch.cat([0*state['before'], "),
    ('clock not restarted', "known=_effect(last, state), p=0)", "known=_effect(last, state))"),
    ('shape of a token not checked', 'if x.ndim!=2+len(tokens) or (x.shape[0], x.shape[-1])!=now.shape[:2]: raise ValueError(', 'if False: raise ValueError(')],
'30_filters': [
    ('the outer tap counted twice', 'end = h.narrow(dim, 0, 1)/2', 'end = h.narrow(dim, 0, 1)'),
    ('taps start at zero', 's = torch.arange(-(g//2), g//2+1, device=h.device)', 's = torch.arange(g//2*2+1, device=h.device)'),
    ('threshold of the wrong sign', '(r-τ).clamp_min(0)', '(r+τ).clamp_min(0)'),
    ('group delay of the wrong sign', 'group_delay=((dW*W.conj()).real', 'group_delay=-((dW*W.conj()).real'),
    ('phase not unwrapped', "phase = torch.cat([w[:, :1].angle(), turn], -1).cumsum(-1)", 'phase = w.angle()'),
    ('energy of half the bins', 'power = half_weights(grid, w.real.dtype).to(w.device)*w.abs().square()', 'power = 2*w.abs().square()*(omega(grid) < 9)'),
    ('the mask hides nothing', 'return x if keep is None else torch.where(keep, x, x.new_zeros(()))', 'return x'),
    ('output of padding kept', 'return _hide(self.dropout(self._mix(_hide(x, keep))), keep)', 'return self.dropout(self._mix(_hide(x, keep)))'),
    ('causal in name only', 'if self.causal: return causal_conv(x, self.taps()[:, :n])', 'if False: return'),
    ('NaN in a mask', 'and bool(mask.isnan().any()): raise', 'and False: raise'),
    ('imaginary part without activation', 'return torch.complex(*(self.activation_fn(_at_least_float(p))\n                               for p in (self.filter_real, self.filter_imag)))\n    def get_spectral_properties', 'return torch.complex(self.activation_fn(_at_least_float(self.filter_real)), _at_least_float(self.filter_imag)*0)\n    def get_spectral_properties'),
    ('gain not bounded', 'return 2*torch.sigmoid(self.gain(mean))', 'return 1+self.gain(mean)*1e6'),
    ('gain looks ahead', 'if self.causal: total, count = z.cumsum(1, dtype=wide), keep.cumsum(1)', 'if False: pass'),
    ('stream without its count', "state['count'] += 1", 'pass'),
    ('bins dropped channel by channel', 'torch.ones(w.shape[-1], device=w.device, dtype=w.real.dtype)', 'torch.ones(w.shape, device=w.device, dtype=w.real.dtype)'),
    ('initial noise the same at every bin', 'return self.filter_init_std/(f+.1)', 'return self.filter_init_std/(0*f+.1)'),
    ('block without its residual', 'x = x + self.spectral(self.norm1(x), mask)', 'x = self.spectral(self.norm1(x), mask)'),
    ('image filtered along one axis', 'h = _lay(_lay(torch.fft.irfft2(w, s=self.grid), n[0], -2), n[1], -1)', 'h = _lay(torch.fft.irfft2(w, s=self.grid), n[1], -1)'),
    ('config ignored', 'return cls(**{k: held[k] for k in inspect.signature(cls).parameters if k in held})', "return cls(**{k: held[k] for k in ('hidden_dim', 'embed_dim', 'sequence_length') if k in held})")],
'36_recordings': [
    ('forecast without the mean of the window', "return torch.einsum('bhcr,rh->bhc', y, self.a) + m", "return torch.einsum('bhcr,rh->bhc', y, self.a)"),
    ('filters read at the past', 'y = y[:, L:].reshape(B, self.H, C, r)', 'y = y[:, :self.H].reshape(B, self.H, C, r)'),
    ('no room for the future', 'F.pad(x-m, (0, 0, 0, self.H))', 'F.pad(x-m, (0, 0, self.H, 0))'),
    ('head without the mean', 'return self.up(self.down(z.mT)).mT + m', 'return self.up(self.down(z.mT)).mT'),
    ('last value forgotten', 'return self.f((x-last).mT).mT + last', 'return self.f((x-last).mT).mT'),
    ('mel scale off', 'f = 700*(10**(m/2595)-1)', 'f = 700*10**(m/2595)'),
    ('centres not sorted', '(torch.arange(filters)+.5)/filters', '(filters-torch.arange(filters)-.5)/filters'),
    ('finished runs repeated', 'if found := self.rows(**key): return found[0]', 'if (found := self.rows(**key)) and False: return found[0]'),
    ('other settings accepted', "if (old := self.data['config']) != config: raise", "if (old := self.data['config']) is None: raise"),
    ('file not replaced', 'os.replace(tmp, self.file)', "os.replace(tmp, self.file.with_suffix('.x'))"),
    ('correlation without a conjugate', 'X[i].conj()*same', 'X[i]*same'),
    ('unlike digits compared', 'same = Y[y2==y[i]]', 'same = Y')],
'71_benchmarks': [
    ('ratio upside down', 'q = [b/max(t, 1e-9) for b, t in zip(seconds[base], ts)]', 'q = [t/max(b, 1e-9) for b, t in zip(seconds[base], ts)]'),
    ('wrong answers timed', "hyena_style(x, k):", "hyena_style(x, k, _=0):\n    return 2*x\ndef _unused(x, k):"),
    ('measures again', 'if not todo(group, **{k: v for k, v in what.items()', 'if False and not todo(group, **{k: v for k, v in what.items()')],
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
        main, note = types.ModuleType('__main__'), ''
        sys.modules['__main__'], main.display = main, print
        sys.stdout = sys.stderr = open(os.devnull, 'w')
        for i, s in enumerate(cells):
            s, at = s.replace(old, new), f'<cell {i}>'
            linecache.cache[at] = len(s), None, s.splitlines(True), at     # kernels are compiled from their source
            try: exec(compile(s, at, 'exec'), main.__dict__)
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
