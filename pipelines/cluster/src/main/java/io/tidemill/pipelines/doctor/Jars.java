package io.tidemill.pipelines.doctor;

import io.tidemill.pipelines.doctor.Finding.Status;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.flink.runtime.util.EnvironmentInformation;

/**
 * The jars of Flink's lib folder, against what jobs need there. Of a jar that is there twice the
 * first wins, and a native library loads in one class loader of a process.
 */
record Jars(Cluster cluster) {
  private static final String CHECK = "jars";

  /** The system property with the folder of what is made for a cluster. */
  private static final String SHIPPED = "tidemill.cluster-lib";

  private static final Pattern NAME =
      Pattern.compile(
          "(.+?)-(\\d[^-]*(?:-(?:\\d[\\d.]*|SNAPSHOT|(?:rc|alpha|beta|M)[\\d.]*))*)(-.+)?\\.jar");

  /** Others may have the same name and another author. */
  private static final Pattern OURS =
      Pattern.compile("(tidemill|arrow|flink|tensorflow|onnxruntime|pytorch)(-.*)?");

  /** What has Flink's own classes; Scala's version is in the names of old ones. */
  private static final Pattern FLINK = Pattern.compile("flink-(dist|runtime)(_[\\d.]+)?");

  private static final String OPERATOR = "tidemill-flink-inference-operator";

  /** What a job's own jar may bring. */
  private static final List<String> OWN =
      List.of(
          "tidemill-job",
          OPERATOR,
          "tidemill-connectors",
          "tidemill-connector-record",
          "tidemill-connector-kafka",
          "tidemill-connector-files",
          "tidemill-connector-table");

  /** For models in SQL, which may be there and need not. */
  private static final String SQL = "tidemill-sql";

  private static final String ENGINE = "tidemill-engine-";

  /** What all jobs of a process share; a job's own jar must not bring it. */
  private static Stream<String> shared() {
    return Stream.of("tidemill-model", "tidemill-store", "arrow-vector", "arrow-memory-netty");
  }

  /**
   * What is missing, there twice, or of another Flink.
   *
   * @param more artifacts that the job needs there, such as its engines
   */
  List<Finding> examine(Collection<String> more) {
    Map<String, List<String>> there = new TreeMap<>();
    Map<String, Set<String>> ours = new TreeMap<>();
    for (String jar : cluster.jars()) {
      Matcher name = NAME.matcher(jar);
      boolean whole = name.matches();
      String artifact = whole ? name.group(1) + (name.group(3) == null ? "" : name.group(3)) : jar;
      there.computeIfAbsent(artifact, first -> new ArrayList<>()).add(jar);
      if (whole && artifact.startsWith("tidemill-")) {
        ours.computeIfAbsent(name.group(2), first -> new TreeSet<>()).add(artifact);
      }
    }
    List<Finding> findings = new ArrayList<>();
    there.forEach(
        (artifact, jars) -> {
          if (jars.size() > 1) {
            findings.add(
                new Finding(
                    OURS.matcher(artifact).matches() ? Status.WRONG : Status.WARN,
                    CHECK,
                    "%s is there more than once: %s".formatted(artifact, String.join(", ", jars)),
                    "keep one of them in " + cluster.lib()));
          }
        });
    if (ours.size() > 1) {
      findings.add(
          Finding.wrong(
              CHECK,
              "Tidemill of more than one version: "
                  + ours.entrySet().stream()
                      .map(
                          version ->
                              "%s (%s)"
                                  .formatted(
                                      version.getKey(), String.join(", ", version.getValue())))
                      .collect(Collectors.joining(", ")),
              "keep those of one version in %s, or %s"
                  .formatted(
                      cluster.lib(), copy(ours.values().stream().flatMap(Set::stream).sorted()))));
    }
    List<String> missing =
        Stream.concat(shared(), more.stream()).filter(name -> !there.containsKey(name)).toList();
    if (!missing.isEmpty()) {
      findings.add(
          Finding.wrong(CHECK, "missing: " + String.join(", ", missing), copy(missing.stream())));
    }
    List<String> forSql = there.containsKey(SQL) ? missingForSql(there.keySet()) : List.of();
    if (!forSql.isEmpty()) {
      findings.add(
          Finding.wrong(
              CHECK,
              "missing for %s: %s".formatted(SQL, String.join(", ", forSql)),
              copy(forSql.stream())));
    }
    List<String> own =
        OWN.stream().filter(name -> !there.containsKey(name) && !forSql.contains(name)).toList();
    if (!own.isEmpty()) {
      findings.add(
          Finding.warn(
              CHECK,
              "missing: " + String.join(", ", own),
              "nothing if the job's own jar has them; else " + copy(own.stream())));
    }
    findings.addAll(flink(there));
    return findings.isEmpty()
        ? List.of(
            Finding.ok(
                CHECK,
                "%d jars, none missing, none twice%s"
                    .formatted(
                        cluster.jars().size(),
                        there.containsKey(SQL) ? "; " + SQL + " for models in SQL" : "")))
        : findings;
  }

  /** A statement has no jar of its own that could bring them. */
  private static List<String> missingForSql(Set<String> there) {
    List<String> missing = new ArrayList<>();
    if (!there.contains(OPERATOR)) {
      missing.add(OPERATOR);
    }
    if (there.stream().noneMatch(artifact -> artifact.startsWith(ENGINE))) {
      missing.add(ENGINE + "…");
    }
    return missing;
  }

  /** Whether Flink is there, and the one that jobs are made for. */
  private List<Finding> flink(Map<String, List<String>> there) {
    List<String> jars =
        there.entrySet().stream()
            .filter(artifact -> FLINK.matcher(artifact.getKey()).matches())
            .flatMap(artifact -> artifact.getValue().stream())
            .toList();
    if (jars.isEmpty()) {
      return List.of(
          Finding.warn(
              CHECK,
              "no flink-dist: no Flink is in " + cluster.lib(),
              "name the folder of a distribution of Flink, or its cluster"));
    }
    String made = minor(EnvironmentInformation.getVersion());
    return jars.stream()
        .filter(jar -> !minor(version(jar)).equals(made))
        .map(
            jar ->
                new Finding(
                    major(version(jar)).equals(major(made)) ? Status.WARN : Status.WRONG,
                    CHECK,
                    jar + ": Tidemill is made for Flink " + made,
                    "take a Flink %s in the place of that of %s".formatted(made, cluster.lib())))
        .toList();
  }

  private static String version(String flink) {
    return flink.replaceFirst("^flink-[a-z]+(_[\\d.]+)?-", "");
  }

  private static String major(String version) {
    return version.replaceFirst("\\..*", "");
  }

  private static String minor(String version) {
    return version.replaceFirst("^(\\d+\\.\\d+).*", "$1");
  }

  /** Which of the folders that Tidemill's build makes for a cluster have artifacts. */
  private String copy(Stream<String> artifacts) {
    return artifacts
        .map(
            name -> name.matches("tidemill-(engine-.*|store-oci|sql)") ? name.substring(9) : "core")
        .distinct()
        .collect(
            Collectors.joining(
                ", ",
                "copy ",
                " of %s into %s"
                    .formatted(
                        System.getProperty(SHIPPED, "cluster-lib in Tidemill's archive"),
                        cluster.lib())));
  }
}
