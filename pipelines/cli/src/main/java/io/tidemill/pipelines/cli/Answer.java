package io.tidemill.pipelines.cli;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import org.jspecify.annotations.Nullable;

/**
 * Where the command's answer goes, which knows whether all of it was taken: the writers in front of
 * it tell nobody. Not thread-safe.
 */
final class Answer extends FilterOutputStream {
  /** What the system says where a reader such as {@code head} has seen enough. */
  private static final String READER_GONE = "Broken pipe";

  private @Nullable IOException lost;

  Answer(OutputStream out) {
    super(out);
  }

  @Override
  public void write(int one) throws IOException {
    write(new byte[] {(byte) one}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int from, int length) throws IOException {
    try {
      out.write(bytes, from, length);
    } catch (IOException e) {
      lost = lost == null ? e : lost;
      throw e;
    }
  }

  /**
   * Says so where not all was taken. Call it when everything is flushed.
   *
   * @return whether something was lost that a reader waits for
   */
  boolean tellIfLost(PrintWriter err) {
    if (lost == null || READER_GONE.equals(lost.getMessage())) {
      return false;
    }
    err.printf("tidemill: the answer could not be written to stdout: %s%n", lost.getMessage());
    err.flush();
    return true;
  }
}
