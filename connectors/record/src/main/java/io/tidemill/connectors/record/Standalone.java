package io.tidemill.connectors.record;

import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.api.common.serialization.SerializationSchema;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.metrics.groups.UnregisteredMetricsGroup;
import org.apache.flink.util.SimpleUserCodeClassLoader;
import org.apache.flink.util.UserCodeClassLoader;

/**
 * What Flink's encoders and decoders are opened with outside of a job: they ask for little of it,
 * and some do not work unopened. Stateless and thread-safe.
 */
public final class Standalone
    implements SerializationSchema.InitializationContext,
        DeserializationSchema.InitializationContext {
  @Override
  public MetricGroup getMetricGroup() {
    return new UnregisteredMetricsGroup();
  }

  @Override
  public UserCodeClassLoader getUserCodeClassLoader() {
    return SimpleUserCodeClassLoader.create(Thread.currentThread().getContextClassLoader());
  }
}
