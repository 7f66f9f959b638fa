package io.tidemill.connectors.files;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import org.apache.commons.compress.compressors.bzip2.BZip2CompressorInputStream;

/**
 * What all streams of a file of bzip2 hold. A failure, such as that of garbage behind the last one,
 * comes behind all that was unpacked before it, which the library leaves out with it. Not
 * thread-safe.
 */
final class Bzip2Text extends FilterInputStream {
  private final PostponedFailure postponed = new PostponedFailure();

  Bzip2Text(InputStream packed) throws IOException {
    super(new BZip2CompressorInputStream(packed, true));
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    postponed.throwIfAny();
    int count = 0;
    try {
      for (int one; count < length && (one = in.read()) >= 0; count++) {
        target[offset + count] = (byte) one;
      }
    } catch (IOException | RuntimeException e) {
      if (count == 0) {
        throw e;
      }
      postponed.keep(e);
    }
    return count == 0 && length > 0 ? -1 : count;
  }
}
