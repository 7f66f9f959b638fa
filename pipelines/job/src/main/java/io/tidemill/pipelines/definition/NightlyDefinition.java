package io.tidemill.pipelines.definition;

import static java.util.Objects.requireNonNull;

import java.time.ZoneId;
import org.jspecify.annotations.Nullable;

/**
 * What a batch job says of its runs for a date.
 *
 * @param timeZone whose days are meant by today and yesterday
 * @param errors how many dead letters may be published; null for any number
 * @param gates what predictions must be like to be published; null for any
 */
public record NightlyDefinition(
    ZoneId timeZone, @Nullable ErrorsDefinition errors, @Nullable GatesDefinition gates) {
  /** The zone of jobs that name none. */
  public static final String DEFAULT_ZONE = "UTC";

  /** Of jobs that say nothing. */
  public static final NightlyDefinition DEFAULT =
      new NightlyDefinition(ZoneId.of(DEFAULT_ZONE), null, null);

  public NightlyDefinition {
    requireNonNull(timeZone, "timeZone");
  }
}
