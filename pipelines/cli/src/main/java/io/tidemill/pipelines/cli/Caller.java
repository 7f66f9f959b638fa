package io.tidemill.pipelines.cli;

import static java.util.Objects.requireNonNull;

import io.tidemill.pipelines.JobOptions;
import io.tidemill.pipelines.SignedByOption;
import io.tidemill.pipelines.unit.PackedJob;
import io.tidemill.pipelines.unit.Units;
import io.tidemill.pipelines.yaml.ParsedPipeline;
import io.tidemill.pipelines.yaml.PipelineReader;
import java.lang.reflect.Constructor;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.IFactory;

/**
 * Who calls the command. Makes picocli's commands and options, and gives itself to those that ask
 * for it in their constructor.
 *
 * @param environment the variables of the process
 * @param terminal the person in front of it, if there is one
 * @param units those that the command was given
 * @param restart of the command
 */
record Caller(Map<String, String> environment, Terminal terminal, Units units, Restart restart)
    implements IFactory {
  Caller(Map<String, String> environment, Terminal terminal, Restart restart) {
    this(environment, terminal, new Units(environment), restart);
  }

  /** One whose command is no process of its own. */
  Caller(Map<String, String> environment, Terminal terminal) {
    this(environment, terminal, Restart.NONE);
  }

  Caller {
    environment = Map.copyOf(environment);
    requireNonNull(terminal, "terminal");
    requireNonNull(restart, "restart");
  }

  /**
   * The job of a file: of YAML, or a unit.
   *
   * @param date what its templates stand for; null to leave them as they are
   * @throws io.tidemill.pipelines.definition.InvalidPipelineException with all that is wrong
   */
  ParsedPipeline read(Path job, @Nullable LocalDate date) {
    Optional<PackedJob> packed = units.open(job);
    return packed.isPresent()
        ? packed.get().read(environment, date)
        : new PipelineReader(environment, date).read(job);
  }

  @Override
  public <T> T create(Class<T> type) throws Exception {
    if (type == JobOptions.class) {
      return type.cast(new JobOptions(units));
    }
    if (type == SignedByOption.class) {
      return type.cast(new SignedByOption(units));
    }
    try {
      Constructor<T> constructor = type.getDeclaredConstructor(Caller.class);
      return constructor.newInstance(this);
    } catch (NoSuchMethodException asksForNobody) {
      return CommandLine.defaultFactory().create(type);
    }
  }
}
