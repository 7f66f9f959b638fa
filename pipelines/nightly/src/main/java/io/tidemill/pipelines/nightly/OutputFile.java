package io.tidemill.pipelines.nightly;

import io.tidemill.model.store.GuardedFiles;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.apache.flink.core.fs.FileStatus;
import org.apache.flink.core.fs.Path;

/**
 * A file that a run has made.
 *
 * @param name its path in its folder
 */
public record OutputFile(String name, long bytes) {

  /** All files below a folder that readers look at, by name. */
  static List<OutputFile> in(GuardedFiles files, Path folder) {
    List<OutputFile> found = new ArrayList<>();
    add(files, folder, "", found);
    found.sort(Comparator.comparing(OutputFile::name));
    return found;
  }

  private static void add(GuardedFiles files, Path folder, String above, List<OutputFile> found) {
    for (FileStatus status : files.list(folder)) {
      String name = status.getPath().getName();
      boolean hidden = name.startsWith("_") || name.startsWith(".");
      if (status.isDir() && !hidden) {
        add(files, status.getPath(), above + name + "/", found);
      } else if (!status.isDir() && !hidden) {
        found.add(new OutputFile(above + name, status.getLen()));
      }
    }
  }
}
