"Write the processed notebooks to `_proc`, as `nbdev_proc_nbs` does where Quarto is installed: `python .ci/proc.py`"
from nbdev.doclinks import _build_modidx
from nbdev.quarto import refresh_quarto_yml
from nbdev.serve import proc_nbs

if __name__ == '__main__':
    refresh_quarto_yml()
    _build_modidx()
    proc_nbs(force=True)
