package io.tidemill.pipelines.cli;

import java.io.FilterWriter;
import java.io.IOException;
import java.io.Writer;

/**
 * Writes control characters and those that turn the direction of a text as their code, because
 * names, labels and messages may come from files of others: a terminal would obey them. Line ends
 * and tabs stay.
 *
 * <p>Not thread-safe.
 */
final class PlainWriter extends FilterWriter {
  PlainWriter(Writer out) {
    super(out);
  }

  @Override
  public void write(int character) throws IOException {
    char one = (char) character;
    if (isPlain(one)) {
      out.write(one);
    } else {
      out.write("\\u%04x".formatted((int) one));
    }
  }

  private static boolean isPlain(char one) {
    return switch (Character.getType(one)) {
      case Character.CONTROL -> one == '\t' || System.lineSeparator().indexOf(one) >= 0;
      case Character.FORMAT, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR -> false;
      default -> true;
    };
  }

  @Override
  public void write(char[] text, int offset, int length) throws IOException {
    write(new String(text, offset, length), 0, length);
  }

  @Override
  public void write(String text, int offset, int length) throws IOException {
    for (int i = offset; i < offset + length; i++) {
      write(text.charAt(i));
    }
  }
}
