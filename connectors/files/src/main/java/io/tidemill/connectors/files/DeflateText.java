package io.tidemill.connectors.files;

import java.io.IOException;
import java.io.InputStream;
import java.util.zip.InflaterInputStream;
import java.util.zip.ZipException;

/** What a file of deflate holds, which ends with its one stream. Not thread-safe. */
final class DeflateText extends InflaterInputStream {
  DeflateText(InputStream packed) {
    super(packed);
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    int read = super.read(target, offset, length);
    if (read < 0 && (inf.getRemaining() > 0 || in.read() >= 0)) {
      throw new ZipException("Unexpected data after a valid deflate stream");
    }
    return read;
  }
}
