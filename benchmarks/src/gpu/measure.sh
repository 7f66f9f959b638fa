#!/usr/bin/env bash
# Measures what lies beside this script: on the GPU of this machine, or on tiny sizes on its CPU. NATIVES are jars of PyTorch
# for the CPU; PYTHON is the interpreter that may have PyTorch (default: python3).
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
command="benchmarks/gpu run $*"
out=$PWD
# For all of it, from the first byte that is unpacked; who has the machine for five minutes sees the end.
seconds=270
started=${STARTED:-$EPOCHSECONDS}
with_bridge=
while [[ $# -gt 0 ]]; do
  case $1 in
    --out) out=${2:?--out: no value} && shift ;;
    --seconds) seconds=${2:?--seconds: no value} && shift ;;
    --with-bridge) with_bridge=yes ;; # Compiles it for a PyTorch without CUDA, too.
    *) echo "argument: '$1' (expected: --out DIR, --seconds N or --with-bridge)" >&2 && exit 2 ;;
  esac
  shift
done
mkdir -p "$out"
out=$(cd "$out" && pwd)
python=${PYTHON:-python3}
arguments=()
device=cpu
class_path=$here/classes:$here/lib/'*'
export DJL_CACHE_DIR=$here/djl

fact() { arguments+=(--fact "$1=$2"); }
left_out() { arguments+=(--left-out "$1=$2"); }

# What is left of the time.
left() { echo $((seconds - (EPOCHSECONDS - started))); }

fail() {
  echo "benchmarks/gpu: $*" >&2
  exit 1
}

# GiB that a process here may have: the machine's, or what its control groups leave of it, as Java finds it.
gibibytes() {
  "$here/runtime/bin/java" -XX:MaxRAMPercentage=100 -XX:+PrintFlagsFinal -version 2> /dev/null |
    awk '$2 == "MaxHeapSize" {printf "%d", $4 / 1073741824}'
}

# Version, CUDA's version, whether a GPU is seen, folder, ABI of C++, and folders of CUDA's libraries; nothing without PyTorch.
ask_pytorch() {
  timeout 60 "$python" - 2> /dev/null <<'PYTHON'
import glob, os, torch
folder = os.path.dirname(torch.__file__)
libraries = glob.glob(os.path.join(os.path.dirname(folder), "nvidia", "*", "lib"))
print(torch.__version__.split("+")[0].split("a")[0])
print(torch.version.cuda or "")
print("yes" if torch.cuda.is_available() else "")
print(folder)
print(int(torch.compiled_with_cxx11_abi()))
print(":".join(libraries + ["/usr/local/cuda/lib64"]))
PYTHON
}

