package io.tidemill.pipelines.compose;

import io.tidemill.connectors.record.RecordSchema;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What a job will do, for people and machines to read.
 *
 * @param store the model store's URI
 * @param sourceColumns null where the job declares them
 * @param deadLetter null where a record that cannot be scored fails the job
 * @param columns that the sink writes
 * @param memory of a process that runs all of it
 * @param timeZone whose days a date is one of; null of a streaming job
 * @param errors how many dead letters may be published, in words; null for any number
 * @param gates what predictions must be like to be published, in words; null for any
 * @param notes what is allowed and costs something, and what is done in another way than is usual
 */
public record PipelinePlan(
    String name,
    String mode,
    String store,
    Connector source,
    @Nullable SourceColumns sourceColumns,
    List<Step> steps,
    Connector sink,
    List<RecordSchema.Column> columns,
    @Nullable Connector deadLetter,
    MemoryNeed memory,
    @Nullable String timeZone,
    @Nullable String errors,
    @Nullable String gates,
    List<Operator> operators,
    List<String> notes) {
  public PipelinePlan {
    steps = List.copyOf(steps);
    columns = List.copyOf(columns);
    operators = List.copyOf(operators);
    notes = List.copyOf(notes);
  }

  /** The same with another word for where the models are. */
  public PipelinePlan withStore(String other) {
    return with(other, notes);
  }

  /** The same with one thing more to be said of it. */
  public PipelinePlan withNote(String note) {
    return with(store, Stream.concat(notes.stream(), Stream.of(note)).toList());
  }

  private PipelinePlan with(String otherStore, List<String> otherNotes) {
    return new PipelinePlan(
        name,
        mode,
        otherStore,
        source,
        sourceColumns,
        steps,
        sink,
        columns,
        deadLetter,
        memory,
        timeZone,
        errors,
        gates,
        operators,
        otherNotes);
  }

  /**
   * A source or a sink.
   *
   * @param guarantee what a failure does to its records
   * @param options as they were written, with the connection that is another part's, secrets
   *     hidden, and with the keys of the table that stand among them
   */
  public record Connector(String connector, String guarantee, Map<String, String> options) {}

  /** The columns that are read, as they were found in a file. */
  public record SourceColumns(String file, List<RecordSchema.Column> columns) {
    public SourceColumns {
      columns = List.copyOf(columns);
    }
  }

  /**
   * A model call.
   *
   * @param reference the model as the job writes it
   * @param model the version that it is pinned to
   * @param threads that compute one call; null leaves it to the engine
   * @param bindings fields and tensors, one line each
   * @param batching the batch's limits in one line
   * @param memoryBytes the most Arrow memory that each subtask takes, of the process's direct
   *     memory
   * @param gpu null on the CPU, and where a task chooses its GPU
   */
  public record Step(
      String id,
      String reference,
      String model,
      String digest,
      String engine,
      String device,
      @Nullable Integer threads,
      List<String> bindings,
      String batching,
      long memoryBytes,
      @Nullable PlannedGpu gpu) {
    public Step {
      bindings = List.copyOf(bindings);
    }
  }

  /** An operator of the graph. Its state is restored by its uid. */
  public record Operator(String uid, String name, int parallelism) {}
}
