package io.tidemill.connectors.kafka;

import io.tidemill.connectors.options.OptionKey;
import io.tidemill.connectors.problem.Problem;
import io.tidemill.connectors.problem.RootCause;
import java.io.IOException;
import java.io.Serializable;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.flink.streaming.connectors.kafka.table.KafkaConnectorOptions;
import org.apache.kafka.clients.ClientDnsLookup;
import org.apache.kafka.clients.ClientUtils;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.DescribeProducersResult;
import org.apache.kafka.clients.admin.ListTransactionsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TransactionDescription;
import org.apache.kafka.clients.admin.TransactionListing;
import org.apache.kafka.clients.admin.TransactionState;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.SslAuthenticationException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.jspecify.annotations.Nullable;

/** The broker of a source or a sink, which may be asked. Immutable. */
final class Broker implements Serializable {
  private static final long serialVersionUID = 1L;

  /** Between two looks at a transaction. */
  private static final Duration LOOK = Duration.ofSeconds(1);

  /** What a broker takes unless its {@code message.max.bytes} says otherwise. */
  private static final int USUAL_RECORD_BYTES = 1_048_588;

  /** For one that listens, and may answer late: on a busy machine, or while it starts. */
  private static final Duration BUSY = Duration.ofSeconds(30);

  /** What Flink's sinks make of their prefix: a subtask, and a number that grows. */
  private static final Pattern OF_SINK = Pattern.compile("-\\d+-\\d+");

  private static final Duration CONNECTION = Duration.ofSeconds(1);

  private final String part;
  private final HashMap<String, Object> properties;

  /** A question, which ends by the limit. */
  private interface Question<T> {
    T ask(Admin admin, long limitMillis)
        throws InterruptedException, ExecutionException, TimeoutException;
  }

  Broker(KafkaOptions options) {
    this.part = options.options().place();
    this.properties = new HashMap<>(options.properties(AdminClientConfig.configNames()));
  }

  /**
   * Topics that are not there. Blocks for the limit and the time that the client needs to close,
   * and for longer where a broker listens that is too busy to answer.
   */
  List<Problem<OptionKey>> missing(Collection<String> topics, Duration limit)
      throws UnansweredException {
    Set<String> existing = topics(limit);
    return topics.stream()
        .filter(topic -> !existing.contains(topic))
        .map(
            topic ->
                problem(
                    KafkaConnectorOptions.TOPIC.key(),
                    "'%s' is not on the broker at %s (expected: a topic that exists; create it, or"
                            .formatted(topic, servers())
                        + " correct its name)"))
        .toList();
  }

  /** The topics that are there. Blocks as {@link #missing} does. */
  Set<String> topics(Duration limit) throws UnansweredException {
    return ask(
        limit, (admin, millis) -> admin.listTopics().names().get(millis, TimeUnit.MILLISECONDS));
  }

  /** The bytes of the largest record that topics take; the usual where none is there yet. */
  int largestRecord(Set<String> topics, Duration limit) throws UnansweredException {
    return configs(topics, limit).values().stream()
        .mapToInt(Broker::largestRecord)
        .max()
        .orElse(USUAL_RECORD_BYTES);
  }

  /** The bytes of the largest record that a topic takes. */
  static int largestRecord(Config topic) {
    return Integer.parseInt(topic.get(TopicConfig.MAX_MESSAGE_BYTES_CONFIG).value());
  }

  /** Whether a topic keeps one record of each key, and takes none without. */
  static boolean isCompacted(Config topic) {
    String policy = value(topic, TopicConfig.CLEANUP_POLICY_CONFIG);
    return policy != null && policy.contains(TopicConfig.CLEANUP_POLICY_COMPACT);
  }

  /** A setting of a topic or a broker; null where the broker does not know it. */
  static @Nullable String value(Config config, String key) {
    ConfigEntry entry = config.get(key);
    return entry == null ? null : entry.value();
  }

