package io.tidemill.model.store;

import io.tidemill.model.Signature;
import io.tidemill.model.TensorSpec;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.commons.codec.digest.DigestUtils;

/**
 * The digest that names the content of a version: what is loaded, by which engine, with which
 * signature.
 *
 * <p>It is the SHA-256 of this text in UTF-8, in which {@code \0} is the byte 0 and every line ends
 * with a single line feed:
 *
 * <pre>
 * tidemill-model\0001
 * engine\0ENGINE
 * input\0NAME\0TYPE\0SHAPE      one line per input, in the signature's order
 * output\0NAME\0TYPE\0SHAPE     one line per output, in the signature's order
 * PATH\0SIZE\0SHA256            one line per file, sorted by path (UTF-16 code units)
 * </pre>
 *
 * <p>TYPE is as in the manifest ({@code float32}), SHAPE its sizes with commas between them and no
 * spaces ({@code -1,32}), SIZE decimal, SHA256 64 lower-case hexadecimal digits. Names hold no
 * control characters, so a line can be read in one way only. Name, version, labels and the time of
 * publishing are not part of it.
 */
final class ManifestDigest {
  private static final char NUL = '\0';

  private ManifestDigest() {}

  static String of(String engine, Signature signature, List<ModelFile> sortedFiles) {
    StringBuilder text = new StringBuilder("tidemill-model").append(NUL).append("1\n");
    text.append("engine").append(NUL).append(engine).append('\n');
    signature.inputs().forEach(tensor -> append(text, "input", tensor));
    signature.outputs().forEach(tensor -> append(text, "output", tensor));
    for (ModelFile file : sortedFiles) {
      text.append(file.path()).append(NUL).append(file.size()).append(NUL);
      text.append(file.sha256()).append('\n');
    }
    return "sha256:" + DigestUtils.sha256Hex(text.toString());
  }

  private static void append(StringBuilder text, String side, TensorSpec tensor) {
    text.append(side).append(NUL).append(tensor.name()).append(NUL);
    text.append(tensor.type().label()).append(NUL);
    text.append(tensor.shape().stream().map(String::valueOf).collect(Collectors.joining(",")));
    text.append('\n');
  }
}
