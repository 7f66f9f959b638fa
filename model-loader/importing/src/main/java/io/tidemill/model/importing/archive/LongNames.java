package io.tidemill.model.importing.archive;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.apache.commons.compress.archivers.tar.TarUtils;

/**
 * The names that stand in headers of their own before an entry's: GNU's long names and the
 * attributes of POSIX. Commons Compress takes leading slashes away from these, so an absolute one
 * shows here only.
 *
 * <p>Stateless and thread-safe.
 */
final class LongNames {
  private static final int SIZE_AT = 124;
  private static final int KIND_AT = 156;
  private static final byte[] PATH = " path=/".getBytes(StandardCharsets.US_ASCII);

  private LongNames() {}

  /**
   * Checks the headers of one entry.
   *
   * @throws RefusedEntryException if one of them holds an absolute path
   * @throws IOException if they are malformed
   */
  static void check(byte[] headers) throws IOException {
    int record = GuardedStream.RECORD_BYTES;
    int at = 0;
    while (at + record <= headers.length) {
      byte kind = headers[at + KIND_AT];
      long size = TarUtils.parseOctalOrBinary(headers, at + SIZE_AT, TarConstants.SIZELEN);
      int content = at + record;
      boolean attributes =
          kind == TarConstants.LF_PAX_EXTENDED_HEADER_LC
              || kind == TarConstants.LF_PAX_EXTENDED_HEADER_UC
              || kind == TarConstants.LF_PAX_GLOBAL_EXTENDED_HEADER;
      boolean name = kind == TarConstants.LF_GNUTYPE_LONGNAME;
      if (!attributes && !name && kind != TarConstants.LF_GNUTYPE_LONGLINK) {
        return;
      }
      if (size < 0 || size > headers.length - content) {
        throw new IOException("a header of " + size + " bytes, of which fewer are there");
      }
      int end = content + (int) size;
      if ((attributes && pathIsAbsolute(headers, content, end))
          || (name && size > 0 && headers[content] == '/')) {
        throw new RefusedEntryException("an absolute path");
      }
      at = (end + record - 1) / record * record;
    }
  }

  /** Whether one of the attributes, each as in {@code 18 path=/etc/file}, is an absolute path. */
  private static boolean pathIsAbsolute(byte[] bytes, int from, int end) throws IOException {
    int at = from;
    while (at < end && bytes[at] != 0) {
      int length = 0;
      int next = at;
      while (next < end && bytes[next] >= '0' && bytes[next] <= '9' && length < end) {
        length = length * 10 + bytes[next++] - '0';
      }
      if (length <= next - at || length > end - at) {
        throw new IOException("an attribute of " + length + " bytes");
      }
      if (startsWithPath(bytes, next, at + length)) {
        return true;
      }
      at += length;
    }
    return false;
  }

  private static boolean startsWithPath(byte[] bytes, int from, int end) {
    return end - from >= PATH.length
        && Arrays.equals(bytes, from, from + PATH.length, PATH, 0, PATH.length);
  }
}
