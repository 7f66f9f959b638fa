package io.tidemill.pipelines.unit;

import io.tidemill.connectors.problem.Problem;
import io.tidemill.model.store.signing.VerificationKey;
import io.tidemill.pipelines.definition.InvalidPipelineException;
import io.tidemill.pipelines.definition.Location;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The units that a command was given, each opened once, and the keys that must have signed them.
 *
 * <p>Thread-safe.
 */
public final class Units implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Units.class);

  /** The option that names such keys for one call. */
  public static final String OPTION = "--signed-by";

  /** Whoever runs a machine says here whose units it takes. */
  public static final String VARIABLE = "TIDEMILL_UNIT_KEYS";

  private final @Nullable String policy;
  private final Map<Path, PackedUnit> opened = new LinkedHashMap<>();
  private final AtomicInteger holders = new AtomicInteger();
  private final Thread hook = new Thread(this::closeIfUnheld, "tidemill-delete-units");
  private List<Path> asked = List.of();
  private boolean hooked;

  /** The units that are given where these variables are. */
  public Units(Map<String, String> environment) {
    this.policy = environment.get(VARIABLE);
  }

  /** Demands that one of these keys signed the job, which so must be a unit. */
  public synchronized void demand(List<Path> keys) {
    asked = List.copyOf(keys);
  }

  /**
   * The job that a file holds, the same each time; empty if it is no unit.
   *
   * @throws io.tidemill.model.InvalidModelException if it is not as it was packed, or not signed as
   *     it must be
   * @throws InvalidPipelineException if it must be signed and is no unit, or a key cannot be read
   */
  public synchronized Optional<PackedJob> open(Path file) {
    if (PackedUnit.isPacked(file)) {
      return Optional.of(unit(file).job());
    }
    if (!asked.isEmpty()) {
      throw refused(
          file.toString(),
          "no unit (expected: one that is signed, as %s says; 'tidemill package' makes it of a job)"
              .formatted(OPTION));
    }
    if (file.toString().endsWith(".tar") && Files.isReadable(file)) {
      throw refused(file.toString(), "no unit (expected: one that 'tidemill package' made)");
    }
    return Optional.empty();
  }

  /**
   * A unit. Blocks while it is unpacked and proved.
   *
   * @throws io.tidemill.model.InvalidModelException if it is none, not as it was packed, or not
   *     signed as it must be
   * @throws InvalidPipelineException if a key cannot be read
   */
  public synchronized PackedUnit unit(Path file) {
    PackedUnit there = opened.get(file);
    if (there == null) {
      List<Path> policy = policy();
      deleteAtEnd();
      there = PackedUnit.open(file);
      try {
        checkSigned(there, OPTION, asked);
        checkSigned(there, VARIABLE, policy);
      } catch (RuntimeException refused) {
        there.close();
        throw refused;
      }
      opened.put(file, there);
    }
    return there;
  }

  /**
   * No policy is only where nothing is said: a variable that is empty by accident allows nothing.
   */
  private List<Path> policy() {
    if (policy == null) {
      return List.of();
    }
    List<Path> keys =
        Arrays.stream(policy.split(File.pathSeparator))
            .filter(path -> !path.isBlank())
            .map(Path::of)
            .toList();
    if (keys.isEmpty()) {
      throw refused(
          VARIABLE,
          "'%s' (expected: files of public keys with '%s' between them, or no such variable)"
              .formatted(policy, File.pathSeparator));
    }
    return keys;
  }

  private static void checkSigned(PackedUnit unit, String demand, List<Path> keys) {
    if (keys.isEmpty()) {
      return;
    }
    List<VerificationKey> read;
    try {
      read = keys.stream().map(VerificationKey::read).toList();
    } catch (IllegalArgumentException unreadable) {
      throw refused(demand, String.valueOf(unreadable.getMessage()));
    }
    unit.checkSigned(read);
  }

  private static InvalidPipelineException refused(String subject, String message) {
    return new InvalidPipelineException(List.of(new Problem<>(Location.of(subject), message)));
  }

  /** Where the process is told to end, nobody comes to close them. */
  private void deleteAtEnd() {
    if (!hooked) {
      try {
        Runtime.getRuntime().addShutdownHook(hook);
        hooked = true;
      } catch (IllegalStateException ending) {
        LOG.debug("the process ends", ending);
      }
    }
  }

  private void closeIfUnheld() {
    if (holders.get() == 0) {
      close();
    }
  }

  /** Keeps them though the process is told to end; whoever holds them then closes them. */
  public void hold() {
    holders.incrementAndGet();
  }

  /** Ends a {@link #hold}. */
  public void letGo() {
    holders.decrementAndGet();
  }

  /** Whether there is anything to delete. */
  public synchronized boolean anyOpen() {
    return !opened.isEmpty();
  }

  /** Deletes what was unpacked. */
  @Override
  public synchronized void close() {
    opened.values().forEach(PackedUnit::close);
    opened.clear();
    if (hooked) {
      hooked = false;
      try {
        Runtime.getRuntime().removeShutdownHook(hook);
      } catch (IllegalStateException ending) {
        LOG.debug("the process ends", ending);
      }
    }
  }
}
