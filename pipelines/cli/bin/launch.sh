# How Tidemill's command is started: from a checkout, and from where its archive was unpacked. It is
# no program: those two scripts say where they are and load it.
#   root         the folder with job-configs
#   installed    the folder with lib
#   cluster_lib  the folder with core, engines and stores
#   demo         a folder of more jars, or nothing
#   conf         the folder with log4j2.properties
#   opens        what the JVM opens to Arrow and Flink
#   archives     the folder for archives of classes, or nothing for none
#   built        a file: what was archived before it is stale
# 'launch' starts the command with the arguments that it is given.
# TIDEMILL_JAVA_OPTS adds options for the JVM, such as -Xmx4g.
# TIDEMILL_LIB names a folder whose jars are added, such as those of engines that are not shipped.
# shellcheck shell=bash disable=SC2154 # variables of those who load it

fail() {
  echo "tidemill: $1" >&2
  exit 1
}

# As the runtime's own file says, if it has one: to start it takes a tenth of a second.
major_version() {
  local home release version=""
  home="$(readlink -f "$1")"
  release="${home%/bin/*}/release"
  [[ ! -r "$release" ]] || version="$(sed -n 's/^JAVA_VERSION="\([0-9]\{1,\}\).*/\1/p' "$release")"
  # Before it, the JVM may tell of options that it has picked up, with numbers in them.
  [[ -n "$version" ]] || version="$("$1" -version 2>&1 |
    sed -n -e 's/^javac \([0-9]\{1,\}\).*/\1/p' -e 's/^[a-z]* version "\([0-9]\{1,\}\).*/\1/p')"
  echo "$version"
}

# What tells this JDK from another of its version, as far as its own file does.
build_of() {
  local home
  home="$(readlink -f "$1")"
  [[ ! -r "${home%/bin/*}/release" ]] || cksum < "${home%/bin/*}/release" | tr ' ' '-'
}

tool() {
  if [[ -n "${JAVA_HOME:-}" && -x "$JAVA_HOME/bin/$1" ]]; then
    echo "$JAVA_HOME/bin/$1"
  else
    command -v "$1" || true
  fi
}

java="$(tool java)"
[[ -n "$java" ]] || fail "java: not found (expected: JDK 17 on the PATH or in JAVA_HOME)"
version="$(major_version "$java")"
[[ "${version:-0}" -ge 17 ]] ||
  fail "java: version ${version:-unknown} in $java (expected: 17; set JAVA_HOME to a JDK 17)"

[[ -z "${TIDEMILL_LIB:-}" || -d "$TIDEMILL_LIB" ]] ||
  fail "TIDEMILL_LIB: '$TIDEMILL_LIB' (expected: a folder of jars)"

export TF_CPP_MIN_LOG_LEVEL="${TF_CPP_MIN_LOG_LEVEL:-2}"

# shellcheck disable=SC2086 # options are words
tidemill() {
  exec "$java" $opens "${quick[@]}" \
    -Dai.djl.offline=true \
    -Dtidemill.home="$root" \
    -Dtidemill.cluster-lib="$cluster_lib" \
    -Dlog4j.configurationFile="$conf/log4j2.properties" \
    ${TIDEMILL_JAVA_OPTS:-} \
    -cp "$classes${TIDEMILL_LIB:+:$TIDEMILL_LIB/*}" \
    io.tidemill.pipelines.cli.Tidemill "$@"
}

# Whether this start makes an archive that serves later ones.
serves_later() {
  local arg
  # With an agent or without the usual pointers, a JVM that makes one does not start.
  [[ -n "$archives" && -w "$archives" ]] || return 1
  [[ -z "${TIDEMILL_JAVA_OPTS:-}$options" ]] || return 1
  # These end before they have loaded what others load.
  for arg in "$@"; do
    [[ "$arg" != -h && "$arg" != --help && "$arg" != -V && "$arg" != --version ]] || return 1
  done
  # It adds to the JDK's own, which some come without.
  "$java" -Xshare:on -version > /dev/null 2>&1
}

