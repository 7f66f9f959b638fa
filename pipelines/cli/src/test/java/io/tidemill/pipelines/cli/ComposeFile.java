package io.tidemill.pipelines.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.Yaml;

/** The checkout's docker-compose.yml, read as Compose does: with {@code .env} and YAML's merges. */
public final class ComposeFile {
  private static final Path ROOT = Path.of("../..");
  private static final Pattern VARIABLE = Pattern.compile("\\$\\$|\\$\\{(\\w+)\\}");

  private final Map<String, Object> content;

  public ComposeFile() throws IOException {
    Properties variables = new Properties();
    try (var lines = Files.newBufferedReader(ROOT.resolve(".env"))) {
      variables.load(lines);
    }
    String text =
        VARIABLE
            .matcher(Files.readString(ROOT.resolve("docker-compose.yml")))
            .replaceAll(found -> Matcher.quoteReplacement(value(found.group(1), variables)));
    content = new Yaml().load(text);
  }

  /** A dollar for two of them. */
  private static String value(@Nullable String variable, Properties variables) {
    if (variable == null) {
      return "$";
    }
    String value = variables.getProperty(variable);
    if (value == null) {
      throw new IllegalStateException(variable + " (expected: a line of .env)");
    }
    return value;
  }

  public Map<String, Object> content() {
    return content;
  }

  /** All services by their names. */
  public Map<String, Map<?, ?>> services() {
    Map<String, Map<?, ?>> services = new LinkedHashMap<>();
    ((Map<?, ?>) Objects.requireNonNull(content.get("services")))
        .forEach((name, service) -> services.put(String.valueOf(name), (Map<?, ?>) service));
    return services;
  }

  public Map<?, ?> service(String name) {
    return Objects.requireNonNull(services().get(name), name);
  }

  /** The variables of a service's processes. */
  public Map<String, String> environment(String service) {
    Map<String, String> environment = new LinkedHashMap<>();
    ((Map<?, ?>) Objects.requireNonNull(service(service).get("environment")))
        .forEach((name, value) -> environment.put(String.valueOf(name), String.valueOf(value)));
    return environment;
  }

  /** Flink's options of a service, as Flink's image reads them. */
  public Map<String, String> flinkOptions(String service) {
    Map<String, String> options = new LinkedHashMap<>();
    for (String line : environment(service).getOrDefault("FLINK_PROPERTIES", "").split("\n", -1)) {
      if (!line.isBlank()) {
        String[] pair = line.replaceAll("\\s", "").split(":", 2);
        options.put(pair[0], pair[1]);
      }
    }
    return options;
  }
}
