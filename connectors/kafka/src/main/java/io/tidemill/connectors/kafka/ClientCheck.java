package io.tidemill.connectors.kafka;

import io.tidemill.connectors.options.ConnectorOptions;
import io.tidemill.connectors.options.OptionCheck;
import io.tidemill.connectors.problem.RootCause;
import java.io.File;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import javax.security.auth.login.AppConfigurationEntry;
import org.apache.flink.streaming.connectors.kafka.table.KafkaConnectorOptions;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.config.AbstractConfig;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.config.ConfigTransformer;
import org.apache.kafka.common.config.SaslConfigs;
import org.apache.kafka.common.config.SecurityConfig;
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
 * certificates that the options name. What a config provider of Kafka's gives is not asked for.
 */
final class ClientCheck {
  private static final List<String> STORES =
      List.of(SslConfigs.SSL_KEYSTORE_LOCATION_CONFIG, SslConfigs.SSL_TRUSTSTORE_LOCATION_CONFIG);
  private static final int LAST_PORT = 65_535;

  private final KafkaOptions written;
  private final OptionCheck check;

  /** What the client gets: what was written, and what a connection of another part adds. */
  private final Map<String, String> properties = new HashMap<>();

  private ClientCheck(ConnectorOptions written, KafkaOptions connected, OptionCheck check) {
    this.written = new KafkaOptions(written);
    this.check = check;
    connected
        .properties()
        .forEach((name, value) -> properties.put(name.toString(), value.toString()));
  }

  /**
   * Refuses what a client would not start with.
   *
   * @param written as they were written, without a connection of another part, which is checked
   *     there
   * @param connected the same with that connection
   * @param client what a client of this kind reads
   */
  static void run(
      ConnectorOptions written, KafkaOptions connected, ConfigDef client, OptionCheck check) {
    ClientCheck made = new ClientCheck(written, connected, check);
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
    for (String topic : written.topics()) {
      try {
        Topic.validate(topic);
      } catch (InvalidTopicException e) {
        check.refuse(
            KafkaConnectorOptions.TOPIC, "'%s': %s", topic, String.valueOf(e.getMessage()));
      }
    }
  }

  private void checkAddresses() {
    if (isProvided(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG)) {
      return;
    }
    for (String address : written.servers()) {
      if (!isAddress(address)) {
        check.refuse(
            KafkaOptions.BOOTSTRAP,
            "'%s' (expected: host:port, as in broker:9092)",
            // A name and a password may stand before the host, where Kafka takes none.
            address.replaceFirst("(?s).*@", "******@"));
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
    client.configKeys().values().stream()
        .filter(key -> isWritten(key.name) && !isProvided(key.name))
        .filter(key -> !check.isRefused(KafkaOptions.PREFIX + key.name))
        .forEach(this::checkValue);
  }

  private void checkValue(ConfigDef.ConfigKey key) {
    try {
      // As the client reads it: to validate is to refuse what it only warns of.
      new ConfigDef().define(key).parse(properties);
    } catch (ConfigException | LinkageError e) {
      String value = properties.getOrDefault(key.name, "").strip();
      String shown = ConnectorOptions.shown(KafkaOptions.PREFIX + key.name, value);
      String message = RootCause.of(e).message();
      refuse(
          key.name,
          "a value that Kafka's client reads; it says: "
              + (value.isEmpty() ? message : message.replace(value, shown)));
    }
  }

  private void checkLogin() {
    if (!isWritten(SaslConfigs.SASL_JAAS_CONFIG)
        || isProvided(SaslConfigs.SASL_JAAS_CONFIG)
        || !protocol().startsWith("SASL_")) {
      return;
    }
    Password login = new Password(properties.get(SaslConfigs.SASL_JAAS_CONFIG));
    try {
      for (AppConfigurationEntry entry :
          JaasContext.loadClientContext(Map.of(SaslConfigs.SASL_JAAS_CONFIG, login))
              .configurationEntries()) {
        checkModule(entry.getLoginModuleName());
      }
    } catch (IllegalArgumentException e) {
      refuse(
          SaslConfigs.SASL_JAAS_CONFIG,
          "MODULE required KEY=\"VALUE\" ...; Kafka says: "
              // What it quotes may be a piece of a password with a quote in it.
              + String.valueOf(e.getMessage()).replaceAll("(?s)'.*'", "'******'"));
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
    List<String> used = properties.keySet().stream().filter(ClientCheck::isOfTls).toList();
    if (!protocol().endsWith("SSL")
        || used.stream().noneMatch(this::isWritten)
        || used.stream().anyMatch(this::isProvided)) {
      return;
    }
    // Before the stores: a provider may know their type.
    ConfigDef tls =
        new ConfigDef()
            .define(
                SecurityConfig.SECURITY_PROVIDERS_CONFIG,
                ConfigDef.Type.STRING,
                null,
                ConfigDef.Importance.LOW,
                SecurityConfig.SECURITY_PROVIDERS_DOC);
    SslConfigs.addClientSslSupport(tls);
    Map<String, Object> values;
    try {
      values = tls.parse(properties);
    } catch (ConfigException | LinkageError refusedWhereItWasWritten) {
      return;
    }
    // One of a user's own may take for a location what it likes.
    if (values.get(SslConfigs.SSL_ENGINE_FACTORY_CLASS_CONFIG) == null && areFiles(values)) {
      checkStores(values);
    }
  }

  private static boolean isOfTls(String property) {
    return property.equals(CommonClientConfigs.SECURITY_PROTOCOL_CONFIG)
        || property.equals(SecurityConfig.SECURITY_PROVIDERS_CONFIG)
        || property.startsWith("ssl.");
  }

  private boolean areFiles(Map<String, Object> values) {
    int before = check.problemCount();
    for (String store : STORES) {
      if (values.get(store) instanceof String path
          && !(new File(path).isFile() && new File(path).canRead())) {
        refuse(store, "a file that can be read, here and on every machine that runs the job");
      }
    }
    return check.problemCount() == before;
  }

  private void checkStores(Map<String, Object> values) {
    try (DefaultSslEngineFactory stores = new DefaultSslEngineFactory()) {
      stores.configure(values);
    } catch (KafkaException e) {
      check.refuse(
          KafkaOptions.PREFIX + CommonClientConfigs.SECURITY_PROTOCOL_CONFIG,
          "%s: %s (expected: the stores' own types and passwords)",
          String.valueOf(e.getMessage()),
          RootCause.of(e).message());
    }
  }

  /** As Kafka reads it, whatever its case and the space around it. */
  private String protocol() {
    return properties
        .getOrDefault(CommonClientConfigs.SECURITY_PROTOCOL_CONFIG, "")
        .strip()
        .toUpperCase(Locale.ROOT);
  }

  private boolean isWritten(String property) {
    return written.options().values().containsKey(KafkaOptions.PREFIX + property);
  }

  /** Whether a client finds the value out, as in {@code ${file:/run/secrets/kafka:password}}. */
  private boolean isProvided(String property) {
    return properties.containsKey(AbstractConfig.CONFIG_PROVIDERS_CONFIG)
        && ConfigTransformer.DEFAULT_PATTERN.matcher(properties.getOrDefault(property, "")).find();
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
