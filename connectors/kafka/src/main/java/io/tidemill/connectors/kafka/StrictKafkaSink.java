package io.tidemill.connectors.kafka;

import java.io.IOException;
import java.io.Serial;
import java.time.Duration;
import java.util.Collection;
import java.util.Optional;
import org.apache.flink.api.connector.sink2.Committer;
import org.apache.flink.api.connector.sink2.CommitterInitContext;
import org.apache.flink.api.connector.sink2.WriterInitContext;
import org.apache.flink.connector.kafka.sink.KafkaCommittable;
import org.apache.flink.connector.kafka.sink.KafkaSink;
import org.apache.flink.connector.kafka.sink.KafkaWriterState;
import org.apache.flink.connector.kafka.sink.TwoPhaseCommittingStatefulSink;
import org.apache.flink.core.io.SimpleVersionedSerializer;
import org.apache.flink.streaming.api.connector.sink2.CommittableMessage;
import org.apache.flink.streaming.api.connector.sink2.SupportsPostCommitTopology;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.lineage.LineageVertex;
import org.apache.flink.streaming.api.lineage.LineageVertexProvider;
import org.apache.flink.table.data.RowData;
import org.apache.kafka.clients.admin.TransactionState;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Flink's sink, but failing where a transaction of a complete checkpoint was aborted by the broker:
 * that one only logs that it cannot be committed, and goes on without what was in it. As one that
 * was committed before a restart cannot be committed again either, the broker is asked which of
 * both it was. The sink's state is that of Flink's.
 */
final class StrictKafkaSink
    implements TwoPhaseCommittingStatefulSink<RowData, KafkaWriterState, KafkaCommittable>,
        SupportsPostCommitTopology<KafkaCommittable>,
        LineageVertexProvider {
  @Serial private static final long serialVersionUID = 1L;

  private static final Logger LOG = LoggerFactory.getLogger(StrictKafkaSink.class);
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final KafkaSink<RowData> sink;
  private final Broker broker;
  private final String topic;
  private final long timeoutMillis;

  /**
   * A sink whose transactions have ids of their own, so that none of them is another's end.
   *
   * @param timeoutMillis after which the broker aborts a transaction
   */
  StrictKafkaSink(KafkaSink<RowData> sink, Broker broker, String topic, long timeoutMillis) {
    this.sink = sink;
    this.broker = broker;
    this.topic = topic;
    this.timeoutMillis = timeoutMillis;
  }

  @Override
  public PrecommittingStatefulSinkWriter<RowData, KafkaWriterState, KafkaCommittable> createWriter(
      WriterInitContext context) throws IOException {
    return sink.createWriter(context);
  }

  @Override
  public PrecommittingStatefulSinkWriter<RowData, KafkaWriterState, KafkaCommittable> restoreWriter(
      WriterInitContext context, Collection<KafkaWriterState> states) {
    return sink.restoreWriter(context, states);
  }

  @Override
  public SimpleVersionedSerializer<KafkaWriterState> getWriterStateSerializer() {
    return sink.getWriterStateSerializer();
  }

  @Override
  public Committer<KafkaCommittable> createCommitter(CommitterInitContext context) {
    return new StrictCommitter(sink.createCommitter(context), broker, topic, timeoutMillis);
  }

  @Override
  public SimpleVersionedSerializer<KafkaCommittable> getCommittableSerializer() {
    return sink.getCommittableSerializer();
  }

  @Override
  public void addPostCommitTopology(DataStream<CommittableMessage<KafkaCommittable>> committed) {
    sink.addPostCommitTopology(committed);
  }

  @Override
  public LineageVertex getLineageVertex() {
    return sink.getLineageVertex();
  }

  /** What fails instead. For use by one thread. */
  record StrictCommitter(
      Committer<KafkaCommittable> committer, Broker broker, String topic, long timeoutMillis)
      implements Committer<KafkaCommittable> {
    @Override
    public void commit(Collection<CommitRequest<KafkaCommittable>> requests)
        throws IOException, InterruptedException {
      committer.commit(
          requests.stream()
              .<CommitRequest<KafkaCommittable>>map(request -> new Strict(this, request))
              .toList());
    }

    @Override
    public void close() throws Exception {
      committer.close();
    }

    /** What the broker says of it; blocks until it answers. Unknown where it does not. */
    private Optional<TransactionState> stateOf(KafkaCommittable transaction) {
      try {
        return broker.stateOf(
            transaction.getTransactionalId(),
            transaction.getProducerId(),
            transaction.getEpoch(),
            PATIENCE);
      } catch (Broker.UnansweredException unknown) {
        LOG.warn("topic '{}': what became of {} is not known", topic, transaction, unknown);
        return Optional.of(TransactionState.UNKNOWN);
      }
    }

    /** Which may be since the outage, or found out when a job goes on from its checkpoint. */
    private IllegalStateException lost(KafkaCommittable transaction, Throwable why) {
      return new IllegalStateException(
          "topic '%s': transaction '%s' of a complete checkpoint was aborted by the broker, and what was written in it will not be seen (%s; expected: a commit within properties.transaction.timeout.ms, %d). If the broker or the job was away for longer, set that above the longest outage, at most to the broker's transaction.max.timeout.ms; and start the job from a checkpoint or savepoint before this one, or anew, as only that writes the same records again"
              .formatted(topic, transaction.getTransactionalId(), why.getMessage(), timeoutMillis),
          why);
    }
  }

  /** What the committer is told to do with a transaction. */
  private record Strict(StrictCommitter of, Committer.CommitRequest<KafkaCommittable> request)
      implements Committer.CommitRequest<KafkaCommittable> {
    @Override
    public KafkaCommittable getCommittable() {
      return request.getCommittable();
    }

    @Override
    public int getNumberOfRetries() {
      return request.getNumberOfRetries();
    }

    @Override
    public void signalFailedWithKnownReason(Throwable why) {
      switch (of.stateOf(getCommittable()).orElse(TransactionState.EMPTY)) {
        case PREPARE_EPOCH_FENCE, PREPARE_ABORT, COMPLETE_ABORT ->
            request.signalFailedWithUnknownReason(of.lost(getCommittable(), why));
        // About to be aborted, perhaps.
        case ONGOING, UNKNOWN -> request.retryLater();
        case EMPTY, PREPARE_COMMIT, COMPLETE_COMMIT -> request.signalFailedWithKnownReason(why);
      }
    }

    @Override
    public void signalFailedWithUnknownReason(Throwable why) {
      request.signalFailedWithUnknownReason(why);
    }

    @Override
    public void retryLater() {
      request.retryLater();
    }

    @Override
    public void updateAndRetryLater(KafkaCommittable other) {
      request.updateAndRetryLater(other);
    }

    @Override
    public void signalAlreadyCommitted() {
      request.signalAlreadyCommitted();
    }

    /** As Flink's committer logs it. */
    @Override
    public String toString() {
      return request.toString();
    }
  }
}
