package io.tidemill.model.store;

import io.tidemill.model.Constant;
import io.tidemill.model.Signature;
import io.tidemill.model.TensorSpec;
import io.tidemill.model.columnar.ElementType;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.commons.codec.digest.DigestUtils;

/**
 * The digest that names a version: what is loaded, by which engine, with which signature, labels
 * and time of publishing.
 *
 * <p>It is the SHA-256 of this text in UTF-8, in which {@code \0} is the byte 0 and every line ends
 * with a single line feed:
 *
 * <pre>
 * tidemill-model\0FORMAT
 * engine\0ENGINE
 * created\0INSTANT                     from format 2 on
 * label\0BYTES\0KEY\0BYTES\0VALUE      from format 2 on; one line per label, sorted by key
 * signature\0BYTES\0NAME\0BYTES\0METHOD where it is not the usual one of the model
 * batch\0ROWS                          where the model takes one number of rows in each call
 * constant\0NAME\0TYPE\0SHAPE\0BYTES\0VALUE\0… one line per constant, sorted by name
 * input\0NAME\0TYPE\0SHAPE             one line per input, in the signature's order
 * output\0NAME\0TYPE\0SHAPE            one line per output, in the signature's order
 * PATH\0SIZE\0SHA256                   one line per file, sorted by path (UTF-16 code units)
 * </pre>
 *
 * <p>FORMAT is the manifest's, INSTANT and TYPE are as in it ({@code float32}), SHAPE its sizes
 * with commas between them and no spaces ({@code -1,32}), SIZE decimal, SHA256 64 lower-case
 * hexadecimal digits. BYTES is the length of the text that follows, which may hold anything; other
 * names hold no control characters. So a text can be read in one way only. Name and version are not
 * part of it. A manifest of format 1 was published before labels and time were covered: nothing
 * proves them, and its digest stays what it was.
 *
 * @param files sorted by path
 */
record ManifestDigest(
    int format,
    String engine,
    Signature signature,
    Map<String, String> labels,
    Instant created,
    List<ModelFile> files) {
  private static final char NUL = '\0';

  /** {@code sha256:} and 64 hexadecimal digits. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder("tidemill-model").append(NUL).append(format);
    text.append("\nengine").append(NUL).append(engine).append('\n');
    if (format > 1) {
      text.append("created").append(NUL).append(created).append('\n');
      new TreeMap<>(labels)
          .forEach(
              (key, value) ->
                  text.append("label").append(sized(key)).append(sized(value)).append('\n'));
    }
    if (!signature.name().isEmpty()) {
      text.append("signature").append(sized(signature.name())).append(sized(signature.method()));
      text.append('\n');
    }
    if (signature.batch() > 0) {
      text.append("batch").append(NUL).append(signature.batch()).append('\n');
    }
    for (Constant constant : signature.constants()) {
      append(text, "constant", constant.name(), constant.type(), constant.shape());
      constant.values().forEach(value -> text.append(sized(value)));
      text.append('\n');
    }
    for (TensorSpec tensor : signature.inputs()) {
      append(text, "input", tensor.name(), tensor.type(), tensor.shape());
      text.append('\n');
    }
    for (TensorSpec tensor : signature.outputs()) {
      append(text, "output", tensor.name(), tensor.type(), tensor.shape());
      text.append('\n');
    }
    for (ModelFile file : files) {
      text.append(file.path()).append(NUL).append(file.size()).append(NUL);
      text.append(file.sha256()).append('\n');
    }
    return "sha256:" + DigestUtils.sha256Hex(text.toString());
  }

  private static String sized(String text) {
    return "" + NUL + text.getBytes(StandardCharsets.UTF_8).length + NUL + text;
  }

  private static void append(
      StringBuilder text, String side, String name, ElementType type, List<Long> shape) {
    text.append(side).append(NUL).append(name).append(NUL).append(type.label()).append(NUL);
    text.append(shape.stream().map(String::valueOf).collect(Collectors.joining(",")));
  }
}
