package io.tidemill.pipelines.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicLong;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.metrics.Gauge;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.metrics.SimpleCounter;
import org.apache.flink.metrics.groups.UnregisteredMetricsGroup;
import org.junit.jupiter.api.Test;

class RunMetricsTest {
  private final RunMetrics metrics = RunMetrics.of(new Configuration());
  private final MetricGroup group = new UnregisteredMetricsGroup();
  private final AtomicLong left = new AtomicLong(70);
  private final Gauge<Long> gauge = left::get;

  @Test
  void whatNobodyTellsIsNotZero() {
    assertThat(metrics.told("bytesLeft")).isEmpty();
    assertThat(metrics.sum("", "bytesRead")).isZero();
  }

  @Test
  void aGaugeThatIsGoneStandsForWhatItSaidLast() {
    metrics.notifyOfAddedMetric(gauge, "bytesLeft", group);
    assertThat(metrics.told("bytesLeft")).hasValue(70);

    left.set(30);
    metrics.notifyOfRemovedMetric(gauge, "bytesLeft", group);
    left.set(0);

    assertThat(metrics.told("bytesLeft")).hasValue(30);
  }

  @Test
  void aCounterThatIsGoneStaysInTheSum() {
    SimpleCounter first = new SimpleCounter();
    SimpleCounter second = new SimpleCounter();
    metrics.notifyOfAddedMetric(first, "bytesRead", group);
    metrics.notifyOfAddedMetric(second, "bytesRead", group);
    first.inc(5);
    second.inc(7);
    metrics.notifyOfRemovedMetric(first, "bytesRead", group);

    assertThat(metrics.sum("", "bytesRead")).isEqualTo(12);
  }
}