# Compiles DJL's bridge against that PyTorch and puts it where DJL looks for it. A folder of the library that has more in it,
# such as a distribution's, is not given to DJL, which would load everything there.
compile_bridge() {
  local include=$folder/include library=$folder/lib options needed=(-ltorch -ltorch_cpu -lc10) flavor=cpu standard=17 made
  if [[ ! -e $library/libtorch_cpu.so ]]; then
    include=/usr/include
    library=$here/torch
    mkdir -p "$library"
    ln -sf /usr/lib/x86_64-linux-gnu/{libtorch,libtorch_cpu,libc10}.so "$library"
  fi
  ! grep -q 202002L "$include/torch/csrc/api/include/torch/all.h" || standard=20
  options="-std=c++$standard -O1 -fPIC -w -D_GLIBCXX_USE_CXX11_ABI=$abi"
  options+=" -I$here/bridge -I$here/runtime/include -I$here/runtime/include/linux -I$include -I$include/torch/csrc/api/include"
  [[ $version != 1.13.* ]] || options+=" -DV1_13_X"
  if [[ -n $gpu ]]; then
    # Beside the libraries, or in CUDA's own folder, lie the headers.
    options+=" -DUSE_CUDA$(tr ':' '\n' <<< "$libraries" | sed -E 's:^(.*)/lib(64)?$: -I\1/include:' | tr -d '\n')"
    needed+=(-ltorch_cuda -lc10_cuda)
    flavor=cu${cuda//./}
  fi
  made=$DJL_CACHE_DIR/pytorch/$version-$flavor-linux-x86_64
  mkdir -p "$made" "$here/objects"
  printf '%s\0' "$here"/bridge/*.cc | xargs -0 -P "$(nproc)" -I {} sh -c \
    "exec timeout 120 g++ $options -c '{}' -o '$here/objects'/\$(basename '{}' .cc).o" || return 1
  g++ -shared -o "$made/$djl-libdjl_torch.so" "$here"/objects/*.o -L"$library" -Wl,-rpath,"$library" "${needed[@]}" ||
    return 1
  export PYTORCH_LIBRARY_PATH=$library PYTORCH_VERSION=$version PYTORCH_FLAVOR=$flavor
}

while IFS='=' read -r name value; do
  fact "$name" "$value"
  [[ $name != djl ]] || djl=$value
done < "$here/facts"
fact command "$command"
fact system "$(uname -sr), $(nproc) cores, $(gibibytes) GiB"

version='' cuda='' gpu=''
{ read -r version && read -r cuda && read -r gpu && read -r folder && read -r abi && read -r libraries; } < <(ask_pytorch) || true
if [[ -n $version ]]; then
  arguments+=(--python "$(command -v "$python")" --loops "$here/loops.py")
  unseen="PyTorch $version of $python, for CUDA ${cuda:-none}, does not see"
else
  left_out python "$python has no PyTorch"
  unseen="$python does not use, as it has no PyTorch"
fi
# Tiny sizes on the CPU would only look as if something had been measured.
[[ -n $gpu ]] || ! timeout 20 nvidia-smi -L 2> /dev/null | grep -q GPU ||
  fail "a GPU is here that $unseen (expected: PYTHON=FILE, a Python with a PyTorch that does)"
if [[ -n $gpu || -n $with_bridge ]]; then
  began=$SECONDS
  [[ -d $here/bridge ]] || fail "no C++ of DJL's bridge in the archive (expected: packed with --djl-sources)"
  [[ -n $version ]] || fail "no PyTorch to compile the bridge for: $python has none"
  compile_bridge > "$out/bridge.log" 2>&1 || {
    tail -n 20 "$out/bridge.log" >&2
    fail "DJL's bridge does not compile for PyTorch $version (all of it: $out/bridge.log)"
  }
  fact bridge "compiled in $((SECONDS - began)) s by $(g++ -dumpfullversion)"
  NATIVES=
  [[ -z $gpu ]] || device=gpu
fi
if [[ $device == gpu ]]; then
  fact driver "$(timeout 20 nvidia-smi --query-gpu=driver_version --format=csv,noheader | head -n 1 || echo unknown)"
  fact gpuBefore "$(timeout 20 nvidia-smi --query-gpu=memory.used,utilization.gpu --format=csv,noheader | head -n 1 || echo unknown)"
  export LD_LIBRARY_PATH=$libraries${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
  memory=("-Xmx$(($(gibibytes) / 6))g" "-XX:MaxDirectMemorySize=$(($(gibibytes) / 2))g" "-Djna.library.path=$libraries")
else
  [[ -n $NATIVES || -n ${PYTORCH_LIBRARY_PATH:-} ]] ||
    fail "no PyTorch for Java: no GPU with a compiled bridge, and no jars for the CPU (expected: TIDEMILL_LIB=FOLDER with pytorch-jni and pytorch-native-cpu)"
  # It lives too shortly for the second compiler.
  memory=(-Xmx1g -XX:MaxDirectMemorySize=1g -XX:TieredStopAtLevel=1)
fi
[[ $(left) -gt 0 ]] || fail "$seconds seconds are over before anything was measured"
# It ends in time by itself, unless it hangs.
# shellcheck disable=SC2046 # options are several words
exec timeout --foreground --kill-after=10 "$(($(left) + 20))" "$here/runtime/bin/java" $(< "$here/opens") "${memory[@]}" \
  -Djava.io.tmpdir="$here" "-Dlog4j.configurationFile=$here/classes/log4j2.properties" \
  -cp "$class_path${NATIVES:+:$NATIVES}" io.tidemill.benchmarks.GpuRun \
  --device "$device" --out "$out" --seconds "$(left)" "${arguments[@]}"
