# For scripts of this folder: builds what changed since the last time, and says how it is started. Sets class_path, the file
# of the class path, and opens, options of the JVM.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
class_path=$root/benchmarks/target/class-path
# Without a checkout around it, 'gpu run' takes those of its archive.
opens=$([[ ! -e $root/pom.xml ]] || sed -n 's:.*<jvm\.opens>\(.*\)</jvm\.opens>.*:\1:p' "$root/pom.xml")

build_when_needed() {
  local changed=()
  if [[ -e $class_path ]]; then
    mapfile -t changed < <(
      find "$root/pom.xml" "$root"/{model-loader,flink-inference-operator,connectors,pipelines,benchmarks} \
        -path '*/target' -prune -o -type f -newer "$class_path" -print
    )
    [[ ${#changed[@]} -eq 0 ]] && return
  fi
  echo "building" >&2
  (cd "$root" && "${MVN:-mvn}" -q -DskipTests -pl benchmarks -am package) >&2
}
