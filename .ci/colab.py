"""Run notebooks as Colab would: the package from a wheel, a folder without the repository, data from embedded
copies or the public address (a copy of `results` stands for its files): `python .ci/colab.py [--share 8] [notebook ...]`"""
import json, os, shutil, subprocess, sys, tempfile, time
from pathlib import Path

from mutants import drawn, nbs, sources

RUN = '''
import json, linecache, sys, types
main = types.ModuleType('__main__')
sys.modules['__main__'], main.display = main, print
for i, s in enumerate(json.load(open(sys.argv[1]))):
    linecache.cache[f'<cell {i}>'] = len(s), None, s.splitlines(True), f'<cell {i}>'     # as IPython does
    exec(compile(s, f'<cell {i}>', 'exec'), main.__dict__)
import spectral_nb
assert spectral_nb.__file__.startswith(sys.argv[2]), spectral_nb.__file__
'''


def sh(*args, **kw): return subprocess.run(list(map(str, args)), check=True, **kw)


def install(site, wheels):
    "Put the package as a wheel in a folder that comes first on the path"
    pip = sys.executable, '-m', 'pip', '-q', '--disable-pip-version-check'
    sh(*pip, 'wheel', '--no-deps', '-w', wheels, nbs.parent, stderr=subprocess.DEVNULL)
    sh(*pip, 'install', '--no-deps', '--target', site, *wheels.glob('*.whl'))
    shutil.rmtree(nbs.parent/'build', ignore_errors=True)


def main(names, share=1):
    commit = subprocess.run(['git', 'rev-parse', 'HEAD'], capture_output=True, text=True, cwd=nbs).stdout.strip()
    names = [n for n in names if drawn((n, 'as on Colab'), share, commit)]
    with tempfile.TemporaryDirectory() as tmp:
        tmp, failed = Path(tmp), 0
        site, home = tmp/'site', tmp/'content'
        install(site, tmp/'wheels')
        shutil.copytree(nbs.parent/'results', home/'results')
        env = {k: v for k, v in os.environ.items() if k != 'SPECTRAL_NB_DATA'} | dict(PYTHONPATH=str(site), OMP_NUM_THREADS='1', MPLBACKEND='agg', TRITON_INTERPRET='1')
        for n in names:
            t, cells = time.time(), tmp/f'{n}.json'
            cells.write_text(json.dumps(list(sources(n))), encoding='utf-8')
            done = subprocess.run([sys.executable, '-c', RUN, str(cells), str(site)], cwd=home, env=env, capture_output=True, text=True)
            failed += done.returncode != 0
            print(f'{"FAILED" if done.returncode else "ran   "} {n} ({time.time()-t:.0f} s)', done.stderr[-1500:] if done.returncode else '', flush=True)
    print(f'{len(names)-failed}/{len(names)} notebooks ran as on Colab')
    sys.exit(failed > 0)


if __name__ == '__main__':
    args = sys.argv[1:]
    share = int(args[1]) if args[:1]==['--share'] else 1
    main(args[2 if share > 1 else 0:] or sorted(p.stem for p in nbs.glob('*.ipynb')), share)
