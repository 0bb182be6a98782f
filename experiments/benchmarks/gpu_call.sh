#!/usr/bin/env bash
# Proves the GPU's side on one card, in at most 8 minutes: its tests, small Cholesky solves, the rest.
#   bash experiments/benchmarks/gpu_call.sh       in a checkout, with the package installed (make gpu)
#   bash call.sh                                  in a folder that gpu_pack.py filled, without a network
# OUT: folder of the results (summary.txt, tests.xml, *.json, log.txt). PARTS chooses of "tests small
# gpu"; WORKERS share the tests, most of which compile; SECONDS_TESTS, SECONDS_SMALL and SECONDS_GPU limit them; WORDS is given to the benchmarks.
set -u
here=$(cd "$(dirname "$0")" && pwd)
py=${PYTHON:-python3}
PARTS=${PARTS:-tests small gpu}
if [ -d "$here/src" ]; then # packed: the sources become an installed package in a folder of their own
    pack=$here src=$here/src site=$(mktemp -d)
    OUT=${OUT:-$here/out}
    if ls "$pack"/wheels/*.whl >/dev/null 2>&1; then
        "$py" -m pip install -q --no-index --no-deps --no-compile --no-cache-dir --target "$site" \
            "$pack"/wheels/*.whl || exit 1
    fi
    cp -r "$src/torchbdi" "$site/torchbdi"
    cp -r "$src/kernels" "$site/torchbdi/kernels"
    cp -r "$src/experiments" "$site/experiments"
    export PYTHONPATH=$site${PYTHONPATH:+:$PYTHONPATH}
    [ -d "$pack/data" ] && export TORCHBDI_DATA=$pack/data
else
    src=$(cd "$here/../.." && pwd)
    OUT=${OUT:-$src/runs/gpu}
fi
mkdir -p "$OUT"
export PYTHONUNBUFFERED=1 MPLBACKEND=Agg
{
    nvidia-smi --query-gpu=name,memory.total,driver_version --format=csv,noheader 2>/dev/null || echo "no GPU: nvidia-smi is not there"
    "$py" -c "import torch; print('torch', torch.__version__, 'cuda', torch.cuda.is_available())"
} | tee "$OUT/summary.txt"
work=$(mktemp -d) # not the sources' folder: its torchbdi/ has no kernels
cp -r "$src/tests" "$src/pyproject.toml" "$work/"
cd "$work" || exit 1
failed=0
part() {
    local name=$1 limit=$2 start=$SECONDS code
    shift 2
    # TERM would be taken by Lightning for a reason to fail the test that runs.
    timeout -s KILL "$limit" "$@" >"$OUT/$name.log" 2>&1
    code=$?
    [ "$code" = 0 ] || failed=1
    cat "$OUT/$name.log" >>"$OUT/log.txt"
    {
        echo "== $name: exit $code after $((SECONDS - start)) s"
        tail -12 "$OUT/$name.log" | cut -c1-200
    } | tee -a "$OUT/summary.txt"
    rm -f "$OUT/$name.log"
}
for which in $PARTS; do
    case $which in
    tests) part tests "${SECONDS_TESTS:-180}" "$py" -m pytest -v -n "${WORKERS:-8}" --dist load -p no:cacheprovider --junitxml="$OUT/tests.xml" tests/kernels -k "(triton or gpu) and not interpreter and not compiles" ;;
    small) part small "${SECONDS_SMALL:-150}" "$py" -m experiments.benchmarks small-cholesky --no-rivals --out "$OUT" ${WORDS:-} ;;
    gpu) part gpu "${SECONDS_GPU:-150}" "$py" -m experiments.benchmarks gpu --out "$OUT" ${WORDS:-} ;;
    *) echo "no part $which: tests, small, gpu" && failed=1 ;;
    esac
done
exit $failed
