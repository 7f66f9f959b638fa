package io.tidemill.model.importing.archive;

/**
 * Which entry is read, for messages.
 *
 * <p>Not thread-safe.
 */
final class CurrentEntry {
  private static final int SHOWN = 120;

  private String name = "";

  void is(String entry) {
    name = entry;
  }

  /** {@code " at entry "} and the entry; nothing before the first one. */
  String place() {
    return name.isEmpty() ? "" : " at entry " + this;
  }

  /** In quotes, without control characters and not longer than a line. */
  @Override
  public String toString() {
    String shown = name.replaceAll("\\p{Cntrl}", "?");
    return "'" + (shown.length() > SHOWN ? shown.substring(0, SHOWN) + "…" : shown) + "'";
  }
}