  /** What a topic is configured with; empty where it is not there. */
  Optional<Config> topicConfig(String topic, Duration limit) throws UnansweredException {
    return Optional.ofNullable(configs(Set.of(topic), limit).get(topic));
  }

  /** Those of the topics that are there. */
  private Map<String, Config> configs(Set<String> topics, Duration limit)
      throws UnansweredException {
    List<ConfigResource> resources =
        topics.stream().map(topic -> new ConfigResource(ConfigResource.Type.TOPIC, topic)).toList();
    return ask(
        limit,
        (admin, millis) -> {
          Map<String, Config> values = new HashMap<>();
          for (var config : admin.describeConfigs(resources).values().entrySet()) {
            try {
              values.put(
                  config.getKey().name(), config.getValue().get(millis, TimeUnit.MILLISECONDS));
            } catch (ExecutionException e) {
              if (!(e.getCause() instanceof UnknownTopicOrPartitionException)) {
                throw e;
              }
            }
          }
          return values;
        });
  }

  /** Makes a topic of one partition that keeps the last record of each key, unless it is there. */
  void makeCompacted(String topic, Duration limit) throws UnansweredException {
    NewTopic wanted =
        new NewTopic(topic, Optional.of(1), Optional.empty())
            .configs(Map.of(TopicConfig.CLEANUP_POLICY_CONFIG, TopicConfig.CLEANUP_POLICY_COMPACT));
    ask(
        limit,
        (admin, millis) -> {
          try {
            admin.createTopics(List.of(wanted)).all().get(millis, TimeUnit.MILLISECONDS);
            return true;
          } catch (ExecutionException e) {
            if (e.getCause() instanceof TopicExistsException) {
              return false;
            }
            throw e;
          }
        });
  }

  /** Topics that are not there, and that the broker makes for no one. As {@link #missing}. */
  List<Problem<OptionKey>> missingForGood(Collection<String> topics, Duration limit)
      throws UnansweredException {
    List<Problem<OptionKey>> missing = missing(topics, limit);
    return missing.isEmpty() || makesTopics(limit) ? List.of() : missing;
  }

  /** Whether a topic is made when it is written, as far as the broker tells. */
  private boolean makesTopics(Duration limit) {
    return !setting("auto.create.topics.enable", limit).equals(Optional.of("false"));
  }

  /** The longest that it lets a transaction be open; empty where it may not tell. */
  Optional<Duration> longestTransaction(Duration limit) {
    return setting("transaction.max.timeout.ms", limit)
        .map(millis -> Duration.ofMillis(Long.parseLong(millis)));
  }

  /** What it is configured with itself; empty where it may not tell. */
  private Optional<String> setting(String key, Duration limit) {
    try {
      return ask(
          limit,
          (admin, millis) -> {
            Node any =
                admin
                    .describeCluster()
                    .nodes()
                    .get(millis, TimeUnit.MILLISECONDS)
                    .iterator()
                    .next();
            ConfigResource broker = new ConfigResource(ConfigResource.Type.BROKER, any.idString());
            Map<ConfigResource, Config> configs =
                admin.describeConfigs(List.of(broker)).all().get(millis, TimeUnit.MILLISECONDS);
            return configs.values().stream()
                .flatMap(config -> Optional.ofNullable(value(config, key)).stream())
                .findFirst();
          });
    } catch (UnansweredException mayNotTell) {
      return Optional.empty();
    }
  }

  /** How many transactions of sinks with this prefix are open. */
  long openTransactions(String prefix, Duration limit) throws UnansweredException {
    return ask(limit, (admin, millis) -> (long) open(admin, prefix, millis).size());
  }

