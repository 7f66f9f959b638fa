package io.tidemill.pipelines.yaml;

/** Reads {@code true} and {@code false}, and nothing else that YAML has for them. */
final class Flag {
  private Flag() {}

  static boolean parse(String text) {
    return switch (text) {
      case "true" -> true;
      case "false" -> false;
      default -> throw new IllegalArgumentException("'" + text + "' (expected: true or false)");
    };
  }
}
