package io.tidemill.pipelines.cli;

import io.tidemill.model.store.signing.VerificationKey;
import io.tidemill.pipelines.PackedJob;
import io.tidemill.pipelines.PackedJobs;
import io.tidemill.pipelines.unit.PackedUnit;
import java.io.File;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The units that a command was given, each opened once, and the keys that must have signed them.
 *
 * <p>Thread-safe.
 */
final class Units implements PackedJobs, AutoCloseable {
  /** Whoever runs a machine says here whose units it takes. */
  static final String VARIABLE = "TIDEMILL_UNIT_KEYS";

  private final List<Path> policy;
  private final Map<Path, PackedUnit> opened = new LinkedHashMap<>();
  private List<Path> asked = List.of();

  Units(Map<String, String> environment) {
    this.policy =
        Arrays.stream(environment.getOrDefault(VARIABLE, "").split(File.pathSeparator))
            .filter(path -> !path.isBlank())
            .map(Path::of)
            .toList();
  }

  /** Demands that one of these keys signed the job, which so must be a unit. */
  synchronized void demand(List<Path> keys) {
    asked = List.copyOf(keys);
  }

  @Override
  public synchronized Optional<PackedJob> open(Path file) {
    if (PackedUnit.isPacked(file)) {
      return Optional.of(unit(file).job());
    }
    if (!asked.isEmpty()) {
      throw new CommandFailedException(
          ExitCode.USAGE,
          "%s: no unit (expected: one that is signed, as %s says; 'tidemill package' makes it of a job)"
              .formatted(file, SignedByOption.NAME));
    }
    return Optional.empty();
  }

  /**
   * A unit. Blocks while it is unpacked and proved.
   *
   * @throws io.tidemill.model.InvalidModelException if it is none, not as it was packed, or not
   *     signed as it must be
   */
  synchronized PackedUnit unit(Path file) {
    PackedUnit there = opened.get(file);
    if (there == null) {
      PackedUnit unit = PackedUnit.open(file);
      // Before it is checked, so that it is closed whatever comes of that.
      opened.put(file, unit);
      for (List<Path> demanded : List.of(asked, policy)) {
        if (!demanded.isEmpty()) {
          unit.checkSigned(keys(demanded));
        }
      }
      there = unit;
    }
    return there;
  }

  private static List<VerificationKey> keys(List<Path> files) {
    try {
      return files.stream().map(VerificationKey::read).toList();
    } catch (IllegalArgumentException refused) {
      throw new CommandFailedException(refused);
    }
  }

  /** Deletes what was unpacked. */
  @Override
  public synchronized void close() {
    opened.values().forEach(PackedUnit::close);
    opened.clear();
  }
}
