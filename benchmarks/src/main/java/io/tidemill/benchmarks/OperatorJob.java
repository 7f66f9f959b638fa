package io.tidemill.benchmarks;

import io.tidemill.inference.Inference;
import io.tidemill.inference.codec.OutputField;
import io.tidemill.inference.codec.RowBinding;
import io.tidemill.model.Model;
import io.tidemill.model.ModelVersion;
import io.tidemill.model.Signature;
import io.tidemill.model.loader.ModelHandle;
import io.tidemill.model.loader.ModelSource;
import java.util.List;
import java.util.Map;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;

/**
 * Tidemill's operator at parallelism 1.
 *
 * @param workers threads that score batches; two batches in flight for each
 * @param noOp whether the model is {@link NoOpModel} instead, which leaves what the operator costs
 */
record OperatorJob(Workload workload, int batch, int workers, boolean noOp) implements Variant {
  private static final int SLOTS_PER_WORKER = 2;

  @Override
  public String name() {
    return "operator-%s%s-b%d-w%d".formatted(workload.name(), noOp ? "-noop" : "", batch, workers);
  }

  @Override
  public String floor() {
    return noOp ? PassThrough.name(workload) : RawLoop.name(workload, batch, workers);
  }

  @Override
  public double recordsPerSecond(Settings settings) throws Exception {
    return ScoringJob.recordsPerSecond(
        name(), workload, 1, settings, (records, scoredType) -> score(records));
  }

  private DataStream<RowData> score(DataStream<RowData> records) {
    Signature signature = workload.signature();
    RowBinding binding =
        RowBinding.plan(
            workload.recordType(),
            signature,
            Map.of(signature.inputs().get(0).name(), List.of("input")),
            Map.of(signature.outputs().get(0).name(), new OutputField("prediction")));
    return Inference.on(records)
        .model(new OwnModel(workload, noOp))
        .encode(binding.encoder())
        .decode(binding.decoder(), InternalTypeInfo.of(binding.outputType()))
        .maxSize(batch)
        .maxInFlight(workers * SLOTS_PER_WORKER)
        .workers(workers)
        .freshRecords()
        .apply("score")
        .predictions();
  }

  /** Loads the workload's model for one subtask, without a store. */
  private record OwnModel(Workload workload, boolean noOp) implements ModelSource {
    @Override
    public ModelVersion version() {
      return workload.version();
    }

    @Override
    public Signature signature() {
      return workload.signature();
    }

    @Override
    public ModelHandle open() {
      Model model = noOp ? new NoOpModel(version(), signature()) : workload.load();
      return new ModelHandle(model, model::close);
    }
  }
}
