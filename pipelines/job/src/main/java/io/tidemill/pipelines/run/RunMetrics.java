package io.tidemill.pipelines.run;

import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Properties;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.LongStream;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.MetricOptions;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.Gauge;
import org.apache.flink.metrics.Histogram;
import org.apache.flink.metrics.Metric;
import org.apache.flink.metrics.MetricConfig;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.metrics.reporter.MetricReporter;
import org.apache.flink.metrics.reporter.MetricReporterFactory;

/**
 * What the metrics of a job in this process say, added up over its subtasks. Flink forgets a metric
 * when its task ends, so that a short job could not be asked after its end: counts are kept here.
 * What a restart counts again is counted again.
 *
 * <p>Thread-safe.
 */
final class RunMetrics implements MetricReporter {
  private static final String REPORTER = "tidemill-run";
  private static final String ID = "id";
  private static final int LONGEST_NAME = 80;
  private static final Set<String> KEPT =
      Set.of(
          "numRecordsIn",
          "pendingRecords",
          "bytesRead",
          "bytesLeft",
          "numRestarts",
          "lastCheckpointCompletedTimestamp",
          "records",
          "batches",
          "encodeNanos",
          "modelNanos",
          "decodeNanos",
          "backPressuredNanos",
          "modelMicros",
          "tombstones",
          "deadLetters");

  /** Those that Flink has not made yet. */
  private static final Map<String, RunMetrics> EXPECTED = new ConcurrentHashMap<>();

  private final Map<Metric, String> living = new HashMap<>();
  private final Map<String, Long> ended = new HashMap<>();

  /** What gauges said last that are gone. */
  private final Map<String, Long> last = new HashMap<>();

  private RunMetrics() {}

  /** Made by Flink, which finds it through {@code ServiceLoader}; on a cluster no one names it. */
  public static final class Factory implements MetricReporterFactory {
    /** For Flink. */
    public Factory() {}

    @Override
    public MetricReporter createMetricReporter(Properties properties) {
      RunMetrics expected = EXPECTED.remove(properties.getProperty(ID, ""));
      return expected == null ? new RunMetrics() : expected;
    }
  }

  /** That of the job that begins with a configuration, to which it adds itself. */
  static RunMetrics of(Configuration flink) {
    RunMetrics metrics = new RunMetrics();
    String id = UUID.randomUUID().toString();
    EXPECTED.put(id, metrics);
    String prefix = "metrics.reporter." + REPORTER + ".";
    flink.setString(prefix + "factory.class", Factory.class.getName());
    flink.setString(prefix + ID, id);
    // Named reporters are the only ones, and without names all are.
    flink
        .getOptional(MetricOptions.REPORTERS_LIST)
        .ifPresent(named -> flink.set(MetricOptions.REPORTERS_LIST, named + "," + REPORTER));
    return metrics;
  }

  @Override
  public void open(MetricConfig config) {}

  @Override
  public void close() {}

  @Override
  public synchronized void notifyOfAddedMetric(Metric metric, String name, MetricGroup group) {
    if (KEPT.contains(name)) {
      living.put(metric, key(group.getAllVariables(), name));
    }
  }

  @Override
  public synchronized void notifyOfRemovedMetric(Metric metric, String name, MetricGroup group) {
    String key = living.remove(metric);
    if (key != null && metric instanceof Counter counter) {
      ended.merge(key, counter.getCount(), Long::sum);
    } else if (key != null && metric instanceof Histogram) {
      ended.merge(key, (long) p99(metric), Math::max);
    } else if (key != null) {
      last.merge(key, valueOf(metric), Long::sum);
    }
  }

  private static String key(Map<String, String> labels, String name) {
    String operator = labels.getOrDefault("<step>", labels.getOrDefault("<operator_name>", ""));
    String cause = labels.getOrDefault("<cause>", "");
    return key(operator, name) + (cause.isEmpty() ? "" : "/" + cause);
  }

  /** Flink cuts the names of operators where it names metrics. */
  private static String key(String operator, String name) {
    return operator.substring(0, Math.min(LONGEST_NAME, operator.length())) + "/" + name;
  }

  /** A sum over all subtasks, of those that have ended too; 0 where nobody counts it. */
  synchronized long sum(String operator, String name) {
    String key = key(operator, name);
    long sum = ended.getOrDefault(key, 0L);
    for (Map.Entry<Metric, String> entry : living.entrySet()) {
      if (entry.getValue().equals(key)) {
        sum += valueOf(entry.getKey());
      }
    }
    return sum;
  }

  /** A sum over all operators of what such gauges say or said last; empty if there was none. */
  synchronized OptionalLong told(String name) {
    String end = "/" + name;
    return LongStream.concat(
            living.entrySet().stream()
                .filter(entry -> entry.getValue().endsWith(end))
                .mapToLong(entry -> valueOf(entry.getKey())),
            last.entrySet().stream()
                .filter(entry -> entry.getKey().endsWith(end))
                .mapToLong(Map.Entry::getValue))
        .reduce(Long::sum);
  }

  /** The sums of what an operator counts by cause. */
  synchronized Map<String, Long> byCause(String operator, String name) {
    String prefix = key(operator, name) + "/";
    Map<String, Long> sums = new HashMap<>();
    ended.forEach((key, value) -> add(sums, prefix, key, value));
    living.forEach((metric, key) -> add(sums, prefix, key, valueOf(metric)));
    return sums;
  }

  private static void add(Map<String, Long> sums, String prefix, String key, long value) {
    if (key.startsWith(prefix) && value > 0) {
      sums.merge(key.substring(prefix.length()), value, Long::sum);
    }
  }

  /** The largest 99th percentile of the subtasks; 0 without any. */
  synchronized double p99(String operator, String name) {
    String key = key(operator, name);
    return living.entrySet().stream()
        .filter(entry -> entry.getValue().equals(key))
        .map(Map.Entry::getKey)
        .mapToDouble(RunMetrics::p99)
        .reduce(ended.getOrDefault(key, 0L), Math::max);
  }

  private static double p99(Metric metric) {
    return metric instanceof Histogram histogram ? histogram.getStatistics().getQuantile(0.99) : 0;
  }

  private static long valueOf(Metric metric) {
    if (metric instanceof Counter counter) {
      return counter.getCount();
    }
    return metric instanceof Gauge<?> gauge && gauge.getValue() instanceof Number number
        ? number.longValue()
        : 0;
  }
}
