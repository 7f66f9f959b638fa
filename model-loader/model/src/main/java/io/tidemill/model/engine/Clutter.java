package io.tidemill.model.engine;

import java.nio.file.Path;
import java.util.Set;

/** What tools leave behind beside files, and what is part of no model. */
public final class Clutter {
  private static final Set<String> NAMES = Set.of(".git", ".DS_Store", "__MACOSX");

  private Clutter() {}

  /** Whether a file or folder is named so. */
  public static boolean is(Path path) {
    String name = FoundModel.nameOf(path);
    return NAMES.contains(name) || name.startsWith("._");
  }
}