  /**
   * How many of them are written now, as one that a dead process has left is not. Blocks for a
   * second more if there are any.
   */
  long writtenTransactions(String prefix, Duration limit) throws UnansweredException {
    return ask(
        limit,
        (admin, millis) -> {
          Map<String, Long> before = written(admin, prefix, millis);
          if (before.isEmpty()) {
            return 0L;
          }
          LockSupport.parkNanos(LOOK.toNanos());
          // One that ends meanwhile, as its time is over, has written less than before.
          return written(admin, prefix, millis).entrySet().stream()
              .filter(now -> now.getValue() > before.getOrDefault(now.getKey(), -1L))
              .count();
        });
  }

  /** Open transactions of others that write a topic, whose ids begin with the prefix, too. */
  List<String> transactionsOfOthers(String prefix, String topic, Duration limit)
      throws UnansweredException {
    return ask(
        limit,
        (admin, millis) ->
            admin
                .describeTransactions(open(admin, prefix, false, millis))
                .all()
                .get(millis, TimeUnit.MILLISECONDS)
                .entrySet()
                .stream()
                .filter(
                    other ->
                        other.getValue().topicPartitions().stream()
                            .anyMatch(partition -> partition.topic().equals(topic)))
                .map(Map.Entry::getKey)
                .sorted()
                .toList());
  }

  /**
   * What became of a transaction; empty where its id has begun another since, so that nobody knows.
   */
  Optional<TransactionState> stateOf(String id, long producer, short epoch, Duration limit)
      throws UnansweredException {
    return ask(
        limit,
        (admin, millis) -> {
          TransactionDescription last =
              admin
                  .describeTransactions(List.of(id))
                  .description(id)
                  .get(millis, TimeUnit.MILLISECONDS);
          // Who ends a transaction may raise the epoch (KIP-890), as the broker does itself.
          return last.producerId() == producer
                  && last.producerEpoch() >= epoch
                  && last.producerEpoch() <= epoch + 1
              ? Optional.of(last.state())
              : Optional.empty();
        });
  }

  private static List<String> open(Admin admin, String prefix, long millis)
      throws ExecutionException, InterruptedException, TimeoutException {
    return open(admin, prefix, true, millis);
  }

  private static List<String> open(Admin admin, String prefix, boolean ofSink, long millis)
      throws ExecutionException, InterruptedException, TimeoutException {
    var ongoing = new ListTransactionsOptions().filterStates(List.of(TransactionState.ONGOING));
    return admin.listTransactions(ongoing).all().get(millis, TimeUnit.MILLISECONDS).stream()
        .map(TransactionListing::transactionalId)
        .filter(id -> id.startsWith(prefix))
        .filter(id -> OF_SINK.matcher(id.substring(prefix.length())).matches() == ofSink)
        .toList();
  }

  /** How many records the producers of open transactions have written, by the transaction's id. */
  private static Map<String, Long> written(Admin admin, String prefix, long millis)
      throws ExecutionException, InterruptedException, TimeoutException {
    Map<String, TransactionDescription> transactions =
        admin
            .describeTransactions(open(admin, prefix, millis))
            .all()
            .get(millis, TimeUnit.MILLISECONDS);
    Set<TopicPartition> partitions =
        transactions.values().stream()
            .flatMap(transaction -> transaction.topicPartitions().stream())
            .collect(Collectors.toSet());
    Map<TopicPartition, DescribeProducersResult.PartitionProducerState> states =
        admin.describeProducers(partitions).all().get(millis, TimeUnit.MILLISECONDS);
    Map<String, Long> written = new HashMap<>();
    transactions.forEach(
        (id, transaction) ->
            written.put(
                id,
                states.values().stream()
                    .flatMap(partition -> partition.activeProducers().stream())
                    .filter(
                        producer ->
                            producer.producerId() == transaction.producerId()
                                && producer.producerEpoch() == transaction.producerEpoch())
                    .mapToLong(producer -> producer.lastSequence() + 1L)
                    .sum()));
    return written;
  }

  Problem<OptionKey> problem(String key, String message) {
    return new Problem<>(new OptionKey(part, key), message);
  }

