package io.tidemill.pipelines.definition;

import io.tidemill.connectors.problem.Problem;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A file of which some parts could not be read; what is wrong with the others can be told, too. */
public final class MisreadPipelineException extends InvalidPipelineException {
  private final transient Parts parts;
  private final transient Function<String, Location> locations;

  /**
   * The parts that could be read. Immutable.
   *
   * @param source null where its options could not, as each of the others
   * @param flinkOptions those that could be read
   */
  public record Parts(
      @Nullable ConnectorDefinition source,
      @Nullable ConnectorDefinition sink,
      @Nullable ConnectorDefinition deadLetter,
      Map<String, String> flinkOptions) {
    public Parts {
      flinkOptions = Map.copyOf(flinkOptions);
    }
  }

  public MisreadPipelineException(
      List<Problem<Location>> problems, Parts parts, Function<String, Location> locations) {
    super(problems);
    this.parts = parts;
    this.locations = locations;
  }

  public Parts parts() {
    return parts;
  }

  /** Where each part was written, by its path. */
  public Function<String, Location> locations() {
    return locations;
  }
}
