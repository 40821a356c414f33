"Execute notebooks in place and store their outputs: `python .ci/run_nb.py [--flags slow,cuda] nbs/00_core.ipynb ...`"
import base64, io, sys
from pathlib import Path

import numpy as np
from execnb.nbio import read_nb, write_nb
from execnb.shell import CaptureShell
from fastcore.xtras import working_directory
from nbdev.clean import clean_nb
from nbdev.config import get_config
from nbdev.frontmatter import FrontmatterProc
from nbdev.process import NBProcessor
from PIL import Image, ImageChops


def skipper(fn, flags):
    "Predicate: is this cell left alone, as `nbdev_test` leaves it?"
    skip = set(get_config().tst_flags.split()) - set(flags)
    directives = [getattr(c, 'directives_', {}) or {} for c in NBProcessor(fn, procs=FrontmatterProc, process=True).nb.cells]
    def skipped(cell):
        if cell.cell_type != 'code' or 'nbdev_export(' in cell.source: return True
        d = directives[cell.idx_]
        return d.get('eval:', [''])[0].lower() == 'false' or bool(skip & d.keys())
    return skipped


def shrink(nb):
    "Store figures with a palette, a third of their size, unless that changes colours"
    for o in (o for c in nb.cells for o in c.get('outputs', []) if 'image/png' in o.get('data', {})):
        png, out = o['data']['image/png'], io.BytesIO()
        im = Image.open(io.BytesIO(base64.b64decode(png if isinstance(png, str) else ''.join(png))))
        im = im.convert('RGB')
        few = im.quantize(256, dither=Image.Dither.NONE, kmeans=2)
        wrong = np.asarray(ImageChops.difference(im, few.convert('RGB'))).max(-1) > 48
        (few if wrong.sum() < 20 else im).save(out, 'png', optimize=True)
        o['data']['image/png'] = base64.b64encode(out.getvalue()).decode()


def run(fn, flags=()):
    "Execute one notebook, stopping at the first error"
    fn = Path(fn).absolute()
    nb, shell = read_nb(fn), CaptureShell(fn, mpl_format='png')
    skipped = skipper(fn, flags)
    for c in nb.cells:
        if c.cell_type == 'code' and not skipped(c): c.outputs = []
    with working_directory(fn.parent):
        try: shell.run_all(nb, exc_stop=True, preproc=skipped)
        except Exception: sys.exit(shell.prettytb(fname=fn))
    shrink(nb)
    clean_nb(nb)
    write_nb(nb, fn)


if __name__ == '__main__':
    args = sys.argv[1:]
    flags = args[1].split(',') if args[:1] == ['--flags'] else ()
    for fn in args[2 if flags else 0:]: run(fn, flags)
