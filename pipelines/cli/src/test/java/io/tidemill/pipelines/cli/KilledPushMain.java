package io.tidemill.pipelines.cli;

import io.tidemill.model.store.Drafts;
import io.tidemill.model.store.ModelStore;
import java.nio.file.Path;

/** A push that dies, as of a kill, when it has copied something. */
final class KilledPushMain {
  /** What such a process answers. */
  static final int CODE = 137;

  private KilledPushMain() {}

  public static void main(String[] arguments) {
    ModelStore.open(arguments[0])
        .push(
            Drafts.draft("fraud", "1.5.0"),
            Path.of(arguments[1]),
            (copied, total) -> Runtime.getRuntime().halt(CODE));
  }
}
