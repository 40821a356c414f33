set -e; cd /tmp/h7; . /tmp/venv/bin/activate; export PYTHONPATH=/tmp/h7 OMP_NUM_THREADS=1
for f in "$@"; do cp /work/main/scratch/$f.py scratch/; jupytext -q --to ipynb $([ -f nbs/$f.ipynb ] && echo --update) -o nbs/$f.ipynb scratch/$f.py; done; nbdev_export
for f in "$@"; do echo $f; python .ci/run_nb.py nbs/$f.ipynb; done; nbdev_clean
