package io.tidemill.model.store;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A number of bytes, as people write and read it; a unit is a power of 1024.
 *
 * @param bytes at least 0
 */
public record ByteSize(long bytes) {
  /** What a size looks like, as a regular expression. */
  public static final String FORM = "(\\d{1,18}(?:\\.\\d{1,9})?)\\s*([kmgtKMGT]?)(?:[iI]?[bB])?";

  private static final Pattern PATTERN = Pattern.compile(FORM);
  private static final List<String> UNITS = List.of("", "k", "m", "g", "t");
  private static final int BITS = 10;

  public ByteSize {
    if (bytes < 0) {
      throw new IllegalArgumentException("size: " + bytes + " (expected: >= 0 bytes)");
    }
  }

  /**
   * Reads {@code 10GiB}, {@code 512 mb}, {@code 1.5g} or {@code 1048576}.
   *
   * @throws IllegalArgumentException if the text has another form or is more than a {@code long}
   */
  public static ByteSize parse(String text) {
    Matcher matcher = PATTERN.matcher(text.strip());
    if (!matcher.matches()) {
      throw new IllegalArgumentException(
          "size: '" + text + "' (expected: as in 10GiB, 512MB or 1048576)");
    }
    BigDecimal bytes =
        new BigDecimal(matcher.group(1))
            .multiply(
                BigDecimal.valueOf(
                    1L << (BITS * UNITS.indexOf(matcher.group(2).toLowerCase(Locale.ROOT)))));
    if (bytes.compareTo(BigDecimal.valueOf(Long.MAX_VALUE)) > 0) {
      throw new IllegalArgumentException(
          "size: '" + text + "' (expected: at most " + Long.MAX_VALUE + " bytes)");
    }
    return new ByteSize(bytes.longValue());
  }

  /** {@code 1.5 GiB}: one digit behind the point, and none where it is 0. */
  @Override
  public String toString() {
    int unit = Math.min((63 - Long.numberOfLeadingZeros(Math.max(1, bytes))) / BITS, 4);
    BigDecimal number =
        BigDecimal.valueOf(bytes)
            .divide(BigDecimal.valueOf(1L << (BITS * unit)), 1, RoundingMode.HALF_UP)
            .stripTrailingZeros();
    String name = unit == 0 ? "B" : UNITS.get(unit).toUpperCase(Locale.ROOT) + "iB";
    return number.toPlainString() + " " + name;
  }
}