  /** What to say of a broker that did not answer, or refused to. */
  Problem<OptionKey> unreachable(UnansweredException failure) {
    String said =
        switch (failure.reason()) {
          case NONE_THERE ->
              "no Kafka broker answers at %s: %s (expected: a running broker; start it, or correct the address)";
          case NO_LOGIN ->
              "the Kafka broker at %s takes no such login: %s (expected: one that it knows, in properties.sasl.jaas.config: user and password, or what a token or ticket is got with; and properties.sasl.mechanism as it has it)";
          case NO_TRUST ->
              "no trust between this client and the Kafka broker at %s: %s (expected: a certificate for this address, by an authority of properties.ssl.truststore.location or else of Java's)";
        };
    return problem(KafkaOptions.BOOTSTRAP, said.formatted(servers(), failure.getMessage()));
  }

  Object servers() {
    return properties.getOrDefault(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, "no address");
  }

  private <T> T ask(Duration limit, Question<T> question) throws UnansweredException {
    try {
      return askOnce(limit, question);
    } catch (UnansweredException e) {
      if (!e.isLate() || limit.compareTo(BUSY) >= 0 || !listens()) {
        throw e;
      }
      return askOnce(BUSY, question);
    }
  }

  /** Whether a process listens at one of the addresses, be it too busy to answer. */
  private boolean listens() {
    for (InetSocketAddress server : addresses()) {
      try (Socket socket = new Socket()) {
        socket.connect(server, (int) CONNECTION.toMillis());
        return true;
      } catch (IOException nobody) {
        // Perhaps at the next.
      }
    }
    return false;
  }

  private List<InetSocketAddress> addresses() {
    List<String> servers = List.of(String.valueOf(servers()).split(","));
    try {
      return ClientUtils.parseAndValidateAddresses(servers, ClientDnsLookup.USE_ALL_DNS_IPS);
    } catch (ConfigException providedToTheClient) {
      return List.of();
    }
  }

  private <T> T askOnce(Duration limit, Question<T> question) throws UnansweredException {
    Map<String, Object> limited = new HashMap<>(properties);
    int millis = (int) Math.min(limit.toMillis(), Integer.MAX_VALUE);
    limited.put(AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, millis);
    limited.put(AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, millis);
    try (Asked asked = new Asked(Admin.create(limited))) {
      return question.ask(asked.admin, millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new UnansweredException("interrupted", e);
    } catch (TimeoutException e) {
      throw new UnansweredException("no answer in " + limit.toMillis() + " ms", e);
    } catch (ExecutionException | KafkaException e) {
      throw new UnansweredException(RootCause.of(e).message(), e);
    }
  }

  /**
   * A client for one question. Closed without a limit, it waits for what a broker never answers,
   * and sometimes goes on waiting once its own time for that is over.
   */
  private record Asked(Admin admin) implements AutoCloseable {
    @Override
    public void close() {
      admin.close(CONNECTION);
    }
  }

  /** Why a question has no answer, as far as whoever asked can do something about it. */
  private enum Reason {
    NONE_THERE,
    NO_LOGIN,
    NO_TRUST
  }

  /** A broker that did not answer, or refused to. */
  static final class UnansweredException extends Exception {
    UnansweredException(String message, Throwable cause) {
      super(message, cause);
    }

    private Reason reason() {
      for (Throwable cause = getCause(); cause != null; cause = cause.getCause()) {
        if (cause instanceof SslAuthenticationException) {
          return Reason.NO_TRUST;
        }
        if (cause instanceof AuthenticationException) {
          return Reason.NO_LOGIN;
        }
      }
      return Reason.NONE_THERE;
    }

    /** Whether there was no answer in time, and no refusal. */
    boolean isLate() {
      return getCause() instanceof TimeoutException
          || (getCause() instanceof ExecutionException late
              && late.getCause() instanceof org.apache.kafka.common.errors.TimeoutException);
    }
  }
}