# Classes come faster from an archive of the JVM than from jars. The first of each command after a
# build makes its own, and one beside other jars of TIDEMILL_LIB another; that of a 'run' that does
# not end by itself is made by the demo, where there is one, as it takes seconds.
# The build makes none: an archive holds what one command has loaded, so the build would run each of
# them, for two to four seconds, with a model in a store; and the JDK that builds need not be the one
# that runs. Nor is one made in a runtime image, whose JAVA_TOOL_OPTIONS are among those with which
# none is made.
launch() {
  local archive makes_archive part first more child signal code
  options="${JDK_JAVA_OPTIONS:-}${JAVA_TOOL_OPTIONS:-}${_JAVA_OPTIONS:-}"
  # What the JVM warns of is no part of what the command prints.
  quick=(-Xshare:auto -Xlog:disable -Xlog:all=warning:stderr "-Xlog:cds*=off:stderr")
  classes="$installed/lib/*"
  more="${demo:+:$demo/*}"
  for part in "$cluster_lib"/*/; do
    classes+=":$part*"
  done
  archive="${1:-}"
  makes_archive=true
  case "${1:-}" in
    model | plan | validate | schema | init)
      # These end before the JVM has compiled what it runs.
      [[ "$1" != model || ! "${2:-}" =~ ^[a-z]+$ ]] || archive+="-$2"
      # What no archive holds is looked for in one jar after the other.
      first=("$installed"/lib/tidemill-cli-*.jar "$cluster_lib"/core/picocli-*.jar)
      classes="$(IFS=: && echo "${first[*]}"):$classes"
      more=""
      quick=(-XX:TieredStopAtLevel=1 -Xshare:auto -Xlog:disable -Xlog:all=error:stderr "-Xlog:cds*=off:stderr")
      # Two collectors would keep the JVM from starting.
      [[ "${TIDEMILL_JAVA_OPTS:-} $options" == *-XX:+Use*GC* ]] ||
        quick+=(-XX:+UseSerialGC)
      ;;
    demo)
      archive=run
      # One that a person ends is not held up at its end.
      [[ -n "$demo" && " $* " != *" --keep-running "* ]] || makes_archive=false
      ;;
    run)
      case " $* " in
        # These end.
        *" --date"[\ =]* | *" --from"[\ =]* | *" --now"[\ =]*) archive=run-date ;;
        *) makes_archive=false ;;
      esac
      # Nearly all of the heap is records that are done: they are collected sooner, and live on less
      # memory. What lives may still take all that the JVM allows.
      quick+=("-XX:MaxNewSize=$((128 * $(getconf _NPROCESSORS_ONLN 2> /dev/null || echo 2)))m")
      # The usual 12 lets the heap grow as soon as collecting takes 8 % of the time. It is young ones
      # that take it, whose part does not grow, so that only what is done would be kept for longer.
      quick+=(-XX:GCTimeRatio=4)
      # Flink ends the process then, and tells of all its threads.
      quick+=(-XX:+DisplayVMOutputToStderr
        "-XX:OnOutOfMemoryError=echo \"tidemill: the heap is full (expected: room for the records of all batches, as with TIDEMILL_JAVA_OPTS=-Xmx8g, or a smaller max-size or max-in-flight)\" >&2")
      # Pages of Parquet are a megabyte: in regions of the usual size each is a region of its own,
      # which is fetched from the system and given back again and again.
      quick+=(-XX:G1HeapRegionSize=4m)
      # Ten times the usual, and three times for loops: what only the start calls often is not
      # optimized, which takes as much of the processors as the start itself; what scores reaches
      # this within seconds.
      quick+=(-XX:Tier4InvocationThreshold=50000 -XX:Tier4MinInvocationThreshold=6000
        -XX:Tier4CompileThreshold=150000 -XX:Tier4BackEdgeThreshold=120000)
      ;;
    *) makes_archive=false ;;
  esac
  classes+="$more"
  # That of another JDK or beside other jars is left aside by the JVM, which says nothing of it.
  archive="$archives/$archive-$version-$(build_of "$java")"
  [[ -z "${TIDEMILL_LIB:-}" ]] || archive+="-$({ ls -lL "$TIDEMILL_LIB" 2> /dev/null || true; } | cksum | tr ' ' '-')"
  archive+=.jsa
  if [[ -f "$archive" && "$archive" -nt "$built" ]]; then
    quick+=("-XX:SharedArchiveFile=$archive")
  elif "$makes_archive" && serves_later "$@"; then
    case "$1" in
      demo | run) echo "tidemill: after this first $1, its classes are archived for some seconds, so that the next 'run' starts sooner" >&2 ;;
    esac
    quick+=("-XX:ArchiveClassesAtExit=$archive.$$")
    # In the background, so that a signal to this script comes to the command at once.
    (
      trap - INT
      tidemill "$@"
    ) <&0 &
    child=$!
    for signal in INT TERM HUP; do
      # shellcheck disable=SC2064 # this signal
      trap "kill -$signal $child 2> /dev/null || true" "$signal"
    done
    while
      code=0
      wait "$child" || code=$?
      kill -0 "$child" 2> /dev/null
    do :; done
    if [[ "$code" -eq 0 && -f "$archive.$$" ]]; then
      # In one step, as others may start meanwhile.
      mv -f "$archive.$$" "$archive"
    else
      rm -f "$archive.$$"
    fi
    exit "$code"
  fi
  tidemill "$@"
}
