package io.tidemill.connectors.registry;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemill.connectors.options.ConnectorOptions;
import io.tidemill.connectors.options.OptionCheck;
import io.tidemill.connectors.problem.Problem;
import java.lang.reflect.Field;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.formats.avro.registry.confluent.AvroConfluentFormatOptions;
import org.junit.jupiter.api.Test;

class RegistryFormatTest {
  @Test
  void everyOptionOfFlinksOwnFormatIsKnownOrNamedAsNotThere() throws Exception {
    Set<String> flinks = new TreeSet<>(List.of("subject-name-strategy", "auto-register"));
    for (Field field : AvroConfluentFormatOptions.class.getFields()) {
      flinks.add(((ConfigOption<?>) field.get(null)).key());
    }
    Set<String> ours = new TreeSet<>(RegistryFormat.keys(true));
    ours.addAll(List.of("schema", "properties"));

    assertThat(ours)
        .as("our options and those that the README calls away, beside Flink's and our own two")
        .isEqualTo(flinks);
  }

  @Test
  void allProblemsAreReportedAtOnce() {
    assertThat(
            problems(
                Map.of(
                    "avro-confluent.url", "https://ada:secret@registry:8081,registry",
                    "avro-confluent.basic-auth.credentials-source", "SASL_INHERIT",
                    "avro-confluent.basic-auth.user-info", "ada",
                    "avro-confluent.subject-name-strategy", "topics",
                    "avro-confluent.auto-register", "yes")))
        .containsExactly(
            "sink: avro-confluent.url: 'registry' (expected: the registry's URL, such as"
                + " https://registry:8081; several with commas)",
            "sink: avro-confluent.basic-auth.credentials-source: 'SASL_INHERIT' (expected: USER_INFO"
                + " or URL)",
            "sink: avro-confluent.basic-auth.user-info: no ':' in it (expected: user:password)",
            "sink: avro-confluent.subject-name-strategy: 'topics' (did you mean 'topic'? expected: one"
                + " of topic, record, topic-record)",
            "sink: avro-confluent.auto-register: 'yes' (expected: true or false)");
    assertThat(problems(Map.of()))
        .containsExactly(
            "sink: avro-confluent.url: missing (expected: the registry's URL, such as"
                + " https://registry:8081; several with commas)");
  }

  @Test
  void storesOfKeysAndCertificatesThatAreNotThereAreRefused() {
    assertThat(
            problems(
                Map.of(
                    "avro-confluent.url", "https://registry:8081",
                    "avro-confluent.ssl.keystore.location", "/no/such/keys.p12",
                    "avro-confluent.ssl.truststore.location", "/no/such/trust.jks")))
        .hasSize(2)
        .anySatisfy(
            problem ->
                assertThat(problem)
                    .startsWith(
                        "sink: avro-confluent.ssl.keystore.location: schema registry:"
                            + " '/no/such/keys.p12' cannot be read"))
        .anySatisfy(
            problem ->
                assertThat(problem)
                    .startsWith("sink: avro-confluent.ssl.truststore.location: schema registry:"));
  }

  @Test
  void registryThatIsNotThereIsAnObstacleWithoutItsPassword() {
    List<Problem<?>> obstacles =
        List.copyOf(
            RegistryFormat.read(
                    "avro-confluent.",
                    check(Map.of("avro-confluent.url", "http://ada:secret@127.0.0.1:1/api/")))
                .orElseThrow()
                .obstacles());

    assertThat(obstacles)
        .singleElement()
        .asString()
        .startsWith("sink: avro-confluent.url: schema registry at http://127.0.0.1:1/api: ")
        .doesNotContain("secret");
  }

  private static List<String> problems(Map<String, String> options) {
    OptionCheck check = check(options);
    assertThat(RegistryFormat.read("avro-confluent.", check)).isEmpty();
    return check.failure().problems().stream().map(Problem::toString).toList();
  }

  private static OptionCheck check(Map<String, String> options) {
    return new OptionCheck(new ConnectorOptions("sink", new LinkedHashMap<>(options)));
  }
}
