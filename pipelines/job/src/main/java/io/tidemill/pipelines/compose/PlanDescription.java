package io.tidemill.pipelines.compose;

import io.tidemill.connectors.options.ConnectorOptions;
import io.tidemill.connectors.options.TableKeys;
import io.tidemill.connectors.record.RecordSink;
import io.tidemill.inference.batch.BatchPolicy;
import io.tidemill.inference.batch.InFlight.Order;
import io.tidemill.inference.step.StepSettings;
import io.tidemill.model.Gpu;
import io.tidemill.model.Signature;
import io.tidemill.model.loader.StoredModel;
import io.tidemill.pipelines.definition.ConnectorDefinition;
import io.tidemill.pipelines.definition.ExecutionMode;
import io.tidemill.pipelines.definition.PipelineDefinition;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import org.apache.flink.streaming.api.graph.StreamEdge;
import org.apache.flink.streaming.api.graph.StreamGraph;
import org.apache.flink.streaming.api.graph.StreamNode;
import org.apache.flink.util.TimeUtils;
import org.jspecify.annotations.Nullable;

/**
 * Puts a planned pipeline into words.
 *
 * @param gpus what a driver says of the GPU that a model is to be on
 */
record PlanDescription(
    PipelineDefinition job,
    String store,
    SourceTranslator source,
    List<PlannedStep> steps,
    SinkTranslator sink,
    DeadLetterTranslator deadLetters,
    Function<StoredModel, Optional<Gpu>> gpus) {
  /** Without its own words no process starts itself again. */
  private static final Path OWN_WORDS = Path.of("/proc/self/cmdline");

  PipelinePlan describe(PlannedPipeline pipeline) {
    StreamGraph graph = pipeline.graph();
    List<PipelinePlan.Step> described = steps.stream().map(this::step).toList();
    return new PipelinePlan(
        job.name(),
        job.mode().label(),
        store,
        connector(source.written(), source.source().orElseThrow().guarantee(), job.source()),
        source
            .found()
            .map(found -> new PipelinePlan.SourceColumns(found.file(), found.schema().columns()))
            .orElse(null),
        described,
        connector(sink.sink().orElseThrow(), job.sink()),
        pipeline.sinkSchema().columns(),
        deadLetters.sink().map(made -> connector(made, job.deadLetter())).orElse(null),
        pipeline.memory(),
        job.mode() == ExecutionMode.BATCH ? job.nightly().timeZone().toString() : null,
        job.nightly().errors() == null ? null : job.nightly().errors().toString(),
        job.nightly().gates() == null ? null : job.nightly().gates().toString(),
        operators(graph),
        notes(pipeline, graph, described));
  }

  /** With what the job says beside the options, as it stands among them there. */
  private static PipelinePlan.Connector connector(
      ConnectorOptions options, String guarantee, @Nullable ConnectorDefinition written) {
    Map<String, String> shown = new LinkedHashMap<>();
    options.values().forEach((key, value) -> shown.put(key, ConnectorOptions.shown(key, value)));
    if (written != null) {
      showIfAny(TableKeys.PRIMARY_KEY, written.primaryKey(), shown);
      showIfAny(TableKeys.PARTITIONED_BY, written.partitionedBy(), shown);
      if (written.overwrite()) {
        shown.put(TableKeys.OVERWRITE, "true");
      }
    }
    return new PipelinePlan.Connector(options.connector(), guarantee, shown);
  }

  private static void showIfAny(String key, List<String> columns, Map<String, String> shown) {
    if (!columns.isEmpty()) {
      shown.put(key, String.join(", ", columns));
    }
  }

  private static PipelinePlan.Connector connector(
      RecordSink sink, @Nullable ConnectorDefinition written) {
    return connector(sink.options(), sink.guarantee(), written);
  }

  private PipelinePlan.Step step(PlannedStep step) {
    return new PipelinePlan.Step(
        step.definition().id(),
        step.definition().model(),
        step.model().version().toString(),
        step.model().version().digest(),
        step.model().engine(),
        step.model().placement().device().toString(),
        step.model().placement().threads(),
        step.binding().description(),
        batching(step.definition().settings()),
        step.mostBytes(),
        gpu(step).orElse(null));
  }

  private Optional<PlannedGpu> gpu(PlannedStep step) {
    Signature signature = step.model().signature();
    long least =
        step.definition().settings().leastBytesOfCalls(signature.bytesPerRow(), signature.batch());
    return gpus.apply(step.model()).map(gpu -> PlannedGpu.of(gpu, least));
  }

  private static String batching(StepSettings settings) {
    BatchPolicy batching = settings.batching();
    Duration shortCall = settings.timeouts().shortCall();
    return "%,d records%s or %d ms, %d in flight, %s%s%s"
        .formatted(
            batching.maxSize(),
            batching.maxBytes() == BatchPolicy.UNLIMITED_BYTES
                ? ""
                : ", %,d bytes".formatted(batching.maxBytes()),
            batching.maxDelay().toMillis(),
            batching.maxInFlight(),
            settings.order() == Order.ORDERED
                ? "ordered, but not over a restore at another parallelism"
                : "unordered between watermarks",
            shortCall.equals(StepSettings.defaults().timeouts().shortCall())
                ? ""
                : ", short-call " + TimeUtils.formatWithHighestUnit(shortCall),
            settings.traceEvery() == 0 ? "" : ", trace-every %,d".formatted(settings.traceEvery()));
  }

  private static List<StreamNode> nodes(StreamGraph graph) {
    return graph.getStreamNodes().stream()
        .sorted(Comparator.comparingInt(StreamNode::getId))
        .toList();
  }

  private static List<PipelinePlan.Operator> operators(StreamGraph graph) {
    return nodes(graph).stream()
        .map(
            node ->
                new PipelinePlan.Operator(
                    Optional.ofNullable(node.getTransformationUID()).orElse("none"),
                    node.getOperatorName(),
                    node.getParallelism()))
        .toList();
  }

  private static void noteToBeMade(String part, Optional<RecordSink> sink, List<String> notes) {
    sink.flatMap(RecordSink::toBeMade).ifPresent(made -> notes.add(part + ": " + made));
  }

  private List<String> notes(
      PlannedPipeline pipeline, StreamGraph graph, List<PipelinePlan.Step> described) {
    List<String> notes = new ArrayList<>();
    MemoryNeed memory = pipeline.memory();
    List<String> options = memory.options(pipeline::nativeBytes);
    if (!options.isEmpty() && Files.isReadable(OWN_WORDS)) {
      notes.add(
          "'tidemill run' starts itself again with %s: this job takes more than a JVM takes here unasked"
              .formatted(String.join(" ", options)));
    } else if (!memory.fits()) {
      notes.add("'tidemill run' refuses this job: " + memory.refusal());
    } else if (!memory.fitsHeap()) {
      notes.add(memory.warning());
    }
    if (pipeline.columns().isPresent()) {
      notes.add("source: read column by column, and so it goes to the model");
    }
    for (StreamNode node : nodes(graph)) {
      for (StreamEdge edge : node.getOutEdges()) {
        StreamNode next = graph.getStreamNode(edge.getTargetId());
        if (node.getParallelism() != next.getParallelism()) {
          notes.add(
              "%s -> %s: parallelism %d -> %d, so every record is serialized between two tasks; the same parallelism would chain them"
                  .formatted(
                      node.getOperatorName(),
                      next.getOperatorName(),
                      node.getParallelism(),
                      next.getParallelism()));
        }
      }
    }
    for (PipelinePlan.Step step : described) {
      if (step.gpu() != null && step.gpu().isTooSmallNow()) {
        notes.add(
            "%s: here and now %s has too little memory for its full batches, which would be halved; a smaller max-size or max-in-flight takes less"
                .formatted(step.id(), step.device()));
      }
    }
    for (PlannedStep step : steps) {
      step.model()
          .signature()
          .notes()
          .forEach(note -> notes.add("%s: %s".formatted(step.definition().id(), note)));
    }
    Map<String, Long> ofEngines = new TreeMap<>();
    steps.forEach(step -> ofEngines.put(step.model().engine(), step.model().nativeBytes()));
    ofEngines.forEach(
        (engine, bytes) -> {
          if (bytes > 0) {
            notes.add(
                "%s: takes some %d MB of the process once, and its models their weights, beside heap and direct memory"
                    .formatted(engine, bytes >> 20));
          }
        });
    noteToBeMade(SinkTranslator.ID, sink.sink(), notes);
    noteToBeMade(DeadLetterTranslator.ID, deadLetters.sink(), notes);
    if (deadLetters.sink().isEmpty()) {
      notes.add("no dead-letter: the first record that cannot be scored fails the job");
    }
    return notes;
  }
}
