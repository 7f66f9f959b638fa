package io.tidemill.connectors.kafka;

import io.tidemill.connectors.options.ConnectorOptions;
import io.tidemill.connectors.options.OptionCheck;
import io.tidemill.connectors.problem.RootCause;
import java.io.File;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.security.auth.login.AppConfigurationEntry;
import org.apache.flink.streaming.connectors.kafka.table.KafkaConnectorOptions;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigValue;
import org.apache.kafka.common.config.SaslConfigs;
import org.apache.kafka.common.config.SslConfigs;
import org.apache.kafka.common.config.types.Password;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.security.JaasContext;
import org.apache.kafka.common.security.ssl.DefaultSslEngineFactory;
import org.apache.kafka.common.utils.Utils;

/**
 * What can be told of the properties of a client of Kafka, and of the topics that it uses, without
 * a broker: Kafka's own checks, which it makes when a client starts. Reads the files of keys and
 * certificates that the options name.
 */
final class ClientCheck {
  private static final List<String> STORES =
      List.of(SslConfigs.SSL_KEYSTORE_LOCATION_CONFIG, SslConfigs.SSL_TRUSTSTORE_LOCATION_CONFIG);
  private static final int LAST_PORT = 65_535;

  private final KafkaOptions options;
  private final OptionCheck check;
  private final Map<String, String> properties = new HashMap<>();

  private ClientCheck(ConnectorOptions options, OptionCheck check) {
    this.options = new KafkaOptions(options);
    this.check = check;
    this.options
        .properties()
        .forEach((name, value) -> properties.put(name.toString(), value.toString()));
  }

  /**
   * Refuses what a client would not start with.
   *
   * @param options as they were written, without a connection of another part, which is checked
   *     there
   * @param client what a client of this kind reads
   */
  static void run(ConnectorOptions options, ConfigDef client, OptionCheck check) {
    ClientCheck made = new ClientCheck(options, check);
    int before = check.problemCount();
    made.checkTopics();
    made.checkAddresses();
    made.checkValues(client);
    made.checkLogin();
    if (check.problemCount() == before) {
      made.checkStores();
    }
  }

  private void checkTopics() {
    for (String topic : options.topics()) {
      try {
        Topic.validate(topic);
      } catch (InvalidTopicException e) {
        check.refuse(
            KafkaConnectorOptions.TOPIC, "'%s': %s", topic, String.valueOf(e.getMessage()));
      }
    }
  }

  private void checkAddresses() {
    for (String address : options.servers()) {
      if (!isAddress(address)) {
        check.refuse(
            KafkaOptions.BOOTSTRAP, "'%s' (expected: host:port, as in broker:9092)", address);
      }
    }
  }

  private static boolean isAddress(String address) {
    try {
      Integer port = Utils.getPort(address);
      return port != null
          && port >= 1
          && port <= LAST_PORT
          && !String.valueOf(Utils.getHost(address)).isEmpty();
    } catch (NumberFormatException tooLarge) {
      return false;
    }
  }

  private void checkValues(ConfigDef client) {
    for (ConfigValue read : client.validate(properties)) {
      if (properties.containsKey(read.name())
          && !read.errorMessages().isEmpty()
          && !check.isRefused(KafkaOptions.PREFIX + read.name())) {
        refuse(
            read.name(),
            "a value that Kafka's client reads; it says: " + read.errorMessages().get(0));
      }
    }
  }

  private void checkLogin() {
    String login = properties.get(SaslConfigs.SASL_JAAS_CONFIG);
    if (login == null) {
      return;
    }
    try {
      for (AppConfigurationEntry entry :
          JaasContext.loadClientContext(Map.of(SaslConfigs.SASL_JAAS_CONFIG, new Password(login)))
              .configurationEntries()) {
        checkModule(entry.getLoginModuleName());
      }
    } catch (IllegalArgumentException e) {
      refuse(
          SaslConfigs.SASL_JAAS_CONFIG,
          "MODULE required KEY=\"VALUE\" ...; Kafka says: %s"
              .formatted(ConnectorOptions.withoutSecrets(String.valueOf(e.getMessage()))));
    }
  }

  private void checkModule(String module) {
    try {
      Class.forName(module, false, Thread.currentThread().getContextClassLoader());
    } catch (ClassNotFoundException | LinkageError absent) {
      check.refuse(
          KafkaOptions.PREFIX + SaslConfigs.SASL_JAAS_CONFIG,
          "login module '%s' is not on the class path (expected: one that is, such as"
              + " org.apache.kafka.common.security.plain.PlainLoginModule or"
              + " …scram.ScramLoginModule, without a prefix of shaded classes)",
          module);
    }
  }

  private void checkStores() {
    int before = check.problemCount();
    for (String store : STORES) {
      String path = properties.get(store);
      if (path != null && !(new File(path).isFile() && new File(path).canRead())) {
        refuse(store, "a file that can be read, here and on every machine that runs the job");
      }
    }
    if (check.problemCount() != before || !usesOwnTls()) {
      return;
    }
    ConfigDef tls = new ConfigDef();
    SslConfigs.addClientSslSupport(tls);
    try (DefaultSslEngineFactory stores = new DefaultSslEngineFactory()) {
      stores.configure(tls.parse(properties));
    } catch (KafkaException e) {
      check.refuse(
          KafkaOptions.PREFIX + CommonClientConfigs.SECURITY_PROTOCOL_CONFIG,
          "%s: %s (expected: the stores' own types and passwords)",
          String.valueOf(e.getMessage()),
          RootCause.of(e).message());
    }
  }

  private boolean usesOwnTls() {
    return properties.getOrDefault(CommonClientConfigs.SECURITY_PROTOCOL_CONFIG, "").endsWith("SSL")
        && !properties.containsKey(SslConfigs.SSL_ENGINE_FACTORY_CLASS_CONFIG);
  }

  private void refuse(String property, String expected) {
    String key = KafkaOptions.PREFIX + property;
    check.refuse(
        key,
        "'%s' (expected: %s)",
        ConnectorOptions.shown(key, properties.getOrDefault(property, "")),
        expected);
  }
}
