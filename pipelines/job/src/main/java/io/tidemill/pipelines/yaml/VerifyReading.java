package io.tidemill.pipelines.yaml;

import io.tidemill.pipelines.definition.VerifyDefinition;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads which signatures a job demands. */
final class VerifyReading {
  private static final String REQUIRED = "required";
  private static final String KEYS = "keys";

  private VerifyReading() {}

  static VerifyDefinition read(Document document, Section verify) {
    verify.allowOnly(List.of(REQUIRED, KEYS));
    Optional<Boolean> required = verify.required(REQUIRED, "true or false", Flag::parse);
    List<Path> keys = new ArrayList<>();
    verify
        .optional(KEYS)
        .ifPresent(
            node -> verify.texts(KEYS, node).forEach(text -> key(document, verify, text, keys)));
    if (required.orElse(false) && !verify.has(KEYS)) {
      verify.required(KEYS, "a list of files with public keys");
    }
    // Without keys there is a problem already, so that the answer is not used.
    return new VerifyDefinition(required.orElse(false) && !keys.isEmpty(), keys);
  }

  private static void key(Document document, Section verify, String text, List<Path> keys) {
    Path path = document.resolve(text);
    if (Files.isRegularFile(path)) {
      keys.add(path);
    } else {
      verify.report(
          KEYS,
          "'" + text + "': there is no file " + path + " (expected: relative to the job's file)");
    }
  }
}
