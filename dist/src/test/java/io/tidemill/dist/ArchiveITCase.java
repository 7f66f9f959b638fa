package io.tidemill.dist;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tidemill.pipelines.ClusterJob;
import io.tidemill.pipelines.cli.Shell;
import io.tidemill.pipelines.cli.TemplateAnswers;
import io.tidemill.pipelines.cli.Tidemill;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.flink.runtime.util.EnvironmentInformation;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The archive, unpacked and used where there is neither a checkout nor Maven. */
@Timeout(value = 900, unit = TimeUnit.SECONDS)
class ArchiveITCase {
  private static final String NAME = "tidemill-" + System.getProperty("tidemill.version");
  private static final Path ARCHIVE = Path.of("target", NAME + ".tar.gz").toAbsolutePath();

  private static final String COLUMNS =
      "columns: { id: STRING, amount: DOUBLE, hour: INT, distance_km: DOUBLE, merchant_risk: DOUBLE }";
  private static final String REGISTRY =
      " format: avro-confluent, avro-confluent.url: 'http://localhost:1', ";

  @TempDir private static Path temporary;
  private static Path folder = Path.of("");

  /** What a shell printed. */
  private record Answer(String out, String err) {}

  @BeforeAll
  static void unpack() throws Exception {
    folder = Files.createDirectories(temporary.resolve("a user's folder"));
    run("tar -xzf '" + ARCHIVE + "'\n");
  }

  /** Runs lines with an environment of nothing but where Java and the system's commands are. */
  private static Answer run(String lines) throws Exception {
    Path errors = temporary.resolve("errors");
    ProcessBuilder builder =
        new ProcessBuilder("bash", "-euo", "pipefail", "-c", lines)
            .directory(folder.toFile())
            .redirectError(errors.toFile());
    builder.environment().clear();
    builder
        .environment()
        .putAll(
            Map.of(
                "PATH", "/usr/bin:/bin",
                "JAVA_HOME", System.getProperty("java.home"),
                "HOME", temporary.resolve("home").toString(),
                "TIDEMILL_CACHE", temporary.resolve("models").toString()));
    Process process = builder.start();
    try {
      String out = new String(process.getInputStream().readAllBytes(), UTF_8);
      String err = Files.readString(errors);
      assertThat(process.waitFor()).as("%s%n%s%n%s", lines, out, err).isZero();
      return new Answer(out, err);
    } finally {
      process.destroyForcibly();
    }
  }

  private static Path unpacked() {
    return folder.resolve(NAME);
  }

  private static List<Path> files(Path root) throws IOException {
    try (Stream<Path> paths = Files.walk(root)) {
      return paths.filter(Files::isRegularFile).sorted().toList();
    }
  }

  private static List<Path> jars(String part) throws IOException {
    return files(unpacked().resolve(part)).stream()
        .filter(path -> path.toString().endsWith(".jar"))
        .toList();
  }

  /** Runs each line of shell in docs/install.md; Flink's folder is one with what it comes with. */
  @Test
  void runsWhatThePageSays() throws Exception {
    List<Path> before = files(unpacked());
    Path flink = temporary.resolve("flink");
    Files.createFile(
        Files.createDirectories(flink.resolve("lib"))
            .resolve("flink-dist-" + EnvironmentInformation.getVersion() + ".jar"));
    Files.writeString(
        Files.createDirectories(flink.resolve("conf")).resolve("config.yaml"),
        """
        jobmanager.memory.process.size: 1600m
        taskmanager.memory.process.size: 1728m
        taskmanager.memory.task.off-heap.size: 128m
        env.java.opts.all: --add-opens=java.base/java.nio=ALL-UNNAMED
        """);
    String page = Files.readString(unpacked().resolve("docs/install.md"));
    assertThat(page).contains("=/opt/flink\n");

    Answer answer =
        run(
            String.join("", Shell.blocks(page))
                .replace("tar -xzf", ": unpacked before")
                .replace("=/opt/flink\n", "='" + flink + "'\n"));

    assertThat(answer.err()).doesNotContain("WARN", "ERROR", "\tat ");
    assertThat(answer.out())
        .startsWith("tidemill " + System.getProperty("tidemill.version") + "\n")
        .contains("predictions  9", "ok     natives            fraud:1.0.0 with onnx on cpu loads")
        .containsPattern("ok     jars               \\d+ jars, none missing, none twice");
    TemplateAnswers.of(folder.resolve("first"))
        .assertAreThoseOf(
            answer.out().lines().filter(line -> line.contains("\"fraud_score\"")).toList());
    assertThat(files(unpacked())).isEqualTo(before);
  }

