package io.tidemill.dist;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemill.pipelines.cli.ProcessCluster;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A session cluster, a SQL gateway and a SQL client as processes of their own, which have what is
 * in one folder for Flink's {@code lib}, and of this test's class path what Flink comes with.
 *
 * @param folder for all that they need and write
 * @param archive the unpacked one
 */
record SqlCluster(Path folder, Path archive) {
  private static final Pattern STATEMENTS = Pattern.compile("```sql\n(.*?)```", Pattern.DOTALL);
  private static final Pattern SETTING = Pattern.compile("`(SET 'sql-client\\.[^`]*;)`");
  private static final Pattern GATEWAY = Pattern.compile("bin/sql-gateway\\.sh start (.*)\n");
  private static final Pattern CLIENT = Pattern.compile("bin/sql-client\\.sh (.* -f (\\S+))\n");
  private static final String USUAL = "http://localhost:8083";

  Path flinkHome() throws IOException {
    Path home = folder.resolve("flink");
    Files.createDirectories(home.resolve("lib"));
    return home;
  }

  /**
   * Gives the statements of a page to the client.
   *
   * @param lines of shell that start gateway and client
   * @return what the client printed
   */
  String run(String page, String lines) throws Exception {
    MatchResult gateway = first(GATEWAY, lines);
    MatchResult client = first(CLIENT, lines);
    Path cluster = Files.createDirectories(folder.resolve("cluster"));
    Files.writeString(
        cluster.resolve(client.group(2)),
        STATEMENTS
            .matcher(page)
            .results()
            .map(block -> block.group(1))
            .collect(Collectors.joining("", first(SETTING, page).group(1) + "\n", "")));
    String address = "http://localhost:" + ProcessCluster.freePort();
    try (ProcessCluster processes = new ProcessCluster(cluster, lib(), "")) {
      processes.startBeside(
          "org.apache.flink.table.gateway.SqlGateway",
          words(
              gateway.group(1),
              "-Dsql-gateway.endpoint.rest.port=" + URI.create(address).getPort()),
          "gateway.log");
      processes.await(() -> answers(address + "/v1/info"));
      Process process =
          processes.startBeside(
              "org.apache.flink.table.client.SqlClient",
              words(
                  client.group(1).replace(USUAL, address),
                  "--history",
                  cluster.resolve("history").toString()),
              "client.log");
      boolean ended = process.waitFor(4, TimeUnit.MINUTES);
      String printed = Files.readString(cluster.resolve("client.log"));
      assertThat(ended && process.exitValue() == 0)
          .as("%s%n%s", printed, Files.readString(cluster.resolve("gateway.log")))
          .isTrue();
      return printed;
    }
  }

  private static MatchResult first(Pattern pattern, String text) {
    return pattern.matcher(text).results().findFirst().orElseThrow();
  }

  private static boolean answers(String uri) throws IOException {
    try (InputStream answer = URI.create(uri).toURL().openStream()) {
      return answer.read() >= 0;
    }
  }

  private static List<String> words(String line, String... more) {
    List<String> words = new ArrayList<>(List.of(line.split(" ")));
    words.addAll(List.of(more));
    return words;
  }

  /** The folder's jars, and those of the test that a cluster is not to have of Tidemill. */
  private String lib() throws IOException {
    Set<String> shipped;
    try (var jars = Files.walk(archive.resolve("cluster-lib"))) {
      shipped = jars.map(SqlCluster::artifact).collect(Collectors.toSet());
    }
    return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
        .filter(entry -> entry.endsWith(".jar"))
        .filter(jar -> !artifact(Path.of(jar)).startsWith("tidemill-"))
        .filter(jar -> !shipped.contains(artifact(Path.of(jar))))
        .collect(
            Collectors.joining(
                File.pathSeparator, flinkHome().resolve("lib/*") + File.pathSeparator, ""));
  }

  private static String artifact(Path jar) {
    return jar.getFileName().toString().replaceFirst("-\\d[\\w.-]*\\.jar$", "");
  }
}
