package io.tidemill.inference.operator;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.flink.api.common.JobID;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.events.EventBuilder;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.Gauge;
import org.apache.flink.metrics.Histogram;
import org.apache.flink.metrics.Metric;
import org.apache.flink.runtime.clusterframework.types.ResourceID;
import org.apache.flink.runtime.executiongraph.ExecutionAttemptID;
import org.apache.flink.runtime.metrics.MetricRegistry;
import org.apache.flink.runtime.metrics.groups.AbstractMetricGroup;
import org.apache.flink.runtime.metrics.groups.TaskManagerMetricGroup;
import org.apache.flink.runtime.metrics.groups.TaskMetricGroup;
import org.apache.flink.runtime.metrics.scope.ScopeFormats;
import org.apache.flink.traces.Span;
import org.apache.flink.traces.SpanBuilder;

/**
 * The metrics that a step registered, by their names: {@code records}, or {@code closed{size}} for
 * one with a further label; and by the names under which Flink's Prometheus reporter exports them.
 */
final class RecordedMetrics implements MetricRegistry {
  private final Map<String, Metric> metrics = new ConcurrentHashMap<>();
  private final Map<String, Exported> exported = new ConcurrentHashMap<>();
  private final List<Span> spans = new CopyOnWriteArrayList<>();
  private volatile Runnable reporter = () -> {};

  /** A metric as a reporter sees it. */
  record Exported(String kind, Map<String, String> labels) {}

  TaskMetricGroup taskGroup() {
    return TaskManagerMetricGroup.createTaskManagerMetricGroup(this, "host", ResourceID.generate())
        .addJob(new JobID(), "job")
        .addTask(ExecutionAttemptID.randomId(), "task");
  }

  long counter(String name) {
    return metric(name, Counter.class).getCount();
  }

  Number gauge(String name) {
    return (Number) metric(name, Gauge.class).getValue();
  }

  Histogram histogram(String name) {
    return metric(name, Histogram.class);
  }

  Set<String> names() {
    return Set.copyOf(metrics.keySet());
  }

  /** With the labels of their group among the attributes. */
  List<Span> spans() {
    return List.copyOf(spans);
  }

  /** Does this whenever a span is added, before it is there. */
  void onSpan(Runnable action) {
    reporter = action;
  }

  /** By name with scope. */
  Map<String, Exported> exported() {
    return Map.copyOf(exported);
  }

  private <M extends Metric> M metric(String name, Class<M> kind) {
    Metric metric = metrics.get(name);
    if (metric == null) {
      throw new AssertionError("metric: " + name + " (expected: one of " + metrics.keySet() + ")");
    }
    return kind.cast(metric);
  }

  @Override
  public void register(Metric metric, String metricName, AbstractMetricGroup<?> group) {
    Map<String, String> labels = group.getAllVariables();
    if (!labels.containsKey("<step>")) {
      return;
    }
    String further = labels.getOrDefault("<le>", labels.get("<cause>"));
    metrics.put(further == null ? metricName : metricName + "{" + further + "}", metric);
    exported.put(
        "flink_" + group.getLogicalScope(text -> text, '_') + "_" + metricName,
        new Exported(metric.getMetricType().name().toLowerCase(Locale.ROOT), labels));
  }

  @Override
  public void unregister(Metric metric, String metricName, AbstractMetricGroup<?> group) {}

  @Override
  public char getDelimiter() {
    return '.';
  }

  @Override
  public int getNumberReporters() {
    return 0;
  }

  @Override
  public void addSpan(SpanBuilder spanBuilder, AbstractMetricGroup<?> group) {
    reporter.run();
    spans.add(spanBuilder.build(group.getAllVariables()));
  }

  @Override
  public void addEvent(EventBuilder eventBuilder, AbstractMetricGroup<?> group) {}

  @Override
  public ScopeFormats getScopeFormats() {
    return ScopeFormats.fromConfig(new Configuration());
  }
}
