package io.tidemill.benchmarks;

import io.tidemill.inference.codec.RowBinding;
import io.tidemill.inference.operator.DeadLetterTypeInfo;
import io.tidemill.inference.operator.InferenceOperatorFactory;
import io.tidemill.inference.step.StepSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.apache.flink.runtime.event.WatermarkEvent;
import org.apache.flink.streaming.api.operators.Output;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.streamrecord.LatencyMarker;
import org.apache.flink.streaming.runtime.streamrecord.RecordAttributes;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.runtime.tasks.mailbox.Mail;
import org.apache.flink.streaming.runtime.watermarkstatus.WatermarkStatus;
import org.apache.flink.streaming.util.OneInputStreamOperatorTestHarness;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;
import org.apache.flink.util.OutputTag;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What the operator costs per record: ordered, batches of 512, a model that computes nothing, and
 * no job around it. Mails run between batches, as a task runs them between records.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
@SuppressWarnings("NullAway.Init") // JMH calls the set-up before the benchmark.
public class OperatorBenchmark {
  private static final int SIZE = 512;

  /** Where a record has its 32 floats. */
  @Param({"ARRAY", "SCALARS"})
  String form;

  private OneInputStreamOperatorTestHarness<RowData, RowData> harness;
  private StreamRecord<RowData> element;
  private RowData[] records;
  private int next;

  @Setup(Level.Trial)
  public void open() throws Exception {
    Workload workload = workload(Workload.Form.valueOf(form));
    RowBinding binding = workload.binding();
    InternalTypeInfo<RowData> recordType = InternalTypeInfo.of(workload.recordType());
    InternalTypeInfo<RowData> scoredType = InternalTypeInfo.of(binding.outputType());
    harness =
        new OneInputStreamOperatorTestHarness<>(
            new InferenceOperatorFactory<>(
                "score",
                StepSettings.defaults().withMaxSize(SIZE).withWorkers(1).withFresh(true),
                new WorkloadModel(workload, WorkloadModel.Kind.NO_OP, "operator"),
                binding.encoder(),
                binding.decoder(),
                new OutputTag<>("dead-letters", new DeadLetterTypeInfo<>(recordType))),
            recordType.toSerializer());
    harness.getExecutionConfig().enableObjectReuse();
    harness.setOutputCreator(serializer -> new Discarding());
    harness.setup(scoredType.toSerializer());
    harness.open();
    records = workload.records();
    element = new StreamRecord<>(records[0]);
  }

  private static Workload workload(Workload.Form form) throws IOException {
    Workload arrays = Workload.mlp(Files.createTempDirectory("tidemill-benchmarks"));
    return form == Workload.Form.ARRAY ? arrays : arrays.scalars();
  }

  @TearDown(Level.Trial)
  public void close() throws Exception {
    harness.endInput();
    harness.close();
  }

  @Benchmark
  @OperationsPerInvocation(SIZE)
  public void score() throws Exception {
    for (int i = 0; i < SIZE; i++) {
      harness.processElement(element.replace(records[next]));
      next = next + 1 == records.length ? 0 : next + 1;
    }
    Optional<Mail> mail = harness.getTaskMailbox().tryTake(0);
    while (mail.isPresent()) {
      mail.get().run();
      mail = harness.getTaskMailbox().tryTake(0);
    }
  }

  private static final class Discarding implements Output<StreamRecord<RowData>> {
    @Override
    public void collect(StreamRecord<RowData> record) {}

    @Override
    public <X> void collect(OutputTag<X> tag, StreamRecord<X> record) {
      throw new IllegalStateException("side output '%s': used (expected: not)".formatted(tag));
    }

    @Override
    public void emitWatermark(Watermark mark) {}

    @Override
    public void emitWatermark(WatermarkEvent watermark) {}

    @Override
    public void emitWatermarkStatus(WatermarkStatus status) {}

    @Override
    public void emitLatencyMarker(LatencyMarker marker) {}

    @Override
    public void emitRecordAttributes(RecordAttributes attributes) {}

    @Override
    public void close() {}
  }
}