  /**
   * Runs each line of docs/sql.md: those of shell, with Flink's programs where the page has its
   * scripts, and the statements, which are the client's file.
   */
  @Test
  void scoresInSqlOnACluster() throws Exception {
    String page = Files.readString(unpacked().resolve("docs/sql.md"));
    List<String> lines = Shell.blocks(page);
    SqlCluster places =
        new SqlCluster(Files.createDirectories(temporary.resolve("sql")), unpacked());
    Path store = temporary.resolve("sql/store");
    run(
        """
        export TIDEMILL_HOME="$PWD/%1$s" FLINK_HOME='%2$s'
        %3$s
        %1$s/bin/tidemill init sql
        cd sql
        ../%1$s/bin/tidemill model push fraud.onnx fraud:1.0.0 --store '%4$s'
        ../%1$s/bin/tidemill model alias fraud:1.0.0 production --store '%4$s'
        """
            .formatted(NAME, places.flinkHome(), lines.get(0), store));

    String printed =
        places.run(page.replace("file:///models", store.toUri().toString()), lines.get(1));

    assertThat(lines).hasSize(2);
    Map<Integer, Long> times =
        Pattern.compile("(?m)^\\| \\+I \\| +(\\d+) \\| +(0\\.\\d+|1\\.0|\\d\\.\\d+E-\\d+) \\|$")
            .matcher(printed)
            .results()
            .collect(
                Collectors.groupingBy(row -> Integer.valueOf(row.group(1)), Collectors.counting()));
    // Of two queries.
    assertThat(times)
        .as(printed)
        .hasSize(5_000)
        .allSatisfy((id, rows) -> assertThat(rows).isEqualTo(2));
  }

  @Test
  void runsWhatTheReadmeSays() throws Exception {
    Matcher block =
        Pattern.compile("## Install\n[^#]*?```\n(.*?)```", Pattern.DOTALL)
            .matcher(Files.readString(unpacked().resolve("README.md")));
    assertThat(block.find()).isTrue();

    Answer answer = run(block.group(1).replace("tar -xzf", ": unpacked before"));

    assertThat(answer.out()).startsWith("tidemill " + System.getProperty("tidemill.version"));
    assertThat(answer.err()).isEmpty();
  }

  @Test
  void knowsNoDemo() throws Exception {
    assertThat(run(NAME + "/bin/tidemill demo || test $? -eq 2\n").err())
        .startsWith("tidemill: unknown command 'demo' (allowed: ");
  }

  /** Whoever can write there decides what the command runs. */
  @Test
  void archivesItsClassesForItsUserAloneAndStartsWithoutAHome() throws Exception {
    String line = NAME + "/bin/tidemill schema > schema.json\nhead -c 1 schema.json\n";

    assertThat(run(line).out()).isEqualTo("{");
    Path classes = temporary.resolve("home/.cache/tidemill/classes");

    assertThat(files(classes)).anyMatch(file -> file.getFileName().toString().endsWith(".jsa"));
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(classes)))
        .isEqualTo("rwx------");
    assertThat(run("unset HOME\n" + line)).isEqualTo(new Answer("{", ""));
    assertThat(run("export HOME=/proc\n" + line)).isEqualTo(new Answer("{", ""));
  }

  @Test
  void worksWithoutTheEnginesThatAreDeleted() throws Exception {
    Path bare = folder.resolve("bare");

    String out =
        run("""
            cp -rl %1$s bare
            rm -r bare/cluster-lib/engine-tensorflow bare/cluster-lib/engine-pytorch
            bare/bin/tidemill init bare/job
            bare/bin/tidemill model push bare/job/fraud.onnx fraud:1.0.0 --store bare/job/models
            """
                .formatted(NAME))
            .out();

    assertThat(out).contains("fraud:1.0.0");
    assertThat(bare.resolve("job/models/fraud/1.0.0/model.yaml")).exists();
  }

  private static String job(String name, String source, String sink) {
    return """
        name: %1$s
        mode: batch
        store: models
        source: { %2$s }
        steps:
          - id: score
            model: fraud:1.0.0
            input: { features: [amount, hour, distance_km, merchant_risk] }
            output: { score: %1$s }
            resources: { device: cpu }
        sink: { %3$s }
        """
        .formatted(name, source, sink);
  }

  /** Columns of files are those of one of them. */
  private static String files(String format) {
    return "connector: filesystem, path: %1$s, format: %1$s".formatted(format);
  }

  /**
   * From one format to the next, and to a table with the jars that connectors/README names. Where
   * no registry is, a job with one is planned.
   */
  @Test
  void readsAndWritesTheFormatsThatComeWithItAndATableWithItsJars() throws Exception {
    Path formats = folder.resolve("formats");
    Path lib = Files.createDirectories(formats.resolve("lib"));
    for (String artifact : coordinates("jdbc")) {
      Path jar = onClassPath(artifact);
      Files.copy(jar, lib.resolve(jar.getFileName()));
    }
    try (InputStream model = Tidemill.class.getResourceAsStream("templates/fraud.onnx")) {
      Files.write(formats.resolve("fraud.onnx"), requireNonNull(model).readAllBytes());
    }
    Files.writeString(
        Files.createDirectories(formats.resolve("csv")).resolve("a.csv"),
        "t-1,12.5,9,1.2,0.05\nt-2,310.0,14,22.0,0.31\n");
    Files.writeString(
        formats.resolve("one.yaml"), job("one", files("csv") + ", " + COLUMNS, files("avro")));
    Files.writeString(formats.resolve("two.yaml"), job("two", files("avro"), files("parquet")));
    Files.writeString(
        formats.resolve("registry.yaml"),
        job(
            "registry",
            "connector: kafka, topic: in, properties.bootstrap.servers: 'localhost:1',"
                + " scan.startup.mode: earliest-offset, scan.bounded.mode: latest-offset,"
                + REGISTRY
                + COLUMNS,
            "connector: kafka, topic: out," + REGISTRY + "sink.delivery-guarantee: at-least-once"));
    try (EmbeddedPostgres database = EmbeddedPostgres.start();
        Connection connection = database.getPostgresDatabase().getConnection();
        Statement sql = connection.createStatement()) {
      sql.execute("CREATE TABLE scores (id TEXT PRIMARY KEY, one REAL, two REAL, three REAL)");
      Files.writeString(
          formats.resolve("three.yaml"),
          job(
              "three",
              files("parquet"),
              "connector: jdbc, url: '%s', table-name: scores, primary-key: id, columns: { id: STRING, one: FLOAT, two: FLOAT, three: FLOAT }"
                  .formatted(database.getJdbcUrl("postgres", "postgres"))));

      Answer answer =
          run(
              """
              export PATH="$PWD/%s/bin:$PATH" TIDEMILL_JAVA_OPTS=-XX:TieredStopAtLevel=1
              cd formats
              tidemill model push fraud.onnx fraud:1.0.0 --store models
              tidemill run one.yaml
              tidemill run two.yaml
              TIDEMILL_LIB=lib tidemill run three.yaml
              tidemill plan registry.yaml --sink-schema
              """
                  .formatted(NAME));

      assertThat(answer.out()).contains("\"name\" : \"registry\"");
      try (ResultSet same =
          sql.executeQuery("SELECT count(*) FROM scores WHERE one = two AND two = three")) {
        same.next();
        assertThat(same.getInt(1)).isEqualTo(2);
      }
    }
  }

  /** What the README of the connectors says of one: artifact and version, as jars are named. */
  private static List<String> coordinates(String of) throws IOException {
    String row =
        Files.readAllLines(unpacked().resolve("connectors/README.md")).stream()
            .filter(line -> line.startsWith("| `" + of + "` | "))
            .findFirst()
            .orElseThrow();
    return Pattern.compile("`[\\w.]+:([\\w.-]+):([\\w.-]+)`")
        .matcher(row)
        .results()
        .map(name -> name.group(1) + "-" + name.group(2) + ".jar")
        .toList();
  }

  private static Path onClassPath(String jar) {
    return Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
        .map(Path::of)
        .filter(path -> path.getFileName().toString().equals(jar))
        .findFirst()
        .orElseThrow(() -> new AssertionError(jar + " is not on the test's class path"));
  }

  @Test
  void billOfMaterialsListsTheJarsThatAreThereAndNoOthers() throws Exception {
    // The plugin makes none then.
    assumeThat(System.getProperty("tidemill.maven")).isNotEqualTo("offline: true");
    JsonNode bill = new ObjectMapper().readTree(unpacked().resolve("sbom.cdx.json").toFile());
    Map<String, String> listed = new TreeMap<>();
    for (JsonNode component : bill.path("components")) {
      listed.put(file(component), sha256(component));
    }
    // The subject itself, of which it has no digest.
    listed.put(file(bill.at("/metadata/component")), "");

    Map<String, String> there = new TreeMap<>();
    for (String part : List.of("lib", "cluster-lib", "cluster-plugins")) {
      for (Path jar : jars(part)) {
        there.put(jar.getFileName().toString(), sha256(jar));
      }
    }
    there.replace(file(bill.at("/metadata/component")), "");

    assertThat(there).hasSizeGreaterThan(50).isEqualTo(listed);
  }

  @Test
  void billOfMaterialsNamesTheLicenceOfEachJar() throws Exception {
    // The plugin makes none then.
    assumeThat(System.getProperty("tidemill.maven")).isNotEqualTo("offline: true");
    JsonNode bill = new ObjectMapper().readTree(unpacked().resolve("sbom.cdx.json").toFile());

    for (JsonNode component : bill.path("components")) {
      if (component.path("name").asText().equals("datasketches-memory")) {
        // Its own pom has none; SECURITY.md says which it is.
        continue;
      }
      JsonNode licence = component.at("/licenses/0");
      assertThat(
              licence.at("/license/id").asText()
                  + licence.at("/license/name").asText()
                  + licence.path("expression").asText())
          .as(file(component))
          .isNotEmpty();
    }
  }

  /** A version that changes has to be looked at again. */
  @Test
  void knownVulnerabilitiesAreThoseOfTheVersionsThatAreThere() throws Exception {
    List<String> there =
        Stream.concat(jars("lib").stream(), jars("cluster-lib").stream())
            .map(jar -> jar.getFileName().toString())
            .toList();
    List<String> told =
        Files.readAllLines(unpacked().resolve("SECURITY.md")).stream()
            .filter(line -> line.startsWith("| `") && line.contains("CVE-"))
            .flatMap(line -> Pattern.compile("`([^`]+)` ([^ ,|]+)").matcher(cell(line)).results())
            .map(library -> library.group(1) + "-" + library.group(2))
            .toList();

    assertThat(told).hasSizeGreaterThan(15);
    for (String library : told) {
      // Natives have a classifier behind the version.
      assertThat(there)
          .as(library)
          .anyMatch(jar -> jar.matches(Pattern.quote(library) + "(-[a-z][\\w-]*)?\\.jar"));
    }
  }

  private static String cell(String row) {
    return row.substring(1, row.indexOf('|', 1));
  }

  private static String file(JsonNode component) {
    String classifier = component.path("purl").asText().replaceFirst(".*[?&]classifier=", "-");
    return component.path("name").asText()
        + "-"
        + component.path("version").asText()
        + (classifier.startsWith("-") ? classifier.replaceFirst("&.*", "") : "")
        + ".jar";
  }

  private static String sha256(JsonNode component) {
    for (JsonNode hash : component.path("hashes")) {
      if (hash.path("alg").asText().equals("SHA-256")) {
        return hash.path("content").asText();
      }
    }
    return "none";
  }

  private static String sha256(Path jar) throws Exception {
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    try (InputStream in = new DigestInputStream(Files.newInputStream(jar), digest)) {
      in.transferTo(OutputStream.nullOutputStream());
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  @Test
  void holdsEachJarOnceAndNoBroker() throws Exception {
    List<String> clusters =
        jars("cluster-lib").stream().map(jar -> jar.getFileName().toString()).toList();
    List<String> commands = jars("lib").stream().map(jar -> jar.getFileName().toString()).toList();

    assertThat(commands).isNotEmpty().doesNotContainAnyElementsOf(clusters);
    assertThat(Stream.concat(commands.stream(), clusters.stream()))
        .noneMatch(
            name -> name.matches("(kafka_|kafka-server|scala-|tidemill-demo|junit|s3proxy).*"));
    for (List<String> names : List.of(commands, clusters.stream().distinct().toList())) {
      Map<String, Long> versions =
          names.stream()
              .collect(
                  Collectors.groupingBy(
                      name -> name.replaceFirst("-\\d[\\w.-]*\\.jar$", ""), Collectors.counting()));
      assertThat(versions.entrySet()).noneMatch(artifact -> artifact.getValue() > 1);
    }
    for (String file :
        List.of(
            "LICENSE",
            "NOTICE",
            "README.md",
            "SECURITY.md",
            "job-configs/fraud-scoring.yaml",
            "monitoring/alerts.yml",
            "monitoring/dashboard.json",
            "cluster-lib/sql/tidemill-sql" + NAME.substring(8) + ".jar",
            "cluster-plugins/tidemill-failures/tidemill-failures" + NAME.substring(8) + ".jar")) {
      assertThat(unpacked().resolve(file)).isNotEmptyFile();
    }
  }

  @Test
  void theJobsJarNamesItsEntry() throws Exception {
    Path jar = unpacked().resolve("cluster-lib/core/tidemill-job" + NAME.substring(8) + ".jar");

    try (JarFile content = new JarFile(jar.toFile())) {
      assertThat(content.getManifest().getMainAttributes().get(Attributes.Name.MAIN_CLASS))
          .isEqualTo(ClusterJob.class.getName());
    }
  }
}
